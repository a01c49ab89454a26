import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { HostTensors } from '../../../src/engine/engine.js';
import { maskOf } from '../../../src/pathways/masks/mask.js';
import { interferenceBetween } from '../../../src/pathways/merge/interference.js';
import { mergeParameters } from '../../../src/pathways/merge/merge.js';
import type { Merge } from '../../../src/pathways/merge/options.js';
import { at, first, float, lists, merged, model, type Options, second } from './models.js';

test('a variance is never extrapolated: it lies between those of the models, by every method', () => {
  fc.assert(
    fc.property(model, model, model, (base, one, two) => {
      const all: readonly Options[] = [
        { method: 'average' },
        { method: 'weighted', weights: [1, 3] },
        { method: 'importance-weighted', importances: [{}, {}] },
        { method: 'fisher-weighted', importances: [{}, {}], weights: [2, 1] },
        { method: 'rank-weighted', importances: [{}, {}] },
        { method: 'task-arithmetic', base, scale: [3, -3] },
        { method: 'ties', base, density: 1, scale: 5 },
        { method: 'dare', base, drop: 0.9, combine: 'task-arithmetic' },
        { method: 'slerp', t: 0.4 },
        { method: 'replace', masks: {} },
      ];
      for (const options of all) {
        merged([one, two], options).variance?.data.forEach((x, i) => {
          const ends = [at(one, 'variance', i), at(two, 'variance', i)];
          expect(x, options.method).toBeGreaterThanOrEqual(Math.min(...ends) - 1e-6);
          expect(x, options.method).toBeLessThanOrEqual(Math.max(...ends) + 1e-6);
        });
      }
    }),
  );
});

test('what is no float32 is the first model’s, and named where the models differ', () => {
  const whole = (...values: number[]) => ({
    shape: [values.length],
    dtype: 'int32' as const,
    data: Int32Array.from(values),
  });
  const flag = (value: number) => ({ shape: [1], dtype: 'bool' as const, data: Uint8Array.of(value) });
  const [a, b] = [
    { steps: whole(4, 5), on: flag(1) },
    { steps: whole(4, 9), on: flag(1) },
  ];
  const { parameters, kept } = mergeParameters([a, b], { method: 'average' });
  expect(parameters).toEqual(a);
  expect(parameters.steps?.data).not.toBe(a.steps.data);
  expect(kept).toEqual(['steps']);
});

test('the models are not written to, nor does the result share their memory', () => {
  const own = [first, second].map((each) => JSON.stringify(lists(each)));
  const result = merged([first, second], { method: 'replace', masks: {} });
  for (const { data } of Object.values(result)) data.fill(9);
  expect([first, second].map((each) => JSON.stringify(lists(each)))).toEqual(own);
});

test('models of two architectures are refused with the first difference', () => {
  const code = 'MERGE_MISMATCH';
  const { 'b/kernel': last, ...one } = first;
  const average = { method: 'average' } as const;
  expect(() => merged([first, one], average)).toThrow(
    expect.objectContaining({
      code,
      path: 'b/kernel',
      problem: 'models[1] has no such parameter',
      expected: 'float32 [3, 2]',
    }),
  );
  expect(() => merged([one, first], average)).toThrow(
    expect.objectContaining({ code, path: 'b/kernel', problem: 'models[1] has a parameter too many' }),
  );
  const turned = { ...first, 'a/kernel': float([3, 2], [1, 2, 3, 4, 5, 6]), 'b/kernel': last ?? float([], []) };
  expect(() => merged([first, first, turned], average)).toThrow(
    expect.objectContaining({ code, path: 'a/kernel', expected: 'float32 [2, 3]', received: 'float32 [3, 2]' }),
  );
  expect(() => mergeParameters([first, turned], average, { labels: ['this', 'others[0]'] })).toThrow(
    'others[0] has a parameter of',
  );
  expect(() => merged([first, second], { method: 'task-arithmetic', base: one })).toThrow(
    expect.objectContaining({ code, path: 'b/kernel', problem: 'the base has no such parameter' }),
  );
});

