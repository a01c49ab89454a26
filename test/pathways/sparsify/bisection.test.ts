/** @file The search for the highest sparsity that fits, against a scan. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { highestFitting } from '../../../src/pathways/sparsify/bisection.js';
import '../../support/properties.js';

async function searched(limit: number, precision: number, leastIsGood: boolean) {
  const tried: number[] = [];
  const found = await highestFitting({ least: 0.1, most: 0.9, precision, leastIsGood }, async (sparsity) => {
    tried.push(sparsity);
    return sparsity <= limit;
  });
  return { found, tried };
}

test('what is found fits, and what is higher by the precision does not', async () => {
  const limits = fc.double({ min: 0, max: 1, noNaN: true });
  const precisions = fc.double({ min: 0.001, max: 0.5, noNaN: true });
  await fc.assert(
    fc.asyncProperty(limits, precisions, fc.boolean(), async (limit, precision, leastIsGood) => {
      const { found, tried } = await searched(limit, precision, leastIsGood);
      const fitting = tried.filter((one) => one <= limit);
      expect(found).toBe(fitting.length === 0 ? null : Math.max(...fitting));
      if (!leastIsGood && limit < 0.1) expect(tried).toEqual([0.1]);
      else if (limit >= 0.9) expect(found).toBe(0.9);
      else {
        const failing = tried.filter((one) => one > limit);
        expect(Math.min(...failing) - Math.max(0.1, ...fitting)).toBeLessThanOrEqual(precision);
      }
      expect(tried.length).toBeLessThanOrEqual(3 + Math.ceil(Math.log2(0.8 / Math.min(0.8, precision))));
    }),
  );
});

test.each([
  [1, null],
  [2, 0.1],
  [3, 0.1],
  [4, 0.5],
])('a search that ends at its try %i has found what fitted before', async (last, expected) => {
  const tried: number[] = [];
  const found = await highestFitting(
    { least: 0.1, most: 0.9, precision: 0.01, leastIsGood: false },
    async (sparsity) => {
      tried.push(sparsity);
      return tried.length === last ? null : sparsity <= 0.6;
    },
  );
  expect([found, tried.length]).toEqual([expected, last]);
});
