import fc from 'fast-check';
import { expect, test } from 'vitest';
import { indicesOf, packMask } from '../../../src/pathways/masks/mask.js';
import { largest } from '../../../src/pathways/select/extremes.js';
import { disjointSubsets, gaussianByRank, gaussianRanks, randomly } from '../../../src/pathways/select/random.js';
import { normals } from '../../../src/random.js';

const distinct = (indices: Uint32Array) => new Set(indices).size;
const isAscending = (indices: Uint32Array) => indices.every((index, i) => i === 0 || index > (indices[i - 1] ?? 0));

test('a random choice is as large as asked for, of what is allowed, and a function of its seed', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(0, 1), { maxLength: 50 }), fc.nat(), fc.integer(), (bits, wanted, seed) => {
      const allowed = packMask('allowed', [bits.length], bits);
      const free = [...indicesOf(allowed)];
      const count = wanted % (free.length + 1);
      const taken = randomly(bits.length, count, seed, allowed);
      expect(taken).toHaveLength(count);
      expect(isAscending(taken)).toBe(true);
      expect([...taken].every((index) => free.includes(index))).toBe(true);
      expect(randomly(bits.length, count, seed, allowed)).toEqual(taken);
    }),
  );
  expect(randomly(1000, 500, 1)).not.toEqual(randomly(1000, 500, 2));
});

test('every element is taken equally often', () => {
  const times = new Float64Array(8);
  for (let seed = 0; seed < 4000; seed++)
    for (const index of randomly(8, 3, seed)) times[index] = (times[index] ?? 0) + 1;
  // 4000 · 3/8 = 1500, with a standard deviation of 31
  expect(Math.max(...times.map((count) => Math.abs(count - 1500)))).toBeLessThan(31 * 4);
});

test('subsets are disjoint and together everything, of equal sizes but for chance; the first is one like the others', () => {
  const subsets = disjointSubsets(9000, 3, 7);
  const sizes = [0, 1, 2].map((number) => subsets.filter((own) => own === number).length);
  expect(sizes.reduce((sum, size) => sum + size)).toBe(9000);
  // the standard deviation is 45: the predecessor left out subset 0, and took everything for it
  for (const size of sizes) expect(Math.abs(size - 3000)).toBeLessThan(45 * 4);
  expect([...disjointSubsets(100, 3, 7)]).toEqual([...subsets.slice(0, 100)]);
  expect([...disjointSubsets(5, 1, 7)]).toEqual([0, 0, 0, 0, 0]);
  expect(() => disjointSubsets(5, 0, 7)).toThrow(expect.objectContaining({ code: 'INVALID_OPTIONS', path: 'subsets' }));
});

test('by gaussian rank: a std of 0, and one that is nearly 0, takes the largest', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -5, max: 5 }), { maxLength: 30 }), fc.nat(), (values, wanted) => {
      const scores = Float64Array.from(values);
      const count = wanted % (values.length + 1);
      for (const std of [0, 1e-300, 1e-9, 0.001]) {
        expect(gaussianByRank(scores, count, { std, seed: 3 })).toEqual(largest(scores, count));
      }
    }),
  );
});

test('by gaussian rank: as many as asked for, though the predecessor would draw for ever', () => {
  for (const std of [1e-6, 0.01, 0.5, 3, 1e6]) {
    for (const count of [0, 1, 50, 100]) {
      const ranks = gaussianRanks(100, count, { std, seed: 5 });
      expect(distinct(ranks)).toBe(count);
      expect(isAscending(ranks)).toBe(true);
    }
  }
  expect(gaussianRanks(100, 50, { std: 0.5, seed: 5 })).toEqual(gaussianRanks(100, 50, { std: 0.5, seed: 5 }));
  expect(gaussianRanks(100, 50, { std: 0.5, seed: 5 })).not.toEqual(gaussianRanks(100, 50, { std: 0.5, seed: 6 }));
});

/** As the predecessor draws: ranks until enough of them are new. */
function rejection(size: number, count: number, std: number, seed: number): Set<number> {
  const found = new Set<number>();
  for (let counter = 0; found.size < count; counter++) {
    for (const draw of normals({ seed, stream: 'test', counter }, 64)) {
      const rank = Math.floor(Math.abs((draw * size * std) / 2));
      if (rank < size && found.size < count) found.add(rank);
    }
  }
  return found;
}

test.each([0.2, 0.6, 1, 4])('by gaussian rank: the same distribution as by drawing again, std %d', (std) => {
  const [size, count, runs] = [12, 4, 6000];
  const [race, drawn] = [new Float64Array(size), new Float64Array(size)];
  for (let seed = 0; seed < runs; seed++) {
    for (const rank of gaussianRanks(size, count, { std, seed })) race[rank] = (race[rank] ?? 0) + 1;
    for (const rank of rejection(size, count, std, seed)) drawn[rank] = (drawn[rank] ?? 0) + 1;
  }
  // of a difference of two shares of 6000 the standard deviation is at most 0.0091
  const worst = Math.max(...race.map((times, rank) => Math.abs(times - (drawn[rank] ?? 0)) / runs));
  expect(worst).toBeLessThan(0.0091 * 4);
});

test('a large std takes any, and what is refused', () => {
  const times = new Float64Array(10);
  for (let seed = 0; seed < 3000; seed++) {
    for (const rank of gaussianRanks(10, 1, { std: 1e5, seed })) times[rank] = (times[rank] ?? 0) + 1;
  }
  expect(Math.max(...times.map((count) => Math.abs(count - 300)))).toBeLessThan(17 * 4);
  for (const std of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
    const wrong = { code: 'INVALID_OPTIONS', path: 'std' };
    expect(() => gaussianRanks(3, 1, { std, seed: 0 })).toThrow(expect.objectContaining(wrong));
  }
  expect(() => gaussianRanks(3, 4, { std: 1, seed: 0 })).toThrow(
    expect.objectContaining({ code: 'SELECTION_TOO_LARGE' }),
  );
  expect(() => randomly(3, 4, 0)).toThrow(expect.objectContaining({ code: 'SELECTION_TOO_LARGE' }));
});
