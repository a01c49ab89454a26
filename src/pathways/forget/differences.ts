/** @file Which weights do more for the target than for the rest, and the network without the most of them. */
import type { HostTensor, HostTensors } from '../../engine/engine.js';
import type { InputMeans } from '../score/by-inputs.js';
import { taskDifference } from '../score/criteria.js';
import type { InputStatistics } from '../score/inputs.js';
import { largest } from '../select/extremes.js';

/** A kernel of which weights may go. */
export interface Forgetful {
  readonly name: string;
  readonly value: HostTensor & { readonly data: Float32Array };
  /** Flat indices of weights that do more for the target than for the rest, the largest difference first. */
  readonly order: Uint32Array;
}

/**
 * `|w| · (mean |x| over the target − mean |x| over the rest)`: see `taskDifference`. Each is a mean of its own.
 *
 * @param trained 1 for the weights that may go; null for all
 */
export function forgetful(
  name: string,
  value: Forgetful['value'],
  [target, rest]: readonly [InputMeans, InputMeans],
  trained: Uint8Array | null,
): Forgetful {
  const scores = taskDifference(value, statistics(target), statistics(rest));
  const positive = scores.reduce((count, score, i) => count + (score > 0 && trained?.[i] !== 0 ? 1 : 0), 0);
  const allowed = scores.map((score, i) => (trained?.[i] === 0 ? Math.min(score, 0) : score));
  const order = largest(allowed, positive).sort((a, b) => (allowed[b] ?? 0) - (allowed[a] ?? 0) || a - b);
  return { name, value, order };
}

/** Means as what they are means of. */
function statistics(means: InputMeans): InputStatistics {
  return { count: 1, sum: means, sumAbsolute: means, sumSquare: means };
}

/** Without the `share` of each kernel's weights whose difference is largest, as far as it is above 0. */
export function without(
  kernels: readonly Forgetful[],
  share: number,
): { readonly weights: HostTensors; readonly count: number } {
  let count = 0;
  const weights = kernels.map(({ name, value, order }): [string, HostTensor] => {
    const data = value.data.slice();
    const gone = order.subarray(0, Math.floor(share * data.length + 1e-9));
    for (const index of gone) data[index] = 0;
    count += gone.length;
    return [name, { ...value, data }];
  });
  return { weights: Object.fromEntries(weights), count };
}
