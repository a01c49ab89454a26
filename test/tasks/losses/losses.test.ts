import { describe, expect, test } from 'vitest';
import { binary } from '../../../src/tasks/binary.js';
import { boundedRegression } from '../../../src/tasks/bounded-regression.js';
import { classification } from '../../../src/tasks/classification.js';
import type { TaskKind } from '../../../src/tasks/kind.js';
import { multilabel } from '../../../src/tasks/multilabel.js';
import { regression } from '../../../src/tasks/regression.js';
import { tf } from '../../../src/tf.js';

/** One row in float64, written from the textbook: logits `[units]`, targets `[width]` -> losses `[width]`. */
type Reference = (logits: readonly number[], targets: readonly number[]) => readonly number[];

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const softmax = (x: readonly number[]) => {
  const powers = x.map(Math.exp);
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
};
const huber = (e: number, delta: number) => (Math.abs(e) <= delta ? e ** 2 / 2 : delta * (Math.abs(e) - delta / 2));

interface Independent {
  readonly positive?: readonly number[];
  readonly negative?: number;
  readonly smoothing?: number;
  readonly gamma?: number;
}
const independent =
  ({ positive = [1], negative = 1, smoothing = 0, gamma = 0 }: Independent): Reference =>
  (logits, targets) =>
    logits.map((x, i) => {
      const y = (targets[i] ?? 0) * (1 - smoothing) + smoothing / 2;
      const p = sigmoid(x);
      const w = positive[i] ?? positive[0] ?? 1;
      return -w * y * (1 - p) ** gamma * Math.log(p) - negative * (1 - y) * p ** gamma * Math.log(1 - p);
    });

interface Exclusive {
  readonly weights?: readonly number[];
  readonly smoothing?: number;
  readonly gamma?: number;
}
const exclusive =
  ({ weights = [1, 1, 1], smoothing = 0, gamma = 0 }: Exclusive): Reference =>
  (logits, [label]) => {
    const terms = softmax(logits).map((p, c) => {
      const t = (c === label ? 1 - smoothing : 0) + smoothing / 3;
      return -(weights[c] ?? 0) * t * (1 - p) ** gamma * Math.log(p);
    });
    return [terms.reduce((a, b) => a + b, 0)];
  };

const residual =
  (loss: (e: number) => number, activate: (x: number) => number = (x) => x): Reference =>
  (logits, targets) =>
    logits.map((x, i) => loss(activate(x) - (targets[i] ?? 0)));

const classes = ['a', 'b', 'c'] as const;
const cases: readonly (readonly [string, TaskKind, Reference])[] = [
  ['binary', binary(), independent({})],
  ['binary, smoothed', binary({ labelSmoothing: 0.2 }), independent({ smoothing: 0.2 })],
  ['binary, weighted', binary({ positiveWeight: 3 }), independent({ positive: [3] })],
  ['binary, focal', binary({ focal: { gamma: 2 } }), independent({ gamma: 2 })],
  [
    'binary, focal with everything',
    binary({ focal: { gamma: 0.5, alpha: 0.25 }, positiveWeight: 2, labelSmoothing: 0.1 }),
    independent({ gamma: 0.5, positive: [0.5], negative: 0.75, smoothing: 0.1 }),
  ],
  ['binary, alpha only', binary({ focal: { gamma: 0, alpha: 0.3 } }), independent({ positive: [0.3], negative: 0.7 })],
  ['multilabel', multilabel({ classes }), independent({})],
  [
    'multilabel, weighted and smoothed',
    multilabel({ classes, positiveWeights: { b: 4 }, labelSmoothing: 0.1 }),
    independent({ positive: [1, 4, 1], smoothing: 0.1 }),
  ],
  [
    'multilabel, focal',
    multilabel({ classes, focal: { gamma: 1, alpha: 0.25 }, positiveWeights: [1, 2, 3] }),
    independent({ gamma: 1, positive: [0.25, 0.5, 0.75], negative: 0.75 }),
  ],
  ['classification', classification({ classes }), exclusive({})],
  ['classification, smoothed', classification({ classes, labelSmoothing: 0.3 }), exclusive({ smoothing: 0.3 })],
  [
    'classification, weighted and smoothed',
    classification({ classes, classWeights: { a: 2, c: 0.5 }, labelSmoothing: 0.3 }),
    exclusive({ weights: [2, 1, 0.5], smoothing: 0.3 }),
  ],
  [
    'classification, focal',
    classification({ classes, focal: { gamma: 2 }, classWeights: [1, 2, 3] }),
    exclusive({ gamma: 2, weights: [1, 2, 3] }),
  ],
  ['classification, focal below 1', classification({ classes, focal: { gamma: 0.5 } }), exclusive({ gamma: 0.5 })],
  ['boundedRegression', boundedRegression({ min: 0, max: 64 }), residual((e) => e ** 2, sigmoid)],
  [
    'boundedRegression, huber',
    boundedRegression({ min: 0, max: 10, loss: 'huber', delta: 2 }),
    residual((e) => huber(e, 0.2), sigmoid),
  ],
  ['regression', regression(), residual((e) => e ** 2)],
  ['regression, absolute', regression({ loss: 'absolute' }), residual(Math.abs)],
  [
    'regression, huber in label units',
    regression({ loss: 'huber', delta: 5, standardise: { mean: 3, deviation: 10 } }),
    residual((e) => huber(e, 0.5)),
  ],
];

