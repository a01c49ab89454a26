/** @file A state between steps: changed whole or not at all, cheap to keep, and looked up without walking it. */
import { afterEach, expect, test, vi } from 'vitest';
import type { HostTensors, Step } from '../../../src/engine/engine.js';
import { createOnnxEngine } from '../../../src/engine/onnx/engine.js';
import { createEngine } from '../../../src/engine/select.js';
import { tf } from '../../../src/tf.js';
import { difference, eager, float, noisy } from './helpers.js';

const key = { seed: 1, counter: 0 };

afterEach(() => {
  vi.restoreAllMocks();
});

/** `average` is replaced by the graph (a product), `weight` by a sweep that reads the average of before. */
const step: Step = {
  name: 'train',
  run: ({ state, batch }) => {
    const { weight, average } = state as Record<'weight' | 'average', tf.Tensor2D>;
    const next = tf.matMul(average, batch.turn as tf.Tensor2D);
    return {
      state: { weight: weight.sub(average.mul(0.5)), average: next },
      outputs: { sum: next.sum() },
    };
  },
};
const initial: HostTensors = { weight: noisy([4, 4], 1), average: noisy([4, 4], 2), other: float([3], [1, 2, 3]) };
const batch: HostTensors = { turn: noisy([4, 4], 3) };

test('a sweep reads what the graph replaces as it was before the step', async () => {
  const engine = createOnnxEngine({ threads: 1 });
  const state = await engine.createState(initial);
  const compiled = engine.compile(step);
  let expected = initial;
  for (let counter = 0; counter < 4; counter++) {
    expected = (await eager(step, expected, batch)).state;
    await compiled.run(state, batch, { seed: 1, counter });
    const values = await state.read();
    for (const name of ['weight', 'average', 'other']) {
      const own = difference(values[name]?.data ?? [], expected[name]?.data ?? []);
      expect([counter, name, own < 1e-5]).toEqual([counter, name, true]);
    }
  }
  await engine.dispose();
});

test('a step that cannot make its sweeps changes nothing, neither what they replace nor what the graph does', async () => {
  const engine = createOnnxEngine({ threads: 1 });
  const state = await engine.createState(initial);
  const compiled = engine.compile(step);
  const { WebAssembly } = globalThis as unknown as { WebAssembly: { Instance: new () => object } }; // not declared by Node
  const trap = vi.spyOn(WebAssembly, 'Instance').mockImplementation(
    class {
      constructor() {
        throw new RangeError('no memory for it');
      }
    } as never,
  );
  let accepted = 0;
  await expect(compiled.run(state, batch, key, () => accepted++)).rejects.toThrow('no memory for it');
  expect(accepted).toBe(0);
  expect(await state.read()).toEqual(initial);
  trap.mockRestore();
  await compiled.run(state, batch, key);
  expect((await state.read()).weight).not.toEqual(initial.weight);
  await engine.dispose();
});

test('the state is copied once on its way in, natively, and once more by nobody', async () => {
  const size = 1003;
  const values: HostTensors = { weight: noisy([size], 1), velocity: noisy([size], 2), table: noisy([size], 3) };
  const engine = createOnnxEngine({ threads: 1 });
  const compiled = engine.compile({
    name: 'move',
    run: ({ state: { weight, velocity } }) => {
      const next = (velocity as tf.Tensor).mul(0.9);
      return { state: { velocity: next, weight: (weight as tf.Tensor).sub(next) }, outputs: {} };
    },
  });
  let copies = 0;
  const typed = Object.getPrototypeOf(Float32Array.prototype) as Float32Array; // what all typed arrays share
  for (const method of ['set', 'slice'] as const) {
    const original = typed[method] as (...args: unknown[]) => unknown;
    vi.spyOn(typed, method).mockImplementation(function (this: Float32Array, ...args: unknown[]) {
      if (this instanceof Float32Array && this.length === size) copies++;
      return original.apply(this, args) as never;
    });
  }
  const state = await engine.createState(values);
  expect(copies).toBe(3);
  await compiled.run(state, {}, key);
  expect(copies).toBe(3);
  await state.write({ table: values.weight as HostTensors[string] });
  expect(copies).toBe(4);
  await state.read(['table']);
  expect(copies).toBe(5);
  vi.restoreAllMocks();
  expect((await state.read(['table'])).table).toEqual(values.weight);
  await engine.dispose();
});

