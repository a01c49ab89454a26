/** @file Layers that draw noise: by seed and step, off in inference, and with the mean that they promise. */
import { expect, test } from 'vitest';
import { normals } from '../../src/random.js';
import { tf } from '../../src/tf.js';
import { probe } from '../support/training.js';

type Backbone = (x: tf.SymbolicTensor) => tf.SymbolicTensor;
const through =
  (...layers: tf.layers.Layer[]): Backbone =>
  (x) =>
    layers.reduce((at, layer) => layer.apply(at) as tf.SymbolicTensor, x);

const ROWS = 64;
const ones = Array.from({ length: ROWS }, () => Array<number>(32).fill(1));
const mean = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0) / values.length;
const variance = (values: ArrayLike<number>): number => mean(Array.from(values, (x) => x * x)) - mean(values) ** 2;

const recurrent = { units: 32, dropout: 0.5, recurrentDropout: 0.5, recurrentInitializer: 'glorotNormal' } as const;
const sequence = (): tf.layers.Layer => tf.layers.reshape({ targetShape: [4, 8] });
const layers: Readonly<Record<string, () => Backbone>> = {
  dropout: () => through(tf.layers.dropout({ rate: 0.4 })),
  'dropout with a noise shape': () => through(tf.layers.dropout({ rate: 0.4, noiseShape: [ROWS, 1] })),
  spatialDropout1d: () => through(sequence(), tf.layers.spatialDropout1d({ rate: 0.4 }), tf.layers.flatten()),
  gaussianNoise: () => through(tf.layers.gaussianNoise({ stddev: 0.7 })),
  gaussianDropout: () => through(tf.layers.gaussianDropout({ rate: 0.3 })),
  alphaDropout: () => through(tf.layers.alphaDropout({ rate: 0.3 })),
  lstm: () => through(sequence(), tf.layers.lstm(recurrent)),
  gru: () => through(sequence(), tf.layers.gru(recurrent)),
  simpleRNN: () => through(sequence(), tf.layers.simpleRNN(recurrent)),
  'bidirectional lstm': () =>
    through(
      sequence(),
      tf.layers.bidirectional({
        layer: tf.layers.lstm({ ...recurrent, units: 16 }) as tf.layers.RNN,
        mergeMode: 'concat',
      }),
    ),
  'dropout over time': () =>
    through(sequence(), tf.layers.timeDistributed({ layer: tf.layers.dropout({ rate: 0.4 }) }), tf.layers.flatten()),
  'dropout in a model of its own': () =>
    through(tf.sequential({ layers: [tf.layers.dropout({ rate: 0.4, inputShape: [32] })] })),
};

for (const [name, backbone] of Object.entries(layers)) {
  test(`${name}: a function of seed and step, and nothing of it in inference`, async () => {
    const { feature } = await probe([32], 32, backbone());
    const first = await feature(ones, { seed: 7, counter: 3 });
    expect(await feature(ones, { seed: 7, counter: 3 })).toEqual(first);
    expect(await feature(ones, { seed: 7, counter: 4 })).not.toEqual(first);
    expect(await feature(ones, { seed: 8, counter: 3 })).not.toEqual(first);
    const inference = await feature(ones, 'inference');
    expect(await feature(ones, 'inference')).toEqual(inference);
    expect(inference).not.toEqual(first);
    // Another network of the same declaration draws the same.
    const again = await probe([32], 32, backbone());
    expect(await again.feature(ones, { seed: 7, counter: 3 })).toEqual(first);
  });
}

test.each(['dropout', 'spatialDropout1d', 'dropout over time', 'dropout in a model of its own'])(
  '%s: keeps elements at 1 / (1 - rate) or drops them, the mean stays',
  async (name) => {
    const { feature } = await probe([32], 32, (layers[name] as () => Backbone)());
    const values = await feature(ones, { seed: 7, counter: 3 });
    expect(new Set(values)).toEqual(new Set([0, Math.fround(1 / 0.6)]));
    // Standard deviation of a draw: sqrt(rate / (1 - rate)) = 0.82; of the mean of 512 draws or more, at most 0.036.
    expect(Math.abs(mean(values) - 1)).toBeLessThan(0.1);
    expect(await feature(ones, 'inference')).toEqual(new Float32Array(ROWS * 32).fill(1));
  },
);

test('spatialDropout1d drops whole channels, a noise shape whole rows', async () => {
  const spatial = await probe([32], 32, (layers.spatialDropout1d as () => Backbone)());
  const channels = await spatial.feature(ones, { seed: 7, counter: 3 });
  for (let row = 0; row < ROWS; row++) {
    const steps = Array.from({ length: 4 }, (_, t) => [...channels.subarray(row * 32 + t * 8, row * 32 + t * 8 + 8)]);
    for (const step of steps) expect(step).toEqual(steps[0]);
  }
  const shaped = await probe([32], 32, (layers['dropout with a noise shape'] as () => Backbone)());
  const rows = await shaped.feature(ones, { seed: 7, counter: 3 });
  for (let row = 0; row < ROWS; row++) expect(new Set(rows.subarray(row * 32, row * 32 + 32)).size).toBe(1);
  expect(new Set(rows).size).toBe(2);
});

