/** @file The weights of layers as numbers. */
import type { LayerVariable } from '../../model/binding.js';
import { ownVariables } from '../../model/tensors.js';
import type { tf } from '../../tf.js';

export interface Weight {
  readonly variable: LayerVariable;
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
}

/** A layer's own weight by the last part of its name; null where it has none. */
export function weightOf(layer: tf.layers.Layer, name: string): Weight | null {
  const found = ownVariables(layer).find(([, last]) => last === name);
  return found === undefined ? null : weight(found[0]);
}

export function weight(variable: LayerVariable): Weight {
  return { variable, shape: variable.shape.map(Number), values: variable.read().dataSync() };
}

export const elementsOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** Calls `f` with each value that is not zero and its indices along two axes; `second` may be null, which is index 0. */
export function eachNonZero(
  { shape, values }: Weight,
  [first, second]: readonly [number, number | null],
  f: (i: number, j: number, value: number) => void,
): void {
  const strideOf = (axis: number): number => elementsOf(shape.slice(axis + 1));
  const [firstStride, secondStride] = [strideOf(first), second === null ? 1 : strideOf(second)];
  const [firstSize, secondSize] = [shape[first] ?? 1, second === null ? 1 : (shape[second] ?? 1)];
  for (let n = 0; n < values.length; n++) {
    const value = values[n] ?? 0;
    if (value === 0) continue;
    f(Math.floor(n / firstStride) % firstSize, Math.floor(n / secondStride) % secondSize, value);
  }
}
