import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  cosineDistances,
  groupsByClass,
  meanBetween,
  meanWithin,
} from '../../../src/pathways/tracker/representations.js';
import { createCka, linearCka, unbiasedCka } from '../../../src/pathways/tracker/similarity.js';
import { normals } from '../../../src/random.js';
import { inputs, labels, matrix, outputs } from '../sparana.js';

test('a row is no pair with itself: the predecessor counted it, and gave a third of the distance within a class of two', () => {
  const groups = groupsByClass(labels, 2);
  const hidden = cosineDistances(inputs.second, groups);
  expect(hidden.between[0]?.[0]).toBeCloseTo(3 * 0.13816982, 6);
  expect(hidden.between[0]?.[1]).toBeCloseTo(0.31524336, 6);
  expect(meanBetween(hidden)).toBeCloseTo(0.31524336, 6);
  expect(hidden.between[1]?.[1]).toBe(null); // one row has no pair
  expect(meanWithin(hidden)).toBeCloseTo(3 * 0.13816982, 6);
  expect(hidden.pairs).toEqual([
    [1, 2],
    [2, 0],
  ]);
  const last = cosineDistances(outputs, groups);
  expect(last.between[0]?.[0]).toBeCloseTo(3 * 0.4877514, 6);
  expect(last.between[1]?.[0]).toBeCloseTo(0.62599599, 6);
});

const value = fc.float({ noNaN: true, min: -8, max: 8 });
const activations = fc
  .record({ rows: fc.integer({ min: 1, max: 9 }), columns: fc.integer({ min: 1, max: 5 }) })
  .chain(({ rows, columns }) =>
    fc.record({
      rows: fc.constant(rows),
      columns: fc.constant(columns),
      data: fc
        .array(fc.oneof({ weight: 3, arbitrary: value }, fc.constant(0)), {
          minLength: rows * columns,
          maxLength: rows * columns,
        })
        .map((values) => Float32Array.from(values)),
    }),
  );

/** Pair by pair, in both orders. */
function naive(
  { columns, data }: { columns: number; data: Float32Array },
  group: readonly number[],
  other: readonly number[],
) {
  const row = (i: number) => [...data.slice(i * columns, (i + 1) * columns)];
  const norm = (x: readonly number[]) => Math.hypot(...x);
  const distances = group.flatMap((i) =>
    other.flatMap((j) => {
      const [x, y] = [row(i), row(j)];
      if (i === j || norm(x) === 0 || norm(y) === 0) return [];
      return [1 - x.reduce((sum, a, k) => sum + a * (y[k] ?? 0), 0) / (norm(x) * norm(y))];
    }),
  );
  return distances.length === 0 ? null : distances.reduce((sum, one) => sum + one, 0) / distances.length;
}

test('the distances are those of all pairs, also of groups that share rows; rows of zeros are counted and skipped', () => {
  const membership = fc.array(fc.array(fc.nat({ max: 8 }), { maxLength: 9 }), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(activations, membership, (own, lists) => {
      const groups = lists.map((list) => [...new Set(list)].filter((row) => row < own.rows));
      const { between, skipped, pairs } = cosineDistances(own, groups);
      groups.forEach((group, a) => {
        groups.forEach((other, b) => {
          const expected = naive(own, group, other);
          if (expected === null) expect(between[a]?.[b]).toBe(null);
          else expect(between[a]?.[b]).toBeCloseTo(expected, 9);
          const rows = (list: readonly number[]) => list.filter((row) => isDirected(own, row));
          const counted = new Set(
            rows(group).flatMap((i) =>
              rows(other).flatMap((j) => (i === j ? [] : [[i, j].sort((x, y) => x - y).join()])),
            ),
          );
          expect(pairs[a]?.[b]).toBe(counted.size);
        });
        expect(skipped[a]).toBe(group.filter((row) => !isDirected(own, row)).length);
      });
    }),
  );
});

const isDirected = ({ columns, data }: { columns: number; data: Float32Array }, row: number) =>
  data.slice(row * columns, (row + 1) * columns).some((x) => x !== 0);

test('a row of zeros makes no NaN: the predecessor gave one for the whole class', () => {
  const { between, skipped } = cosineDistances(matrix(3, 2, [1, 0, 0, 0, 0, 1]), [[0, 1, 2]]);
  expect(between).toEqual([[1]]);
  expect(skipped).toEqual([1]);
});

test('what is no group is refused', () => {
  const two = matrix(2, 1, [1, 2]);
  const twice = { code: 'UNKNOWN_ROW', path: 'groups[0][1]', problem: 'this row stands in the group twice' };
  expect(() => cosineDistances(two, [[1, 1]])).toThrow(expect.objectContaining(twice));
  expect(() => cosineDistances(two, [[0], [2]])).toThrow(
    expect.objectContaining({ code: 'UNKNOWN_ROW', path: 'groups[1][0]', problem: 'there is no such row' }),
  );
  expect(() => groupsByClass([0, 2], 2)).toThrow(expect.objectContaining({ code: 'INVALID_LABEL', path: 'labels[1]' }));
  expect(meanBetween(cosineDistances(two, [[0]]))).toBe(null);
  expect(groupsByClass([2, 0, 2], 3).map((group) => [...group])).toEqual([[1], [], [0, 2]]);
});

/** A random matrix. */
const noise = (rows: number, columns: number, seed: number) => ({
  rows,
  columns,
  data: normals({ seed, stream: 'test', counter: 0 }, rows * columns),
});

