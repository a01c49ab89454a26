import { expect, test } from 'vitest';
import type { HostTensors, Step } from '../../../src/engine/engine.js';
import { createOnnxEngine } from '../../../src/engine/onnx/engine.js';
import { tf } from '../../../src/tf.js';
import { difference, eager, float, noisy } from './helpers.js';

const key = { seed: 7, counter: 0 };

/** A dense network with a relu, softmax cross-entropy and gradient descent with momentum. */
const train: Step = {
  name: 'train',
  run: ({ state, batch }) => {
    const { w1, b1, w2, velocity } = state as Record<string, tf.Tensor2D>;
    const loss = (a: tf.Tensor, b: tf.Tensor, c: tf.Tensor): tf.Scalar => {
      const hidden = tf.relu(tf.add(tf.matMul(batch.x as tf.Tensor2D, a as tf.Tensor2D), b));
      return tf.losses.softmaxCrossEntropy(batch.y as tf.Tensor, tf.matMul(hidden, c as tf.Tensor2D));
    };
    const { value, grads } = tf.valueAndGrads(loss as (...values: tf.Tensor[]) => tf.Scalar)([
      w1,
      b1,
      w2,
    ] as tf.Tensor[]);
    const [g1, g2, g3] = grads as [tf.Tensor, tf.Tensor, tf.Tensor];
    const moved = tf.add(tf.mul(velocity as tf.Tensor, 0.9), g3);
    return {
      state: {
        w1: tf.sub(w1 as tf.Tensor, tf.mul(g1, 0.1)),
        b1: tf.sub(b1 as tf.Tensor, tf.mul(g2, 0.1)),
        w2: tf.sub(w2 as tf.Tensor, tf.mul(moved, 0.1)),
        velocity: moved,
      },
      outputs: { loss: value },
    };
  },
};

const initial: HostTensors = {
  w1: noisy([6, 16], 1, 0.5),
  b1: noisy([16], 2, 0.1),
  w2: noisy([16, 3], 3, 0.5),
  velocity: float([16, 3], new Float32Array(48)),
  untouched: float([2], [3, 4]),
};
const batch: HostTensors = {
  x: noisy([8, 6], 4),
  y: float(
    [8, 3],
    Array.from({ length: 24 }, (_, i) => (i % 3 === (i * 7) % 3 ? 1 : 0)),
  ),
};

test('a compiled training step follows the eager one, state and outputs', async () => {
  const engine = createOnnxEngine({ threads: 1 });
  const state = await engine.createState(initial);
  const compiled = engine.compile(train);
  let expected = { state: initial, outputs: {} as HostTensors };
  for (let counter = 0; counter < 6; counter++) {
    expected = await eager(train, expected.state, batch);
    const outputs = await compiled.run(state, batch, { seed: 7, counter });
    expect(difference(outputs.loss?.data ?? [], expected.outputs.loss?.data ?? [])).toBeLessThan(1e-6);
  }
  const values = await state.read();
  expect(Object.keys(values)).toEqual(Object.keys(initial));
  for (const [name, { data }] of Object.entries(values)) {
    expect([name, difference(data, expected.state[name]?.data ?? [])]).toEqual([name, expect.closeTo(0, 5)]);
  }
  await engine.dispose();
});

test('the state is copied in and out, and may be read in part and written', async () => {
  const engine = createOnnxEngine({ threads: 1 });
  const mine = new Float32Array([1, 2]);
  const state = await engine.createState({ a: { shape: [2], dtype: 'float32', data: mine }, b: float([], [5]) });
  mine[0] = 100;
  expect(await state.read(['a'])).toEqual({ a: float([2], [1, 2]) });
  await state.write({ a: float([2], [8, 9]) });
  expect(await state.read()).toEqual({ a: float([2], [8, 9]), b: float([], [5]) });
  await expect(state.write({ b: float([], [6]), a: float([1], [8]) })).rejects.toMatchObject({
    code: 'STATE_MISMATCH',
    path: 'state.a',
    expected: 'float32[2]',
    received: 'float32[1]',
  });
  expect((await state.read(['b'])).b?.data[0]).toBe(5);
  await expect(state.write({ aa: float([2], [8, 9]) })).rejects.toThrow('did you mean "a"?');
});

test('two steps share a state, and one that fails leaves it as it was', async () => {
  const engine = createOnnxEngine({ threads: 1 });
  const state = await engine.createState({ n: float([], [1]), other: float([2], [0, 0]) });
  const double = engine.compile({
    name: 'double',
    run: ({ state: { n } }) => ({ state: { n: (n as tf.Tensor).mul(2) }, outputs: {} }),
  });
  const peek = engine.compile({
    name: 'peek',
    run: ({ state: { n } }) => ({ state: {}, outputs: { n: (n as tf.Tensor).add(0.5) } }),
  });
  await double.run(state, {}, key);
  await double.run(state, {}, key);
  expect(await peek.run(state, {}, key)).toEqual({ n: float([], [4.5]) });
  const broken = engine.compile({
    name: 'broken',
    run: ({ state: { n }, batch: { index } }) => ({
      state: { n: tf.gather(tf.tensor1d([1, 2]).mul(n as tf.Tensor), index as tf.Tensor1D).sum() },
      outputs: {},
    }),
  });
  const far = { index: { shape: [1], dtype: 'int32' as const, data: Int32Array.of(7) } };
  await expect(broken.run(state, far, key)).rejects.toMatchObject({ code: 'INDEX_OUT_OF_RANGE' });
  expect(await peek.run(state, {}, key)).toEqual({ n: float([], [4.5]) });
});

