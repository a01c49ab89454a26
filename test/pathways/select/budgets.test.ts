import fc from 'fast-check';
import { expect, test } from 'vitest';
import { andMask, notMask } from '../../../src/pathways/masks/algebra.js';
import { countOf, fullMask, maskOf, packMask } from '../../../src/pathways/masks/mask.js';
import { type Amount, countToTake } from '../../../src/pathways/select/amounts.js';
import {
  countsFrom,
  erdosRenyiKernel,
  largestOverall,
  smallestOverall,
  uniformDensities,
} from '../../../src/pathways/select/budgets.js';
import { largest, smallest } from '../../../src/pathways/select/extremes.js';

const sizes = fc.array(fc.array(fc.integer({ min: -3, max: 3 }), { maxLength: 12 }), { maxLength: 4 });

test('over all parameters: the selection from all scores in one row', () => {
  fc.assert(
    fc.property(sizes, fc.nat(), (lists, wanted) => {
      const all = lists.flat();
      const count = wanted % (all.length + 1);
      const parameters = new Map(lists.map((list, i) => [`p${i}`, { scores: Float32Array.from(list) }]));
      const flat = (taken: ReadonlyMap<string, Uint32Array>) => {
        let start = 0;
        return lists.flatMap((list, i) => {
          const own = [...(taken.get(`p${i}`) ?? [])].map((index) => index + start);
          start += list.length;
          return own;
        });
      };
      expect(flat(largestOverall(parameters, count))).toEqual([...largest(Float32Array.from(all), count)]);
      expect(flat(smallestOverall(parameters, count))).toEqual([...smallest(Float32Array.from(all), count)]);
    }),
  );
  const allowed = packMask('m', [2], [0, 1]);
  const parameters = new Map([
    ['a', { scores: Float32Array.of(9, 1), allowed }],
    ['b', { scores: Float32Array.of(2) }],
  ]);
  expect([...largestOverall(parameters, 1).values()].map((own) => [...own])).toEqual([[], [0]]);
});

const mnist = new Map([
  ['one', [784, 300]],
  ['two', [300, 100]],
  ['three', [100, 10]],
]);

test('ERK by hand: LeNet-300-100 at a tenth, where the last kernel would keep more than all and is dense', () => {
  const scale = (0.1 * 266200) / (1084 + 400 + 110);
  const tenth = erdosRenyiKernel(mnist, 0.1);
  // 110 · 16.7 is more than its 1000 elements: dense, and the others share what is left
  expect(scale * 110).toBeGreaterThan(1000);
  const rest = (0.1 * 266200 - 1000) / 1484;
  expect(tenth.get('three')).toBe(1);
  expect(tenth.get('one')).toBeCloseTo((rest * 1084) / 235200, 12);
  expect(tenth.get('two')).toBeCloseTo((rest * 400) / 30000, 12);
  expect(
    erdosRenyiKernel(
      new Map([
        ['conv', [3, 3, 16, 32]],
        ['dense', [64, 64]],
      ]),
      0.1,
    ).get('conv'),
  ).toBeCloseTo(((0.1 * (4608 + 4096)) / (54 + 128)) * (54 / 4608), 12);
});

test('ERK: densities from 0 to 1 that together make the density, whatever the shapes', () => {
  const shape = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 2, maxLength: 4 });
  fc.assert(
    fc.property(
      fc.array(shape, { minLength: 1, maxLength: 6 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (list, density) => {
        const shapes = new Map(list.map((own, i) => [`p${i}`, own]));
        const size = (name: string) => (shapes.get(name) ?? []).reduce((a, b) => a * b, 1);
        const densities = erdosRenyiKernel(shapes, density);
        const total = list.reduce((sum, _, i) => sum + size(`p${i}`), 0);
        for (const own of densities.values()) expect(own >= 0 && own <= 1).toBe(true);
        const kept = [...densities].reduce((sum, [name, own]) => sum + own * size(name), 0);
        expect(Math.abs(kept - density * total)).toBeLessThan(1e-9 * total);
        const counts = countsFrom(shapes, densities);
        expect([...counts.values()].reduce((sum, own) => sum + own, 0)).toBe(Math.round(kept));
        for (const [name, count] of counts) {
          expect(Math.abs(count - (densities.get(name) ?? 0) * size(name))).toBeLessThan(1 + 1e-6);
          expect(count <= size(name)).toBe(true);
        }
      },
    ),
  );
});

