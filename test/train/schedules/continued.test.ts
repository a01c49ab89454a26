/** @file A rate that falls by the records of the epochs before is that of a run which never stopped. */
import { expect, test } from 'vitest';
import {
  adamW,
  binary,
  type HeadgateError,
  type History,
  Project,
  plateau,
  regression,
  tf,
  vector,
  warmUp,
} from '../../../src/index.js';
import { timeless } from '../run-in-parts.js';

const declared = () =>
  new Project({
    name: 'continued',
    inputs: { x: vector({ size: 2 }) },
    tasks: { open: binary(), age: regression() },
    onNote: () => {},
    backbone: ({ x }) => {
      const hidden = tf.layers.dense({ units: 4, activation: 'tanh' }).apply(x);
      return { features: tf.layers.dropout({ rate: 0.3 }).apply(hidden) as tf.SymbolicTensor };
    },
  }).flow('full', (task, x) => [task.open(x.features), task.age(x.features)]);
const rows = Array.from({ length: 10 }, (_, i) => ({ x: [i / 3 - 1, 1 - i / 5], open: i % 3 === 0, age: i / 4 }));
// No epoch is better by so much: the rate falls after each.
const falling = plateau({ initial: 0.02, factor: 0.5, patience: 1, margin: 0.99 });
const options = {
  ...{ progress: false, batchSize: 3, seed: 2, validation: rows },
  keep: 'last',
  optimizer: adamW({ learningRate: warmUp(falling, { steps: 6 }) }),
} as const;

const bytesOf = (project: ReturnType<typeof declared>): string[] =>
  Object.entries(project.weights()).map(([name, { data }]) => `${name} ${Buffer.from(data.buffer).toString('hex')}`);

for (const engine of ['cpu', 'onnx', 'wasm'] as const) {
  test(`${engine}: stopped after any step and continued, a plateau has the rates, weights and history of one long fit`, async () => {
    const whole = declared();
    const history = await whole.fit(rows, { ...options, engine, epochs: 4 });
    // 4 steps an epoch; the first epoch's last step is the fourth of six that rise.
    expect(history.epochs.map(({ learningRate }) => learningRate)).toEqual([(0.02 * 4) / 6, 0.02, 0.01, 0.005]);
    for (const stop of [1, 4, 6, 8, 11, 15]) {
      const parts = declared();
      const stopping = {
        name: 'stopping',
        on: (event: { kind: string; total?: number }, fit: { stop: (reason: 'stopped') => void }) => {
          if (event.kind === 'step' && event.total === stop) fit.stop('stopped');
        },
      };
      const first = await parts.fit(rows, { ...options, engine, epochs: 4, watchers: [stopping] });
      expect(first.steps).toBe(stop);
      const epochs = 4 - first.epochs.length;
      const second: History = await parts.fit(rows, { ...options, engine, epochs, continue: true });
      expect(timeless(second)).toEqual(timeless(history));
      expect(bytesOf(parts)).toEqual(bytesOf(whole));
    }
  });
}

test('a fit without validation rows refuses a rate that falls by them, before anything is learnt', async () => {
  const { validation, keep, ...others } = options;
  const project = declared();
  const before = bytesOf(project);
  const error = await project.fit(rows, { ...others, engine: 'cpu' }).then(
    () => null,
    (thrown: HeadgateError) => thrown,
  );
  expect(error).toMatchObject({ code: 'INVALID_OPTIONS', path: 'fit.validation' });
  expect(bytesOf(project)).toEqual(before);
  // One that reads the training loss needs none.
  const learningRate = plateau({ initial: 0.1, factor: 0.5, patience: 1, margin: 0.99, monitor: ({ loss }) => loss });
  const optimizer = adamW({ learningRate });
  const { epochs } = await project.fit(rows, { ...others, engine: 'cpu', epochs: 3, optimizer });
  expect(epochs.map(({ learningRate: rate }) => rate)).toEqual([0.1, 0.1, 0.05]);
});