test('one trace for each signature of shapes', async () => {
  const engine = createOnnxEngine({ threads: 1 });
  const state = await engine.createState({});
  let traces = 0;
  const sum = engine.compile({
    name: 'sum',
    run: ({ batch: { x } }) => {
      traces++;
      return { state: {}, outputs: { sum: (x as tf.Tensor).sum(), same: x as tf.Tensor, twice: x as tf.Tensor } };
    },
  });
  const run = async (values: number[]) => sum.run(state, { x: float([values.length], values) }, key);
  expect((await run([1, 2, 3])).sum?.data).toEqual(Float32Array.of(6));
  expect((await run([4, 5])).sum?.data).toEqual(Float32Array.of(9));
  const last = await run([7, 8, 9]);
  expect(last.same).toEqual(float([3], [7, 8, 9]));
  expect(last.twice).toEqual(float([3], [7, 8, 9]));
  expect(traces).toBe(2);
  sum.dispose();
  await expect(run([1])).rejects.toMatchObject({ code: 'DISPOSED' });
});

test("results are the caller's own: a later run does not change them", async () => {
  const engine = createOnnxEngine({ threads: 1 });
  const state = await engine.createState({ n: float([], [1]) });
  const step = engine.compile({
    name: 'count',
    run: ({ state: { n } }) => {
      const next = (n as tf.Tensor).add(1);
      return { state: { n: next }, outputs: { n: next } };
    },
  });
  const first = await step.run(state, {}, key);
  await step.run(state, {}, key);
  expect(first).toEqual({ n: float([], [2]) });
  expect(await state.read()).toEqual({ n: float([], [3]) });
});

test('random numbers depend on seed, counter and stream, and are those of the eager engines', async () => {
  const engine = createOnnxEngine({ threads: 1 });
  const step: Step = {
    name: 'draw',
    run: ({ random }) => ({
      state: {},
      outputs: {
        u: random.uniform([3, 2], 'dropout'),
        again: random.uniform([3, 2], 'dropout'),
        n: random.normal([5], 'noise'),
      },
    }),
  };
  const compiled = engine.compile(step);
  const state = await engine.createState({});
  for (const drawKey of [
    { seed: 1, counter: 0 },
    { seed: 1, counter: 1 },
    { seed: -5, counter: 1 },
  ]) {
    const { outputs } = await eager(step, {}, {}, drawKey);
    expect(await compiled.run(state, {}, drawKey)).toEqual(outputs);
  }
});

test('tracing leaves tfjs as it found it', async () => {
  await tf.setBackend('cpu');
  const before = tf.memory().numTensors;
  const { random } = Math;
  const { apply } = tf.layers.Layer.prototype;
  const engine = createOnnxEngine({ threads: 1 });
  const state = await engine.createState(initial);
  await engine.compile(train).run(state, batch, key);
  await expect(
    engine.compile({ name: 'x', run: () => ({ state: {}, outputs: { x: tf.randomNormal([2]) } }) }).run(state, {}, key),
  ).rejects.toMatchObject({ code: 'RANDOM_IN_STEP' });
  expect(tf.memory().numTensors).toBe(before);
  expect(tf.getBackend()).toBe('cpu');
  expect(Math.random).toBe(random);
  expect(tf.layers.Layer.prototype.apply).toBe(apply);
});

test('runs of one state do not overlap, and what was disposed of says so', async () => {
  const engine = createOnnxEngine({ threads: 1 });
  const state = await engine.createState({ n: float([], [1]) });
  const step = engine.compile({
    name: 'count',
    run: ({ state: { n } }) => ({ state: { n: (n as tf.Tensor).add(1) }, outputs: { before: (n as tf.Tensor).exp() } }),
  });
  const first = step.run(state, {}, key);
  await expect(step.run(state, {}, key)).rejects.toMatchObject({ code: 'ENGINE_BUSY' });
  await expect(state.write({ n: float([], [5]) })).rejects.toMatchObject({ code: 'ENGINE_BUSY' });
  await first;
  expect(await state.read()).toEqual({ n: float([], [2]) });
  const refused = step.run(state, {}, key, () => {
    throw new Error('not this one');
  });
  await expect(refused).rejects.toThrow('not this one');
  expect(await state.read()).toEqual({ n: float([], [2]) });
  await expect(step.run(state, { x: { ...float([2], [1, 2]), shape: [3] } }, key)).rejects.toMatchObject({
    code: 'INVALID_TENSOR',
    path: 'batch.x',
  });
  state.dispose();
  await expect(state.read()).rejects.toMatchObject({ code: 'DISPOSED' });
  await expect(step.run(state, {}, key)).rejects.toMatchObject({ code: 'DISPOSED' });
});

test('names that are dangerous as keys are names like any other', async () => {
  const engine = createOnnxEngine({ threads: 1 });
  const named = JSON.parse('{"__proto__": 1, "constructor": 2}') as Record<string, number>;
  const tensors = Object.fromEntries(Object.entries(named).map(([name, value]) => [name, float([], [value])]));
  const state = await engine.createState(tensors);
  const step = engine.compile({
    name: 'add',
    run: ({ state: before, batch }) => ({
      state: Object.fromEntries(
        Object.entries(before).map(([name, tensor]) => [name, tensor.add(batch[name] as tf.Tensor)]),
      ),
      outputs: Object.fromEntries(Object.entries(batch).map(([name, tensor]) => [name, tensor.mul(3)])),
    }),
  });
  const outputs = await step.run(state, tensors, key);
  expect(Object.entries(outputs).map(([name, { data }]) => [name, data[0]])).toEqual([
    ['__proto__', 3],
    ['constructor', 6],
  ]);
  expect(Object.entries(await state.read()).map(([name, { data }]) => [name, data[0]])).toEqual([
    ['__proto__', 2],
    ['constructor', 4],
  ]);
});
