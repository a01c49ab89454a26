/** @file Layers that draw noise under pathways of single weights: the network runs once for each, with the same draws. */
import { expect, test } from 'vitest';
import { DropConnectDense } from '../../../src/entry/layers.js';
import { binary, Project, sgd, tf, vector } from '../../../src/index.js';
import { quiet } from './ways.js';

const rows = Array.from({ length: 12 }, (_, i) => ({
  x: [Math.sin(i), Math.cos(2 * i), Math.sin(3 * i), 1],
  a: i % 2 === 0,
  b: i % 3 === 0,
}));

const noisy: Readonly<Record<string, () => tf.layers.Layer>> = {
  dropout: () => tf.layers.dropout({ rate: 0.5 }),
  'gaussian noise': () => tf.layers.gaussianNoise({ stddev: 0.5 }),
  'drop-connect': () => new DropConnectDense({ units: 8, rate: 0.5 }),
};

test.each(Object.entries(noisy))('%s: the compiled engine trains as an eager one', async (_, layer) => {
  const trained = async (engine: 'cpu' | 'onnx') => {
    const project = new Project({
      name: 'noisy',
      inputs: { x: vector({ size: 4 }) },
      tasks: { a: binary(), b: binary() },
      backbone: ({ x }) => {
        const first = tf.layers.dense({ units: 8, name: 'first', activation: 'tanh' }).apply(x);
        const noise = layer().apply(first) as tf.SymbolicTensor; // of a symbolic input
        return { features: tf.layers.dense({ units: 6, name: 'last' }).apply(noise) as tf.SymbolicTensor }; // likewise
      },
      onNote: () => {},
    }).flow('full', (task, x) => [task.a(x.features), task.b(x.features)]);
    await project.pathways.assign({ method: 'random', granularity: 'weight', sparsity: 0.5 });
    const before = [...(project.weights()['backbone/first/kernel']?.data ?? [])];
    await project.fit(rows, { ...quiet, engine, epochs: 3, optimizer: sgd({ learningRate: 0.1 }) });
    return { before, weights: project.weights() };
  };
  const [eager, compiled] = [await trained('cpu'), await trained('onnx')];
  expect([...(eager.weights['backbone/first/kernel']?.data ?? [])]).not.toEqual(eager.before);
  for (const [name, { data }] of Object.entries(eager.weights)) {
    data.forEach((value, i) => {
      expect(compiled.weights[name]?.data[i], `${name}[${i}]`).toBeCloseTo(value, 5);
    });
  }
});
