/** @file Steps of several batches: the step of one batch of all their rows. */
import { expect, test } from 'vitest';
import {
  adamW,
  binary,
  classification,
  cosine,
  type FitOptions,
  type History,
  Project,
  recordsSource,
  regression,
  sgd,
  tf,
  uncertainty,
  vector,
  type Watcher,
} from '../../src/index.js';
import { normals } from '../../src/random.js';
import { timeless } from './run-in-parts.js';

/** 22 rows: in steps of 16, one whole and one of 6. `rare` counts in one row, so in one part of one step. */
const rows = Array.from({ length: 22 }, (_, row) => {
  const [x = 0, y = 0, z = 0] = normals({ seed: 4, stream: 'rows', counter: row }, 3);
  return {
    x: [x, y],
    open: row % 4 === 0 ? null : y > 0,
    age: row % 3 === 0 ? null : x * y + z,
    shade: row % 2 === 0 ? null : (['dark', 'light'][row % 3] ?? null),
    rare: row === 13 ? 2 : null,
    weight: row % 3,
  };
});

function declared(hidden: (x: tf.SymbolicTensor) => tf.SymbolicTensor = dense) {
  return new Project({
    name: 'parts',
    seed: 5,
    inputs: { x: vector({ size: 2, standardise: false }) },
    tasks: {
      open: binary(),
      age: regression({ weight: 2 }),
      shade: classification({ classes: ['dark', 'light'] }),
      rare: regression({ standardise: false }),
    },
    backbone: ({ x }) => ({ features: hidden(x) }),
    onNote: () => {},
  }).flow('all', (task, x) => {
    const open = task.open(x.features);
    return [open, task.age(x.features).given(open), task.shade(x.features).given(open.not()), task.rare(x.features)];
  });
}

function dense(x: tf.SymbolicTensor): tf.SymbolicTensor {
  return tf.layers.dense({ units: 6, activation: 'tanh', kernelRegularizer: 'l1l2' }).apply(x) as tf.SymbolicTensor;
}

async function fitted(options: FitOptions, project = declared()) {
  const history = await project.fit(rows, {
    progress: false,
    epochs: 3,
    heads: 'drawn',
    lossUnits: 'plain',
    ...options,
  });
  return { project, history, weights: project.model.getWeights().flatMap((weight) => [...weight.dataSync()]) };
}

function expectClose(actual: readonly number[], expected: readonly number[], most: number): void {
  expect(actual.length).toBe(expected.length);
  const furthest = Math.max(...actual.map((value, i) => Math.abs(value - (expected[i] as number))));
  expect(furthest).toBeLessThan(most);
}

const losses = ({ epochs }: History): number[] =>
  epochs.flatMap(({ loss, penalty, tasks }) => [loss, penalty, ...Object.values(tasks).map((one) => one ?? -1)]);

const variants: Readonly<Record<string, FitOptions>> = {
  plain: { optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }) },
  'adam, a schedule': { optimizer: adamW({ learningRate: cosine({ peak: 0.02, warmup: 0.3 }) }) },
  'weights of rows, clipped': { sampleWeight: 'weight', clipNorm: 0.3, optimizer: sgd({ learningRate: 0.1 }) },
  'learnt balance': { balance: uncertainty(), clipNorm: 1, optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }) },
};

for (const engine of ['cpu', 'onnx', 'wasm'] as const) {
  test.each(Object.entries(variants))(`${engine}: 4 batches of 4 are one of 16: %s`, async (_, options) => {
    const whole = await fitted({ engine, batchSize: 16, ...options });
    const parts = await fitted({ engine, batchSize: 4, accumulate: 4, ...options });
    const apart = await fitted({ engine, batchSize: 4, ...options });
    expectClose(parts.weights, whole.weights, 1e-5);
    expectClose(losses(parts.history), losses(whole.history), 1e-5);
    expect(parts.history.epochs.map(({ learningRate }) => learningRate)).toEqual(
      whole.history.epochs.map(({ learningRate }) => learningRate),
    );
    expect([parts.history.steps, whole.history.steps, apart.history.steps]).toEqual([6, 6, 18]);
    expect(
      Math.max(...apart.weights.map((value, i) => Math.abs(value - (whole.weights[i] as number)))),
    ).toBeGreaterThan(1e-3);
  });

  test(`${engine}: stopped within an epoch and continued: one longer fit, to the bit, dropout included`, async () => {
    const dropping = (x: tf.SymbolicTensor) => tf.layers.dropout({ rate: 0.4 }).apply(dense(x)) as tf.SymbolicTensor;
    const options = { engine, batchSize: 3, accumulate: 2, clipNorm: 1, optimizer: adamW({ learningRate: 0.02 }) };
    const whole = await fitted(options, declared(dropping));
    expect(whole.history.steps).toBe(12);
    const seen: number[][] = [];
    const stopper: Watcher = {
      name: 'stopper',
      on: (event, fit) => {
        if (event.kind !== 'step') return;
        seen.push([event.epoch, event.step, event.total]);
        if (event.total === 6) fit.stop('stopped');
      },
    };
    const { project, history } = await fitted({ ...options, watchers: [stopper] }, declared(dropping));
    expect(history.partial?.steps).toBe(2);
    expect(seen.slice(3)).toEqual([
      [1, 4, 4],
      [2, 1, 5],
      [2, 2, 6],
    ]);
    await expect(fitted({ ...options, accumulate: 3, continue: true, epochs: 2 }, project)).rejects.toMatchObject({
      code: 'CANNOT_CONTINUE',
      path: 'accumulate',
    });
    const rest = await fitted({ ...options, continue: true, epochs: 2 }, project);
    expect(rest.weights).toEqual(whole.weights);
    expect(timeless(rest.history)).toEqual(timeless(whole.history));
  });
}

