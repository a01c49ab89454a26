/** @file No verb leaves a tensor behind, and a disposed project leaves none at all. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { adam, binary, classification, type EngineName, image, Project, tf, vector } from '../../src/index.js';

function project() {
  return new Project({
    name: 'memory',
    inputs: { frame: image({ height: 8, width: 8, channels: 1 }), series: vector({ size: 6 }) },
    tasks: { open: binary(), shirt: classification({ classes: ['red', 'blue'] }) },
    backbone: ({ frame, series }) => {
      const layers = [
        tf.layers.conv2d({ filters: 2, kernelSize: 3, strides: 2, kernelRegularizer: 'l1l2' }),
        tf.layers.batchNormalization(),
        tf.layers.dropout({ rate: 0.5 }),
        tf.layers.flatten(),
      ];
      const steps = tf.layers.reshape({ targetShape: [3, 2] }).apply(series);
      const recurrent = tf.layers.lstm({ units: 3, dropout: 0.5, recurrentDropout: 0.5 }).apply(steps);
      return {
        seen: layers.reduce<tf.SymbolicTensor>((at, layer) => layer.apply(at) as tf.SymbolicTensor, frame),
        heard: recurrent as tf.SymbolicTensor,
      };
    },
  }).flow('full', (task, x) => {
    const open = task.open(x.seen);
    return [open, task.shirt(x.heard).given(open)];
  });
}

const rows = Array.from({ length: 70 }, (_, i) => ({
  frame: Uint8Array.from({ length: 64 }, (_, j) => (i * 37 + j * 11) % 256),
  series: [i, 1, 2, 3, 4, 5].map((value) => value / 10),
  open: i % 3 > 0,
  shirt: i % 2 === 0 ? 'red' : 'blue',
}));
const few = rows.slice(0, 6);

test.each<EngineName>(['cpu', 'wasm', 'onnx'])(
  '%s: the number of tensors after each verb is the number before',
  async (engine) => {
    const folder = await mkdtemp(join(tmpdir(), 'headgate-'));
    const own = project();
    const other = project();
    const perStep = new Set<number>();
    const learningRate = (): number => {
      perStep.add(tf.memory().numTensors);
      return 0.01;
    };
    const fit = { engine, epochs: 2, batchSize: 4, progress: false } as const;
    const verbs: Readonly<Record<string, () => Promise<unknown>>> = {
      fit: () => own.fit(few, { ...fit, optimizer: adam({ learningRate }), validation: few, clipNorm: 1 }),
      'fit, stopped': () => own.fit(few, { ...fit, onEpochEnd: () => 'stop' }),
      evaluate: () => own.evaluate(few, { engine }),
      tune: () => own.tune(few, { engine }),
      predict: () => own.predict(few, { engine }),
      'predict, gated': () => own.predict(rows, { engine }),
      'predict with probabilities': () => own.predict(few, { engine, probabilities: true }),
      explain: () => own.explain(few, { engine, why: true }),
      interpret: () => own.interpret(few, { engine, top: 2 }),
      save: () => own.save(join(folder, 'model')),
      load: () => other.load(join(folder, 'model')),
      merge: () => own.merge([other], { method: 'average' }),
    };
    try {
      for (const verb of Object.values(verbs)) await verb(); // builds the networks
      for (const [name, verb] of Object.entries(verbs)) {
        const before = tf.memory().numTensors;
        perStep.clear();
        await verb();
        expect(tf.memory().numTensors, name).toBe(before);
        if (name === 'fit') expect(perStep.size).toBe(1);
      }
    } finally {
      own.dispose();
      other.dispose();
      await rm(folder, { recursive: true });
    }
  },
);

test('a disposed project leaves no tensor, and says so when it is used', async () => {
  const before = tf.memory().numTensors;
  const own = project();
  await own.fit(few, { engine: 'cpu', epochs: 1, progress: false });
  await own.predict(rows, { engine: 'cpu' });
  expect(tf.memory().numTensors).toBeGreaterThan(before);
  own.dispose();
  own.dispose();
  expect(tf.memory().numTensors).toBe(before);
  await expect(own.predict(few, { engine: 'cpu' })).rejects.toMatchObject({ code: 'DISPOSED', path: 'memory' });
  expect(() => own.model).toThrow(/^DISPOSED at memory: the project was disposed, and its weights with it/);
  expect(own.graph.name).toBe('memory'); // what needs no network still answers
});
