/** @file Pruning whole models, held to what MANN does where that is no defect. */
import { expect, test } from 'vitest';
import { maskModel, maskTask } from '../../../src/model/masked/mask-model.js';
import { MaskedDense } from '../../../src/model/masked/masked-dense.js';
import { tf } from '../../../src/tf.js';
import { mann } from './fixtures.js';
import { near, numbers, tensor, values } from './layers.js';
import { denseModel, masksOf, multiModel } from './models.js';

const magnitude = mann.multi_magnitude;

test.each(magnitude.cases.filter(({ torch_prune }) => torch_prune !== true))(
  'by magnitude, percentile $percentile, exclusive $exclusive: masks and stored weights are MANN’s',
  ({ percentile, exclusive, kernel_mask, bias_mask, kernel_after = [], bias_after = [] }) => {
    const { model, trunk } = multiModel(magnitude.kernel, magnitude.bias);
    maskModel(model, { percentile, method: 'magnitude', exclusive, biases: true });
    expect(masksOf(trunk)).toEqual([numbers(kernel_mask), numbers(bias_mask)]);
    expect(near(values(trunk.getWeights().slice(0, 2)), [...numbers(kernel_after), ...numbers(bias_after)], 6)).toBe(
      true,
    );
  },
);

const scoring = mann.gradient_scoring_mse;
const scored = () => ({
  ...multiModel(scoring.kernel, scoring.bias),
  x: scoring.x.map((one) => tensor(one)),
  y: scoring.y.map((one) => tensor(one)),
});

test('by gradients of a real loss, exclusive: the masks are MANN’s', () => {
  const { model, trunk, x, y } = scored();
  maskModel(model, { percentile: scoring.percentile, x, y, loss: 'meanSquaredError', biases: true });
  expect(masksOf(trunk)).toEqual([numbers(scoring.kernel_mask), numbers(scoring.bias_mask)]);
});

test.each([
  ['a name for each output', ['meanSquaredError', 'meanSquaredError']],
  ['a function', (a: tf.Tensor, b: tf.Tensor) => a.sub(b).square().mean(-1)],
])('a loss may be %s', (_, loss) => {
  const { model, trunk, x, y } = scored();
  maskModel(model, { percentile: scoring.percentile, x, y, loss });
  expect(masksOf(trunk)[0]).toEqual(numbers(scoring.kernel_mask));
});

test('the loss of a compiled model is its own, and it stays compiled', async () => {
  const { model, trunk, x, y } = scored();
  const optimizer = tf.train.adam(0.01);
  model.compile({ optimizer, loss: 'meanSquaredError', metrics: ['mae'] });
  const before = [model.loss, model.metrics, model.lossFunctions];
  expect(maskModel(model, { percentile: scoring.percentile, x, y })).toBe(model);
  expect(masksOf(trunk)[0]).toEqual(numbers(scoring.kernel_mask));
  maskModel(model, { percentile: 60, x, y, loss: 'meanAbsoluteError' });
  expect(model.optimizer).toBe(optimizer);
  expect([model.loss, model.metrics, model.lossFunctions]).toEqual(before);
  await model.fit(x, y, { epochs: 2, verbose: 0 });
  const [kernel, , mask] = trunk.getWeights().map((one) => values([one]));
  expect(kernel?.every((one, i) => mask?.[i] === 1 || one === 0)).toBe(true);
});

test('one output and labels of one dimension: each row meets its own label', () => {
  const masks = [tensor([[1], [0], [1]]), tensor([1, 0, 1])].map((y) => {
    const { model, stem } = denseModel();
    maskModel(model, { sparsity: 0.5, x: tf.randomNormal([3, 4], 0, 1, 'float32', 5), y, loss: 'binaryCrossentropy' });
    return masksOf(stem);
  });
  expect(masks[0]).toEqual(masks[1]);
});

test('one input and several outputs: the losses of all heads count', () => {
  const x = tf.input({ shape: [3] });
  const stem = new MaskedDense({ units: 2, name: 'stem', useBias: false });
  const shared = stem.apply(x) as tf.SymbolicTensor; // of a symbolic input
  const heads = [1, 2].map(
    (units) => tf.layers.dense({ units, name: `head${units}` }).apply(shared) as tf.SymbolicTensor,
  );
  const model = tf.model({ inputs: x, outputs: heads });
  const rows = tf.randomNormal([5, 3], 0, 1, 'float32', 1);
  maskModel(model, { sparsity: 0.5, x: rows, y: [tf.ones([5, 1]), tf.ones([5, 2])], loss: 'meanSquaredError' });
  expect(masksOf(stem)[0]?.filter(Boolean)).toHaveLength(3);
});

