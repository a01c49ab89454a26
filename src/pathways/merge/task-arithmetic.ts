/** @file The base with the sum of all models' changes of it, each times a scale. Moving averages by the plain mean of the models. */
import type { HostTensors } from '../../engine/engine.js';
import { invalidOption } from '../../options.js';
import { baseOf, withChanges } from './base.js';
import { type Merged, type MergeMethod, plainMean } from './method.js';

/** @throws HeadgateError `MERGE_MISMATCH` for another base, `INVALID_OPTIONS` at `scale` */
export function taskArithmetic(merged: Merged, base: HostTensors, scale: number | readonly number[] = 1): MergeMethod {
  const { length } = merged.models;
  const scales = typeof scale === 'number' ? Array.from({ length }, () => scale) : scale;
  if (scales.length !== length || !scales.every(Number.isFinite)) {
    throw invalidOption('scale', scale, { expected: `a number, or ${length} numbers, one a model` });
  }
  const of = baseOf(base, merged);
  return {
    parameter: (name, values) => withChanges(of(name), values, (model) => scales[model] ?? 0),
    average: (_, values) => plainMean(values),
  };
}
