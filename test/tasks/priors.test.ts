import { expect, test } from 'vitest';
import { binary, boundedRegression, classification, multilabel, regression } from '../../src/index.js';
import type { LabelStatistics } from '../../src/tasks/kind.js';

const elements = (...given: [count: number, mean: number, deviation: number][]): LabelStatistics => ({
  elements: given.map(([count, mean, deviation]) => ({ count, mean, deviation })),
  classes: null,
});
const classes = (...counts: number[]): LabelStatistics => ({
  elements: [{ count: counts.reduce((a, b) => a + b), mean: 0, deviation: 1 }],
  classes: counts,
});
const odds = (p: number): number => Math.log(p / (1 - p));

test('heads begin at what the labels say: log-odds, log-frequencies, the mean', () => {
  expect(binary().prior?.(elements([100_000, 0.1, 0.3]))[0]).toBeCloseTo(odds(0.1), 3);
  expect(multilabel({ classes: ['a', 'b'] }).prior?.(elements([1e5, 0.2, 0.4], [1e5, 0.9, 0.3]))).toEqual([
    expect.closeTo(odds(0.2), 3),
    expect.closeTo(odds(0.9), 3),
  ]);
  const logits = classification({ classes: ['a', 'b', 'c'] }).prior?.(classes(7e5, 2e5, 1e5)) ?? [];
  const sum = logits.reduce((total, logit) => total + Math.exp(logit), 0);
  expect(logits.map((logit) => Math.exp(logit) / sum)).toEqual([0.7, 0.2, 0.1].map((p) => expect.closeTo(p, 4)));
  expect(logits.reduce((a, b) => a + b)).toBeCloseTo(0, 9);
  expect(regression({ standardise: false }).prior?.(elements([9, 42, 3]))).toEqual([42]);
  expect(regression({ standardise: { mean: 40, deviation: 4 } }).prior?.(elements([9, 42, 3]))).toEqual([0.5]);
  const share = boundedRegression({ min: 10, max: 20 }).prior?.(elements([9, 12, 1]))[0] ?? Number.NaN;
  expect(1 / (1 + Math.exp(-share))).toBeCloseTo(0.2, 9);
});

test('a sort that never occurs gives a finite logit, as do labels at a bound, none and one', () => {
  const all = [
    binary().prior?.(elements([5, 0, 0])),
    binary().prior?.(elements([5, 1, 0])),
    binary().prior?.(elements([0, 0, 0])),
    classification({ classes: ['a', 'b'], classWeights: [0, 1] }).prior?.(classes(0, 3)),
    boundedRegression({ min: 0, max: 1 }).prior?.(elements([1, 1, 0])),
    boundedRegression({ min: 0, max: 1 }).prior?.(elements([1, 0, 0])),
  ].flat();
  expect(all).toHaveLength(7);
  for (const logit of all) expect(Number.isFinite(logit)).toBe(true);
});

test('weights of labels move where the loss is least, and so the prior', () => {
  const labels = elements([1e6, 0.1, 0.3]);
  expect(binary({ positiveWeight: 9 }).prior?.(labels)[0]).toBeCloseTo(0, 4);
  const kind = binary({ positiveWeight: 'balanced' });
  const learnt = kind.learning?.learn(labels);
  expect(learnt).toEqual([9]);
  expect(kind.learning?.filled(learnt ?? null).prior?.(labels)[0]).toBeCloseTo(0, 4);
});

test('balanced weights: each sort weighs the same, as in scikit-learn', () => {
  const kind = classification({ classes: ['a', 'b', 'c'], classWeights: 'balanced' });
  expect(kind.learning?.learn(classes(60, 30, 10))).toEqual([100 / 180, 100 / 90, 100 / 30]);
  expect(kind.learning?.learn(classes(60, 40, 0))).toEqual([100 / 120, 100 / 80, 1]);
  const traits = multilabel({ classes: ['a', 'b', 'c'], positiveWeights: 'balanced' });
  expect(traits.learning?.learn(elements([10, 0.2, 0.4], [10, 0, 0], [0, 0, 0]))).toEqual([4, 1, 1]);
  expect(classification({ classes: ['a', 'b'] }).learning).toBeUndefined();
});

test('a regression learns mean and deviation; labels that are all one have a deviation of 1', () => {
  const kind = regression();
  expect(kind.learning?.learn(elements([4, 7, 2]))).toEqual({ mean: 7, deviation: 2 });
  expect(kind.learning?.learn(elements([4, 7, 0]))).toEqual({ mean: 7, deviation: 1 });
  expect(kind.learning?.learn(elements([4, 7, 1e-320]))).toEqual({ mean: 7, deviation: 1 });
  expect(kind.learning?.filled({ mean: 7, deviation: 2 }).target).toEqual({ offset: 7, scale: 0.5 });
  expect(regression({ standardise: false }).learning).toBeUndefined();
  // δ is in label units, and so in another unit of the loss for each deviation
  expect(regression({ loss: 'huber', delta: 3 }).lossKey).toBeNull();
  expect(regression({ loss: 'huber' }).lossKey).toBe(regression({ loss: 'huber', standardise: false }).lossKey);
});

test.each<[string, () => unknown]>([
  ['a regression without a mean', () => regression().learning?.filled({ deviation: 1 })],
  ['a regression of null', () => regression().learning?.filled(null)],
  [
    'weights that are too few',
    () => multilabel({ classes: ['a', 'b'], positiveWeights: 'balanced' }).learning?.filled([1]),
  ],
  ['a weight below 0', () => binary({ positiveWeight: 'balanced' }).learning?.filled([-1])],
])('%s is refused: no kind learns that', (_, fill) => {
  expect(fill).toThrow(/INVALID_MODEL_FILE/);
});
