/** @file Layers for a list of inputs, one a task. */
import { expect, test } from 'vitest';
import { MultiConv2D } from '../../../src/model/masked/multi-conv2d.js';
import { MultiConv3D } from '../../../src/model/masked/multi-conv3d.js';
import { MultiDense } from '../../../src/model/masked/multi-dense.js';
import { MultiMaskedConv2D } from '../../../src/model/masked/multi-masked-conv2d.js';
import { MultiMaskedConv3D } from '../../../src/model/masked/multi-masked-conv3d.js';
import { MultiMaskedDense } from '../../../src/model/masked/multi-masked-dense.js';
import { MultiMaxPool2D } from '../../../src/model/masked/multi-max-pool2d.js';
import { MultiMaxPool3D } from '../../../src/model/masked/multi-max-pool3d.js';
import { MultitaskNormalization } from '../../../src/model/masked/multitask-normalization.js';
import { tf } from '../../../src/tf.js';
import { mann } from './fixtures.js';
import { near, numbers, tensor, values } from './layers.js';

test('MultiMaskedDense computes what MANN’s does', () => {
  const { x, kernel, bias, kernel_mask, bias_mask, y } = mann.multi_masked_dense;
  const layer = new MultiMaskedDense({ units: 2, activation: 'tanh' });
  const shape = [null, 3];
  layer.build([shape, shape]);
  layer.setWeights([tensor(kernel), tensor(bias), ...layer.getWeights().slice(2)]);
  layer.setMasks([tensor(kernel_mask), tensor(bias_mask)]);
  expect(near(values(layer.apply(x.map((one) => tensor(one)))), numbers(y))).toBe(true);
  expect(layer.taskCount).toBe(2);
});

test('MultiMaxPool2D by default keeps the size, as MANN’s does', () => {
  const { x, y } = mann.multi_max_pool2d_default;
  const pooled = new MultiMaxPool2D().apply(x.map((one) => tensor(one)));
  expect(near(values(pooled), numbers(y))).toBe(true);
});

test('MultiMaxPool3D: windows of 3, steps of 1', () => {
  const x = tf.range(0, 27).reshape([1, 3, 3, 3, 1]);
  const [one, two] = [new MultiMaxPool3D().apply([x, x.neg()])].flat() as tf.Tensor[]; // an eager call gives tensors
  expect(one?.shape).toEqual([1, 3, 3, 3, 1]);
  expect(values([one])[0]).toBe(13);
  expect(values([two])[26]).toBe(-13);
});

const input = (...shape: number[]) => tf.randomNormal([2, ...shape], 0, 1, 'float32', shape.length);

test.each([
  [
    'MultiMaskedConv2D',
    new MultiMaskedConv2D({ filters: 2 }),
    [3, 4, 4, 3],
    [
      [4, 4, 3],
      [5, 3, 3],
      [4, 4, 3],
    ],
  ],
  [
    'MultiConv2D',
    new MultiConv2D({ filters: 2, padding: 'valid' }),
    [3, 3],
    [
      [4, 4, 3],
      [5, 3, 3],
    ],
  ],
  [
    'MultiMaskedConv3D',
    new MultiMaskedConv3D({ filters: 2 }),
    [],
    [
      [2, 3, 3, 2],
      [3, 2, 2, 2],
    ],
  ],
  [
    'MultiConv3D',
    new MultiConv3D({ filters: 2, kernelSize: 2 }),
    [],
    [
      [2, 3, 3, 2],
      [3, 2, 2, 2],
    ],
  ],
  ['MultiDense', new MultiDense({ units: 3, activation: 'relu' }), [], [[4], [4]]],
] as const)('%s: input i meets slice i alone, whatever its other sizes', (name, layer, _, shapes) => {
  const inputs = shapes.map((shape) => input(...shape));
  const outputs = [layer.apply(inputs)].flat() as tf.Tensor[]; // an eager call gives tensors
  const symbolic = layer.computeOutputShape(shapes.map((shape) => [null, ...shape])) as tf.Shape[];
  expect(outputs.map(({ shape }) => shape.slice(1))).toEqual(symbolic.map((shape) => shape.slice(1)));
  const before = outputs.map((one) => values([one]));
  const [kernel, ...others] = layer.getWeights();
  if (kernel === undefined) throw new Error('it has a kernel');
  const factor = tf.ones([layer.taskCount]).sub(tf.oneHot(1, layer.taskCount).reshape([layer.taskCount]));
  layer.setWeights([kernel.mul(factor.reshape([-1, ...kernel.shape.slice(1).map(() => 1)])), ...others]);
  const after = ([layer.apply(inputs)].flat() as tf.Tensor[]).map((one) => values([one]));
  expect(after[0]).toEqual(before[0]);
  expect(after[1]?.every((one) => one === 0)).toBe(true);
  expect(name).toBe(layer.getClassName());
});

