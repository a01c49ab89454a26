/** @file The project's seed draws the weights, `fit`'s the order and the dropout, and no other verb changes either. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { binary, Project, sgd, tf, vector } from '../../src/index.js';
import { asDeclared } from '../support/as-declared.js';

const engine = 'cpu' as const;
const rows = Array.from({ length: 9 }, (_, i) => ({ x: [i % 3, i % 2], open: i % 2 === 0 }));

function declared(seed?: number) {
  return new Project({
    name: 'seeds',
    ...(seed === undefined ? {} : { seed }),
    inputs: { x: vector({ size: 2 }) },
    tasks: { open: binary() },
    backbone: ({ x }) => {
      const hidden = tf.layers.dense({ units: 4, activation: 'tanh' }).apply(x) as tf.SymbolicTensor;
      return { features: tf.layers.dropout({ rate: 0.5 }).apply(hidden) as tf.SymbolicTensor };
    },
    onNote: () => {},
  }).flow('full', (task, x) => [task.open(x.features)]);
}
type Subject = ReturnType<typeof declared>;

const bytes = ({ model }: Subject): string =>
  model
    .getWeights()
    .map((weight) => Buffer.from(new Float32Array(weight.dataSync()).buffer).toString('hex'))
    .join();
const trained = (project: Subject, seed: number, learningRate = 0.5) =>
  project.fit(rows, {
    ...asDeclared,
    engine,
    epochs: 2,
    batchSize: 4,
    progress: false,
    seed,
    optimizer: sgd({ learningRate }),
  });

const first: Readonly<Record<string, (project: Subject, folder: string) => unknown>> = {
  nothing: () => {},
  model: ({ model }) => model,
  thresholds: ({ thresholds }) => thresholds,
  explainGraph: (project) => project.explainGraph(),
  predict: (project) => project.predict(rows, { engine }),
  explain: (project) => project.explain(rows, { engine }),
  evaluate: (project) => project.evaluate(rows, { engine }),
  interpret: (project) => project.interpret(rows, { engine }),
  tune: (project) => project.tune(rows, { engine }),
  save: (project, folder) => project.save(join(folder, 'model')),
};

test.each(Object.keys(first))('after %s, fit({ seed: 7 }) trains what it trains alone, to the bit', async (name) => {
  const folder = await mkdtemp(join(tmpdir(), 'headgate-'));
  try {
    const [alone, other] = [declared(), declared()];
    const expected = await trained(alone, 7);
    await first[name]?.(other, folder);
    const history = await trained(other, 7);
    expect(history.epochs.map(({ loss }) => loss)).toEqual(expected.epochs.map(({ loss }) => loss));
    expect(bytes(other)).toBe(bytes(alone));
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('the seed of fit draws no weights: at a rate of 0 they are those of the project’s seed', async () => {
  const [drawn, fitted, another] = [declared(3), declared(3), declared(4)];
  await trained(fitted, 11, 0);
  expect(bytes(fitted)).toBe(bytes(drawn));
  expect(bytes(another)).not.toBe(bytes(drawn));
});

test('the seed of fit is of the order and of dropout', async () => {
  const [a, b, c] = [declared(3), declared(3), declared(3)];
  await trained(a, 1);
  await trained(b, 1);
  await trained(c, 2);
  expect(bytes(b)).toBe(bytes(a));
  expect(bytes(c)).not.toBe(bytes(a));
});
