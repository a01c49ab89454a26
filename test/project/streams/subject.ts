/** @file A small project whose rows have missing labels, conditions, an image of bytes and numbers. */
import { createHash } from 'node:crypto';
import { binary, boundedRegression, classification, image, Project, type Row, tf, vector } from '../../../src/index.js';

export const fitting = { engine: 'cpu', batchSize: 8, progress: false, seed: 4 } as const;

export function declared() {
  return new Project({
    name: 'streams',
    inputs: { frame: image({ height: 2, width: 2, channels: 1 }), x: vector({ columns: ['a', 'b'] }) },
    tasks: {
      open: binary(),
      age: boundedRegression({ min: 10, max: 90 }),
      shirt: classification({ classes: ['red', 'green', 'blue'] }),
    },
    backbone: ({ frame, x }) => {
      const flat = tf.layers.flatten().apply(frame) as tf.SymbolicTensor;
      const all = tf.layers.concatenate().apply([flat, x]) as tf.SymbolicTensor;
      return { features: tf.layers.dense({ units: 6, activation: 'tanh' }).apply(all) };
    },
  }).flow('full', (task, x) => {
    const open = task.open(x.features);
    return [open, task.age(x.features).given(open), task.shirt(x.features).given(open.not())];
  });
}
export type Subject = ReturnType<typeof declared>;

export function records(count: number): Row[] {
  return Array.from({ length: count }, (_, i) => ({
    frame: Uint8Array.from({ length: 4 }, (_, j) => (i * 31 + j * j * 7) % 256),
    a: (i % 7) / 7,
    b: Math.sin(i),
    open: i % 5 === 0 ? null : i % 3 > 0,
    age: i % 4 === 0 ? null : 10 + ((i * 13) % 80),
    shirt: ['red', 'green', 'blue', null][(i * 3) % 4],
  }));
}

/** SHA-256 of the weights. */
export function weightsOf({ model }: Subject): string {
  const hash = createHash('sha256');
  for (const tensor of model.getWeights()) hash.update(new Uint8Array(tensor.dataSync().slice().buffer));
  return hash.digest('hex');
}

/** Opens the rows anew at each call. */
export const opening = (rows: readonly Row[]) =>
  async function* open() {
    for (const row of rows) yield row;
  };
