/**
 * @file Trains with everything that draws random numbers and prints the SHA-256 of what is saved, for each engine and
 * seed. Run twice, in processes of their own, by `reproducible.test.ts`.
 */
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { adam, binary, classification, type EngineName, image, multilabel, Project, tf } from '../../src/index.js';

const apply = (layer: tf.layers.Layer, x: tf.SymbolicTensor) => layer.apply(x) as tf.SymbolicTensor;

/** @param order which of two orders the tasks are declared in */
function declared(order: 'forwards' | 'backwards') {
  const kinds = {
    open: binary(),
    shirt: classification({ classes: ['red', 'green', 'blue'] }),
    traits: multilabel({ classes: ['hat', 'beard'] }),
  };
  const { open, shirt, traits } = kinds;
  return new Project({
    name: 'reproducible',
    inputs: { frame: image({ height: 8, width: 8, channels: 1 }) },
    tasks: order === 'forwards' ? { open, shirt, traits } : { traits, shirt, open },
    backbone: ({ frame }) => {
      const layers = [
        tf.layers.conv2d({ filters: 4, kernelSize: 3, strides: 2, activation: 'relu' }),
        tf.layers.batchNormalization(),
        tf.layers.gaussianNoise({ stddev: 0.1 }),
        tf.layers.flatten(),
        tf.layers.dropout({ rate: 0.3 }),
        tf.layers.reshape({ targetShape: [9, 4] }),
        tf.layers.gru({ units: 6, dropout: 0.2, recurrentDropout: 0.2 }),
      ];
      return { features: layers.reduce((at, layer) => apply(layer, at), frame) };
    },
  }).flow('full', (task, x) => {
    const open = task.open(x.features);
    return [open, task.shirt(x.features).given(open), task.traits(x.features).given(open)];
  });
}

const rows = Array.from({ length: 11 }, (_, i) => ({
  frame: Uint8Array.from({ length: 64 }, (_, j) => (i * 31 + j * j * 7) % 256),
  open: i % 3 > 0,
  shirt: ['red', 'green', 'blue'][i % 3] ?? 'red',
  traits: i % 2 === 0 ? ['hat'] : ['beard'],
}));

/** SHA-256 over the names and bytes of the saved folder's files, and what the history says. */
export async function trained(engine: EngineName, seed: number, order: 'forwards' | 'backwards' = 'forwards') {
  const folder = await mkdtemp(join(tmpdir(), 'headgate-'));
  const project = declared(order);
  try {
    const history = await project.fit(rows, {
      engine,
      seed,
      epochs: 2,
      batchSize: 4,
      optimizer: adam({ learningRate: 0.01 }),
      clipNorm: 1,
      validation: rows,
      progress: false,
    });
    await project.tune(rows, { engine });
    await project.save(join(folder, 'model'));
    const hash = createHash('sha256');
    for (const name of (await readdir(join(folder, 'model'))).sort()) {
      hash.update(name).update(await readFile(join(folder, 'model', name)));
    }
    const records = history.epochs.map(({ seconds: _, dataWait: __, ...record }) => record);
    return { files: hash.digest('hex'), history: JSON.stringify(records) };
  } finally {
    project.dispose();
    await rm(folder, { recursive: true });
  }
}

if (process.argv[2] === 'print') {
  const results: Record<string, unknown> = {};
  for (const engine of ['cpu', 'wasm', 'onnx'] as const) {
    for (const seed of [1, 2]) results[`${engine} ${seed}`] = await trained(engine, seed);
  }
  console.log(JSON.stringify(results));
}
