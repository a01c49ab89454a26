/** @file What a backbone may not give or do: errors that name the thing. */
import { expect, test } from 'vitest';
import { binary, HeadgateError, Project, tf, vector } from '../../src/index.js';
import type { Backbone } from '../../src/model/network.js';
import { apply } from '../support/networks.js';

function refusal(backbone: (inputs: { readonly x: tf.SymbolicTensor }) => unknown): HeadgateError {
  const project = new Project({
    name: 'backbone',
    inputs: { x: vector({ size: 3 }) },
    tasks: { open: binary() },
    backbone: backbone as unknown as () => { features: tf.SymbolicTensor }, // what types would refuse
  }).flow('full', (task, x) => [task.open(x.features)]);
  try {
    project.model.dispose();
  } catch (error) {
    if (error instanceof HeadgateError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

test('an input that is not declared, and one of its own', () => {
  const misspelt = refusal(({ xx }: Record<string, tf.SymbolicTensor>) => ({ features: apply(dense(), xx as never) }));
  expect(misspelt).toMatchObject({ code: 'INVALID_BACKBONE', path: 'backbone.xx', received: '"xx"', suggestion: 'x' });
  const pretrained = tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [3] })] });
  const unused = refusal(() => ({ features: pretrained.output }));
  expect(unused).toMatchObject({ code: 'INVALID_BACKBONE', path: 'features.features' });
  expect(unused.mend).toContain('model.apply(frame)');
  expect(refusal(() => ({}))).toMatchObject({ code: 'UNKNOWN_FEATURE', expected: 'at least one feature' });
});

const dense = (name?: string) => tf.layers.dense(name === undefined ? { units: 2 } : { units: 2, name });

test.each<[string, (inputs: { readonly x: tf.SymbolicTensor }) => unknown, string]>([
  ['a tensor', ({ x }) => apply(dense(), x), 'a tensor'],
  ['a tensor of values', () => tf.zeros([1, 2]), 'a tensor'],
  ['a list', ({ x }) => [apply(dense(), x)], 'an array'],
  ['a promise', async ({ x }) => ({ features: apply(dense(), x) }), 'a promise'],
  ['a promise that fails', () => Promise.reject(new Error('no such model')), 'a promise'],
  ['nothing', () => undefined, 'undefined'],
  ['null', () => null, 'null'],
])('a backbone that gives %s', (_, backbone, received) => {
  expect(refusal(backbone)).toMatchObject({ code: 'INVALID_BACKBONE', path: 'backbone', received });
});

test.each<[string, (x: tf.SymbolicTensor) => unknown]>([
  ['tf.relu', (x) => tf.relu(x as never)],
  ['tf.add', (x) => tf.add(x as never, 1)],
  ['tf.concat', (x) => tf.concat([x as never, x as never], 1)],
])('%s in a backbone', (_, operation) => {
  const error = refusal(({ x }) => ({ features: operation(x) }));
  expect(error).toMatchObject({ code: 'INVALID_BACKBONE', path: 'backbone' });
  expect(error.mend).toContain('tf.layers.activation');
});

test('a user’s own error in a backbone passes as it is', () => {
  const own = new Error('my own');
  const failing: Backbone = () => {
    throw own;
  };
  expect(() => refusal(failing as never)).toThrow(own);
});

test.each<[string, (x: tf.SymbolicTensor) => tf.SymbolicTensor, string]>([
  ['an input', (x) => apply(dense('x'), x), 'an input'],
  ['another layer', (x) => apply(dense('twin'), apply(dense('twin'), x)), 'another layer (Dense)'],
])('a layer that bears the name of %s', (_, body, other) => {
  const error = refusal(({ x }) => ({ features: body(x) }));
  expect(error.code).toBe('LAYER_NAME');
  expect(error.path).toBe(`backbone/${error.received}`);
  expect(error.problem).toContain(`the name of ${other}`);
});

test('a layer may be called as the network would call a head of its own', async () => {
  const project = new Project({
    name: 'heads',
    inputs: { x: vector({ size: 3 }) },
    tasks: { open: binary() },
    backbone: ({ x }) => ({ features: apply(dense('head_features'), x) }),
  }).flow('full', (task, x) => [task.open(x.features)]);
  expect(project.model.layers.map(({ name }) => name)).toEqual(['x', 'head_features', 'head_features_', 'open']);
  expect(await project.predict([{ x: [1, 2, 3] }], { engine: 'cpu' })).toHaveLength(1);
});

test('layers and inner layers keep nothing of a step: what was wrapped for it is as tfjs wrote it', async () => {
  const pretrained = tf.sequential({
    layers: [tf.layers.dense({ units: 3, inputShape: [3] }), tf.layers.batchNormalization({ trainable: false })],
  });
  const project = new Project({
    name: 'wrapped',
    inputs: { x: vector({ size: 3 }) },
    tasks: { open: binary() },
    backbone: ({ x }) => ({ features: apply(pretrained, x) }),
  }).flow('full', (task, x) => [task.open(x.features)]);
  const rows = [
    { x: [1, -2, 0.5], open: true },
    { x: [0, 1, 1], open: false },
  ];
  const averages = () => pretrained.layers[1]?.weights.map((weight) => [...weight.read().dataSync()]);
  const before = averages();
  await project.fit(rows, { engine: 'cpu', epochs: 2, progress: false });
  expect(averages()).toEqual(before); // frozen averages rest in our steps …
  for (const layer of pretrained.layers) expect(Object.hasOwn(layer, 'call')).toBe(false);
  for (const { variable } of pretrained.weights.map((variable) => ({ variable }))) {
    expect(Object.hasOwn(variable, 'read')).toBe(false);
  }
  pretrained.apply(tf.ones([2, 3]), { training: true });
  expect(averages()).not.toEqual(before); // … and are tfjs's own affair in its own
});
