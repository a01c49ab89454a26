/** @file Batch normalisation, the one layer of tfjs whose rows know of each other. */
import { expect, test } from 'vitest';
import { epochOrder } from '../../src/data/batches.js';
import { Project, regression, sgd, tf, vector } from '../../src/index.js';
import { asDeclared } from '../support/as-declared.js';
import { bench } from '../support/training.js';

const MOMENTUM = 0.9;
const EPSILON = 1e-3;

const project = (body: (x: tf.SymbolicTensor) => tf.SymbolicTensor = normalise) =>
  new Project({
    name: 'normalised',
    inputs: { x: vector({ size: 2, standardise: false }) },
    tasks: { a: regression({ standardise: false }) },
    backbone: ({ x }) => ({ features: body(x) }),
  }).flow('full', (task, x) => [task.a(x.features)]);

function normalise(x: tf.SymbolicTensor): tf.SymbolicTensor {
  return tf.layers.batchNormalization({ momentum: MOMENTUM, epsilon: EPSILON }).apply(x) as tf.SymbolicTensor;
}

const table = [
  { x: [1, -2], a: 0 },
  { x: [0, 1], a: 1 },
  { x: [-1, 4], a: 2 },
  { x: [3, 0.5], a: 3 },
  { x: [5, 2], a: 4 },
];
type Rows = readonly { readonly x: readonly number[] }[];

/** Mean and biased variance of each column, as tfjs and Keras use them. */
function moments(rows: Rows): { mean: number[]; variance: number[] } {
  const column = (c: number): number[] => rows.map(({ x }) => x[c] ?? Number.NaN);
  const average = (values: number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
  const mean = [0, 1].map((c) => average(column(c)));
  return { mean, variance: [0, 1].map((c) => average(column(c).map((x) => (x - (mean[c] ?? 0)) ** 2))) };
}

/** The moving averages after these batches, in float64. */
function moving(batches: readonly Rows[]): { mean: number[]; variance: number[] } {
  const step = (old: number[], now: number[]) => old.map((v, c) => v * MOMENTUM + (now[c] ?? 0) * (1 - MOMENTUM));
  return batches
    .map(moments)
    .reduce((state, now) => ({ mean: step(state.mean, now.mean), variance: step(state.variance, now.variance) }), {
      mean: [0, 0],
      variance: [1, 1],
    });
}

function expectClose(actual: ArrayLike<number> | undefined, expected: readonly number[]): void {
  expect(actual?.length).toBe(expected.length);
  expected.forEach((value, i) => {
    expect(Math.abs((actual?.[i] ?? Number.NaN) - value)).toBeLessThan(1e-5);
  });
}

function averagesOf(model: tf.LayersModel): [Float32Array, Float32Array] {
  const layer = model.layers.find((one) => one.getClassName() === 'BatchNormalization');
  const [, , mean, variance] = (layer?.getWeights() ?? []).map((weight) => weight.dataSync() as Float32Array);
  return [mean ?? new Float32Array(), variance ?? new Float32Array()];
}

const still = {
  ...asDeclared,
  engine: 'cpu',
  epochs: 1,
  batchSize: 2,
  seed: 4,
  optimizer: sgd({ learningRate: 0 }),
  progress: false,
} as const;

test('moving averages follow the batches, the short last one as it is: padding would pull them to zero', async () => {
  const own = project();
  await own.fit(table, still);
  const order = [...epochOrder(5, 4, 0)].map((row) => table[row] as (typeof table)[number]);
  const expected = moving([order.slice(0, 2), order.slice(2, 4), order.slice(4)]);
  const [mean, variance] = averagesOf(own.model);
  expectClose(mean, expected.mean);
  expectClose(variance, expected.variance);
});

test('inference normalises by the moving averages, whatever the other rows are', async () => {
  const own = project();
  await own.fit(table, { ...still, epochs: 3 });
  const [mean, variance] = averagesOf(own.model);
  const head =
    own.model.layers
      .find((layer) => layer.getClassName() === 'Dense')
      ?.getWeights()[0]
      ?.dataSync() ?? [];
  const expected = table.map(({ x }) =>
    x.reduce(
      (sum, value, c) => sum + ((value - (mean[c] ?? 0)) / Math.sqrt((variance[c] ?? 0) + EPSILON)) * (head[c] ?? 0),
      0,
    ),
  );
  const together = (await own.predict(table, { engine: 'cpu' })).map(({ a }) => a);
  expectClose(together, expected);
  const alone = await Promise.all(table.map(async (row) => (await own.predict([row], { engine: 'cpu' }))[0]?.a));
  expect(alone).toEqual(together);
});

test('training normalises by the batch', async () => {
  const own = project();
  const run = await bench({ flow: own.resolved, backbone: own.backbone, optimizer: sgd({}), learningRate: 0 });
  const head = (await run.state.read(['head/features/kernel']))['head/features/kernel']?.data ?? [];
  const { mean, variance } = moments(table);
  const losses = table.map(({ x, a }) => {
    const y = x.reduce(
      (sum, value, c) => sum + ((value - (mean[c] ?? 0)) / Math.sqrt((variance[c] ?? 0) + EPSILON)) * (head[c] ?? 0),
      0,
    );
    return (y - a) ** 2;
  });
  const outputs = await run.step(table);
  expectClose(outputs.loss?.data, [losses.reduce((sum, loss) => sum + loss, 0) / 5]);
});

test('they rest while no task that reads them has a label (rule 5)', async () => {
  const own = project();
  const run = await bench({ flow: own.resolved, backbone: own.backbone, optimizer: sgd({}), learningRate: 0 });
  await run.step(table);
  const before = await run.state.read();
  await run.step(table.map((row) => ({ ...row, a: null })));
  expect(await run.state.read()).toEqual(before);
});

test('in a model of its own, and used twice, it trains and keeps nothing', async () => {
  const inner = tf.sequential({
    layers: [
      tf.layers.batchNormalization({ inputShape: [2], momentum: MOMENTUM, epsilon: EPSILON }),
      tf.layers.dense({ units: 2 }),
    ],
  });
  const own = project((x) => {
    const once = inner.apply(x) as tf.SymbolicTensor;
    return inner.apply(once) as tf.SymbolicTensor;
  });
  await own.fit(table, { ...still, optimizer: sgd({ learningRate: 0.01 }), batchSize: 5 });
  const before = tf.memory().numTensors;
  const { epochs } = await own.fit(table, {
    ...still,
    optimizer: sgd({ learningRate: 0.01 }),
    epochs: 5,
    batchSize: 5,
  });
  expect(tf.memory().numTensors).toBe(before);
  expect(epochs.at(-1)?.loss).toBeLessThan(epochs[0]?.loss ?? 0);
});
