import fc from 'fast-check';
import { expect, test } from 'vitest';
import { summarise } from '../../../src/data/encoders/column-summary.js';

const KEPT = 1000;

function summaryOf(values: readonly number[], kept = KEPT) {
  const fold = summarise(kept);
  for (const value of values) fold.add(value);
  return fold.result();
}

/** NumPy's `quantile`, from its definition. */
function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const place = share * (sorted.length - 1);
  const [low = Number.NaN, high = Number.NaN] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
  return low + (high - low) * (place % 1);
}

test('mean, deviation, range and quartiles are those of their definitions', () => {
  const number = fc.oneof(fc.integer({ min: -1000, max: 1000 }), fc.double({ min: -1e6, max: 1e6, noNaN: true }));
  fc.assert(
    fc.property(fc.array(number, { minLength: 1, maxLength: 60 }), (values) => {
      const { count, least, greatest, mean, deviation, quartiles } = summaryOf(values);
      const average = values.reduce((sum, value) => sum + value, 0) / values.length;
      const variance = values.reduce((sum, value) => sum + (value - average) ** 2, 0) / values.length;
      expect([count, least, greatest]).toEqual([values.length, Math.min(...values), Math.max(...values)]);
      expect(Math.abs(mean - average)).toBeLessThan(1e-8 * (1 + Math.abs(average) + greatest - least));
      expect(Math.abs(deviation - Math.sqrt(variance))).toBeLessThan(1e-6 * (1 + greatest - least));
      [0.25, 0.5, 0.75].forEach((share, i) => {
        expect(Math.abs(Number(quartiles[i]) - quantile(values, share))).toBeLessThan(1e-8 * (1 + greatest - least));
      });
    }),
  );
});

test('of more values than are kept, quartiles are of a sample that does not follow their order', () => {
  const sorted = Array.from({ length: 50_000 }, (_, i) => i);
  const periodic = sorted.map((i) => (i % 2) * 100);
  const [low, middle, high] = summaryOf(sorted).quartiles;
  expect(Math.abs(low - 12_500)).toBeLessThan(2500);
  expect(Math.abs(middle - 25_000)).toBeLessThan(2500);
  expect(Math.abs(high - 37_500)).toBeLessThan(2500);
  const [first, , third] = summaryOf(periodic).quartiles;
  expect([first, third]).toEqual([0, 100]);
});

test('how far float32 moves a value is seen', () => {
  expect(summaryOf([0.5, 2, -4]).rounding).toBe(0);
  const [a, b] = [1_700_000_001, 1_700_000_050];
  expect(summaryOf([a, b]).rounding).toBe(Math.max(...[a, b].map((x) => Math.abs(x - Math.fround(x)))));
});
