/** @file Spinning comes and goes while a step is in use; threads and results stay. */
import { afterEach, expect, test, vi } from 'vitest';
import type { Step } from '../../../src/engine/engine.js';
import { compileStep } from '../../../src/engine/onnx/compiled-step.js';
import { onnxRuntime } from '../../../src/engine/onnx/runtime.js';
import { createOnnxState, type OnnxState } from '../../../src/engine/onnx/state.js';
import { tf } from '../../../src/tf.js';
import { noisy } from './helpers.js';

afterEach(() => {
  vi.restoreAllMocks();
});

const step: Step = {
  name: 'product',
  run: ({ state: { a }, batch: { x } }) => {
    const next = tf.matMul(a as tf.Tensor2D, x as tf.Tensor2D).tanh();
    return { state: { a: next }, outputs: { sum: next.sum() } };
  },
};
const initial = { a: noisy([64, 64], 1) };
const batch = { x: noisy([64, 64], 2, 0.3) };
const key = { seed: 1, counter: 0 };

function watched(maySpin: () => boolean) {
  const { InferenceSession } = onnxRuntime();
  const created: string[] = [];
  let released = 0;
  const create = InferenceSession.create.bind(InferenceSession) as (
    ...args: unknown[]
  ) => ReturnType<typeof InferenceSession.create>;
  vi.spyOn(InferenceSession, 'create').mockImplementation((async (...args: unknown[]) => {
    created.push(JSON.stringify(args[1]));
    const session = await create(...args);
    const release = session.release.bind(session);
    session.release = async () => {
      released++;
      await release();
    };
    return session;
  }) as never);
  const compiled = compileStep(step, {
    session: { options: { executionProviders: ['cpu'], intraOpNumThreads: 2 }, maySpin },
    stateOf: (state) => state as OnnxState, // made below
  });
  return { compiled, created, released: () => released };
}

test('a session is made anew when spinning changes, the old one goes, and the numbers are the same to the bit', async () => {
  const run = async (modes: readonly boolean[]) => {
    let spins = modes[0] ?? true;
    const { compiled, created, released } = watched(() => spins);
    const state = createOnnxState(initial);
    const sums = [];
    for (const mode of modes) {
      spins = mode;
      sums.push((await compiled.run(state, batch, key)).sum?.data);
    }
    const facts = {
      created: created.length,
      released: released(),
      spinning: created.map((text) => /"allow_spinning":"(.)"/.exec(text)?.[1]),
    };
    compiled.dispose();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(released()).toBe(created.length);
    vi.restoreAllMocks();
    return { sums, state: await state.read(), facts };
  };
  const steady = await run([true, true, true, true]);
  expect(steady.facts).toEqual({ created: 1, released: 0, spinning: ['1'] });
  const changing = await run([true, false, false, true]);
  expect(changing.facts).toEqual({ created: 3, released: 2, spinning: ['1', '0', '1'] });
  expect(changing.sums).toEqual(steady.sums);
  expect(changing.state).toEqual(steady.state);
});

test('runs at once on two states share one change, and none meets a session that is gone', async () => {
  let spins = true;
  const { compiled, created, released } = watched(() => spins);
  const states = [createOnnxState(initial), createOnnxState(initial)];
  const both = () => Promise.all(states.map((state) => compiled.run(state, batch, key)));
  await both();
  const before = both();
  spins = false;
  await before;
  await both();
  const [a, b] = await Promise.all(states.map((state) => state.read()));
  expect(a).toEqual(b);
  expect([created.length, released()]).toEqual([2, 1]);
});

test('a session that cannot be made is heard of by the run that wanted it, and tried again by the next', async () => {
  let spins = true;
  const { compiled, created } = watched(() => spins);
  const state = createOnnxState(initial);
  await compiled.run(state, batch, key);
  const { InferenceSession } = onnxRuntime();
  spins = false;
  vi.spyOn(InferenceSession, 'create').mockImplementationOnce(async () => {
    throw new Error('no memory');
  });
  const held = await state.read();
  await expect(compiled.run(state, batch, key)).rejects.toThrow('no memory');
  expect(await state.read()).toEqual(held);
  await compiled.run(state, batch, key);
  expect(created).toHaveLength(2);
});