const batch = 4;
const logitsOf = (units: number) =>
  Array.from({ length: batch }, (_, row) =>
    Array.from({ length: units }, (_, unit) => Math.sin(1 + 3 * row + 7 * unit) * (1 + row)),
  );
const targetsOf = (kind: TaskKind) =>
  Array.from({ length: batch }, (_, row) =>
    Array.from({ length: kind.width }, (_, i) => (kind.kind === 'classification' ? row % 3 : (row + i) % 2)),
  );

/** Gradient of the weighted sum of the losses, so that a wrong broadcast of the upstream gradient shows. */
const upstreamAt = (row: number, element: number) => 0.5 + row + 10 * element;

describe.each(cases)('%s', (_, kind, reference) => {
  const logits = logitsOf(kind.units);
  const targets = targetsOf(kind);

  test('is the textbook formula', () => {
    const losses = tf.tidy(() => kind.loss(tf.tensor2d(logits), tf.tensor2d(targets)).arraySync()) as number[][];
    expect(losses.map((row) => row.length)).toEqual(Array(batch).fill(kind.width));
    losses.forEach((row, i) => {
      const wanted = reference(logits[i] ?? [], targets[i] ?? []);
      row.forEach((loss, j) => {
        expect(loss).toBeCloseTo(wanted[j] ?? Number.NaN, 5);
      });
    });
  });

  test('has the gradient that finite differences give', () => {
    const upstream = tf.tensor2d(
      logits.map((_, row) => Array.from({ length: kind.width }, (_, j) => upstreamAt(row, j))),
    );
    const gradient = tf.tidy(() => {
      const total = (x: tf.Tensor) => kind.loss(x, tf.tensor2d(targets)).mul(upstream).sum();
      return tf.grad(total)(tf.tensor2d(logits)).arraySync();
    }) as number[][];
    upstream.dispose();
    const h = 1e-6;
    logits.forEach((row, i) => {
      row.forEach((x, unit) => {
        const at = (value: number) =>
          reference(
            row.map((old, k) => (k === unit ? value : old)),
            targets[i] ?? [],
          ).reduce((sum, loss, j) => sum + loss * upstreamAt(i, j), 0);
        const slope = (at(x + h) - at(x - h)) / (2 * h);
        expect(Math.abs((gradient[i]?.[unit] ?? Number.NaN) - slope)).toBeLessThan(2e-4 * (1 + Math.abs(slope)));
      });
    });
  });

  test('works over [batch, tasks, units] as over each task alone', () => {
    const [first, second] = [logits, [...logits].reverse()];
    const [one, other] = [targets, [...targets].reverse()];
    tf.tidy(() => {
      const stacked = kind.loss(tf.stack([tf.tensor2d(first), tf.tensor2d(second)], 1), tf.stack([one, other], 1));
      expect(stacked.shape).toEqual([batch, 2, kind.width]);
      const alone = [
        kind.loss(tf.tensor2d(first), tf.tensor2d(one)),
        kind.loss(tf.tensor2d(second), tf.tensor2d(other)),
      ];
      expect(stacked.arraySync()).toEqual(tf.stack(alone, 1).arraySync());
    });
  });

  test('stays finite for any float32 logit and for missing targets, which are 0', () => {
    const extreme = [-1e9, -1e4, -88, -17, -1e-30, 0, 1e-30, 17, 88, 1e4, 1e9];
    const rows = extreme.flatMap((a) =>
      extreme.map((b) => Array.from({ length: kind.units }, (_, i) => (i === 0 ? a : b))),
    );
    tf.tidy(() => {
      for (const target of [0, 1]) {
        const fixed = tf.fill([rows.length, kind.width], target);
        const { value, grad } = tf.valueAndGrad((x: tf.Tensor) => kind.loss(x, fixed).mul(1e-9).sum())(
          tf.tensor2d(rows),
        );
        expect([...value.dataSync()].every(Number.isFinite)).toBe(true);
        expect([...grad.dataSync()].every(Number.isFinite)).toBe(true);
      }
    });
  });

  test('leaves no tensor behind', () => {
    const x = tf.tensor2d(logits);
    const y = tf.tensor2d(targets);
    const run = () => tf.dispose(tf.valueAndGrad((z: tf.Tensor) => kind.loss(z, y).sum())(x));
    run();
    const before = tf.memory().numTensors;
    run();
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose([x, y]);
  });
});

test('small losses keep their digits: a confident, right answer costs about exp(-|x|)', () => {
  tf.tidy(() => {
    const losses = binary()
      .loss(tf.tensor2d([[-20], [20]]), tf.tensor2d([[0], [1]]))
      .dataSync();
    for (const loss of losses) expect(loss / Math.exp(-20)).toBeCloseTo(1, 5);
  });
});

test('the absolute error has slope 0 where it is 0', () => {
  const slope = tf.tidy(
    () =>
      tf
        .grad((x: tf.Tensor) =>
          regression({ loss: 'absolute' })
            .loss(x, tf.zeros([1, 1]))
            .sum(),
        )(tf.zeros([1, 1]))
        .dataSync()[0],
  );
  expect(slope).toBe(0);
});
