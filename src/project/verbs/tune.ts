/** @file The verb `tune`. */
import type { DataLike } from '../../data/data-like.js';
import type { Tuning } from '../../evaluate/tuning-table.js';
import { readOptions } from '../../options.js';
import type { Model } from '../model.js';
import { withNotes } from '../notes/channel.js';
import { tuneSchema } from '../options/tune.js';
import { readDataset } from './reading.js';

/** Finds better thresholds, and keeps them. See `Project.tune`. */
export function tune(model: Model, data: DataLike, given: unknown): Promise<Tuning> {
  return model.lock.changing('tune', async () => {
    const { metric, method, ...options } = readOptions('tune', tuneSchema, given);
    const call = readDataset(model, data, options);
    const { startTuning } = await import('../../evaluate/tune.js');
    const { thresholds } = call.snapshot;
    const tuning = await call.scoring.fold(call, call.rows, () =>
      startTuning(call.snapshot.layout, thresholds, metric === undefined ? { method } : { metric, method }),
    );
    call.notes.add(tuning.notes); // first: a listener that throws ends the verb, and nothing has changed
    model.keepThresholds(tuning.thresholds);
    return withNotes(tuning, call.notes);
  });
}
