/** @file Whether a compacted model gives what the model gave. */
import { HeadgateError } from '../../errors.js';
import { tf } from '../../tf.js';
import { outputsOf } from './probes.js';

/** Of an output that is nearly zero everywhere, differences count as they are. */
const LEAST_SCALE = 1e-6;

/**
 * The largest difference of an output on the probes, in parts of that output's largest value.
 *
 * @param left by output, the old channels that the new one has
 */
export function differenceOf(
  before: tf.LayersModel,
  after: tf.LayersModel,
  probes: readonly tf.Tensor[],
  left: readonly Int32Array[],
): number {
  let largest = 0;
  tf.tidy(() => {
    const found = outputsOf(after, probes);
    for (const [i, output] of outputsOf(before, probes).entries()) {
      const expected = output.gather(tf.tensor1d(left[i] ?? [], 'int32'), output.rank - 1);
      largest = worse(largest, relativeDifference(expected, found[i] as tf.Tensor)); // as many outputs
    }
  });
  return largest;
}

function relativeDifference(expected: tf.Tensor, found: tf.Tensor): number {
  const [a, b] = [expected.dataSync(), found.dataSync()];
  if (String(expected.shape) !== String(found.shape)) return Number.NaN;
  let [largest, scale] = [0, LEAST_SCALE];
  for (let i = 0; i < a.length; i++) {
    const [old, made] = [a[i] ?? 0, b[i] ?? 0];
    scale = Math.max(scale, Math.abs(old));
    largest = worse(largest, Object.is(old, made) ? 0 : Math.abs(old - made));
  }
  return largest / scale;
}

/** NaN is worse than every number. */
const worse = (a: number, b: number): number => (Number.isNaN(a) || Number.isNaN(b) ? Number.NaN : Math.max(a, b));

/** @throws HeadgateError `COMPACTION_DIFFERS` */
export function requireEqual(difference: number, tolerance: number, model: tf.LayersModel): void {
  if (difference <= tolerance) return;
  throw new HeadgateError({
    code: 'COMPACTION_DIFFERS',
    path: model.name,
    problem: 'the compacted model does not give what the model gave',
    expected: `a difference of at most ${tolerance} of an output's largest value`,
    received: `${difference}`,
    mend: 'Give `probes` of the rows that the model is for; a `tolerance` allows for rounding.',
  });
}