test('rows of a source, aborted within an epoch and continued', async () => {
  const options: FitOptions = { ...{ progress: false, lossUnits: 'plain', heads: 'drawn', engine: 'cpu' }, epochs: 2 };
  const optimizer = sgd({ learningRate: 0.1 });
  const [whole, parts] = [declared(), declared()];
  await whole.fit(recordsSource(rows), { ...options, batchSize: 8, optimizer });
  const stop: Watcher = { name: 'stop', on: (event, fit) => (event.kind === 'step' ? fit.stop('aborted') : undefined) };
  const small: FitOptions = { ...options, batchSize: 4, accumulate: 2, optimizer };
  const first = await parts.fit(recordsSource(rows), { ...small, watchers: [stop] });
  expect([first.steps, first.partial?.steps]).toEqual([1, 1]);
  const rest = await parts.fit(recordsSource(rows), { ...small, continue: true });
  expect(rest.steps).toBe(6);
  const weightsOf = ({ model }: typeof whole) => model.getWeights().flatMap((weight) => [...weight.dataSync()]);
  expectClose(weightsOf(parts), weightsOf(whole), 1e-5);
});

test('moving averages of a step in parts are the means of the parts, by their rows', async () => {
  const normalised = (x: tf.SymbolicTensor) => tf.layers.batchNormalization({}).apply(x) as tf.SymbolicTensor;
  const options: FitOptions = { engine: 'cpu', epochs: 1, optimizer: sgd({ learningRate: 0.1 }) };
  const { project, history } = await fitted({ ...options, batchSize: 16, accumulate: 2 }, declared(normalised));
  expect(history.steps).toBe(1);
  const mean = project.model.layers.find((layer) => layer.getClassName() === 'BatchNormalization')?.getWeights()[2];
  const naive = [0, 1].map((at) => (0.01 * rows.reduce((sum, { x }) => sum + (x[at] as number), 0)) / rows.length);
  expectClose([...(mean?.dataSync() ?? [])], naive, 1e-7);
});

test('a loss that is not finite in one part names the rows of that part, and undoes the step', async () => {
  const project = declared();
  const hostile = rows.map((row, i) => (i === 7 ? { ...row, rare: 1e30 } : row));
  const before = project.model.getWeights().map((weight) => [...weight.dataSync()]);
  const failing = project.fit(hostile, {
    ...{ engine: 'cpu', batchSize: 4, accumulate: 6, epochs: 1, progress: false, heads: 'drawn', lossUnits: 'plain' },
    optimizer: sgd({ learningRate: 0.1 }),
  });
  const message = await failing.then(String, (error: unknown) => String(error));
  expect(message).toMatch(/NON_FINITE_LOSS/);
  const named = /rows ([\d, ]+)\)/.exec(message)?.[1]?.split(', ').map(Number) ?? [];
  expect(named).toContain(7);
  expect(named.length).toBeLessThanOrEqual(4);
  expect(project.model.getWeights().map((weight) => [...weight.dataSync()])).toEqual(before);
});

test('accumulate is a whole number from 1 on', async () => {
  for (const accumulate of [0, 1.5, -1, Number.NaN]) {
    await expect(fitted({ accumulate })).rejects.toMatchObject({ code: 'INVALID_OPTIONS', path: 'fit.accumulate' });
  }
});
