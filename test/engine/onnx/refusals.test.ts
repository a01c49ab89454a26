import { expect, test } from 'vitest';
import type { Step } from '../../../src/engine/engine.js';
import { createOnnxEngine } from '../../../src/engine/onnx/engine.js';
import { tf } from '../../../src/tf.js';
import { float } from './helpers.js';

/** Runs one expression of `x` (`[4]`) as a step. */
async function run(f: (x: tf.Tensor1D) => tf.Tensor): Promise<Readonly<Record<string, unknown>>> {
  await tf.setBackend('cpu');
  const engine = createOnnxEngine({ threads: 1 });
  const step: Step = {
    name: 'test',
    run: ({ batch }) => ({ state: {}, outputs: { y: f(batch.x as tf.Tensor1D) } }),
  };
  const state = await engine.createState({});
  return engine.compile(step).run(state, { x: float([4], [1, 2, 3, 4]) }, { seed: 1, counter: 0 });
}

class Reading extends tf.layers.Layer {
  static className = 'Reading';
  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const x = (Array.isArray(inputs) ? inputs[0] : inputs) as tf.Tensor;
    return (x.sum().dataSync()[0] ?? 0) > 0 ? x : x.neg();
  }
}

test('a layer that reads its input is named', async () => {
  const layer = new Reading({ name: 'picky' });
  await expect(run((x) => layer.apply(x.mul(2)) as tf.Tensor)).rejects.toMatchObject({
    code: 'DATA_READ_IN_STEP',
    path: 'layer picky',
  });
  await expect(run((x) => layer.apply(x.mul(2)) as tf.Tensor)).rejects.toThrow('(made by Sum)');
});

test('a read, asynchronous or by an operation whose shape depends on data, is refused', async () => {
  await expect(run((x) => tf.scalar(x.arraySync()[0] ?? 0))).rejects.toMatchObject({ code: 'DATA_READ_IN_STEP' });
  await expect(run((x) => x.print() as never)).rejects.toMatchObject({ code: 'DATA_READ_IN_STEP' });
});

test('a constant known while tracing may be read', async () => {
  expect(await run((x) => x.mul(tf.scalar(3).dataSync()[0] ?? 0))).toEqual({ y: float([4], [3, 6, 9, 12]) });
});

test.each([
  ['tf.randomNormal', (x: tf.Tensor) => x.add(tf.randomNormal([4]))],
  ['tf.randomUniform', (x: tf.Tensor) => x.add(tf.randomUniform([4]))],
  ['tf.dropout', (x: tf.Tensor) => tf.dropout(x, 0.5)],
  ['tf.truncatedNormal', (x: tf.Tensor) => x.add(tf.truncatedNormal([4]))],
])('%s never becomes a constant', async (_, f) => {
  await expect(run(f)).rejects.toMatchObject({ code: 'RANDOM_IN_STEP', path: 'step' });
});

test('a dropout layer of tfjs is named', async () => {
  const layer = tf.layers.dropout({ rate: 0.5, name: 'sleepy' });
  await expect(run((x) => layer.apply(x, { training: true }) as tf.Tensor)).rejects.toMatchObject({
    code: 'RANDOM_IN_STEP',
    path: 'layer sleepy',
  });
});

test('a variable outside the state is refused, a constant tensor is not', async () => {
  const variable = tf.variable(tf.scalar(2), true, 'loose');
  await expect(run((x) => x.mul(variable))).rejects.toMatchObject({ code: 'VARIABLE_IN_STEP', received: 'loose' });
  const constant = tf.scalar(2);
  expect(await run((x) => x.mul(constant))).toEqual({ y: float([4], [2, 4, 6, 8]) });
  await tf.setBackend('cpu');
  expect(constant.dataSync()[0]).toBe(2);
  expect(variable.dataSync()[0]).toBe(2);
  variable.dispose();
});

test.each([
  ['FFT', (x: tf.Tensor) => tf.real(tf.fft(tf.complex(x, x)))],
  ['StringSplit', () => tf.string.stringSplit(['a b'], ' ').values as unknown as tf.Tensor],
  ['Unique', (x: tf.Tensor) => tf.unique(x).values],
])('%s is refused by name', async (name, f) => {
  await expect(run(f)).rejects.toMatchObject({ code: expect.stringMatching(/UNSUPPORTED_(KERNEL|DTYPE)/) });
  if (name === 'Unique') await expect(run(f)).rejects.toThrow('cannot run the tfjs kernel Unique');
});

test('a state tensor of another shape is refused', async () => {
  const engine = createOnnxEngine({ threads: 1 });
  const state = await engine.createState({ w: float([2], [1, 2]) });
  const step = engine.compile({ name: 'bad', run: () => ({ state: { w: tf.ones([3]) }, outputs: {} }) });
  await expect(step.run(state, {}, { seed: 1, counter: 0 })).rejects.toMatchObject({
    code: 'STATE_MISMATCH',
    path: 'state.w',
    expected: 'float32[2]',
    received: 'float32[3]',
  });
});
