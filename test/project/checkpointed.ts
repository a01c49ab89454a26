/**
 * @file A fit that writes checkpoints: `tsx checkpointed.ts CASE ENGINE FOLDER KILLED` trains or resumes, kills itself by
 * SIGKILL at step KILLED of the run (0: never), and prints what the project and its history are in the end.
 */
import { createHash } from 'node:crypto';
import {
  adamW,
  binary,
  cosine,
  type EngineName,
  type FitOptions,
  iterableSource,
  Project,
  regression,
  tf,
  uncertainty,
  vector,
} from '../../src/index.js';

export const cases = ['table', 'stream', 'learnt weights', 'averages'] as const;
export type Case = (typeof cases)[number];

const apply = (layer: tf.layers.Layer, x: tf.SymbolicTensor) => layer.apply(x) as tf.SymbolicTensor;

export const declared = (units = 5) =>
  new Project({
    name: 'checkpointed',
    inputs: { x: vector({ size: 2 }) },
    tasks: { open: binary(), age: regression() },
    backbone: ({ x }) => {
      const hidden = apply(tf.layers.dense({ units, activation: 'tanh' }), x);
      return { features: apply(tf.layers.dropout({ rate: 0.4 }), hidden) };
    },
    onNote: () => {},
  }).flow('full', (task, x) => {
    const open = task.open(x.features);
    return [open, task.age(x.features).given(open)];
  });

const rowsOf = (count: number, phase: number) =>
  Array.from({ length: count }, (_, i) => ({
    x: [Math.sin(i * 3 + phase), Math.cos(i * 5 + phase)],
    open: i % 4 === 3 ? null : i % 3 !== 0,
    age: i % 2 === 0 ? i / 3 : null,
  }));
export const rows = rowsOf(11, 0);

/** 4 epochs of 3 steps. */
export const options = (of: Case, engine: EngineName) =>
  ({
    ...{ engine, epochs: 4, batchSize: 4, seed: 5, progress: false },
    // nobody knows how long the source is
    optimizer: adamW({ learningRate: of === 'stream' ? 0.05 : cosine({ peak: 0.05 }) }),
    ...(of === 'stream' ? {} : { validation: rowsOf(6, 1), patience: 3 }),
    ...(of === 'learnt weights' ? { balance: uncertainty() } : {}),
    // Steps of two batches, and as many of them.
    ...(of === 'averages' ? { batchSize: 2, accumulate: 2, average: { decay: 0.9 }, onNonFinite: 'backOff' } : {}),
  }) satisfies FitOptions;

const dataOf = (of: Case) => (of === 'stream' ? iterableSource(() => rows) : rows);

/** Weights, what is predicted and the history but for times, as one text. */
export async function run(of: Case, engine: EngineName, more: FitOptions = {}): Promise<string> {
  const project = declared();
  const history = await project.fit(dataOf(of), { ...options(of, engine), ...more });
  const hash = createHash('sha256');
  for (const { name, data } of weightsOf(project)) hash.update(name).update(data);
  const { epochs, ended, kept, steps, partial } = history;
  const bare = epochs.map((record) => ({ ...record, seconds: 0, dataWait: 0 }));
  project.dispose();
  return JSON.stringify({ weights: hash.digest('hex'), epochs: bare, ended, kept, steps, partial });
}

function weightsOf(project: ReturnType<typeof declared>) {
  return project.model.weights.map((weight) => {
    const data = weight.read().dataSync();
    return { name: weight.shape.join(), data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) };
  });
}

const [of, engine, dir, killed] = process.argv.slice(2);
if (process.argv[1]?.endsWith('checkpointed.ts') && of !== undefined && dir !== undefined) {
  const end = await run(of as Case, engine as EngineName, {
    checkpoints: { dir, everySteps: 1, keep: 2 },
    resume: 'ifThere',
    watchers: [
      {
        name: 'killer',
        on: (event) => {
          if (event.kind !== 'step') return;
          process.stderr.write(`step ${event.total}\n`);
          if (event.total === Number(killed)) process.kill(process.pid, 'SIGKILL');
        },
      },
    ],
  });
  process.stdout.write(end);
}
