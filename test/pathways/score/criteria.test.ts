import fc from 'fast-check';
import { expect, test } from 'vitest';
import { maskOf } from '../../../src/pathways/masks/mask.js';
import {
  fisher,
  gradientMagnitude,
  magnitude,
  meanAbsoluteActivated,
  meanActivated,
  movement,
  negative,
  positive,
  randomScores,
  rmsActivated,
  rowRanks,
  taskDifference,
  taylor,
} from '../../../src/pathways/score/criteria.js';
import { addedStatistics, inputStatistics } from '../../../src/pathways/score/inputs.js';
import { countToTake } from '../../../src/pathways/select/amounts.js';
import { smallest } from '../../../src/pathways/select/extremes.js';
import { inputs, kernels, matrix } from '../sparana.js';

const { first, second } = kernels;
const near = (actual: ArrayLike<number>, expected: readonly number[], digits = 6) => {
  expect(actual).toHaveLength(expected.length);
  expected.forEach((value, i) => void expect(actual[i]).toBeCloseTo(value, digits));
};

test('MAAV is a mean: the predecessor gave the sum over its three samples', () => {
  const mean = (sums: readonly number[]) => sums.map((sum) => sum / 3);
  near(meanAbsoluteActivated(first, inputStatistics(inputs.first)), mean([4, 4, 2, 2, 1, 8]));
  near(meanAbsoluteActivated(second, inputStatistics(inputs.second)), mean([5.3, 2.65, 0.7, 0.0875, 2.7, 5.4]));
});

/** Half of the weights, those of the lowest score, set to 0. */
function halved(weights: typeof first | typeof second, scores: Float64Array): number[] {
  const gone = smallest(scores, countToTake({ fractionOfRemaining: 0.5 }, { scores }));
  const mask = maskOf(weights.shape, gone);
  return Array.from(weights.data, (w, i) => (((mask.bits[i >> 3] ?? 0) >> (i & 7)) & 1 ? 0 : w));
}

test('half pruned by MAAV and by |w|: the two disagree on the second kernel', () => {
  expect(halved(first, meanAbsoluteActivated(first, inputStatistics(inputs.first)))).toEqual([1, -1, 0, 0, 0, -2]);
  expect(halved(second, meanAbsoluteActivated(second, inputStatistics(inputs.second)))).toEqual([
    1, 0, 0, 0, -0.75, 1.5,
  ]);
  expect(halved(first, magnitude(first))).toEqual([1, -1, 0, 0, 0, -2]);
  expect(halved(second, magnitude(second))).toEqual([1, 0, 2, 0, 0, 1.5]);
});

test('negative and positive weights', () => {
  expect([...negative(first)]).toEqual([0, 1, 0, 0, 0, 2]);
  expect([...negative(second)]).toEqual([0, 0.5, 0, 0, 0.75, 0]);
  expect([...positive(first)]).toEqual([1, 0, 0.5, 0.5, 0.25, 0]);
});

test('ranks within a row', () => {
  const [one, two] = [first, second].map((weights, i) =>
    meanAbsoluteActivated(weights, inputStatistics(i === 0 ? inputs.first : inputs.second)),
  ) as [Float64Array, Float64Array];
  // the predecessor's first row is 1, 2, 0: its two equal scores come in NumPy's order, ours as a selection takes them
  expect([...rowRanks(one, [2, 3])]).toEqual([2, 1, 0, 1, 0, 2]);
  expect([...rowRanks(two, [3, 2])]).toEqual([1, 0, 1, 0, 0, 1]);
});

const value = fc.float({ noNaN: true, min: -8, max: 8 });
const problem = fc
  .record({
    height: fc.integer({ min: 1, max: 2 }),
    inputs: fc.integer({ min: 1, max: 4 }),
    units: fc.integer({ min: 1, max: 3 }),
    samples: fc.integer({ min: 1, max: 6 }),
  })
  .chain(({ height, inputs: width, units, samples }) =>
    fc.record({
      shape: fc.constant(height === 1 ? [width, units] : [height, width, units]),
      weights: fc.array(value, { minLength: height * width * units, maxLength: height * width * units }),
      rows: fc.array(fc.array(value, { minLength: width, maxLength: width }), {
        minLength: samples,
        maxLength: samples,
      }),
    }),
  );

/** Sample by sample: every weight times its input. */
function activated(shape: readonly number[], weights: readonly number[], rows: readonly (readonly number[])[]) {
  const [units, width] = [shape.at(-1) ?? 1, shape.at(-2) ?? 1];
  return rows.map((row) => weights.map((w, i) => w * (row[Math.floor(i / units) % width] ?? 0)));
}