test('biases and excluded layers keep their masks; included ones alone are masked', () => {
  const { model, stem, head } = denseModel();
  maskModel(model, { sparsity: 0.75, method: 'magnitude', exclude: ['head'] });
  expect(masksOf(stem).map((mask) => mask.filter(Boolean).length)).toEqual([6, 6]);
  expect(
    masksOf(head)
      .flat()
      .every((one) => one === 1),
  ).toBe(true);
  maskModel(model, { sparsity: 0.5, method: 'magnitude', include: ['head'] });
  expect(masksOf(head).map((mask) => mask.filter(Boolean).length)).toEqual([3, 1]);
  expect(masksOf(stem)[0]?.filter(Boolean)).toHaveLength(6);
  maskModel(model, { sparsity: 0.5, method: 'magnitude', include: ['stem'], biases: true });
  expect(masksOf(stem)[1]?.filter(Boolean)).toHaveLength(3);
});

test('zero scores never un-prune: a lower percentile later opens nothing, where MANN’s mask is all ones again', () => {
  const { model, stem } = denseModel();
  maskModel(model, { percentile: 90, method: 'magnitude', include: ['stem'] });
  const before = masksOf(stem);
  maskModel(model, { percentile: 50, method: 'magnitude', include: ['stem'] });
  expect(masksOf(stem)).toEqual(before);
  const [x, y] = [tf.randomNormal([8, 4], 0, 1, 'float32', 1), tf.randomNormal([8, 1], 0, 1, 'float32', 2)];
  maskModel(model, { percentile: 50, x, y, loss: 'meanSquaredError', include: ['stem'] });
  expect(masksOf(stem)).toEqual(before);
});

test('all scores zero: as many stay as asked, where MANN keeps all', () => {
  const { model, stem } = denseModel();
  stem.setWeights([tf.zerosLike(stem.getWeights()[0] as tf.Tensor), ...stem.getWeights().slice(1)]); // it has a kernel
  maskModel(model, { percentile: 90, method: 'magnitude', include: ['stem'] });
  expect(masksOf(stem)[0]?.filter(Boolean)).toHaveLength(3);
});

test('exclusive runs out of capacity loudly: layer, task, asked and free are named, and no mask changes', () => {
  const { model, trunk } = multiModel(mann.multi_magnitude.kernel, mann.multi_magnitude.bias);
  const [x, y] = [3, 4].map((width) => [1, 2, 3].map((seed) => tf.randomNormal([5, width], 0, 1, 'float32', seed)));
  const run = () => maskModel(model, { sparsity: 0.5, x, y, loss: 'meanSquaredError' });
  expect(run).toThrow(
    expect.objectContaining({
      code: 'MASK_CAPACITY',
      path: 'trunk.kernel',
      problem: 'task 2 finds no room beside the tasks before it; no mask was changed',
      expected: '6 positions of 12 for task 2',
      received: '0 free',
    }),
  );
  expect(
    masksOf(trunk)
      .flat()
      .every((one) => one === 1),
  ).toBe(true);
  maskModel(model, { sparsity: 0.5, x, y, loss: 'meanSquaredError', exclusive: false });
  expect(masksOf(trunk)[0]?.filter(Boolean)).toHaveLength(18);
});

test('nested models are masked, for both methods', () => {
  for (const method of ['magnitude', 'gradients'] as const) {
    const inner = denseModel();
    const x = tf.input({ shape: [4] });
    const model = tf.model({ inputs: x, outputs: inner.model.apply(x) as tf.SymbolicTensor }); // of a symbolic input
    const rows = { x: tf.randomNormal([8, 4], 0, 1, 'float32', 1), y: tf.ones([8, 1]), loss: 'meanSquaredError' };
    maskModel(model, { sparsity: 0.5, method, exclude: ['head'], ...(method === 'gradients' ? rows : {}) });
    expect(masksOf(inner.stem)[0]?.filter(Boolean)).toHaveLength(12);
  }
});

test('frozen layers can be masked', () => {
  const { model, stem } = denseModel();
  stem.trainable = false;
  const [x, y] = [tf.randomNormal([8, 4], 0, 1, 'float32', 1), tf.ones([8, 1])];
  maskModel(model, { sparsity: 0.5, x, y, loss: 'meanSquaredError', include: ['stem'] });
  expect(masksOf(stem)[0]?.filter(Boolean)).toHaveLength(12);
});

test('MANN’s sequence of tasks, one masked after the other', () => {
  const { kernel, bias, steps } = mann.mask_task_weights_sequence;
  const { model, trunk } = multiModel(kernel, bias);
  for (const { task, percentile, kernel_mask, bias_mask, kernel_after } of steps) {
    maskTask(model, { task, percentile, biases: true });
    expect(masksOf(trunk)).toEqual([numbers(kernel_mask), numbers(bias_mask)]);
    expect(near(values([trunk.getWeights()[0]]), numbers(kernel_after), 6)).toBe(true);
  }
});

