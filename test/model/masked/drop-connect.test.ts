/** @file Drop-connect: which weights a step drops, on every engine, and that nothing else of a dense layer changes. */
import { expect, test } from 'vitest';
import { type EngineName, HeadgateError, Project, regression, sgd, tf, vector } from '../../../src/index.js';
import { DropConnectDense } from '../../../src/model/masked/drop-connect-dense.js';
import { bench, probe } from '../../support/training.js';
import { savedAndLoaded, values } from './layers.js';

type Symbolic = tf.SymbolicTensor;
const applied = (layer: tf.layers.Layer, x: Symbolic) => layer.apply(x) as Symbolic; // of a symbolic input

const SIZE = 32;
const RATE = 0.4;
const ENGINES = ['cpu', 'onnx', 'wasm'] as const;
/** Row i reads row i of the kernel. */
const basis = Array.from({ length: SIZE }, (_, i) => Array.from({ length: SIZE }, (_, j) => Number(i === j)));
const ones = () => new DropConnectDense({ units: SIZE, rate: RATE, kernelInitializer: 'ones', useBias: false });
const key = { seed: 7, counter: 3 };
const mean = (numbers: ArrayLike<number>): number => Array.from(numbers).reduce((a, b) => a + b, 0) / numbers.length;

test.each(ENGINES)('%s: a step reads a kernel whose weights are 0 or scaled, inference the kernel', async (engine) => {
  const { feature } = await probe([SIZE], SIZE, (x) => applied(ones(), x), engine);
  const kernel = await feature(basis, key);
  expect(new Set(kernel)).toEqual(new Set([0, Math.fround(1 / (1 - RATE))]));
  // 1,024 draws: their mean has a standard deviation of sqrt(0.4 / 0.6) / 32 = 0.026
  expect(Math.abs(mean(kernel) - 1)).toBeLessThan(0.1);
  expect(await feature(basis, 'inference')).toEqual(new Float32Array(SIZE * SIZE).fill(1));
  expect(await feature(basis, key)).toEqual(kernel);
  expect(await feature(basis, { seed: 7, counter: 4 })).not.toEqual(kernel);
  expect(await feature(basis, { seed: 8, counter: 3 })).not.toEqual(kernel);
  // the same weights for every row of the batch, and on every engine
  const twice = await feature([...basis, ...basis], key);
  expect([...twice]).toEqual([...kernel, ...kernel]);
  const reference = await probe([SIZE], SIZE, (x) => applied(ones(), x), 'cpu');
  expect(await reference.feature(basis, key)).toEqual(kernel);
});

test('each use of a shared layer drops weights of its own', async () => {
  const layer = ones();
  const { feature } = await probe(
    [SIZE],
    2 * SIZE,
    (x) => tf.layers.concatenate().apply([applied(layer, x), applied(layer, x)]) as Symbolic,
  );
  const both = await feature(basis, key);
  const half = (first: number) =>
    basis.flatMap((_, i) => [...both.subarray((2 * i + first) * SIZE, (2 * i + first + 1) * SIZE)]);
  expect(half(0)).not.toEqual(half(1));
});

test('biases stay, and a rate of 0 is a dense layer', async () => {
  const biased = new DropConnectDense({
    units: SIZE,
    rate: 0.999,
    kernelInitializer: 'zeros',
    biasInitializer: 'ones',
  });
  const first = await probe([SIZE], SIZE, (x) => applied(biased, x));
  expect(await first.feature(basis, key)).toEqual(new Float32Array(SIZE * SIZE).fill(1));
  const none = new DropConnectDense({ units: SIZE, rate: 0, kernelInitializer: 'identity' });
  const second = await probe([SIZE], SIZE, (x) => applied(none, x));
  expect([...(await second.feature(basis, key))]).toEqual(basis.flat());
});

