/**
 * @file TIES: trim each model's changes to the largest, elect a sign an element, and take the mean of the changes that have
 * it (Yadav et al., NeurIPS 2023, algorithm 1). Trimming is over all parameters of a model together, as in the paper; of
 * equal changes the first are kept. Where the kept changes cancel, no sign is elected and the base stays.
 */
import type { HostTensors } from '../../engine/engine.js';
import { maskAt, maskOf } from '../masks/mask.js';
import { largest } from '../select/extremes.js';
import { baseOf } from './base.js';
import { elementwise, type Merged, type MergeMethod, plainMean, requireFinite, requireWithin } from './method.js';

export interface TiesOptions {
  readonly density?: number | undefined;
  readonly scale?: number | undefined;
}

/** @throws HeadgateError `MERGE_MISMATCH` for another base, `INVALID_OPTIONS`, `INVALID_SCORE` for a change that is NaN */
export function ties(merged: Merged, base: HostTensors, { density = 0.2, scale = 1 }: TiesOptions): MergeMethod {
  requireWithin('density', density, 0, 1);
  requireFinite('scale', scale);
  const of = baseOf(base, merged);
  const starts = new Map<string, number>();
  let size = 0;
  for (const name of merged.names) {
    starts.set(name, size);
    size += of(name).length;
  }
  const kept = merged.models.map((model) => {
    const changes = new Float64Array(size);
    for (const name of merged.names) {
      const from = of(name);
      const start = starts.get(name) ?? 0;
      model[name]?.data.forEach((value, i) => {
        changes[start + i] = Math.abs(value - (from[i] as number)); // one length
      });
    }
    // Rounded up, but for what only float64 keeps from being whole.
    return maskOf([size], largest(changes, Math.max(0, Math.ceil(density * size - 1e-9 * Math.max(1, size)))));
  });
  return {
    parameter: (name, values) => {
      const from = of(name);
      const start = starts.get(name) ?? 0;
      const changes = new Float64Array(values.length);
      return elementwise(from.length, (i) => {
        const own = from[i] as number; // one length
        let mass = 0;
        values.forEach((value, model) => {
          const mask = kept[model];
          const isKept = mask !== undefined && maskAt(mask, start + i) === 1;
          const change = isKept ? (value[i] as number) - own : 0; // one length
          changes[model] = change;
          mass += change;
        });
        return own + scale * agreedMean(changes, Math.sign(mass));
      });
    },
    average: (_, values) => plainMean(values),
  };
}

/** The mean of the changes of this sign; 0 without any. */
function agreedMean(changes: Float64Array, sign: number): number {
  let [sum, count] = [0, 0];
  for (const change of changes) {
    if (change === 0 || Math.sign(change) !== sign) continue;
    sum += change;
    count++;
  }
  return count === 0 ? 0 : sum / count;
}