test('tasks may be masked in any order: MANN respects lower indices alone', () => {
  const { kernel, bias } = mann.mask_task_weights_sequence;
  const { model, trunk } = multiModel(kernel, bias);
  for (const task of [1, 0]) maskTask(model, { task, percentile: 50 });
  const [first = [], second = []] = [0, 1].map((task) => masksOf(trunk)[0]?.slice(20 * task, 20 * task + 20));
  expect(first.map((one, i) => one + Number(second[i])).every((sum) => sum < 2)).toBe(true);
  expect(first.filter(Boolean)).toHaveLength(10);
});

test('an earlier task that stays dense holds nothing, where MANN’s next mask is all ones', () => {
  const { kernel, bias } = mann.mask_task_weights_sequence;
  const { model, trunk } = multiModel(kernel, bias);
  maskTask(model, { task: 1, percentile: 90 });
  expect(masksOf(trunk)[0]?.slice(20).filter(Boolean)).toHaveLength(2);
});

test('a score by gradients needs what it is computed from, and a gradient', () => {
  const { model, stem } = denseModel();
  const x = tf.ones([2, 4]);
  const y = tf.ones([2, 1]);
  const calls: readonly (readonly [object, object])[] = [
    [{ sparsity: 0.5 }, { code: 'INVALID_OPTIONS', path: 'maskModel.x' }],
    [
      { sparsity: 0.5, x },
      { code: 'INVALID_OPTIONS', path: 'maskModel.y' },
    ],
    [
      { sparsity: 0.5, x, y },
      { code: 'INVALID_OPTIONS', path: 'maskModel.loss' },
    ],
    [
      { sparsity: 0.5, x, y, loss: 'meanSquareError' },
      { code: 'INVALID_OPTIONS', path: 'maskModel.loss' },
    ],
    [
      { sparsity: 0.5, x: [x, x], y, loss: 'meanSquaredError' },
      { code: 'LENGTH_MISMATCH', path: 'maskModel.x' },
    ],
    [
      { sparsity: 0.5, x: tf.zeros([2, 4]), y, loss: 'meanSquaredError' },
      { code: 'NO_GRADIENT', path: 'stem.kernel' },
    ],
    [{ sparsity: 0.5, x: tf.fill([2, 4], Number.NaN), y, loss: 'meanSquaredError' }, { code: 'NON_FINITE_SCORE' }],
    [
      { sparsity: 0.5, percentile: 50 },
      { code: 'INVALID_OPTIONS', path: 'maskModel' },
    ],
    [{}, { code: 'INVALID_OPTIONS', path: 'maskModel' }],
    [{ sparsity: 1 }, { code: 'INVALID_OPTIONS', path: 'maskModel.sparsity' }],
    [{ percentil: 50 }, { code: 'INVALID_OPTIONS', path: 'maskModel.percentil', suggestion: 'percentile' }],
    [
      { percentile: 50, exclude: ['haed'] },
      { code: 'UNKNOWN_LAYER', path: 'maskModel.exclude', suggestion: 'head' },
    ],
    [{ percentile: 50, include: [] }, { code: 'NOTHING_TO_MASK' }],
  ];
  for (const [options, facts] of calls) {
    expect(() => maskModel(model, options), JSON.stringify(facts)).toThrow(expect.objectContaining(facts));
  }
  expect(
    masksOf(stem)
      .flat()
      .every((one) => one === 1),
  ).toBe(true);
  expect(() => maskModel({} as tf.LayersModel, { sparsity: 0.5 })).toThrow(
    expect.objectContaining({ code: 'INVALID_OPTIONS', path: 'maskModel.model' }),
  );
  expect(() => maskTask(model, { task: 0, sparsity: 0.5 })).toThrow(
    expect.objectContaining({ code: 'INVALID_OPTIONS', path: 'maskTask.task' }),
  );
});

test('a model without masked layers says how to get them', () => {
  const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [2] })] });
  expect(() => maskModel(model, { sparsity: 0.5 })).toThrow(/addLayerMasks/);
});

test('masking leaves no tensor behind', () => {
  const { model } = denseModel();
  const [x, y] = [tf.randomNormal([8, 4], 0, 1, 'float32', 1), tf.ones([8, 1])];
  const before = tf.memory().numTensors;
  maskModel(model, { sparsity: 0.5, x, y, loss: 'meanSquaredError' });
  maskModel(model, { sparsity: 0.6, method: 'magnitude' });
  expect(tf.memory().numTensors).toBe(before);
  expect(model.layers.some((layer) => layer instanceof MaskedDense)).toBe(true);
});