test('the gradient of a kept weight is that of the scaled weight, of a dropped one 0; regularisers see all', () => {
  const layer = new DropConnectDense({
    units: 2,
    rate: 0.75,
    useBias: false,
    kernelRegularizer: tf.regularizers.l1({ l1: 1 }),
  });
  layer.build([null, 3]);
  const kept = [1, 0, 0, 1, 1, 0];
  layer.dropoutFunc = (x, rate) => x.mul(tf.tensor2d(kept, [3, 2])).mul(1 / (1 - rate));
  const kernel = [0.5, -1, 2, 0.25, -0.75, 1.5];
  const rows = [
    [1, -2, 0.5],
    [3, 1, -1],
  ];
  layer.setWeights([tf.tensor2d(kernel, [3, 2])]);
  const x = tf.tensor2d(rows);
  const [variable] = layer.trainableWeights;
  const { grads } = tf.variableGrads(
    () => (layer.apply(x, { training: true }) as tf.Tensor).square().sum() as tf.Scalar,
  );
  const scaled = kernel.map((w, i) => 4 * w * Number(kept[i]));
  const out = rows.map((row) => [0, 1].map((o) => row.reduce((sum, v, i) => sum + v * Number(scaled[2 * i + o]), 0)));
  const naive = kernel.map((_, at) => {
    const [i, o] = [Math.floor(at / 2), at % 2];
    return rows.reduce((sum, row, r) => sum + 2 * Number(out[r]?.[o]) * Number(row[i]) * 4 * Number(kept[at]), 0);
  });
  expect(Object.keys(grads)).toHaveLength(1);
  expect(values(grads[variable?.name ?? ''] as tf.Tensor).map((one) => one + 0)).toEqual(naive.map((one) => one + 0)); // no −0
  expect(layer.losses.map((loss) => loss().dataSync()[0])).toEqual([6]);
});

const declared = () =>
  new Project({
    name: 'dropping',
    inputs: { x: vector({ size: 4, standardise: false }) },
    tasks: { sum: regression({ standardise: false }), first: regression({ standardise: false }) },
    backbone: ({ x }) => {
      const hidden = applied(new DropConnectDense({ units: 8, activation: 'sigmoid', rate: 0.5, name: 'hidden' }), x);
      return { features: applied(tf.layers.dense({ units: 6, activation: 'tanh', name: 'last' }), hidden) };
    },
    onNote: () => {},
  }).flow('full', (task, x) => [task.sum(x.features), task.first(x.features)]);
const rows = Array.from({ length: 12 }, (_, i) => {
  const x = [Math.sin(i + 1), Math.cos(2 * i), Math.sin(3 * i + 1), i / 12 + 0.1];
  return { x, sum: x.reduce((a, b) => a + b, 0), first: x[0] ?? 0 };
});

test.each(ENGINES)('%s: a compiled step drops others at each step, and trains what it kept', async (engine) => {
  const { resolved, backbone } = declared();
  const run = await bench({ flow: resolved, backbone, optimizer: sgd(), engine });
  const name = 'backbone/hidden/kernel';
  const stood: boolean[][] = [];
  for (let i = 0; i < 3; i++) {
    const before = [...((await run.state.read([name]))[name]?.data ?? [])];
    await run.step(rows.slice(0, 4));
    const after = [...((await run.state.read([name]))[name]?.data ?? [])];
    stood.push(after.map((value, j) => value === before[j]));
  }
  for (const [i, one] of stood.entries()) {
    expect(one).toHaveLength(32);
    const share = mean(one.map(Number)); // 32 draws at 0.5: 0.1…0.9 is more than four standard deviations
    expect(share, `step ${i}`).toBeGreaterThan(0.1);
    expect(share, `step ${i}`).toBeLessThan(0.9);
    expect(one).not.toEqual(stood[(i + 1) % 3]);
  }
  await run.engine.dispose();
});

test.each(['cpu', 'onnx'] as const)('%s: two fits are one longer fit, to the bit', async (engine) => {
  const options = {
    engine,
    batchSize: 5,
    progress: false,
    optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }),
  } as const;
  const trained = async (...epochs: number[]): Promise<string> => {
    const project = declared();
    for (const [i, count] of epochs.entries()) {
      await project.fit(rows, { ...options, epochs: count, ...(i === 0 ? { seed: 3 } : { continue: true }) });
    }
    return JSON.stringify(Object.entries(project.weights()).map(([name, { data }]) => [name, [...data]]));
  };
  expect(await trained(2, 3)).toBe(await trained(5));
});

