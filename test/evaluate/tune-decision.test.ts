/** @file When a threshold moves: what it does on few rows, drawn from a world whose truth is known. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createFolds, crossFit } from '../../src/evaluate/cross-fit.js';
import { STANDARD_ERRORS, type TuneMethod, tuneDecision } from '../../src/evaluate/tune-decision.js';
import { type SplitProbabilities, tuneSorted } from '../../src/evaluate/tune-threshold.js';
import { normals, uniforms } from '../../src/random.js';
import { accuracy, f1Score } from '../../src/tasks/metrics/counts.js';

const folds = createFolds();
const search = (method: TuneMethod = 'cross-fitted') => ({ method, folds });
const of = (positives: readonly number[], negatives: readonly number[]): SplitProbabilities => ({
  positives: Float64Array.from(positives).sort(),
  negatives: Float64Array.from(negatives).sort(),
});
const evenly = (count: number, from: number, to: number) =>
  Array.from({ length: count }, (_, i) => from + ((to - from) * (i + 0.5)) / count);

test('no rows: nothing to say', () => {
  expect(tuneDecision(of([], []), 0.5, f1Score, search())).toBeNull();
});

test('a clear gain moves the threshold between the two sides, and says what is left of it on other rows', () => {
  const outcome = tuneDecision(of(evenly(40, 0.2, 0.4), evenly(40, 0, 0.15)), 0.5, f1Score, search());
  expect(outcome).toMatchObject({
    metric_before: 0,
    metric_after: 1,
    gain: 1,
    moved: true,
    why: 'the gain holds on rows that did not choose the threshold',
  });
  expect(outcome?.threshold_after).toBeGreaterThan(0.15);
  expect(outcome?.threshold_after).toBeLessThan(0.2);
  expect(outcome?.cross_fitted_gain).toBeGreaterThan(0.95);
});

test('where nothing is better, where labels are of one side, and where a gain is chance, it is kept', () => {
  const kept = (scores: SplitProbabilities, metric = f1Score) => {
    const outcome = tuneDecision(scores, 0.5, metric, search());
    expect(outcome).toMatchObject({ threshold_after: 0.5, moved: false });
    expect(outcome?.metric_after).toBe(outcome?.metric_before);
    return outcome;
  };
  expect(kept(of([0.8, 0.9], [0.1, 0.2]))).toMatchObject({
    gain: 0,
    cross_fitted_gain: null,
    why: 'kept: no threshold is better',
  });
  expect(kept(of([0.3, 0.4], []))).toMatchObject({
    gain: 1,
    cross_fitted_gain: null,
    why: 'kept: every label is positive',
  });
  expect(kept(of([], [0.3, 0.7]), accuracy)).toMatchObject({ gain: 0.5, why: 'kept: every label is negative' });
  const chance = kept(of([0.1, 0.45, 0.7, 0.8], [0.2, 0.3, 0.6, 0.75]), accuracy);
  expect(chance).toMatchObject({ why: 'kept: the gain does not hold on rows that did not choose the threshold' });
  expect(chance?.gain).toBeGreaterThan(0);
});

test('`exact` moves to the best whatever it rests on', () => {
  const scores = of([0.1, 0.45, 0.7, 0.8], [0.2, 0.3, 0.6, 0.75]);
  expect(tuneDecision(scores, 0.5, accuracy, search('exact'))).toMatchObject({
    threshold_after: tuneSorted(scores, accuracy)?.threshold,
    cross_fitted_gain: null,
    moved: true,
    why: 'the best of all thresholds',
  });
  expect(tuneDecision(of([0.3], []), 0.5, f1Score, search('exact'))).toMatchObject({
    metric_after: 1,
    moved: true,
    why: 'every label is positive: the threshold says little',
  });
});

test('the present threshold is the one that is set, not 0.5', () => {
  const scores = of(evenly(40, 0.2, 0.4), evenly(40, 0, 0.15));
  const tuned = tuneDecision(scores, 0.5, f1Score, search())?.threshold_after ?? 0;
  expect(tuneDecision(scores, tuned, f1Score, search())).toMatchObject({
    threshold_after: tuned,
    gain: 0,
    moved: false,
  });
  expect(tuneDecision(scores, 0.9, f1Score, search())).toMatchObject({ threshold_after: tuned, moved: true });
});

const score = fc.oneof(fc.constantFrom(0, 0.25, 0.5, 0.75, 1), fc.double({ min: 0, max: 1, noNaN: true }));
const side = fc.array(score, { minLength: 1, maxLength: 25 });

test('random scores: it moves exactly where the rule says, and what is measured is what the threshold does', () => {
  fc.assert(
    fc.property(side, side, fc.constantFrom(0.5, 0.2), (positives, negatives, present) => {
      const scores = of(positives, negatives);
      const outcome = tuneDecision(scores, present, f1Score, search());
      if (outcome === null) throw new Error('there are rows');
      const tp = positives.filter((one) => one > outcome.threshold_after).length;
      const fp = negatives.filter((one) => one > outcome.threshold_after).length;
      const value = f1Score({ tp, fp, fn: positives.length - tp, tn: negatives.length - fp });
      expect(outcome.metric_after).toBe(value);
      const { gain, standardError } = crossFit(scores, present, f1Score, folds);
      const holds = (outcome.gain ?? 0) > 0 && gain > STANDARD_ERRORS * standardError;
      expect(outcome.moved).toBe(holds);
      if (holds) expect(outcome.metric_after).toBeGreaterThan(outcome.metric_before ?? 0);
      if (!holds) expect(outcome.threshold_after).toBe(present);
    }),
    { numRuns: 200 },
  );
});

test('folds whose mean threshold is no better than the present one: the best threshold is taken', () => {
  // as many of either side above 0.5; about 0.2 and about 0.8 they differ most, and a fold chooses either by chance
  const twoPeaks = ({ tp, fp }: { tp: number; fp: number }): number => Math.abs(tp - fp) / 20;
  const scores = of(
    [...evenly(20, 0, 0.1), ...evenly(20, 0.9, 1)],
    [...evenly(20, 0.3, 0.35), ...evenly(20, 0.7, 0.75)],
  );
  const { threshold } = crossFit(scores, 0.5, twoPeaks, folds);
  expect(threshold).toBeGreaterThan(0.35);
  expect(threshold).toBeLessThan(0.7);
  const outcome = tuneDecision(scores, 0.5, twoPeaks, search());
  expect(outcome).toMatchObject({ moved: true, metric_before: 0, metric_after: 1 });
  expect(outcome?.threshold_after).toBe(tuneSorted(scores, twoPeaks)?.threshold);
});

/** Log-odds are normal, 1.6 apart; probabilities are calibrated but for a shift of the log-odds. */
function meanChange(rows: number, prevalence: number, shift: number, method: TuneMethod): number {
  const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
  const prior = Math.log(prevalence / (1 - prevalence));
  const draw = (count: number, counter: number): SplitProbabilities => {
    const sides = uniforms({ seed: 3, stream: 'labels', counter }, count);
    const noise = normals({ seed: 3, stream: 'noise', counter }, count);
    const isPositive = (row: number) => (sides[row] ?? 0) < prevalence;
    const probability = (row: number) =>
      sigmoid(1.6 * ((noise[row] ?? 0) + (isPositive(row) ? 0.8 : -0.8)) + prior + shift);
    const all = Array.from({ length: count }, (_, row) => row);
    return of(all.filter(isPositive).map(probability), all.filter((row) => !isPositive(row)).map(probability));
  };
  const unseen = draw(20_000, 1_000_000);
  const f1 = (threshold: number) => {
    const above = (scores: Float64Array) => scores.filter((one) => one > threshold).length;
    const tp = above(unseen.positives);
    return f1Score({ tp, fp: above(unseen.negatives), fn: unseen.positives.length - tp, tn: 0 });
  };
  const draws = 150;
  let change = 0;
  for (let counter = 0; counter < draws; counter++) {
    const outcome = tuneDecision(draw(rows, counter), 0.5, f1Score, search(method));
    if (outcome?.moved === true) change += (f1(outcome.threshold_after) - f1(0.5)) / draws;
  }
  return change;
}

test('60 rows of a balanced task cost next to nothing, where the best of them costs more', () => {
  expect(meanChange(60, 0.5, 0, 'cross-fitted')).toBeGreaterThan(-0.005);
  // 0.5 is the best threshold already: there is nothing to gain
  expect(meanChange(60, 0.5, 0.42, 'cross-fitted')).toBeGreaterThan(-0.005);
  expect(meanChange(60, 0.5, 0.42, 'exact')).toBeLessThan(-0.005);
});

test('most of what there is to gain with few positives is kept', () => {
  const kept = (rows: number) => meanChange(rows, 0.05, 0, 'cross-fitted') / meanChange(rows, 0.05, 0, 'exact');
  expect(kept(60)).toBeGreaterThan(0.6);
  expect(kept(300)).toBeGreaterThan(0.7);
});
