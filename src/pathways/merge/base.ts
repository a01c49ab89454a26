/** @file What methods share that merge changes of a base. */
import type { HostTensors } from '../../engine/engine.js';
import { requireSameParameters } from '../parameters.js';
import { elementwise, type Merged, type Values } from './method.js';

/**
 * The base's values by name.
 *
 * @throws HeadgateError `MERGE_MISMATCH` when the base has not the models' parameters
 */
export function baseOf(base: HostTensors, { models }: Merged): (name: string) => Float32Array {
  requireSameParameters('MERGE_MISMATCH', models[0] ?? {}, base, 'the base');
  return (name) => base[name]?.data as Float32Array; // a parameter that is merged is of float32 in all models
}

/** base + Σ factor of a model's change · (model − base). */
export function withChanges(
  base: Float32Array,
  values: Values,
  factor: (model: number, i: number) => number,
): Float32Array {
  return elementwise(base.length, (i) => {
    const from = base[i] as number; // all are of one length
    let sum = 0;
    for (let model = 0; model < values.length; model++) {
      const own = factor(model, i);
      if (own !== 0) sum += own * ((values[model]?.[i] ?? 0) - from);
    }
    return from + sum;
  });
}