test('each task’s weights begin as those of a layer of its own would; one seed does not begin all alike', () => {
  const spread = (tasks: number): number => {
    const layer = new MultiDense({ units: 100, kernelInitializer: tf.initializers.glorotUniform({ seed: 3 }) });
    layer.build(Array.from({ length: tasks }, () => [null, 200]));
    const [kernel] = layer.getWeights();
    if (kernel === undefined) throw new Error('it has a kernel');
    const [first, second] = tf.unstack(kernel).map((one) => values([one]));
    if (second !== undefined) expect(second).not.toEqual(first);
    return tf.moments(kernel).variance.sqrt().dataSync()[0] ?? 0;
  };
  const one = Math.sqrt(2 / 300); // Glorot & Bengio, AISTATS 2010
  expect(spread(1)).toBeCloseTo(one, 3);
  expect(spread(4)).toBeCloseTo(one, 3);
});

test('constraints hold within each task’s weights', () => {
  const layer = new MultiDense({ units: 1, useBias: false, kernelConstraint: tf.constraints.unitNorm({}) });
  layer.build([
    [null, 2],
    [null, 2],
  ]);
  layer.setWeights([
    tensor([
      [[3], [4]],
      [[0], [2]],
    ]),
  ]);
  expect(near(values(layer.getWeights()), [0.6, 0.8, 0, 1])).toBe(true);
});

test('inputs of other widths, and another number of inputs, are refused by name', () => {
  const layer = new MultiMaskedDense({ units: 2, name: 'trunk' });
  const inputs = [tf.input({ shape: [3] }), tf.input({ shape: [4] })];
  expect(() => layer.apply(inputs)).toThrow(
    expect.objectContaining({
      code: 'WRONG_SHAPE',
      path: 'trunk',
      expected: '3 at axis -1 of each input, as in the first',
      received: '[batch, 3], [batch, 4]',
    }),
  );
  const two = new MultiMaskedDense({ units: 2, name: 'two' });
  two.apply([tf.ones([1, 3]), tf.ones([1, 3])]);
  expect(() => two.call([tf.ones([1, 3])], {})).toThrow(
    expect.objectContaining({ code: 'LENGTH_MISMATCH', path: 'two', expected: '2 inputs', received: '1' }),
  );
});

test('one tensor may stand in the list several times, and one input is a list of one', () => {
  const x = tf.input({ shape: [3] });
  const many = new MultiMaskedDense({ units: 2 }).apply([x, x, x]) as tf.SymbolicTensor[];
  const model = tf.model({ inputs: x, outputs: many });
  expect((model.predict(tf.ones([4, 3])) as tf.Tensor[]).map(({ shape }) => shape)).toEqual([
    [4, 2],
    [4, 2],
    [4, 2],
  ]);
  const alone = new MultiMaskedDense({ units: 2 });
  expect([alone.apply([tf.ones([4, 3])])].flat()).toHaveLength(1);
  expect(alone.taskCount).toBe(1);
});

test('what several tasks read may be a layer of the model: tfjs disposes of it at the first of their outputs', () => {
  const x = tf.input({ shape: [3] });
  const trunk = tf.layers.dense({ units: 3 }).apply(x) as tf.SymbolicTensor; // of a symbolic input
  const tasks = new MultiMaskedDense({ units: 2 }).apply([trunk, trunk, trunk]) as tf.SymbolicTensor[];
  const shares = new MultitaskNormalization().apply([
    tasks[0],
    tasks[1],
    tasks[1],
  ] as tf.SymbolicTensor[]) as tf.SymbolicTensor[];
  const heads = shares.map((one) => tf.layers.dense({ units: 1 }).apply(one) as tf.SymbolicTensor);
  const model = tf.model({ inputs: x, outputs: [...heads, tasks[2] as tf.SymbolicTensor] });
  const rows = tf.randomNormal([4, 3], 0, 1, 'float32', 1);
  const training = model.apply(rows, { training: true }) as tf.Tensor[]; // of values; it disposes of nothing
  expect(values(model.predict(rows))).toEqual(values(training));
});
