/** @file A project of three tasks on one small network, and what a naive reading of its pathways predicts. */
import { binary, HeadgateError, type PathwaySettings, Project, regression, tf, vector } from '../../../src/index.js';
import { uniforms } from '../../../src/random.js';

export const asked = { engine: 'cpu', onNote: () => {} } as const;
export const silent = { onNote: () => {} } as const;
export const quiet = { ...asked, progress: false, epochs: 3, heads: 'drawn' } as const;

export const rows = Array.from({ length: 96 }, (_, i) => {
  const [a = 0, b = 0, c = 0] = uniforms({ seed: 5, stream: 'ways', counter: i }, 3);
  return { a, b, c, red: a > 0.5, round: b + c > 1, size: a * b + c };
});

export interface Shape {
  readonly batchNorm?: boolean;
  readonly pathways?: PathwaySettings;
  readonly hidden?: readonly number[];
}

/** `red`, `round` given red, `size`: read from 12 features of a network of two hidden layers. */
export function three({ batchNorm = false, pathways, hidden = [16, 12] }: Shape = {}) {
  return new Project({
    name: 'three',
    inputs: { x: vector({ columns: ['a', 'b', 'c'], standardise: false }) },
    tasks: { red: binary(), round: binary(), size: regression({ standardise: false }) },
    backbone: ({ x }) => {
      let at: tf.SymbolicTensor = x;
      hidden.forEach((units, i) => {
        const last = i === hidden.length - 1;
        at = tf.layers
          .dense({
            units,
            name: `layer${i + 1}`,
            activation: batchNorm && !last ? 'linear' : 'relu',
            biasInitializer: 'glorotUniform' as 'zeros',
          })
          .apply(at) as tf.SymbolicTensor;
        if (batchNorm && !last) {
          at = tf.layers.batchNormalization({ name: `norm${i + 1}` }).apply(at) as tf.SymbolicTensor;
          at = tf.layers.reLU({ name: `relu${i + 1}` }).apply(at) as tf.SymbolicTensor;
        }
      });
      return { features: at };
    },
    ...(pathways === undefined ? {} : { pathways }),
  }).flow('all', (task, x) => {
    const red = task.red(x.features);
    return [red, task.round(x.features).given(red), task.size(x.features)];
  });
}

export type Three = ReturnType<typeof three>;
export const paths = ['red', 'round', 'size'] as const;

/** What a call throws; a call that throws nothing is a failure. */
export async function thrownBy(run: () => unknown): Promise<HeadgateError> {
  try {
    await run();
  } catch (error) {
    if (error instanceof HeadgateError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