test('gaussianNoise adds its deviation, gaussianDropout multiplies with that of dropout', async () => {
  const noise = await probe([32], 32, (layers.gaussianNoise as () => Backbone)());
  const noisy = await noise.feature(ones, { seed: 7, counter: 3 });
  expect(Math.abs(mean(noisy) - 1)).toBeLessThan(0.06);
  expect(Math.abs(Math.sqrt(variance(noisy)) - 0.7)).toBeLessThan(0.04);
  const factor = await probe([32], 32, (layers.gaussianDropout as () => Backbone)());
  const scaled = await factor.feature(ones, { seed: 7, counter: 3 });
  expect(Math.abs(mean(scaled) - 1)).toBeLessThan(0.06);
  expect(Math.abs(variance(scaled) - 0.3 / 0.7)).toBeLessThan(0.05);
});

test('alphaDropout keeps mean 0 and variance 1', async () => {
  const { feature } = await probe([32], 32, (layers.alphaDropout as () => Backbone)());
  const drawn = normals({ seed: 1, stream: 'rows', counter: 0 }, ROWS * 32);
  const rows = Array.from({ length: ROWS }, (_, row) => [...drawn.subarray(row * 32, row * 32 + 32)]);
  const values = await feature(rows, { seed: 7, counter: 3 });
  expect(Math.abs(mean(values))).toBeLessThan(0.08);
  expect(Math.abs(variance(values) - 1)).toBeLessThan(0.12);
});

test('each layer, and each use of a shared one, draws noise of its own', async () => {
  const shared = tf.layers.dropout({ rate: 0.5 });
  const twice = await probe([32], 64, (x) => {
    const parts = [shared.apply(x), shared.apply(x)] as tf.SymbolicTensor[];
    return tf.layers.concatenate().apply(parts) as tf.SymbolicTensor;
  });
  const halves = await twice.feature(ones, { seed: 7, counter: 3 });
  const left = Array.from({ length: ROWS }, (_, row) => [...halves.subarray(row * 64, row * 64 + 32)]);
  const right = Array.from({ length: ROWS }, (_, row) => [...halves.subarray(row * 64 + 32, row * 64 + 64)]);
  expect(left).not.toEqual(right);
  const chained = await probe([32], 32, through(tf.layers.dropout({ rate: 0.5 }), tf.layers.dropout({ rate: 0.5 })));
  const values = await chained.feature(ones, { seed: 7, counter: 3 });
  expect(new Set(values)).toEqual(new Set([0, 4]));
  expect(Math.abs(values.filter((value) => value === 4).length / values.length - 0.25)).toBeLessThan(0.05);
});

test('recurrent dropout keeps the mean of what it drops from', async () => {
  // One time step, no recurrence, an identity kernel: the output is the dropped input.
  const { feature } = await probe(
    [32],
    32,
    through(
      tf.layers.reshape({ targetShape: [1, 32] }),
      tf.layers.simpleRNN({ units: 32, dropout: 0.5, activation: 'linear', kernelInitializer: 'identity' }),
    ),
  );
  const values = await feature(ones, { seed: 7, counter: 3 });
  expect(new Set(values)).toEqual(new Set([0, 2]));
  expect(Math.abs(mean(values) - 1)).toBeLessThan(0.08);
});

test('the noise is the same on every engine', async () => {
  const draws = await Promise.all(
    (['cpu', 'wasm'] as const).map(async (engine) => {
      const { feature } = await probe([32], 32, (layers.dropout as () => Backbone)(), engine);
      return feature(ones, { seed: 7, counter: 3 });
    }),
  );
  expect(draws[0]).toEqual(draws[1]);
});

test('a rate of 0 drops nothing', async () => {
  const { feature } = await probe([32], 32, through(tf.layers.dropout({ rate: 0 })));
  expect(await feature(ones, { seed: 7, counter: 3 })).toEqual(new Float32Array(ROWS * 32).fill(1));
});

test('steps leave no tensors behind', async () => {
  for (const backbone of Object.values(layers)) {
    const { feature } = await probe([32], 32, backbone());
    await feature(ones, { seed: 7, counter: 1 });
    const before = tf.memory().numTensors;
    for (let counter = 0; counter < 3; counter++) await feature(ones, { seed: 7, counter });
    expect(tf.memory().numTensors).toBe(before);
  }
});

test('a layer in two networks draws for each as if it stood there alone', async () => {
  const make = () => tf.sequential({ layers: [tf.layers.dropout({ rate: 0.5, inputShape: [32] })] });
  const behind = (model: tf.LayersModel): Backbone => through(tf.layers.activation({ activation: 'relu' }), model);
  const [shared, own] = [make(), make()];
  const front = await probe([32], 32, through(shared));
  const [second, alone] = [await probe([32], 32, behind(shared)), await probe([32], 32, behind(own))];
  const key = { seed: 7, counter: 3 };
  expect(await second.feature(ones, key)).toEqual(await alone.feature(ones, key));
  expect(await front.feature(ones, key)).not.toEqual(await second.feature(ones, key));
});
