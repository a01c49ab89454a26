/** @file The verb `evaluate`. */
import type { DataLike } from '../../data/data-like.js';
import { startEvaluation } from '../../evaluate/evaluation.js';
import type { Evaluation } from '../../evaluate/evaluation-table.js';
import { readOptions } from '../../options.js';
import type { Model } from '../model.js';
import { withNotes } from '../notes/channel.js';
import { engineSchema } from '../options/engine.js';
import { readDataset } from './reading.js';

/** Metrics of every task, in both views. See `Project.evaluate`. */
export function evaluate(model: Model, data: DataLike, given: unknown): Promise<Evaluation> {
  return model.lock.reading('evaluate', async () => {
    const call = readDataset(model, data, readOptions('evaluate', engineSchema, given));
    const { thresholds } = call.snapshot;
    const evaluation = await call.scoring.fold(call, call.rows, () =>
      startEvaluation(call.snapshot.layout, thresholds),
    );
    call.notes.add(evaluation.notes);
    return withNotes(evaluation, call.notes);
  });
}