const six = [1, 1, 1, 1, 1, 1];
test.each<[Merge<HostTensors, ReturnType<typeof maskOf>>, string, string]>([
  [{ method: 'weighted', weights: [1] }, 'INVALID_OPTIONS', 'weights'],
  [{ method: 'weighted', weights: [0, 0] }, 'INVALID_OPTIONS', 'weights'],
  [{ method: 'weighted', weights: [2, -1] }, 'INVALID_OPTIONS', 'weights'],
  [{ method: 'importance-weighted', importances: [{}] }, 'INVALID_OPTIONS', 'importances'],
  [
    { method: 'importance-weighted', importances: [{ 'a/kernels': six }, {}] },
    'MERGE_MISMATCH',
    'importances[0].a/kernels',
  ],
  [
    { method: 'importance-weighted', importances: [{ 'a/kernel': six }, {}] },
    'MERGE_MISMATCH',
    'importances[1].a/kernel',
  ],
  [
    { method: 'importance-weighted', importances: [{ 'a/kernel': [1] }, {}] },
    'MERGE_MISMATCH',
    'importances[0].a/kernel',
  ],
  [
    { method: 'fisher-weighted', importances: [{ 'a/kernel': [1, 1, -1, 1, 1, 1] }, { 'a/kernel': six }] },
    'INVALID_SCORE',
    'importances[0].a/kernel[2]',
  ],
  [{ method: 'fisher-weighted', importances: [{}, {}], weights: [1] }, 'INVALID_OPTIONS', 'weights'],
  [{ method: 'rank-weighted', importances: [{}, {}], zero: 1.5 }, 'INVALID_OPTIONS', 'zero'],
  [{ method: 'task-arithmetic', base: first, scale: [1] }, 'INVALID_OPTIONS', 'scale'],
  [{ method: 'task-arithmetic', base: first, scale: Number.NaN }, 'INVALID_OPTIONS', 'scale'],
  [{ method: 'ties', base: first, density: 2 }, 'INVALID_OPTIONS', 'density'],
  [{ method: 'ties', base: first, scale: Number.NaN }, 'INVALID_OPTIONS', 'scale'],
  [{ method: 'dare', base: first, drop: 1 }, 'INVALID_OPTIONS', 'drop'],
  [{ method: 'slerp', t: 1.1 }, 'INVALID_OPTIONS', 't'],
  [{ method: 'replace', masks: { 'a/kern': maskOf([2, 3], []) } }, 'MERGE_MISMATCH', 'masks.a/kern'],
  [{ method: 'replace', masks: { 'a/kernel': maskOf([3, 2], []) } }, 'MASK_MISMATCH', 'masks.a/kernel'],
])('%j: %s at %s', (options, code, path) => {
  expect(() => merged([first, second], options)).toThrow(expect.objectContaining({ code, path }));
});

test('two models alone can be turned or replaced, and there must be a model', () => {
  const three = { code: 'INVALID_OPTIONS', path: 'method', expected: 'two models for slerp, and not 3' };
  expect(() => merged([first, second, first], { method: 'slerp', t: 0.5 })).toThrow(expect.objectContaining(three));
  expect(() => merged([first], { method: 'replace', masks: {} })).toThrow(expect.objectContaining({ path: 'method' }));
  expect(() => merged([], { method: 'average' })).toThrow(expect.objectContaining({ path: 'models' }));
});

test('interference: opposite changes among those that both made; without a base, the cosine', () => {
  const base = { bias: float([5], [0, 1, 1, 1, 0]) };
  const own = [
    [1, 2, 0, 1, 0],
    [2, 0, 3, 5, 0],
    [0, 1, 1, 1, 7],
  ].map((values) => ({ bias: float([5], values) }));
  expect(interferenceBetween(own, ['bias'], base)).toEqual([
    { first: 0, second: 1, measure: 'opposite-signs', value: 2 / 3 },
    { first: 0, second: 2, measure: 'opposite-signs', value: null },
    { first: 1, second: 2, measure: 'opposite-signs', value: null },
  ]);
  const [cosine] = interferenceBetween([first, second], ['a/kernel']);
  expect(cosine).toMatchObject({ first: 0, second: 1, measure: 'cosine' });
  expect(cosine?.value).toBeCloseTo((3 - 1 - 0.25 - 0.25 + 0.1875 - 4) / Math.sqrt(6.5625 * 15.0625), 6);
  expect(interferenceBetween([base, { bias: float([5], [0, 0, 0, 0, 0]) }], ['bias'])[0]?.value).toBe(null);
});
