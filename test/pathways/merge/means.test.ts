import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { maskOf } from '../../../src/pathways/masks/mask.js';
import type { Importances } from '../../../src/pathways/merge/options.js';
import {
  absolute,
  at,
  expectEach,
  first,
  float,
  lists,
  merged,
  mixed,
  model,
  near,
  type Options,
  second,
  wordsOf,
} from './models.js';

const map = fc
  .record({
    kernel: fc.array(fc.nat({ max: 3 }), { minLength: 6, maxLength: 6 }),
    bias: fc.array(fc.nat({ max: 3 }), { minLength: 3, maxLength: 3 }),
  })
  .map((own): Importances => own);
const weighed = fc.array(fc.tuple(model, map, fc.integer({ min: 1, max: 4 })), { minLength: 1, maxLength: 4 });

describe("the predecessor's golden numbers", () => {
  const importances = [absolute(first), absolute(second)];

  test('average', () => {
    near(merged([first, second], { method: 'average' }), [
      [2, 0, 0, 0, 0.5, 0],
      [1.5, -0.75, 3, 0.375, -1.125, 2.25],
    ]);
  });

  test('importance-weighted', () => {
    near(merged([first, second], { method: 'importance-weighted', importances }), [
      [2.5, 0, 0, 0, 0.625, 0],
      [5 / 3, -5 / 6, 10 / 3, 5 / 12, -1.25, 2.5],
    ]);
  });

  test('rank-weighted, the lower half of all but the first left out', () => {
    near(merged([first, second], { method: 'rank-weighted', importances, zero: 0.5 }), [
      [2.09090909, 0, 0.5, 0.5, 0.625, -0.18181818],
      [1.5, -0.5, 3, 0.25, -1.125, 2.25],
    ]);
  });
});

test('models that are equal give the same model, to the bit, by every method without a base', () => {
  const equal: readonly Options[] = [
    { method: 'average' },
    { method: 'weighted', weights: [0.3, 0.7] },
    {
      method: 'importance-weighted',
      importances: [{ kernel: [1, 0, 3, 0.1, 7, 0] }, { kernel: [0.7, 0, 1, 9, 0.3, 5] }],
    },
    { method: 'fisher-weighted', importances: [{}, {}], weights: [0.1, 0.2] },
    { method: 'rank-weighted', importances: [{ bias: [1, 2, 3] }, { bias: [3, 2, 1] }], zero: 0.4 },
    { method: 'slerp', t: 0.3 },
    { method: 'replace', masks: { kernel: maskOf([2, 3], [1, 4]) } },
  ];
  fc.assert(
    fc.property(fc.array(fc.float({ noNaN: true }), { minLength: 9, maxLength: 9 }), (values) => {
      const own = { kernel: float([2, 3], values.slice(0, 6)), bias: float([3], values.slice(6)) };
      for (const options of equal) {
        const result = merged([own, own], options);
        for (const name of mixed) expect(wordsOf(result, name), options.method).toEqual(wordsOf(own, name));
      }
    }),
  );
});

test('biases are merged too: the predecessor merged weights alone', () => {
  const [a, b] = [{ bias: float([2], [1, 3]) }, { bias: float([2], [3, -3]) }];
  expect(lists(merged([a, b], { method: 'average' }))).toEqual([[2, 0]]);
});

test('average and weighted are means; a weight of 1 among zeros gives that model, to the bit', () => {
  fc.assert(
    fc.property(weighed, (parts) => {
      const [own, weights] = [parts.map(([each]) => each), parts.map(([, , weight]) => weight)];
      expectEach(
        merged(own, { method: 'average' }),
        (name, i) => own.reduce((sum, each) => sum + at(each, name, i), 0) / own.length,
      );
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      const weighted = merged(own, { method: 'weighted', weights });
      const mean = (name: string, i: number) =>
        own.reduce((sum, each, m) => sum + (weights[m] ?? 0) * at(each, name, i), 0) / total;
      expectEach(weighted, mean);
      weighted.variance?.data.forEach((x, i) => void expect(x).toBeCloseTo(mean('variance', i), 5));
      const last = own.map((_, m) => (m === own.length - 1 ? 2 : 0));
      expect(lists(merged(own, { method: 'weighted', weights: last })).slice(0, 3)).toEqual(
        lists(own.at(-1) ?? {}).slice(0, 3),
      );
    }),
  );
});

test('a model of weight or importance 0 may be infinite', () => {
  const [a, b] = [{ bias: float([1], [2]) }, { bias: float([1], [Number.POSITIVE_INFINITY]) }];
  expect(lists(merged([a, b], { method: 'weighted', weights: [1, 0] }))).toEqual([[2]]);
  expect(lists(merged([a, b], { method: 'importance-weighted', importances: [{ bias: [1] }, { bias: [0] }] }))).toEqual(
    [[2]],
  );
});

test('importance- and fisher-weighted: where no model has importance the plain mean: the predecessor gave NaN', () => {
  fc.assert(
    fc.property(weighed, (parts) => {
      const [own, importances, weights] = [
        parts.map(([each]) => each),
        parts.map(([, each]) => each),
        parts.map(([, , w]) => w),
      ];
      const mean = (by: (m: number) => number) => (name: string, i: number) => {
        const factors = own.map((_, m) => by(m) * Number(importances[m]?.[name]?.[i]));
        const total = factors.reduce((sum, factor) => sum + factor, 0);
        const plain = total === 0;
        return (
          own.reduce((sum, each, m) => sum + (plain ? 1 : (factors[m] ?? 0)) * at(each, name, i), 0) /
          (plain ? own.length : total)
        );
      };
      expectEach(
        merged(own, { method: 'importance-weighted', importances }),
        mean(() => 1),
      );
      expectEach(
        merged(own, { method: 'fisher-weighted', importances }),
        mean(() => 1),
      );
      expectEach(
        merged(own, { method: 'fisher-weighted', importances, weights }),
        mean((m) => weights[m] ?? 0),
      );
    }),
  );
});

test('rank-weighted, by sorting pairs', () => {
  fc.assert(
    fc.property(weighed, fc.constantFrom(0, 0.25, 0.5, 1), (parts, zero) => {
      const [own, importances] = [parts.map(([each]) => each), parts.map(([, each]) => each)];
      const rank = (m: number, name: string, i: number) => {
        const list = Array.from(importances[m]?.[name] ?? []);
        const below = list.filter((x, j) => x < (list[i] ?? 0) || (x === list[i] && j > i)).length;
        return m > 0 && below + 1 < zero * list.length ? 0 : below + 1;
      };
      expectEach(merged(own, { method: 'rank-weighted', importances, zero }), (name, i) => {
        const ranks = own.map((_, m) => rank(m, name, i));
        return (
          own.reduce((sum, each, m) => sum + (ranks[m] ?? 0) * at(each, name, i), 0) / ranks.reduce((a, b) => a + b, 0)
        );
      });
    }),
  );
});

test('a parameter without importances is merged by the plain mean', () => {
  const importances = [{ 'a/kernel': [1, 1, 1, 1, 1, 1] }, { 'a/kernel': [0, 0, 0, 0, 0, 0] }];
  for (const method of ['importance-weighted', 'fisher-weighted'] as const) {
    const result = lists(merged([first, second], { method, importances }));
    expect(result).toEqual([lists(first)[0], [1.5, -0.75, 3, 0.375, -1.125, 2.25]]);
  }
});