test('the factored criteria are those of a matrix for each sample', () => {
  fc.assert(
    fc.property(problem, ({ shape, weights, rows }) => {
      const own = { shape, data: Float32Array.from(weights) };
      const statistics = inputStatistics(matrix(rows.length, rows[0]?.length ?? 0, rows.flat()));
      const values = activated(shape, weights, rows);
      const mean = (of: (value: number) => number) =>
        weights.map((_, i) => values.reduce((sum, each) => sum + of(each[i] ?? 0), 0) / rows.length);
      near(meanAbsoluteActivated(own, statistics), mean(Math.abs), 8);
      near(meanActivated(own, statistics), mean((x) => x).map(Math.abs), 8);
      near(rmsActivated(own, statistics), mean((x) => x * x).map(Math.sqrt), 6);
    }),
  );
});

test('means do not change when every sample is there twice, nor when it comes in parts', () => {
  fc.assert(
    fc.property(problem, ({ shape, weights, rows }) => {
      const own = { shape, data: Float32Array.from(weights) };
      const of = (list: readonly (readonly number[])[]) =>
        inputStatistics(matrix(list.length, rows[0]?.length ?? 0, list.flat()));
      const [all, twice] = [of(rows), of([...rows, ...rows])];
      const parts = addedStatistics(of(rows.slice(0, 1)), of(rows.slice(1)));
      for (const criterion of [meanActivated, meanAbsoluteActivated, rmsActivated]) {
        near(criterion(own, twice), [...criterion(own, all)], 8);
        near(criterion(own, parts), [...criterion(own, all)], 8);
      }
    }),
  );
});

test('a task difference does not favour the larger set: the predecessor needed sets of one size', () => {
  const x = inputStatistics(matrix(1, 2, [1, 3]));
  const many = [x, x, x, x].reduce((sum, one) => addedStatistics(sum, one));
  expect([...taskDifference(first, x, many)].map((score) => score + 0)).toEqual([0, 0, 0, 0, 0, 0]);
  const rest = inputStatistics(matrix(2, 2, [1, -1, 3, 1]));
  expect([...taskDifference(first, x, rest)]).toEqual([-1, -1, -0.5, 1, 0.5, 4]);
});

test('criteria of gradients and of movement', () => {
  const gradient = Float32Array.of(1, 2, -3, 0, -4, 0.5);
  expect([...taylor(first, gradient)]).toEqual([1, 2, 1.5, 0, 1, 1]);
  expect([...gradientMagnitude(gradient)]).toEqual([1, 2, 3, 0, 4, 0.5]);
  expect([...fisher(gradient)]).toEqual([1, 4, 9, 0, 16, 0.25]);
  const before = Float32Array.of(0.5, -1, 1, 0, 0.5, 0);
  expect([...movement(first, before)]).toEqual([0.5, 0, -0.25, 0.25, -0.0625, 4]);
});

test('squares that float32 cannot hold still differ', () => {
  const [small, smaller] = fisher(Float32Array.of(2e-30, 1e-30));
  expect(small).toBeGreaterThan(smaller ?? 0);
});

test('random scores are a function of seed and place, and never 0', () => {
  const scores = randomScores([50, 40], 3);
  expect(randomScores([50, 40], 3)).toEqual(scores);
  expect(randomScores([10], 3)).toEqual(scores.slice(0, 10));
  expect(randomScores([50, 40], 4)).not.toEqual(scores);
  expect(scores.every((score) => score > 0 && score < 1)).toBe(true);
  // the mean of 2000 has a standard deviation of 0.0065
  expect(Math.abs(scores.reduce((sum, score) => sum + score, 0) / 2000 - 0.5)).toBeLessThan(0.0065 * 4);
});

test('what does not fit is refused', () => {
  const length = { code: 'LENGTH_MISMATCH' };
  expect(() => inputStatistics(matrix(2, 2, [1]))).toThrow(expect.objectContaining({ ...length, path: 'inputs' }));
  const three = inputStatistics(inputs.second);
  const wrong = { ...length, path: 'statistics', expected: '2 inputs', received: '3 inputs' };
  expect(() => meanActivated(first, three)).toThrow(expect.objectContaining(wrong));
  expect(() => addedStatistics(three, inputStatistics(inputs.first))).toThrow(expect.objectContaining(length));
  expect(() => taskDifference(second, three, inputStatistics(inputs.first))).toThrow(expect.objectContaining(length));
  expect(() => taylor(first, new Float32Array(5))).toThrow(expect.objectContaining({ ...length, path: 'gradient' }));
  expect(() => movement(first, new Float32Array(5))).toThrow(expect.objectContaining({ ...length, path: 'before' }));
  const none = { code: 'EMPTY_DATASET', path: 'statistics' };
  expect(() => rmsActivated(first, inputStatistics(matrix(0, 2, [])))).toThrow(expect.objectContaining(none));
});
