/** @file The verb `interpret`. */
import type { DataLike } from '../../data/data-like.js';
import type { Interpretation } from '../../evaluate/interpretation-table.js';
import { readOptions } from '../../options.js';
import type { Model } from '../model.js';
import { withNotes } from '../notes/channel.js';
import { interpretSchema } from '../options/interpret.js';
import { readDataset } from './reading.js';

/** The rows with the lowest and highest loss. See `Project.interpret`. */
export function interpret(model: Model, data: DataLike, given: unknown): Promise<Interpretation> {
  return model.lock.reading('interpret', async () => {
    const { top, ...options } = readOptions('interpret', interpretSchema, given);
    const call = readDataset(model, data, options);
    const { startInterpretation } = await import('../../evaluate/interpret.js');
    const { thresholds } = call.snapshot;
    const ranked = await call.scoring.fold(call, call.rows, () =>
      startInterpretation(call.snapshot.layout, thresholds, { top }),
    );
    return withNotes(ranked, call.notes);
  });
}
