/**
 * @file DARE: drop each change with a chance p and multiply the others by 1 / (1 − p), so that a change keeps its expected
 * value; then their mean or their sum (Yu et al., ICML 2024). What is dropped is a function of the seed, the model's place,
 * the parameter's name and the element.
 */
import type { HostTensors } from '../../engine/engine.js';
import { invalidOption } from '../../options.js';
import { uniforms } from '../../random.js';
import { baseOf, withChanges } from './base.js';
import { type Merged, type MergeMethod, plainMean, requireFinite } from './method.js';

export interface DareOptions {
  readonly drop?: number | undefined;
  readonly seed?: number | undefined;
  readonly combine?: 'average' | 'task-arithmetic' | undefined;
  readonly scale?: number | undefined;
}

/** @throws HeadgateError `MERGE_MISMATCH` for another base, `INVALID_OPTIONS`, `INVALID_SEED` */
export function dare(
  merged: Merged,
  base: HostTensors,
  { drop = 0.9, seed = 0, combine = 'average', scale = 1 }: DareOptions,
): MergeMethod {
  if (!(drop >= 0 && drop < 1)) throw invalidOption('drop', drop, { expected: 'a number from 0 and below 1' });
  requireFinite('scale', scale);
  const of = baseOf(base, merged);
  const share = combine === 'average' ? scale / merged.models.length : scale;
  return {
    parameter: (name, values) => {
      const chances = values.map(({ length }, model) =>
        uniforms({ seed, stream: `merge/dare/${model}/${name}`, counter: 0 }, length),
      );
      // A chance is uniform in [0, 1): it is below `drop` with the probability `drop`.
      return withChanges(of(name), values, (model, i) => (Number(chances[model]?.[i]) < drop ? 0 : share / (1 - drop)));
    },
    average: (_, values) => plainMean(values),
  };
}
