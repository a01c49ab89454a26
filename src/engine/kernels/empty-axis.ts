/** @file What reductions give over an axis without elements, the same on every engine, and what they refuse. */
import { HeadgateError } from '../../errors.js';
import { tf } from '../../tf.js';

/** A reduction of nothing is the number that changes no other when it is joined to it; a mean of nothing is none. */
export function ofNothing(kernelName: string, dtype: string): number {
  switch (kernelName) {
    case tf.Sum:
    case tf.Any:
      return 0;
    case tf.Prod:
    case tf.All:
      return 1;
    case tf.Mean:
      return Number.NaN;
    case tf.Max:
      return dtype === 'int32' ? -(2 ** 31) : dtype === 'bool' ? 0 : Number.NEGATIVE_INFINITY;
    case tf.Min:
      return dtype === 'int32' ? 2 ** 31 - 1 : dtype === 'bool' ? 1 : Number.POSITIVE_INFINITY;
  }
  throw new TypeError(`${kernelName} is no reduction`);
}

export const reductionNames: readonly string[] = [tf.Sum, tf.Prod, tf.Mean, tf.Max, tf.Min, tf.All, tf.Any];

/** @throws HeadgateError `EMPTY_AXIS`: there is no place of the largest of nothing */
export function refuseEmpty(kernelName: string, shape: readonly number[], axis: number): void {
  if (shape[axis] !== 0) return;
  throw new HeadgateError({
    code: 'EMPTY_AXIS',
    path: kernelName,
    problem: 'an axis without elements has no largest and no smallest element, whose place could be told',
    expected: `at least one element along axis ${axis}`,
    received: `a tensor of shape [${shape.join()}]`,
  });
}
