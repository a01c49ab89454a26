/** @file What is swept together, and how a factor meets the elements: against the eager engine. */
import { expect, test } from 'vitest';
import type { HostTensors, Step, Tensors } from '../../../../src/engine/engine.js';
import { createOnnxEngine } from '../../../../src/engine/onnx/engine.js';
import { splitSweeps } from '../../../../src/engine/onnx/sweep/plan.js';
import { tf } from '../../../../src/tf.js';
import { difference, eager, noisy } from '../helpers.js';

/** Runs three times, beside the eager engine; returns the sweeps that were split off. */
async function sweepsOf(run: (state: Tensors, batch: Tensors) => Tensors, state: HostTensors, batch: HostTensors = {}) {
  const step: Step = { name: 'update', run: (given) => ({ state: run(given.state, given.batch), outputs: {} }) };
  const engine = createOnnxEngine({ threads: 1 });
  const compiled = engine.compile(step);
  const { sweeps } = splitSweeps(await compiled.graph(state, batch));
  const live = await engine.createState(state);
  let expected = state;
  for (let counter = 0; counter < 3; counter++) {
    expected = (await eager(step, expected, batch)).state;
    await compiled.run(live, batch, { seed: 1, counter });
    const values = await live.read();
    for (const [name, { data }] of Object.entries(values)) {
      const own = difference(data, expected[name]?.data ?? []);
      expect([counter, name, own < 1e-5]).toEqual([counter, name, true]);
    }
  }
  await engine.dispose();
  return sweeps;
}

test.each([true, false])(
  'a factor that is a number to one tensor and an equal to another does not join them (%s)',
  async (isFirst) => {
    const sweeps = await sweepsOf(
      ({ w, b }, { x }) => {
        const rate = (x as tf.Tensor).sum();
        const less = (value: tf.Tensor | undefined) => (value as tf.Tensor).sub(rate);
        return isFirst ? { b: less(b), w: less(w) } : { w: less(w), b: less(b) };
      },
      { w: noisy([8], 1), b: noisy([], 2) },
      { x: noisy([4], 3, 0.1) },
    );
    expect(sweeps.map(({ size, results }) => [size, results.map(({ state }) => state)]).sort()).toEqual([
      [1, ['b']],
      [8, ['w']],
    ]);
  },
);

test.each([
  ['a row of the last axis', [4], 'row'],
  ['a number', [], 'scalar'],
  ['all elements', [3, 4, 4], 'full'],
  ['a column: not swept', [4, 1], null],
  ['two axes of three: not swept', [4, 4], null],
] as const)('a factor spreads over [3, 4, 4] as %s', async (_, shape, spread) => {
  const sweeps = await sweepsOf(
    ({ w }, { x, y }) => {
      const factor = tf.matMul(x as tf.Tensor2D, y as tf.Tensor2D).reshape([...shape]);
      return { w: (w as tf.Tensor).mul(factor) };
    },
    { w: noisy([3, 4, 4], 1) },
    { x: noisy([1, 2], 2), y: noisy([2, shape.reduce((a: number, b: number) => a * b, 1)], 3) },
  );
  const spreads = sweeps.flatMap(({ operands }) => operands.filter(({ port }) => port.startsWith('sweep/')));
  expect(spreads.map((operand) => operand.spread)).toEqual(spread === null ? [] : [spread]);
});

test('tensors that share a moment are swept together, so that none reads what the other has replaced', async () => {
  const sweeps = await sweepsOf(
    ({ w, velocity }) => {
      const next = (velocity as tf.Tensor).mul(0.9);
      return { velocity: next, w: (w as tf.Tensor).sub(next.add(velocity as tf.Tensor)) };
    },
    { w: noisy([5, 3], 1), velocity: noisy([5, 3], 2) },
  );
  expect(sweeps).toHaveLength(1);
});
