/** @file A project whose labels are missing in part and hang on a condition, for fits with balancers. */
import { adam, binary, Project, regression, tf, vector } from '../../../src/index.js';

/** `age` counts where `open` holds; a third of the labels of each are missing. */
export const rows = Array.from({ length: 18 }, (_, i) => ({
  x: [Math.sin(i * 3), Math.cos(i * 5)],
  open: i % 3 === 0 ? null : i % 4 !== 1,
  age: i % 5 === 0 ? null : 40 + 9 * Math.sin(i),
  spare: null as number | null,
}));
export const withSpare = rows.map((row, i) => ({ ...row, spare: i % 2 === 0 ? i / 7 : null }));

export const declare = () =>
  new Project({
    name: 'balanced',
    inputs: { x: vector({ size: 2 }) },
    tasks: { open: binary(), age: regression({ weight: 2 }), spare: regression({ weight: 3 }) },
    onNote: () => {},
    backbone: ({ x }) => {
      const hidden = tf.layers.dense({ units: 6, activation: 'tanh' }).apply(x);
      return { features: tf.layers.dropout({ rate: 0.2 }).apply(hidden) as tf.SymbolicTensor };
    },
  }).flow('full', (task, x) => {
    const open = task.open(x.features);
    return [task.age(x.features).given(open), open, task.spare(x.features)]; // computed as age, spare, open
  });

export const options = { progress: false, batchSize: 4, seed: 2, optimizer: adam({ learningRate: 0.05 }) } as const;

export const bytesOf = (model: tf.LayersModel): string[] =>
  model.getWeights().map((weight) => Buffer.from(new Float32Array(weight.dataSync()).buffer).toString('hex'));

export const declared: Readonly<Record<string, number>> = { open: 1, age: 2, spare: 3 };
