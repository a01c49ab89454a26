/** @file Frozen layers and pretrained models as parts of a backbone. */
import { expect, test } from 'vitest';
import { binary, Project, regression, sgd, tf, vector } from '../../src/index.js';
import { withFrozenAverages } from '../../src/model/frozen.js';
import { bench, bytes } from '../support/training.js';

const rows = [
  { x: [1, -2, 0.5], a: true, b: 1.5 },
  { x: [0, 1, 1], a: false, b: -0.5 },
  { x: [-1, 0.3, 2], a: true, b: 0.25 },
];

type Body = (x: tf.SymbolicTensor) => tf.SymbolicTensor;

function projectOf(body: Body) {
  return new Project({
    name: 'frozen',
    inputs: { x: vector({ size: 3 }) },
    tasks: { a: binary(), b: regression() },
    backbone: ({ x }) => ({ features: body(x) }),
  }).flow('full', (task, x) => [task.a(x.features), task.b(x.features)]);
}

function parts(body: Body) {
  const { resolved, backbone } = projectOf(body);
  return { flow: resolved, backbone, optimizer: sgd({ momentum: 0.9, weightDecay: 0.1 }), learningRate: 0.05 };
}

const apply = (layer: tf.layers.Layer, x: tf.SymbolicTensor) => layer.apply(x) as tf.SymbolicTensor;

/** Names of the parameters that some steps changed. */
async function changed(body: Body): Promise<{ readonly moved: string[]; readonly kept: string[] }> {
  const run = await bench(parts(body));
  const names = run.network.tensors.map((parameter) => parameter.name);
  const before = await run.state.read();
  for (let i = 0; i < 3; i++) await run.step(rows);
  const after = await run.state.read();
  const isMoved = (name: string): boolean => bytes(after, name) !== bytes(before, name);
  return { moved: names.filter(isMoved), kept: names.filter((name) => !isMoved(name)) };
}

test('a frozen layer keeps every byte, the layers around it train', async () => {
  const { moved, kept } = await changed((x) => {
    const first = apply(tf.layers.dense({ units: 4, activation: 'tanh' }), x);
    const frozen = apply(tf.layers.dense({ units: 4, activation: 'tanh', trainable: false }), first);
    return apply(tf.layers.dense({ units: 4, activation: 'tanh' }), frozen);
  });
  expect(kept).toEqual(['backbone/dense.2/kernel', 'backbone/dense.2/bias']);
  expect(moved).toEqual([
    'backbone/dense.1/kernel',
    'backbone/dense.1/bias',
    'backbone/dense.3/kernel',
    'backbone/dense.3/bias',
    'head/features/kernel',
    'head/features/bias',
  ]);
});

function pretrained(): tf.LayersModel {
  return tf.sequential({
    layers: [
      tf.layers.dense({ units: 4, activation: 'tanh', inputShape: [3] }),
      tf.layers.batchNormalization(),
      tf.layers.dense({ units: 4, activation: 'tanh' }),
    ],
  });
}

test('a pretrained model, frozen as a whole, keeps every byte, its moving averages too', async () => {
  const model = pretrained();
  model.trainable = false;
  const { moved, kept } = await changed((x) => apply(tf.layers.dense({ units: 3 }), apply(model, x)));
  expect(kept).toEqual([
    'backbone/sequential.1/dense.1/kernel',
    'backbone/sequential.1/dense.1/bias',
    'backbone/sequential.1/batch_normalization.1/gamma',
    'backbone/sequential.1/batch_normalization.1/beta',
    'backbone/sequential.1/batch_normalization.1/moving_mean',
    'backbone/sequential.1/batch_normalization.1/moving_variance',
    'backbone/sequential.1/dense.2/kernel',
    'backbone/sequential.1/dense.2/bias',
  ]);
  expect(moved).toEqual([
    'backbone/dense.1/kernel',
    'backbone/dense.1/bias',
    'head/features/kernel',
    'head/features/bias',
  ]);
});

test('a frozen layer inside a pretrained model keeps every byte, its neighbours train', async () => {
  const model = pretrained();
  const [, normalisation, last] = model.layers;
  if (normalisation === undefined || last === undefined) throw new Error('three layers');
  normalisation.trainable = false;
  last.trainable = false;
  const { moved, kept } = await changed((x) => apply(model, x));
  expect(kept.map((name) => name.split('/').at(-1))).toEqual(
    expect.arrayContaining(['gamma', 'beta', 'moving_mean', 'moving_variance', 'kernel', 'bias']),
  );
  expect(kept).toHaveLength(6);
  expect(moved).toHaveLength(4);
});

