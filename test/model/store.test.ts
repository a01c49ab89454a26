/** @file Parameters by name: where they lie, reading and writing them whole or not at all. */
import { expect, test } from 'vitest';
import { binary, classification, HeadgateError, Project, sgd, tf, vector } from '../../src/index.js';
import { buildNetwork, type Network } from '../../src/model/network.js';
import { layoutOf } from '../../src/tasks/layout.js';
import { asDeclared } from '../support/as-declared.js';
import { apply, networkOf, projectOf } from '../support/networks.js';

function network(): Network {
  const { resolved, backbone } = new Project({
    name: 'store',
    inputs: { x: vector({ size: 2, standardise: false }) },
    tasks: { open: binary(), shirt: classification({ classes: ['red', 'green', 'blue'] }), person: binary() },
    backbone: ({ x }) => ({ features: tf.layers.dense({ units: 4, name: 'stem' }).apply(x) }),
  })
    .flow('inner', (task, x) => [task.shirt(x.features)])
    .flow('full', (task, x) => [task.open(x.features), task.inner(x), task.person(x.features)]);
  return buildNetwork({ flow: resolved, layout: layoutOf(resolved), backbone, seed: 3 });
}

const code = (run: () => unknown): unknown => {
  try {
    run();
  } catch (error) {
    if (error instanceof HeadgateError) return [error.code, error.path, error.suggestion];
    throw error;
  }
  return 'nothing thrown';
};

test('each task has a kernel and a bias, which lie in the columns of one tensor', () => {
  expect(
    network().store.parameters.map(({ name, shape, role, owners, lies }) => [name, shape, role, owners, lies]),
  ).toEqual([
    ['backbone/stem/kernel', [2, 4], 'kernel', ['open', 'inner.shirt', 'person'], { tensor: 'backbone/stem/kernel' }],
    ['backbone/stem/bias', [4], 'bias', ['open', 'inner.shirt', 'person'], { tensor: 'backbone/stem/bias' }],
    ['head/open/kernel', [4, 1], 'kernel', ['open'], { tensor: 'head/features/kernel', columns: [0, 1] }],
    ['head/open/bias', [1], 'bias', ['open'], { tensor: 'head/features/bias', columns: [0, 1] }],
    ['head/person/kernel', [4, 1], 'kernel', ['person'], { tensor: 'head/features/kernel', columns: [1, 1] }],
    ['head/person/bias', [1], 'bias', ['person'], { tensor: 'head/features/bias', columns: [1, 1] }],
    ['head/inner.shirt/kernel', [4, 3], 'kernel', ['inner.shirt'], { tensor: 'head/features/kernel', columns: [2, 3] }],
    ['head/inner.shirt/bias', [3], 'bias', ['inner.shirt'], { tensor: 'head/features/bias', columns: [2, 3] }],
  ]);
});

test('roles: kernels, biases, scales and averages, frozen or not', () => {
  const of = (trainable: boolean) => {
    const layers = [
      tf.layers.dense({ units: 4, trainable }),
      tf.layers.batchNormalization({ trainable }),
      tf.layers.prelu({ trainable }),
    ];
    const { parameters } = networkOf(['f'], (x) => ({ f: layers.reduce((at, layer) => apply(layer, at), x) })).store;
    return parameters.map(({ name, role }) => `${name.split('/').at(-1)} ${role}`);
  };
  const roles = [
    'kernel kernel',
    'bias bias',
    'gamma scale',
    'beta bias',
    'moving_mean average',
    'moving_variance average',
  ];
  expect(of(true)).toEqual([...roles, 'alpha scale', 'kernel kernel', 'bias bias']);
  expect(of(false)).toEqual(of(true));
});