test('remainders: the greatest are rounded up, ties to the first', () => {
  const shapes = new Map([1, 2, 3].map((i) => [`p${i}`, [5]]));
  expect([...countsFrom(shapes, uniformDensities(shapes, 0.5)).values()]).toEqual([3, 3, 2]);
  expect([...countsFrom(shapes, uniformDensities(shapes, 0.4)).values()]).toEqual([2, 2, 2]);
  expect(() => countsFrom(shapes, new Map())).toThrow(expect.objectContaining({ path: 'densities.p1' }));
  for (const density of [-0.1, 1.1, Number.NaN]) {
    const wrong = { code: 'INVALID_OPTIONS', path: 'density' };
    expect(() => erdosRenyiKernel(mnist, density)).toThrow(expect.objectContaining(wrong));
    expect(() => uniformDensities(mnist, density)).toThrow(expect.objectContaining(wrong));
  }
  for (const shape of [[4], [], [0, 3]]) {
    expect(() => erdosRenyiKernel(new Map([['bias', shape]]), 0.5)).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTIONS', path: 'shapes.bias' }),
    );
  }
});

const scores = Float32Array.from({ length: 24 }, (_, i) => i % 7);
const after = (amount: Amount, present = fullMask([24])) =>
  andMask(present, notMask(maskOf([24], smallest(scores, countToTake(amount, { scores, present }), present))));

test('a fraction is of what is left: half twice leaves a quarter', () => {
  const once = after({ fractionOfRemaining: 0.5 });
  expect(countOf(once)).toBe(12);
  expect(countOf(after({ fractionOfRemaining: 0.5 }, once))).toBe(6);
  expect(countOf(after({ fractionOfRemaining: 1 }, once))).toBe(0);
  expect(countOf(after({ fractionOfRemaining: 0 }, once))).toBe(12);
});

test('a target sparsity is reached once; one below the present sparsity takes nothing: the predecessor took one more', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }), (a, b) => {
      const once = after({ targetSparsity: a });
      expect(countOf(once)).toBe(24 - Math.floor(a * 24 + 1e-9));
      expect(after({ targetSparsity: a }, once)).toEqual(once);
      expect(countOf(after({ targetSparsity: b }, once))).toBe(24 - Math.floor(Math.max(a, b) * 24 + 1e-9));
    }),
  );
});

test('zero scores are no pruned weights: half of a kernel with inactive inputs is half of it, and not a quarter', () => {
  const inactive = Float32Array.from({ length: 24 }, (_, i) => (i < 6 ? 0 : i));
  expect(countToTake({ targetSparsity: 0.5 }, { scores: inactive })).toBe(12);
  expect(countToTake({ fractionOfRemaining: 0.5 }, { scores: inactive })).toBe(12);
});

test('counts and thresholds, on both sides, of what is left', () => {
  const present = maskOf(
    [24],
    Array.from({ length: 12 }, (_, i) => i),
  );
  expect(countToTake({ count: 0 }, { scores, present })).toBe(0);
  expect(countToTake({ count: 12 }, { scores, present })).toBe(12);
  const short = { code: 'SELECTION_TOO_LARGE', path: 'amount.count', expected: 'at most 12' };
  expect(() => countToTake({ count: 13 }, { scores, present })).toThrow(expect.objectContaining(short));
  expect(countToTake({ threshold: 2 }, { scores, present })).toBe(4); // 0, 1, 0, 1
  expect(countToTake({ threshold: 2 }, { scores, present, take: 'largest' })).toBe(6); // 3, 4, 5, 6, 3, 4
  expect(countToTake({ threshold: 0 }, { scores })).toBe(0);
  expect(countToTake({ targetSparsity: 0.29 }, { scores: new Float32Array(100) })).toBe(29);
  for (const wrong of [
    { targetSparsity: 1.5 },
    { fractionOfRemaining: -0.1 },
    { count: 0.5 },
    { threshold: Number.NaN },
  ]) {
    const path = `amount.${Object.keys(wrong)[0]}`;
    expect(() => countToTake(wrong, { scores })).toThrow(expect.objectContaining({ code: 'INVALID_OPTIONS', path }));
  }
});
