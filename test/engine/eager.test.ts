import { beforeAll, expect, test } from 'vitest';
import { onBackend } from '../../src/engine/backend.js';
import type { Engine, HostTensors, Step } from '../../src/engine/engine.js';
import { withHostRandom } from '../../src/engine/host-random.js';
import { createEngine } from '../../src/engine/select.js';
import { tf } from '../../src/tf.js';
import { errorOf, float, numbers } from './host.js';

let engine: Engine;
beforeAll(async () => {
  await tf.setBackend('cpu');
  engine = await createEngine('wasm');
});

const key = { seed: 7, counter: 3 };

test('calls that overlap on one state are refused, and the first goes on', async () => {
  const state = await engine.createState({ a: float([1]) });
  const compiled = engine.compile({
    name: 'double',
    run: ({ state }) => ({ state: { a: tf.mul(state.a as tf.Tensor, 2) }, outputs: { a: state.a as tf.Tensor } }),
  });
  const first = compiled.run(state, {}, key);
  expect((await errorOf(() => compiled.run(state, {}, key))).code).toBe('ENGINE_BUSY');
  expect((await errorOf(() => state.write({ a: float([5]) }))).code).toBe('ENGINE_BUSY');
  expect((await errorOf(async () => state.dispose())).code).toBe('ENGINE_BUSY');
  await first;
  expect(numbers((await state.read()).a)).toEqual([2]);
  state.dispose();
  expect((await errorOf(() => state.read())).code).toBe('DISPOSED');
  expect((await errorOf(() => compiled.run(state, {}, key))).code).toBe('DISPOSED');
});

test('data that do not fit their shape or type are refused by name, and nothing is left behind', async () => {
  const tensors = tf.memory().numTensors;
  const wrong: HostTensors[] = [
    { good: float([1]), bad: { shape: [3], dtype: 'float32', data: Float32Array.of(1, 2) } },
    { good: float([1]), bad: { shape: [2], dtype: 'int32', data: Float32Array.of(1, 2) } },
  ];
  for (const values of wrong) {
    const error = await errorOf(() => engine.createState(values));
    expect([error.code, error.path]).toEqual(['INVALID_TENSOR', 'state.bad']);
  }
  const state = await engine.createState({});
  const compiled = engine.compile({
    name: 'x',
    run: ({ batch }) => ({ state: {}, outputs: { x: batch.bad as tf.Tensor } }),
  });
  expect((await errorOf(() => compiled.run(state, wrong[0] as HostTensors, key))).path).toBe('batch.bad');
  expect(tf.memory().numTensors).toBe(tensors);
});

test("tfjs's own draws inside a step depend on seed and counter alone, and Math.random is put back", async () => {
  const original = Math.random;
  const state = await engine.createState({});
  const step: Step = {
    name: 'noise',
    run: () => ({
      state: {},
      outputs: {
        dropout: tf.dropout(tf.ones([50]), 0.5),
        normal: tf.randomNormal([5]),
        uniform: tf.randomUniform([5]),
      },
    }),
  };
  const compiled = engine.compile(step);
  const first = await compiled.run(state, {}, key);
  expect(await compiled.run(state, {}, key)).toEqual(first);
  for (const other of [
    { seed: 7, counter: 4 },
    { seed: 8, counter: 3 },
  ]) {
    expect(numbers((await compiled.run(state, {}, other)).dropout)).not.toEqual(numbers(first.dropout));
  }
  const failing = engine.compile({
    name: 'fails',
    run: () => {
      throw new Error('stop');
    },
  });
  await expect(failing.run(state, {}, key)).rejects.toThrow('stop');
  expect(Math.random).toBe(original);
});

test('withHostRandom nests, and seeds a layer by its key', () => {
  const draws = (n: number): number[] => Array.from({ length: n }, () => Math.random());
  const [outer, inner] = withHostRandom(key, () => {
    const before = draws(100);
    const nested = withHostRandom({ seed: 7, counter: 4 }, () => draws(2));
    return [[...before, ...draws(100)], nested];
  });
  expect(withHostRandom(key, () => draws(200))).toEqual(outer);
  expect(withHostRandom({ seed: 7, counter: 4 }, () => draws(2))).toEqual(inner);
  expect(new Set(outer).size).toBe(200);
  expect(outer.every((value) => value >= 0 && value < 1)).toBe(true);
  const mean = outer.reduce((a, b) => a + b, 0) / 200;
  expect(Math.abs(mean - 0.5)).toBeLessThan(0.1);

  const weights = (): Float32Array =>
    withHostRandom(key, () => {
      const layer = tf.layers.dense({ units: 3, inputShape: [2] });
      const model = tf.sequential({ layers: [layer] });
      const values = Float32Array.from((layer.getWeights()[0] as tf.Tensor).dataSync());
      model.dispose();
      return values;
    });
  expect(weights()).toEqual(weights());
});

test('a backend that does not become active is an error', () => {
  expect(() => onBackend('no-such-backend', () => 1)).toThrow(/ENGINE_UNAVAILABLE/);
  tf.registerBackend('broken', () => {
    throw new Error('no device');
  });
  expect(() => onBackend('broken', () => 1)).toThrow(/ENGINE_UNAVAILABLE/);
  expect(tf.getBackend()).toBe('cpu');
  expect(numbers(float([...tf.neg([1]).dataSync()]))).toEqual([-1]);
  tf.removeBackend('broken');
});