test('reading splits a head, writing a part of it leaves the rest as it is', () => {
  const { store, read } = network();
  const fused = read()['head/features/kernel']?.data ?? [];
  const rows = [0, 1, 2, 3];
  expect([...(store.read()['head/inner.shirt/kernel']?.data ?? [])]).toEqual(
    rows.flatMap((row) => [2, 3, 4].map((column) => fused[row * 5 + column])),
  );
  const before = store.read();
  store.write({ 'head/person/kernel': { shape: [4, 1], dtype: 'float32', data: Float32Array.of(1, 2, 3, 4) } });
  const after = store.read();
  expect([...(after['head/person/kernel']?.data ?? [])]).toEqual([1, 2, 3, 4]);
  for (const name of Object.keys(before)) if (name !== 'head/person/kernel') expect(after[name]).toEqual(before[name]);
  expect(rows.map((row) => read()['head/features/kernel']?.data[row * 5 + 1])).toEqual([1, 2, 3, 4]);
});

test('joining is the way back from splitting: what is named comes in, the rest stays, and no layer is written to', () => {
  const net = network();
  const tensors = net.read();
  const version = net.store.version();
  expect(net.store.join(net.store.split(tensors), tensors)).toEqual(tensors);
  const kernel = { shape: [4, 1], dtype: 'float32', data: Float32Array.of(1, 2, 3, 4) } as const;
  const joined = net.store.join({ 'head/person/kernel': kernel }, tensors);
  expect(net.store.split(joined)).toEqual({ ...net.store.split(tensors), 'head/person/kernel': kernel });
  expect([net.read(), net.store.version()]).toEqual([tensors, version]);
  const wrong = { ...kernel, shape: [4] };
  expect(code(() => net.store.join({ 'head/person/kernel': wrong }, tensors))).toEqual([
    ...['PARAMETER_MISMATCH', 'head/person/kernel', undefined],
  ]);
  expect(code(() => net.store.join({ 'head/person/kernal': kernel }, tensors))).toEqual([
    ...['UNKNOWN_PARAMETER', 'head/person/kernal', 'head/person/kernel'],
  ]);
});

test('what is read is a copy, and what is written is copied', () => {
  const { store } = network();
  const values = store.read();
  const original = values['backbone/stem/kernel']?.data[0];
  values['backbone/stem/kernel']?.data.fill(9);
  expect(store.read()['backbone/stem/kernel']?.data[0]).toBe(original);
});

test('one value that does not fit, and nothing is written', () => {
  const { store } = network();
  const before = store.read();
  const zeros = { shape: [4, 1], dtype: 'float32', data: new Float32Array(4) } as const;
  expect(code(() => store.write({ 'head/open/kernel': zeros, 'head/persn/kernel': zeros }))).toEqual([
    'UNKNOWN_PARAMETER',
    'head/persn/kernel',
    'head/person/kernel',
  ]);
  for (const wrong of [
    { ...zeros, shape: [1, 4] },
    { ...zeros, data: new Float32Array(5) },
    { shape: [4, 1], dtype: 'int32', data: new Int32Array(4) } as const,
  ]) {
    expect(code(() => store.write({ 'head/open/kernel': zeros, 'head/person/kernel': wrong }))).toEqual([
      'PARAMETER_MISMATCH',
      'head/person/kernel',
      undefined,
    ]);
  }
  expect(store.read()).toEqual(before);
});

test('the tensors of the step are written whole or not at all, too', () => {
  const { read, write } = network();
  const before = read();
  const { 'backbone/stem/bias': bias } = before;
  if (bias === undefined) throw new Error('a bias');
  const next = { 'backbone/stem/bias': { ...bias, data: bias.data.map(() => 7) } };
  expect(code(() => write({ ...next, 'head/features/bias': bias }))).toEqual([
    'PARAMETER_MISMATCH',
    'head/features/bias',
    undefined,
  ]);
  expect(code(() => write({ ...next, 'head/feature/bias': bias }))).toEqual([
    'UNKNOWN_PARAMETER',
    'head/feature/bias',
    'head/features/bias',
  ]);
  expect(read()).toEqual(before);
});