test('a pretrained model starts from its own weights and shares them: training shows in it', async () => {
  const model = pretrained();
  const project = projectOf((x) => apply(model, x));
  const before = model.getWeights().map((weight) => [...weight.dataSync()]);
  const output = (of: tf.LayersModel): number[] =>
    tf.tidy(() => [...(of.predict(tf.tensor2d([[1, -2, 0.5]])) as tf.Tensor).dataSync()]);
  const features = output(model);
  expect(project.model.layers).toContain(model);
  expect(model.getWeights().map((weight) => [...weight.dataSync()])).toEqual(before);
  expect(output(model)).toEqual(features);
  await project.fit(rows, { engine: 'cpu', epochs: 1, progress: false, optimizer: sgd({ learningRate: 0.1 }) });
  expect(output(model)).not.toEqual(features);
});

test('a feature that no task reads takes no part: no parameters, no outputs', () => {
  const project = new Project({
    name: 'unread',
    inputs: { x: vector({ size: 3 }), unread: vector({ size: 2 }) },
    tasks: { a: binary() },
    backbone: ({ x, unread }) => {
      const shared = apply(tf.layers.dense({ units: 4, name: 'shared' }), x);
      return {
        left: apply(tf.layers.dense({ units: 3, name: 'left' }), shared),
        right: apply(
          tf.layers.dense({ units: 3, name: 'right' }),
          tf.layers.concatenate().apply([shared, unread]) as tf.SymbolicTensor,
        ),
      };
    },
  }).flow('full', (task, x) => [task.a(x.left)]);
  expect(project.model.layers.map((layer) => layer.name)).not.toContain('right');
  expect(project.model.outputNames).toEqual(['a']);
});

test('layers may be frozen and released between fits: first the head, then all', async () => {
  const model = pretrained();
  model.trainable = false;
  const project = projectOf((x) => apply(model, x));
  const bytesOf = (of: tf.LayersModel): string[] =>
    of.getWeights().map((weight) => Buffer.from(new Float32Array(weight.dataSync()).buffer).toString('hex'));
  const fit = { engine: 'cpu', epochs: 2, progress: false, optimizer: sgd({ learningRate: 0.05 }) } as const;
  const [before, all] = [bytesOf(model), bytesOf(project.model)];
  await project.fit(rows, fit);
  expect(bytesOf(model)).toEqual(before);
  expect(bytesOf(project.model)).not.toEqual(all);
  model.trainable = true;
  await project.fit(rows, fit);
  bytesOf(model).forEach((bytes, i) => {
    expect(bytes, model.weights[i]?.name).not.toBe(before[i]);
  });
});

test('a group of rate 0 keeps moving averages too', async () => {
  const optimizer = sgd({ groups: [{ parameters: 'backbone', rate: 0 }] });
  const run = await bench({ ...parts((x) => apply(pretrained(), x)), optimizer });
  const before = await run.state.read();
  for (let i = 0; i < 3; i++) await run.step(rows);
  const after = await run.state.read();
  const moved = Object.keys(before).filter((name) => bytes(after, name) !== bytes(before, name));
  expect(moved).toEqual(['head/features/kernel', 'head/features/bias']);
});

test('a pretrained model may serve two projects, and stays its owner’s when they are disposed', async () => {
  const model = pretrained();
  const before = tf.memory().numTensors;
  const [a, b] = [projectOf((x) => apply(model, x)), projectOf((x) => apply(model, x))];
  const shared = await b.predict(rows, { engine: 'cpu' });
  expect(a.model.weights.length).toBe(b.model.weights.length);
  a.dispose();
  expect(await b.predict(rows, { engine: 'cpu' })).toEqual(shared);
  b.dispose();
  expect(tf.memory().numTensors).toBe(before);
  const output = tf.tidy(() => (model.predict(tf.ones([1, 3])) as tf.Tensor).dataSync());
  expect(output).toHaveLength(4);
});

test('only batch normalisation rests where it is frozen: other layers are called as ever, and get their call back', () => {
  const seen: unknown[] = [];
  class Noisy extends tf.layers.Layer {
    static className = 'TestNoisy';
    override call(_: tf.Tensor | tf.Tensor[], kwargs: Record<string, unknown>): tf.Tensor {
      seen.push(kwargs.training);
      return tf.scalar(0);
    }
  }
  const [noisy, resting, live] = [new Noisy({}), tf.layers.batchNormalization(), tf.layers.batchNormalization()];
  resting.call = live.call = (_, kwargs) => {
    seen.push(kwargs.training);
    return tf.scalar(0);
  };
  const own = resting.call;
  noisy.trainable = false;
  resting.trainable = false;
  const x = tf.scalar(1);
  withFrozenAverages([noisy, resting, live])(() => {
    for (const layer of [noisy, resting, live]) layer.call(x, { training: true });
  });
  expect(seen).toEqual([true, false, true]);
  expect(resting.call).toBe(own);
});
