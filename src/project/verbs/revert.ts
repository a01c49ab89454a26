/** @file The verb `pathways.revert`. */
import { HeadgateError } from '../../errors.js';
import { applyDelta, revertDelta } from '../../pathways/delta/delta.js';
import type { Model } from '../model.js';
import { givenDelta, only } from '../pathways/given-delta.js';

/** Takes a delta's values out again. See `ProjectPathways.revert`. The caller holds the lock. */
export async function revert(model: Model, delta: unknown): Promise<void> {
  const { id } = await givenDelta(model, delta, 'pathways.revert.delta');
  const entry = model.applied.find((one) => one.id === id);
  if (entry === undefined) {
    throw new HeadgateError({
      code: 'DELTA_NOT_APPLIED',
      path: 'pathways.revert.delta',
      problem: 'this project has not applied this delta: what was there before is not known',
      expected: 'a delta that `apply` was called with, in this process',
      mend: 'Load the base.',
    });
  }
  const { network } = model;
  const values = network.store.split(model.snapshot().weights);
  const { changes, before, thresholds, thresholdsBefore } = entry;
  const next = revertDelta(values, changes, applyDelta(values, before));
  network.store.write(only(next, Object.keys(changes)));
  // Those that were tuned since stay.
  const now = model.thresholds;
  const isStill = (path: string): boolean => String(now.get(path)) === String(thresholds.get(path));
  model.keepThresholds(new Map([...thresholdsBefore].filter(([path]) => isStill(path))));
  model.applied = model.applied.filter((one) => one !== entry);
}