test('units are followed through it: pathways, and an extraction that predicts the same', async () => {
  const project = declared();
  const engine: EngineName = 'cpu';
  await project.pathways.assign({ method: 'random', granularity: 'unit', sparsity: 0.5 });
  await project.fit(rows, { engine, epochs: 2, progress: false });
  const { project: small } = await project.extract(['sum'], { onNote: () => {} });
  const { model } = small;
  const kernel = model.getLayer('hidden').getWeights()[0];
  expect(model.getLayer('hidden')).toBeInstanceOf(DropConnectDense);
  expect(Number(kernel?.shape[1])).toBeLessThan(8);
  const [ours, theirs] = [await small.predict(rows, { engine }), await project.predict(rows, { engine })];
  for (const [i, one] of ours.entries()) {
    expect(Reflect.get(one, 'sum')).toBeCloseTo(Number(theirs[i]?.sum), 5); // its type knows no paths
  }
});

test.each(['cpu', 'onnx'] as const)(
  '%s: under pathways of single weights, training one task leaves the other as it is',
  async (engine) => {
    const project = declared();
    await project.pathways.assign({ method: 'random', granularity: 'weight', sparsity: 0.5 });
    await project.fit(rows, { engine, epochs: 2, progress: false });
    const [before, was] = [project.weights(), await project.predict(rows, { engine: 'cpu' })];
    await project.fitTasks(['sum'], rows, {
      engine,
      epochs: 3,
      progress: false,
      optimizer: sgd({ learningRate: 0.1, l1Decay: 0.01 }),
    });
    const name = 'backbone/hidden/kernel';
    const [old, now] = [before, project.weights()].map((weights) => [...(weights[name]?.data ?? [])]);
    const trained = project.pathways.trainedBy('sum', name);
    expect(old?.some((value, i) => value !== now?.[i])).toBe(true);
    old?.forEach((value, i) => {
      if (trained?.[i] !== 1) expect(Object.is(now?.[i], value)).toBe(true);
    });
    expect(trained?.some((value) => value !== 1)).toBe(true);
    const is = await project.predict(rows, { engine: 'cpu' });
    expect(is.map(({ first }) => first)).toEqual(was.map(({ first }) => first));
    expect(is.map(({ sum }) => sum)).not.toEqual(was.map(({ sum }) => sum));
  },
);

test('outside a project it is an ordinary layer of tfjs: dropping in training alone, loaded by its name', async () => {
  const x = tf.input({ shape: [SIZE] });
  const model = tf.model({ inputs: x, outputs: applied(ones(), x) });
  const loaded = await savedAndLoaded(model);
  const [layer] = loaded.layers.slice(-1);
  expect(layer?.getConfig()).toMatchObject({ rate: RATE, units: SIZE });
  const eye = tf.tensor2d(basis);
  expect(values(loaded.predict(eye))).toEqual(Array(SIZE * SIZE).fill(1));
  const dropping = values(layer?.apply(eye, { training: true }) as tf.Tensor);
  expect(dropping.filter((value) => value === 0).length).toBeGreaterThan(SIZE);
  expect(values(loaded.predict(eye))).toEqual(Array(SIZE * SIZE).fill(1));
});

test.each([
  [{ units: 2, rate: 1 }, 'rate'],
  [{ units: 2, rate: -0.1 }, 'rate'],
  [{ units: 2 } as never, 'rate'],
  [{ units: 2, rate: 0.5, kernelInitialiser: 'ones' } as never, 'kernelInitialiser'],
])('%o is refused', (config, option) => {
  expect(() => new DropConnectDense(config)).toThrow(HeadgateError);
  expect(() => new DropConnectDense(config)).toThrow(new RegExp(`INVALID_OPTIONS at .*\\.${option}`));
});