test('what a step does with strings does not grow with the state', async () => {
  const engine = createOnnxEngine({ threads: 1 });
  const joins = async (tensors: number): Promise<number> => {
    const entries = Array.from({ length: tensors }, (_, i) => [`t${i}`, float([2], [i, 1])] as const);
    const state = await engine.createState(Object.fromEntries(entries));
    const compiled = engine.compile({
      name: 'first',
      run: ({ state: { t0 }, batch: { x } }) => {
        const next = (t0 as tf.Tensor).add(x as tf.Tensor);
        return { state: { t0: next }, outputs: { sum: next.sum() } };
      },
    });
    const run = () => compiled.run(state, { x: float([2], [1, 2]) }, key);
    await run();
    const spies = [vi.spyOn(Array.prototype, 'join'), vi.spyOn(Object, 'entries')];
    await run();
    const seen = spies.flatMap(({ mock }) => mock.calls.map((call) => Object.keys(call[0] ?? {}).length));
    vi.restoreAllMocks();
    return seen.reduce((a, b) => a + b, spies[0]?.mock.calls.length ?? 0);
  };
  expect(await joins(300)).toBe(await joins(3));
});

test('states of equal specs share a program, and the order of a batch does not matter', async () => {
  const engine = createOnnxEngine({ threads: 1 });
  let traces = 0;
  const compiled = engine.compile({
    name: 'sum',
    run: ({ state: { a }, batch: { x, y } }) => {
      traces++;
      return { state: {}, outputs: { sum: (a as tf.Tensor).add(x as tf.Tensor).add(y as tf.Tensor) } };
    },
  });
  const shape = [2];
  const [x, y] = [{ ...float([2], [1, 2]), shape }, float([2], [10, 20])];
  for (const a of [1, 2]) {
    const state = await engine.createState({ a: float([2], [a, a]) });
    for (const given of [
      { x, y },
      { y, x },
    ]) {
      expect((await compiled.run(state, given, key)).sum?.data).toEqual(Float32Array.of(11 + a, 22 + a));
    }
  }
  expect(traces).toBe(1);
  shape[0] = 1; // the caller's own: what was compiled for [2] is not taken for it
  const state = await engine.createState({ a: float([2], [0, 0]) });
  const one = await compiled.run(state, { x: { ...float([1], [5]), shape }, y }, key);
  expect(one.sum?.data).toEqual(Float32Array.of(15, 25));
  expect(traces).toBe(2);
  await engine.dispose();
});

test('disposing of a step while it is compiled: its run is refused, and nothing is left unhandled', async () => {
  const unhandled: unknown[] = [];
  const listener = (reason: unknown) => unhandled.push(reason);
  process.on('unhandledRejection', listener);
  try {
    const engine = createOnnxEngine({ threads: 1 });
    const state = await engine.createState({ a: float([], [1]) });
    const failing = engine.compile({ name: 'bad', run: () => ({ state: {}, outputs: { x: tf.randomNormal([2]) } }) });
    const failed = failing.run(state, {}, key).catch((error: unknown) => error);
    failing.dispose();
    expect(await failed).toMatchObject({ code: 'RANDOM_IN_STEP' });

    const good: Step = {
      name: 'good',
      run: ({ state: { a } }) => ({ state: {}, outputs: { a: (a as tf.Tensor).exp() } }),
    };
    const early = engine.compile(good);
    const refused = early.run(state, {}, key).catch((error: unknown) => error);
    early.dispose();
    expect(await refused).toMatchObject({ code: 'DISPOSED' });

    const late = engine.compile(good);
    await late.run(state, {}, key);
    const running = late.run(state, {}, key);
    await Promise.resolve();
    await Promise.resolve();
    late.dispose();
    const ended = await running.catch((error: unknown) => error);
    // Refused before it began, or run to its end: never on a session that is gone.
    if (ended instanceof Error) expect(ended).toMatchObject({ code: 'DISPOSED' });
    else expect(ended).toMatchObject({ a: { data: Float32Array.of(Math.exp(1)) } });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(unhandled).toEqual([]);
  } finally {
    process.off('unhandledRejection', listener);
  }
});

test('a state may be kept and written in part, on every engine', async () => {
  for (const name of ['onnx', 'wasm', 'cpu']) {
    const engine = await createEngine(name);
    const state = await engine.createState(initial);
    const compiled = engine.compile(step);
    await compiled.run(state, batch, key);
    await state.write({
      weight: initial.weight as HostTensors[string],
      average: initial.average as HostTensors[string],
    });
    expect([name, await state.read()]).toEqual([name, initial]);
    const { state: expected } = await eager(step, initial, batch);
    await compiled.run(state, batch, key);
    const values = await state.read(['weight']);
    expect(difference(values.weight?.data ?? [], expected.weight?.data ?? [])).toBeLessThan(1e-6);
    state.dispose();
    compiled.dispose();
  }
});
