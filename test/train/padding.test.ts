/** @file The last batch is padded to the size of the others. Padding must not show in any number. */
import { expect, test } from 'vitest';
import type { EngineName } from '../../src/engine/select.js';
import { adam, binary, image, multilabel, Project, regression, tf } from '../../src/index.js';
import { uniforms } from '../../src/random.js';
import { bench, bytes } from '../support/training.js';

type Layers = readonly (() => tf.layers.Layer)[];
const networks: Readonly<Record<string, Layers>> = {
  dense: [() => tf.layers.flatten(), () => tf.layers.dense({ units: 7, activation: 'tanh' })],
  convolution: [
    () => tf.layers.conv2d({ filters: 3, kernelSize: 3, padding: 'same', activation: 'relu' }),
    () => tf.layers.maxPooling2d({ poolSize: 2 }),
    () => tf.layers.globalAveragePooling2d({}),
  ],
  'dropout and layer normalisation': [
    () => tf.layers.flatten(),
    () => tf.layers.dropout({ rate: 0.4 }),
    () => tf.layers.layerNormalization(),
    () => tf.layers.gaussianNoise({ stddev: 0.3 }),
    () => tf.layers.dense({ units: 5, activation: 'elu' }),
  ],
  recurrent: [() => tf.layers.reshape({ targetShape: [6, 6] }), () => tf.layers.lstm({ units: 4, dropout: 0.3 })],
};

function parts(layers: Layers) {
  const { resolved, backbone } = new Project({
    name: 'padding',
    inputs: { frame: image({ height: 6, width: 6, channels: 1, scale: 1 }) },
    tasks: { a: binary(), b: regression(), c: multilabel({ classes: ['x', 'y'] }) },
    backbone: ({ frame }) => ({
      features: layers.reduce<tf.SymbolicTensor>((at, layer) => layer().apply(at) as tf.SymbolicTensor, frame),
    }),
  }).flow('full', (task, x) => {
    const a = task.a(x.features);
    return [a, task.b(x.features).given(a), task.c(x.features).given(a.not())];
  });
  return { flow: resolved, backbone, optimizer: adam(), clipNorm: 0.5 };
}

const rows = Array.from({ length: 3 }, (_, i) => ({
  frame: uniforms({ seed: 2, stream: 'frame', counter: i }, 36),
  a: i < 2,
  b: i === 0 ? 1.5 : null,
  c: ['x'],
}));

/** Rows that count for nothing, with inputs that would show. */
const unlabelled = Array.from({ length: 5 }, (_, i) => ({
  frame: uniforms({ seed: 3, stream: 'other', counter: i }, 36).map((value) => value * 100),
}));

const engines: readonly EngineName[] = ['cpu', 'wasm', 'onnx'];
for (const engine of engines) {
  test.each(Object.entries(networks))(`${engine}: %s`, async (_, layers) => {
    const start = () => bench({ ...parts(layers), engine });
    const [exact, padded, filled] = [await start(), await start(), await start()];
    for (let i = 0; i < 3; i++) {
      await exact.step(rows);
      const [a, b] = [await padded.step(rows, 8), await filled.step([...rows, ...unlabelled])];
      for (const name of Object.keys(a)) expect(bytes(b, name), name).toBe(bytes(a, name));
    }
    const [a, b, c] = [await exact.state.read(), await padded.state.read(), await filled.state.read()];
    for (const name of Object.keys(a)) {
      expect(bytes(c, name), name).toBe(bytes(b, name));
      if (engine !== 'onnx') expect(bytes(b, name), name).toBe(bytes(a, name));
      // ONNX Runtime adds up other numbers of rows in another order.
      b[name]?.data.forEach((value, i) => {
        expect(Math.abs(value - (a[name]?.data[i] ?? Number.NaN)), name).toBeLessThan(1e-5);
      });
    }
  });
}