/** By Gram matrices and the centring matrix, as it is defined. */
function naiveCka(x: ReturnType<typeof noise>, y: ReturnType<typeof noise>): number {
  const n = x.rows;
  const centred = ({ columns, data }: ReturnType<typeof noise>) => {
    const gram = Array.from({ length: n }, (_, i) =>
      Array.from({ length: n }, (_, j) =>
        Array.from({ length: columns }, (_, k) => (data[i * columns + k] ?? 0) * (data[j * columns + k] ?? 0)).reduce(
          (a, b) => a + b,
          0,
        ),
      ),
    );
    const mean = (list: readonly number[]) => list.reduce((a, b) => a + b, 0) / n;
    const rowMeans = gram.map(mean);
    return gram.map((row, i) => row.map((g, j) => g - (rowMeans[i] ?? 0) - (rowMeans[j] ?? 0) + mean(rowMeans)));
  };
  const [k, l] = [centred(x), centred(y)];
  const hsic = (a: number[][], b: number[][]) =>
    a.flatMap((row, i) => row.map((g, j) => g * (b[i]?.[j] ?? 0))).reduce((p, q) => p + q, 0);
  return hsic(k, l) / Math.sqrt(hsic(k, k) * hsic(l, l));
}

test('linear CKA, by either way to compute it, is that of centred Gram matrices', () => {
  for (const [rows, a, b] of [
    [6, 9, 4],
    [12, 3, 2],
    [5, 5, 5],
    [2, 1, 7],
  ] as const) {
    const [x, y] = [noise(rows, a, 1), noise(rows, b, 2)];
    expect(linearCka(x, y)).toBeCloseTo(naiveCka(x, y), 10);
    expect(linearCka(x, x)).toBeCloseTo(1, 12);
  }
});

test('linear CKA does not see rotation, scale and shift, and sees everything else', () => {
  const x = noise(40, 2, 3);
  const turned = x.data.map((_, i) => {
    const [a, b] = [x.data[i - (i % 2)] ?? 0, x.data[i - (i % 2) + 1] ?? 0];
    return 5 * (i % 2 === 0 ? 0.6 * a - 0.8 * b : 0.8 * a + 0.6 * b) + 100;
  });
  expect(linearCka(x, { ...x, data: turned })).toBeCloseTo(1, 5);
  expect(unbiasedCka(x, { ...x, data: turned })).toBeCloseTo(1, 5);
  expect(linearCka(x, noise(40, 2, 4))).toBeLessThan(0.3);
});

/** Equation 5 of Song et al. over all quadruples: (i,j), (i,j,q), (i,j,q,r), all different. */
function naiveHsic(x: ReturnType<typeof noise>, y: ReturnType<typeof noise>): number {
  const n = x.rows;
  const kernel = ({ columns, data }: ReturnType<typeof noise>, i: number, j: number) =>
    Array.from({ length: columns }, (_, c) => (data[i * columns + c] ?? 0) * (data[j * columns + c] ?? 0)).reduce(
      (a, b) => a + b,
      0,
    );
  const all = Array.from({ length: n }, (_, i) => i);
  let [two, three, four] = [0, 0, 0];
  for (const i of all)
    for (const j of all) {
      if (i === j) continue;
      two += kernel(x, i, j) * kernel(y, i, j);
      for (const q of all) {
        if (q === i || q === j) continue;
        three += kernel(x, i, j) * kernel(y, i, q);
        for (const r of all) if (r !== i && r !== j && r !== q) four += kernel(x, i, j) * kernel(y, q, r);
      }
    }
  return two / (n * (n - 1)) + four / (n * (n - 1) * (n - 2) * (n - 3)) - (2 * three) / (n * (n - 1) * (n - 2));
}

test('unbiased CKA: the terms are means over all pairs, triples and quadruples of different samples', () => {
  const [x, y] = [noise(6, 3, 5), noise(6, 2, 6)];
  expect(unbiasedCka(x, y)).toBeCloseTo(naiveHsic(x, y) / Math.sqrt(naiveHsic(x, x) * naiveHsic(y, y)), 9);
});

test('of unrelated wide layers and few samples the unbiased one is about 0, where the plain one is large', () => {
  const cka = createCka();
  for (let batch = 0; batch < 40; batch++) cka.add(noise(16, 60, 100 + batch), noise(16, 60, 200 + batch));
  expect(Math.abs(cka.value() ?? 1)).toBeLessThan(0.05);
  expect(linearCka(noise(16, 60, 1), noise(16, 60, 2))).toBeGreaterThan(0.6);
});

test('without variation there is no similarity: null, and never NaN', () => {
  const constant = matrix(
    5,
    3,
    Array.from({ length: 15 }, () => 0.1),
  );
  expect(linearCka(constant, noise(5, 2, 1))).toBe(null);
  expect(unbiasedCka(noise(5, 2, 1), constant)).toBe(null);
  expect(createCka().value()).toBe(null);
  const rows = { code: 'LENGTH_MISMATCH', path: 'y' };
  expect(() => linearCka(noise(5, 2, 1), noise(4, 2, 1))).toThrow(expect.objectContaining(rows));
  const few = { code: 'EMPTY_DATASET', expected: 'at least 4', received: '3' };
  expect(() => unbiasedCka(noise(3, 2, 1), noise(3, 2, 1))).toThrow(expect.objectContaining(few));
});
