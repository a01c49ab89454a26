/** @file Student's intervals of the quality bench, by published quantiles and by SciPy. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { clearSign, estimate, pairedDifference, studentQuantile } from '../../bench/quality/statistics.js';

test.each([
  // NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2
  [1, 12.706],
  [2, 4.303],
  [3, 3.182],
  [4, 2.776],
  [9, 2.262],
  [30, 2.042],
  [100, 1.984],
])('the 0.975 quantile with %i degrees of freedom is %f', (freedom, expected) => {
  expect(studentQuantile(0.975, freedom)).toBeCloseTo(expected, 3);
});

test('with 1 and 2 degrees of freedom it has a closed form', () => {
  fc.assert(
    fc.property(fc.double({ min: 0.51, max: 0.995, noNaN: true }), (p) => {
      expect(studentQuantile(p, 1)).toBeCloseTo(Math.tan(Math.PI * (p - 0.5)), 6);
      expect(studentQuantile(p, 2)).toBeCloseTo((2 * p - 1) / Math.sqrt(2 * p * (1 - p)), 6);
    }),
  );
});

test('the mean and its interval', () => {
  // scipy.stats.t.interval(0.95, 4, loc=mean, scale=sem) of [0.91, 0.93, 0.90, 0.95, 0.92]
  const { mean, halfWidth, count } = estimate([0.91, 0.93, 0.9, 0.95, 0.92]) ?? {};
  expect([mean, count]).toEqual([expect.closeTo(0.922, 12), 5]);
  expect(halfWidth).toBeCloseTo(0.02388388388099977, 12);
  expect(estimate([])).toBeNull();
  expect(estimate([1])).toEqual({ mean: 1, halfWidth: null, count: 1 });
});

test('a difference is of the seeds at which both have a value', () => {
  expect(pairedDifference([1, null, 3, 4], [0, 9, null, 3])).toEqual({ mean: 1, halfWidth: 0, count: 2 });
  expect(pairedDifference([null], [1])).toBeNull();
});

test('it is clear where its interval leaves 0 out', () => {
  expect(clearSign({ mean: -0.2, halfWidth: 0.1, count: 5 })).toBe(-1);
  expect(clearSign({ mean: 0.2, halfWidth: 0.1, count: 5 })).toBe(1);
  expect(clearSign({ mean: 0.2, halfWidth: 0.2, count: 5 })).toBe(0);
  expect(clearSign({ mean: 0.2, halfWidth: null, count: 1 })).toBe(0);
  expect(clearSign(null)).toBe(0);
});