test('the version changes with every change of a value, and with no reading', () => {
  const { store, model, read } = network();
  const first = store.version();
  read();
  store.read();
  expect(store.version()).toBe(first);
  store.write({ 'head/open/bias': { shape: [1], dtype: 'float32', data: Float32Array.of(1) } });
  const second = store.version();
  expect(second).not.toBe(first);
  const [layer] = model.layers.filter((candidate) => candidate.name === 'stem');
  layer?.setWeights(layer.getWeights().map((weight) => weight.mul(2)));
  expect(store.version()).not.toBe(second);
  expect(store.version()).toBe(store.version());
});

test('a pretrained model that its owner disposed of is named', () => {
  const pretrained = tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [3] })], name: 'pretrained' });
  const { store } = networkOf(['f'], (x) => ({ f: apply(pretrained, x) }));
  for (const variable of pretrained.weights) variable.dispose();
  expect(code(() => store.read())).toEqual(['DISPOSED', 'backbone/pretrained/dense.1/kernel', undefined]);
});

test('a project whose model was disposed of by hand may still be disposed of', () => {
  const project = projectOf(['f'], (x) => ({ f: apply(tf.layers.dense({ units: 2 }), x) }));
  for (const variable of project.model.weights) variable.dispose();
  project.dispose();
});

test('a layer used by itself and inside a nested model trains as plain tfjs trains it', async () => {
  const layers = () => {
    const shared = tf.layers.dense({ units: 3, kernelInitializer: 'identity', inputShape: [3] });
    return { shared, nested: tf.sequential({ layers: [shared, tf.layers.activation({ activation: 'tanh' })] }) };
  };
  const rows = [
    { x: [1, -2, 0.5], t_f: true },
    { x: [0, 1, 1], t_f: false },
  ];
  for (const engine of ['onnx', 'cpu'] as const) {
    const ours = layers();
    const project = projectOf(['f'], (x) => ({ f: apply(ours.shared, apply(ours.nested, x)) }));
    const head = project.model.layers.find((layer) => layer.name === 'head_f');
    const [kernel] = head?.getWeights().map((weight) => weight.clone()) ?? [];
    await project.fit(rows, {
      ...asDeclared,
      engine,
      epochs: 3,
      batchSize: 2,
      progress: false,
      optimizer: sgd({ learningRate: 0.1 }),
    });

    const theirs = layers();
    const plain = tf.sequential({
      layers: [theirs.nested, theirs.shared, tf.layers.dense({ units: 1 })],
    });
    if (kernel === undefined) throw new Error('a head');
    plain.layers.at(-1)?.setWeights([kernel, tf.zeros([1])]);
    const x = tf.tensor2d(rows.map((row) => row.x));
    const y = tf.tensor2d([[1], [0]]);
    const optimizer = tf.train.sgd(0.1);
    for (let step = 0; step < 3; step++) {
      optimizer.minimize(() => tf.losses.sigmoidCrossEntropy(y, plain.apply(x) as tf.Tensor) as tf.Scalar);
    }
    const [expected, actual] = [theirs.shared, ours.shared].map((layer) => [
      ...(layer.getWeights()[0]?.dataSync() ?? []),
    ]);
    expect(actual?.[0]).not.toBe(1);
    for (const [i, value] of actual?.entries() ?? []) {
      expect(Math.abs(value - (expected?.[i] ?? Number.NaN))).toBeLessThan(1e-6);
    }
  }
});

test('one layer output under two feature names', async () => {
  const project = projectOf(['left', 'right'], (x) => {
    const both = apply(tf.layers.dense({ units: 4 }), x);
    return { left: both, right: both };
  });
  const rows = [
    { x: [1, -2, 0.5], t_left: true, t_right: false },
    { x: [0, 1, 1], t_left: false, t_right: true },
  ];
  const history = await project.fit(rows, { engine: 'cpu', epochs: 40, progress: false, seed: 1 });
  expect(history.epochs.at(-1)?.loss).toBeLessThan(history.epochs[0]?.loss ?? 0);
  expect(networkOf(['left', 'right'], (x) => ({ left: x, right: x })).store.parameters.map(({ name }) => name)).toEqual(
    ['head/t_left/kernel', 'head/t_left/bias', 'head/t_right/kernel', 'head/t_right/bias'],
  );
});
