/** @file The sums of an epoch: what is missing is an error and no loss of 0; plain data that goes on. */
import { expect, test } from 'vitest';
import type { HostTensor, HostTensors } from '../../src/engine/engine.js';
import { binary, Project, regression, sgd, tf, vector } from '../../src/index.js';
import { lossesOf } from '../../src/score/fold.js';
import { LossSums } from '../../src/score/loss-sums.js';
import { layoutOf } from '../../src/tasks/layout.js';
import { bench, datasetOf, scoresFrom } from '../evaluate/flows.js';

const tasks = { a: binary(), b: regression() };
const project = () =>
  new Project({
    name: 'sums',
    inputs: { x: vector({ size: 2 }) },
    tasks,
    backbone: ({ x }) => {
      const layer = tf.layers.dense({ units: 2, kernelRegularizer: tf.regularizers.l2({ l2: 0.5 }) });
      return { features: layer.apply(x) as tf.SymbolicTensor };
    },
  }).flow('full', (task, x) => [task.a(x.features), task.b(x.features)]);
const layout = layoutOf(project().resolved);

const floats = (...values: number[]): HostTensor => ({
  shape: values.length === 1 ? [] : [values.length],
  dtype: 'float32',
  data: Float32Array.from(values),
});
const outputs: HostTensors = { loss: floats(3), sums: floats(4, 1), penalty: floats(0.5) };
const counts = floats(2, 0);

test('a step that lacks an output, or a task in it, is an error', () => {
  for (const name of ['loss', 'sums']) {
    const { [name]: _, ...rest } = outputs;
    expect(() => new LossSums(layout).add(rest, counts)).toThrow(`the training step gave no ${name}`);
  }
  const short: HostTensors = { ...outputs, sums: { ...floats(4), shape: [1] } };
  expect(() => new LossSums(layout).add(short, counts)).toThrow('gave 1 values, and none at 1');
  expect(() => new LossSums(layout).record([1])).toThrow('no weight of b');
  expect(() => new LossSums(layout).taskLoss(2)).toThrow('there is no task 2');
  expect(new LossSums(layout).taskLoss(1)).toBeNull();
});

test('losses are of the counted elements, weighted as the epoch was; penalties are kept apart', () => {
  const sums = new LossSums(layout);
  expect([sums.meanLoss(), sums.meanPenalty()]).toEqual([null, 0]);
  sums.add(outputs, counts);
  sums.add({ ...outputs, sums: floats(2, 9), penalty: floats(1.5) }, floats(1, 3));
  expect(sums.record([1, 1])).toEqual({ loss: 2 + 10 / 3, tasks: { a: 2, b: 10 / 3 } });
  expect(sums.record([2, 0]).loss).toBe(4);
  expect([sums.meanLoss(), sums.meanPenalty()]).toEqual([3, 1]);
});

test('as JSON and back, sums go on as if they had never been left', () => {
  const [whole, first] = [new LossSums(layout), new LossSums(layout)];
  for (const sums of [whole, first]) sums.add({ ...outputs, sums: floats(0.1, 0.7) }, counts);
  const second = new LossSums(layout, JSON.parse(JSON.stringify(first.state())));
  for (const sums of [whole, second]) sums.add(outputs, counts);
  expect(second.state()).toEqual(whole.state());
});

test('a fit reports the penalties apart from the losses of the tasks', async () => {
  const rows = [
    { x: [1, 2], a: true, b: 1 },
    { x: [-1, 0], a: false, b: 2 },
  ];
  const own = project();
  const { epochs } = await own.fit(rows, {
    engine: 'cpu',
    progress: false,
    epochs: 1,
    optimizer: sgd({ learningRate: 0 }),
  });
  const kernel = own.model.layers.flatMap((layer) =>
    layer.getClassName() === 'Dense' ? [layer.getWeights()[0]] : [],
  )[0];
  const squares = [...(kernel?.dataSync() ?? [])].reduce((sum, value) => sum + value ** 2, 0);
  expect(epochs[0]?.penalty).toBeCloseTo(0.5 * squares, 6);
  expect(epochs[0]?.loss).toBeCloseTo((epochs[0]?.tasks.a ?? 0) + (epochs[0]?.tasks.b ?? 0), 6);
});

test('losses that are not there, or of other rows, do not read as 0', () => {
  const single = bench({ a: binary() }, ['a']);
  const truth = datasetOf(single, [{ a: true }, { a: false }]);
  expect(() => new LossSums(single.layout).addElements(truth, new Float32Array(0))).toThrow('0 losses for 2 rows');
  expect(() => lossesOf({ ...scoresFrom(2, { a: [[0.5], [0.5]] }), elementLosses: null })).toThrow('have no losses');
});
