/** @file Models for tests of merging: the predecessor's two, and any with a kernel, a bias, moving averages and a counter. */
import fc from 'fast-check';
import { expect } from 'vitest';
import type { HostTensor, HostTensors } from '../../../src/engine/engine.js';
import { mergeParameters } from '../../../src/pathways/merge/merge.js';

export const float = (shape: readonly number[], values: readonly number[]): HostTensor => ({
  shape,
  dtype: 'float32',
  data: Float32Array.from(values),
});

/** The predecessor's tiny network, and the second one of its mixer. */
export const first: HostTensors = {
  'a/kernel': float([2, 3], [1, -1, 0.5, 0.5, 0.25, -2]),
  'b/kernel': float([3, 2], [1, -0.5, 2, 0.25, -0.75, 1.5]),
};
export const second: HostTensors = {
  'a/kernel': float([2, 3], [3, 1, -0.5, -0.5, 0.75, 2]),
  'b/kernel': float([3, 2], [2, -1, 4, 0.5, -1.5, 3]),
};

export const absolute = (model: HostTensors): Record<string, number[]> =>
  Object.fromEntries(Object.entries(model).map(([name, { data }]) => [name, Array.from(data, Math.abs)]));

/** Halves of small whole numbers: sums are exact, and equal ones are frequent. */
const value = fc.integer({ min: -6, max: 6 }).map((whole) => whole / 2);
const values = (length: number) => fc.array(value, { minLength: length, maxLength: length });

export const model: fc.Arbitrary<HostTensors> = fc
  .record({ kernel: values(6), bias: values(3), mean: values(3), count: fc.integer({ min: 0, max: 3 }) })
  .map(({ kernel, bias, mean, count }) => ({
    kernel: float([2, 3], kernel),
    bias: float([3], bias),
    variance: float(
      [3],
      mean.map((own) => own * own + 0.25),
    ),
    count: { shape: [1], dtype: 'int32' as const, data: Int32Array.of(count) },
  }));

export const averages = new Set(['variance']);
export const mixed = ['kernel', 'bias'] as const;

/** Its value at a place, for references that are written number by number. */
export const at = (own: HostTensors | undefined, name: string, i: number): number => own?.[name]?.data[i] ?? Number.NaN;
export const wordsOf = (own: HostTensors, name: string): number[] => {
  const { data } = own[name] as HostTensor;
  return [...new Uint32Array(data.buffer, data.byteOffset, data.length)];
};

export type Options = Parameters<typeof mergeParameters>[1];
export const merged = (models: readonly HostTensors[], options: Options) =>
  mergeParameters(models, options, { averages }).parameters;
export const lists = (own: HostTensors) => Object.values(own).map(({ data }) => [...data]);
/** Compares all values, list by list. */
export const near = (own: HostTensors, expected: readonly (readonly number[])[]) => {
  const values = lists(own);
  expect(values.map((list) => list.length)).toEqual(expected.map((list) => list.length));
  for (const [i, x] of values.flat().entries()) expect(x).toBeCloseTo(expected.flat()[i] ?? Number.NaN, 6);
};
/** Compares every mixed element with `of`, the value by name and place. */
export const expectEach = (own: HostTensors, of: (name: string, i: number) => number, digits = 5) => {
  for (const name of mixed) own[name]?.data.forEach((x, i) => void expect(x).toBeCloseTo(of(name, i), digits));
};
