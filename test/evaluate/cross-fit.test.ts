import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createFolds, crossFit, FOLDS, pairedGain } from '../../src/evaluate/cross-fit.js';
import { tuneThreshold } from '../../src/evaluate/tune-threshold.js';
import { permutation } from '../../src/random.js';
import { accuracy, type CountMetric, confusionCounts, countMetrics, f1Score } from '../../src/tasks/metrics/counts.js';

const metricAt = (metric: CountMetric, decisions: readonly boolean[], labels: readonly number[]): number =>
  metric(confusionCounts(decisions.map(Number), labels));

interface Row {
  readonly score: number;
  readonly label: number;
}

/** The same, naively: rows with labels, folds by name, every row left out by itself. Quadratic. */
function naive(rows: readonly Row[], present: number, metric: CountMetric) {
  const repeats = Math.min(10, Math.max(1, Math.floor(3000 / rows.length)));
  const sides = [1, 0].map((label) => rows.filter((row) => row.label === label).sort((a, b) => a.score - b.score));
  const means = { gain: 0, variance: 0, threshold: 0 };
  for (let repeat = 0; repeat < repeats; repeat++) {
    const folded = sides.flatMap((side, k) => {
      const order = permutation(side.length, { seed: 0, stream: 'cross-fit', counter: 2 * repeat + k });
      return side.map((row, i) => ({ ...row, fold: (order[i] ?? 0) % FOLDS }));
    });
    const labels = folded.map(({ label }) => label);
    const chosen = Array.from({ length: FOLDS }, (_, fold) => {
      const rest = folded.filter((row) => row.fold !== fold);
      return tuneThreshold(
        rest.map(({ score }) => score),
        rest.map(({ label }) => label),
        metric,
      )?.threshold;
    }).map((threshold) => threshold ?? present);
    const before = folded.map(({ score }) => score > present);
    const after = folded.map(({ score, fold }) => score > (chosen[fold] ?? 0));
    const gain = metricAt(metric, after, labels) - metricAt(metric, before, labels);
    const without = folded.map((_, out) => {
      const rest = <T>(values: readonly T[]) => values.filter((__, i) => i !== out);
      return metricAt(metric, rest(after), rest(labels)) - metricAt(metric, rest(before), rest(labels));
    });
    const mean = without.reduce((sum, value) => sum + value, 0) / rows.length;
    const squares = without.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    means.gain += gain / repeats;
    means.variance += (squares * (rows.length - 1)) / rows.length / repeats;
    means.threshold += chosen.reduce((sum, one) => sum + one, 0) / FOLDS / repeats;
  }
  return { gain: means.gain, standardError: Math.sqrt(means.variance), threshold: means.threshold };
}

const sorted = (rows: readonly Row[], label: number) =>
  Float64Array.from(rows.filter((row) => row.label === label).map(({ score }) => score)).sort();
const split = (rows: readonly Row[]) => ({ positives: sorted(rows, 1), negatives: sorted(rows, 0) });

const row = fc.record({
  score: fc.oneof(fc.constantFrom(0, 0.25, 0.5, 0.75, 1), fc.double({ min: 0, max: 1, noNaN: true })),
  label: fc.constantFrom(0, 1),
});
const both = fc
  .array(row, { minLength: 2, maxLength: 40 })
  .filter((rows) => rows.some(({ label }) => label === 1) && rows.some(({ label }) => label === 0));

describe.each(Object.entries(countMetrics))('%s', (_, metric) => {
  test('is what naive code says, row by row', () => {
    fc.assert(
      fc.property(both, fc.constantFrom(0.5, 0.3), (rows, present) => {
        const found = crossFit(split(rows), present, metric, createFolds());
        const expected = naive(rows, present, metric);
        expect(found.gain).toBeCloseTo(expected.gain, 10);
        expect(found.standardError).toBeCloseTo(expected.standardError, 10);
        expect(found.threshold).toBeCloseTo(expected.threshold, 10);
      }),
      { numRuns: 40 },
    );
  });
});

test('the jackknife of an accuracy is the standard error of a mean of differences', () => {
  // 10 rows right both ways, 6 that the new threshold mends, 2 that it breaks: differences 0, 1, -1
  const cells = new Float64Array(8);
  cells[7] = 10;
  cells[5] = 6;
  cells[6] = 2;
  const { gain, variance } = pairedGain(cells, accuracy, 0.5);
  const mean = 4 / 18;
  const squares = 10 * mean ** 2 + 6 * (1 - mean) ** 2 + 2 * (1 + mean) ** 2;
  expect(gain).toBeCloseTo(mean, 12);
  expect(variance).toBeCloseTo(squares / 17 / 18, 12);
  expect([...cells]).toEqual([0, 0, 0, 0, 0, 6, 2, 10]); // as they were
});

test('a label that has nothing to do with the score: the gain on the rows that chose it is no gain on others', () => {
  const rows = Array.from({ length: 60 }, (_, i) => ({ score: (((i * 37) % 60) + 0.5) / 60, label: i % 2 }));
  const chance = crossFit(split(rows), 0.5, accuracy, createFolds());
  const best = tuneThreshold(
    rows.map(({ score }) => score),
    rows.map(({ label }) => label),
    accuracy,
  );
  expect(best?.value).toBeGreaterThan(0.5);
  expect(chance.gain).toBeLessThanOrEqual(0);
});

test('folds are kept, equal from call to call, and of sizes that differ by one at most', () => {
  const folds = createFolds();
  expect(folds(23, 0)).toBe(folds(23, 0));
  expect([...folds(23, 0)]).toEqual([...createFolds()(23, 0)]);
  expect([...folds(23, 1)]).not.toEqual([...folds(23, 0)]);
  const few = createFolds(40);
  const first = few(23, 0);
  expect(few(23, 1)).not.toBe(first);
  expect(few(23, 0)).not.toBe(first); // let go of: 46 bytes are more than 40
  expect(few(23, 0)).toEqual(first);
  const sizes = Array.from({ length: FOLDS }, (_, fold) => folds(23, 0).filter((own) => own === fold).length);
  expect(sizes.sort()).toEqual([4, 4, 5, 5, 5]);
});

test('many rows are cut once, few ten times: the metric is asked in proportion', () => {
  const callsFor = (count: number): number => {
    let calls = 0;
    const metric: CountMetric = (counts) => {
      calls++;
      return f1Score(counts);
    };
    const rows = Array.from({ length: count }, (_, i) => ({ score: (i + 0.5) / count, label: i % 3 === 0 ? 1 : 0 }));
    crossFit(split(rows), 0.5, metric, createFolds());
    return calls;
  };
  expect(callsFor(60)).toBeLessThan(10 * (5 * 60 + 30));
  expect(callsFor(60)).toBeGreaterThan(10 * 4 * 60);
  expect(callsFor(6000)).toBeLessThan(5 * 6000 + 30);
  expect(callsFor(1500) / callsFor(1501)).toBeCloseTo(2, 1);
});
