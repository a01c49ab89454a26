import fc from 'fast-check';
import { expect, test } from 'vitest';
import { keepLargest, keptAtPercentile, keptAtSparsity } from '../../../src/model/masked/top-k.js';
import { mann } from './fixtures.js';

test.each(mann.kept_formula.cases)('of %i entries at percentile %i, %i stay, as in MANN', (count, percentile, kept) => {
  expect(keptAtPercentile(count, percentile)).toBe(kept);
});

test('a percentile that binary cannot write keeps as many as its decimals say', () => {
  expect(keptAtPercentile(1001, 99.9)).toBe(2);
  expect(keptAtPercentile(0, 50)).toBe(0);
  expect([0, 0.29, 0.5, 0.999].map((sparsity) => keptAtSparsity(100, sparsity))).toEqual([100, 71, 50, 1]);
  expect(keptAtSparsity(1, 0.5)).toBe(1);
});

const masks = mann.percentile_masks.map(({ values, percentile, mask }) => {
  const kept = keptAtPercentile(values.length, percentile);
  return { values, percentile, mask, kept, exact: mask.reduce((a, b) => a + b) === kept };
});

test.each(masks.filter(({ exact }) => exact))(
  'the mask of $values at percentile $percentile is MANN’s',
  ({ values, mask, kept }) => {
    expect([...keepLargest(Float32Array.from(values), kept)]).toEqual(mask);
  },
);

test('threshold zero, and equal scores: MANN keeps all that reach the threshold, we as many as asked', () => {
  const others = masks.filter(({ exact }) => !exact);
  expect(others.map(({ values, percentile }) => [values.join(), percentile])).toEqual([
    ['0,0,0,0,0,0,0,1,2,3', 50],
    ['0,0,0,0,0,0,0,1,2,3', 66],
    ['0,0,0,0', 90],
    ['2,2,2,1', 50],
    ['2,2,2,1', 75],
  ]);
  expect(others.map(({ values, kept }) => keepLargest(Float32Array.from(values), kept).join(''))).toEqual([
    '1100000111',
    '1000000111',
    '1000',
    '1100',
    '1000',
  ]);
});

test('exactly the largest among those allowed, ties to the earlier, as a sort would have them', () => {
  const entry = fc.record({ score: fc.integer({ min: -4, max: 4 }), allowed: fc.boolean() });
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 40 }), fc.integer({ min: -1, max: 41 }), (entries, count) => {
      const ranked = entries
        .map(({ score, allowed }, index) => ({ score, allowed, index }))
        .filter(({ allowed }) => allowed)
        .sort((a, b) => b.score - a.score || a.index - b.index)
        .slice(0, Math.max(count, 0))
        .map(({ index }) => index);
      const scores = Float32Array.from(entries, ({ score }) => score);
      const allowed = Uint8Array.from(entries, (one) => Number(one.allowed));
      const kept = keepLargest(scores, count, allowed);
      expect([...kept]).toEqual(entries.map((_, i) => Number(ranked.includes(i))));
      expect([...scores]).toEqual(entries.map(({ score }) => score)); // it is not sorted in place
    }),
  );
});

test('a million scores, many of them equal, take a moment', () => {
  const scores = Float32Array.from({ length: 1_000_000 }, (_, i) => (i * 7919) % 1000);
  const kept = keepLargest(scores, 500_500);
  expect(kept.reduce((a, b) => a + b)).toBe(500_500);
  expect(keepLargest(new Float32Array(100_000), 10).reduce((a, b) => a + b)).toBe(10);
});
