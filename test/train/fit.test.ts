/** @file `fit` as a user calls it: what the history says, how it ends, and what it leaves behind. */
import { expect, test } from 'vitest';
import { epochOrder } from '../../src/data/batches.js';
import { adam, binary, type HeadgateError, Project, regression, sgd, tf, vector } from '../../src/index.js';
import { asDeclared } from '../support/as-declared.js';
import { bench, bytes } from '../support/training.js';

const tasks = { open: binary(), person: binary({ weight: 2 }), age: regression({ standardise: false }) };

/** @param seed of the initial weights */
function project(seed = 0) {
  return new Project({
    name: 'fit',
    seed,
    inputs: { x: vector({ size: 2, standardise: false }) },
    tasks,
    backbone: ({ x }) => ({
      features: tf.layers.dense({ units: 3, activation: 'tanh' }).apply(x) as tf.SymbolicTensor,
    }),
  })
    .flow('inner', (task, x) => [task.age(x.features)])
    .flow('full', (task, x) => {
      const open = task.open(x.features);
      const person = task.person(x.features).given(open);
      return [open, person, task.inner(x).given(person)];
    });
}

/** Seven rows; `age` counts on one of them. */
const table = [
  { x: [1, -2], open: true, person: true, age: 3 },
  { x: [0, 1], open: true, person: false, age: null },
  { x: [-1, 0.5], open: false, person: null, age: null },
  { x: [2, 2], open: true, person: true, age: null },
  { x: [0.3, -0.7], open: null, person: true, age: null },
  { x: [-2, 1], open: false, person: null, age: null },
  { x: [1.5, 0.1], open: true, person: null, age: null },
];

const quiet = { ...asDeclared, engine: 'cpu', progress: false } as const;
const still = { ...quiet, epochs: 1, batchSize: 3, optimizer: sgd({ learningRate: 0 }) } as const;
const moving = { ...quiet, epochs: 2, batchSize: 3, optimizer: adam({ learningRate: 0.01 }), seed: 11 } as const;

async function failure(promise: Promise<unknown>): Promise<HeadgateError> {
  return promise.then(
    () => {
      throw new Error('nothing was thrown');
    },
    (error: HeadgateError) => error,
  );
}

/** The bytes of all weights of a model, in its own order. */
function weights(model: tf.LayersModel): string[] {
  return model.getWeights().map((weight) => Buffer.from(new Float32Array(weight.dataSync()).buffer).toString('hex'));
}

const softplus = (z: number): number => Math.log1p(Math.exp(-Math.abs(z))) + Math.max(z, 0);

test('the epoch’s losses are exact over its rows: not means of batches, whose sizes and labels differ', async () => {
  const own = project();
  const { epochs, steps } = await own.fit(table, still);
  const outputs = tf.tidy(() =>
    (own.model.predict(tf.tensor2d(table.map(({ x }) => x))) as tf.Tensor[]).map((output) => [...output.dataSync()]),
  );
  const [open = [], person = [], age = []] = outputs;
  const element = (kind: 'binary' | 'regression', logit: number, label: unknown): number =>
    kind === 'binary' ? softplus(label === true ? -logit : logit) : (logit - Number(label)) ** 2;
  const mean = (values: number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
  const expected = {
    open: mean(table.flatMap((row, i) => (row.open === null ? [] : [element('binary', open[i] ?? 0, row.open)]))),
    person: mean([0, 1, 3].map((i) => element('binary', person[i] ?? 0, table[i]?.person))),
    'inner.age': element('regression', age[0] ?? 0, 3),
  };
  expect(steps).toBe(3);
  for (const [path, loss] of Object.entries(expected)) {
    expect(Math.abs((new Map(Object.entries(epochs[0]?.tasks ?? {})).get(path) ?? 0) - loss), path).toBeLessThan(1e-6);
  }
  const total = expected.open + 2 * expected.person + expected['inner.age'];
  expect(Math.abs((epochs[0]?.loss ?? 0) - total)).toBeLessThan(1e-5);
});

test('a history is typed by task, and prints a line an epoch', async () => {
  const history = await project().fit(table, { ...moving, validation: table });
  const [first] = history.epochs;
  const age: number | null | undefined = first?.tasks['inner.age'];
  expect(typeof age).toBe('number');
  // @ts-expect-error: there is no such task
  expect(first?.tasks.opne).toBeUndefined();
  // @ts-expect-error: nor here
  expect(first?.validation?.metrics.opne).toBeUndefined();
  expect(history).toMatchObject({ ended: 'completed', steps: 6 });
  expect(history.epochs.map(({ epoch, learningRate }) => [epoch, learningRate])).toEqual([
    [1, 0.01],
    [2, 0.01],
  ]);
  expect(String(history)).toMatch(
    /^epoch 1\/2 {2}loss \d+\.\d{4} {2}validation \d+\.\d{4} {2}\d+\.\d s\nepoch 2\/2 {2}loss \d+\.\d{4} {2}validation/,
  );
});

test('validation: losses and metrics of the weights at the end of the epoch', async () => {
  const own = project();
  const { epochs } = await own.fit(table, { ...moving, validation: table });
  const evaluation = await own.evaluate(table, { engine: 'cpu' });
  const after = await own.fit(table, still);
  const validation = epochs.at(-1)?.validation;
  expect(Math.abs((validation?.loss ?? 0) - (after.epochs[0]?.loss ?? 1))).toBeLessThan(1e-6);
  expect(validation?.metrics.open.accuracy).toBe(evaluation.value('open', 'accuracy'));
  expect(validation?.metrics['inner.age'].mean_absolute_error).toBe(
    evaluation.value('inner.age', 'mean_absolute_error', 'given_truth'),
  );
  expect(epochs[0]?.validation?.loss).not.toBe(validation?.loss);
});

test('a task without a counted label in the epoch has no loss, not a loss of 0', async () => {
  const { epochs } = await project().fit(table.slice(1), still);
  expect(epochs[0]?.tasks['inner.age']).toBeNull();
  expect(Number.isFinite(epochs[0]?.loss)).toBe(true);
});

test('the steps are those that one would take by hand: shuffled by seed, one short batch, the same bytes', async () => {
  const own = project(11);
  await own.fit(table, moving);
  const { resolved, backbone } = project();
  const run = await bench({ flow: resolved, backbone, optimizer: moving.optimizer, learningRate: 0.01, seed: 11 });
  for (const epoch of [0, 1]) {
    const order = [...epochOrder(7, 11, epoch)].map((row) => table[row] as (typeof table)[number]);
    expect(order.map(({ x }) => x)).not.toEqual(table.map(({ x }) => x));
    for (const start of [0, 3, 6]) await run.step(order.slice(start, start + 3));
  }
  const names = run.network.tensors.map(({ name }) => name);
  const expected = await run.state.read(names);
  expect(weights(own.model)).toEqual(names.map((name) => bytes(expected, name)));
});

test('a signal that has fired before the fit: no step, no epoch, the initial weights', async () => {
  const own = project();
  const before = weights(own.model);
  const history = await own.fit(table, { ...moving, signal: AbortSignal.abort() });
  expect(history).toMatchObject({ ended: 'aborted', steps: 0, epochs: [] });
  expect(weights(own.model)).toEqual(before);
});

test.each([
  [3, 1],
  [4, 1],
  [5, 1],
  [6, 2],
])('a signal that fires in step %i: that step still counts, and %i epochs are recorded', async (at, recorded) => {
  const controller = new AbortController();
  const learningRate = ({ step }: { step: number }): number => {
    if (step + 1 === at) controller.abort();
    return 0.01;
  };
  const own = project(11);
  const history = await own.fit(table, {
    ...moving,
    epochs: 3,
    optimizer: adam({ learningRate }),
    signal: controller.signal,
  });
  expect([history.ended, history.steps, history.epochs.length]).toEqual(['aborted', at, recorded]);
  const { resolved, backbone } = project();
  const run = await bench({ flow: resolved, backbone, optimizer: adam(), learningRate: 0.01, seed: 11 });
  for (let step = 0; step < at; step++) {
    const order = epochOrder(7, 11, Math.floor(step / 3));
    const rows = [...order.subarray((step % 3) * 3, (step % 3) * 3 + 3)];
    await run.step(rows.map((row) => table[row] as (typeof table)[number]));
  }
  const names = run.network.tensors.map(({ name }) => name);
  const expected = await run.state.read(names);
  expect(weights(own.model)).toEqual(names.map((name) => bytes(expected, name)));
});

test('onEpochEnd sees each record, may be asynchronous, and stops the fit with "stop"', async () => {
  const seen: number[] = [];
  const history = await project().fit(table, {
    ...moving,
    epochs: 5,
    onEpochEnd: async (record) => {
      seen.push(record.epoch);
      expect(record.tasks.open).toBeGreaterThan(0);
      return record.epoch === 2 ? 'stop' : undefined;
    },
  });
  expect(seen).toEqual([1, 2]);
  expect([history.ended, history.epochs.length, history.steps]).toEqual(['stopped', 2, 6]);
});

test('an error in onEpochEnd ends the fit with the weights so far', async () => {
  const own = project();
  const before = tf.memory().numTensors;
  const initial = weights(own.model);
  const built = tf.memory().numTensors;
  const error = await failure(
    own.fit(table, {
      ...moving,
      onEpochEnd: () => {
        throw new Error('mine');
      },
    }),
  );
  expect(error.message).toBe('mine');
  expect(weights(own.model)).not.toEqual(initial);
  expect(tf.memory().numTensors).toBe(built);
  own.dispose();
  expect(tf.memory().numTensors).toBe(before);
});

test('a second fit goes on from the weights of the first', async () => {
  const own = project();
  const first = await own.fit(table, { ...moving, validation: table });
  const second = await own.fit(table, { ...moving, optimizer: sgd({ learningRate: 0 }) });
  expect(Math.abs((second.epochs[0]?.loss ?? 0) - (first.epochs.at(-1)?.validation?.loss ?? 1))).toBeLessThan(1e-6);
});

test('changes made through project.model count', async () => {
  const own = project();
  await own.fit(table, moving);
  for (const layer of own.model.layers) {
    tf.tidy(() => layer.setWeights(layer.getWeights().map((weight) => tf.zerosLike(weight))));
  }
  const { epochs } = await own.fit(table, still);
  expect(Math.abs((epochs[0]?.tasks.open ?? 0) - Math.LN2)).toBeLessThan(1e-6);
});

/** Finite in float32, and beyond it after one product. */
const huge = { x: [3e38, -3e38], open: true, person: true, age: 1 };

const linearProject = () =>
  new Project({
    name: 'linear',
    inputs: { x: vector({ size: 2, standardise: false }) },
    tasks,
    backbone: ({ x }) => ({ features: tf.layers.dense({ units: 3 }).apply(x) as tf.SymbolicTensor }),
  }).flow('full', (task, x) => [task.open(x.features), task.age(x.features)]);

test('a loss that is not finite: the task, the epoch, the step and the rows are named, and the step undone', async () => {
  const linear = linearProject();
  const before = weights(linear.model);
  const tensors = tf.memory().numTensors;
  const error = await failure(linear.fit([huge], { ...moving, batchSize: 1 }));
  expect(error.code).toBe('NON_FINITE_LOSS');
  expect(error.path).toBe('open');
  expect(error.message).toMatch(/^NON_FINITE_LOSS at open: the loss became (NaN|Infinity) in epoch 1, step 1 \(rows 0/);
  expect(error.message).toContain('Lower the learning rate, set `clipNorm`, or look at these rows.');
  expect(weights(linear.model)).toEqual(before);
  expect(tf.memory().numTensors).toBe(tensors);

  // In a later step: the weights are those of the steps before.
  const seed = [0, 1, 2, 3].find((candidate) => epochOrder(2, candidate, 0)[0] === 0) ?? 0;
  const good = { x: [1, -1], open: true, age: 2 };
  const options = { ...moving, epochs: 1, batchSize: 1, seed };
  const later = await failure(linear.fit([good, huge], options));
  expect(later.message).toContain('step 2 (rows 1');
  const alone = linearProject();
  expect(weights(alone.model)).toEqual(before);
  await alone.fit([good], options);
  expect(weights(linear.model)).toEqual(weights(alone.model));
});

test('gradients that overflow beside a finite loss: refused, and the weights from before the fit are kept', async () => {
  const own = linearProject();
  const before = weights(own.model);
  const tensors = tf.memory().numTensors;
  // a loss of the order of 1e38; its gradient is larger than float32 holds
  const steep = { x: [9e18, -9e18], age: 1 };
  const optimizer = sgd({ learningRate: 10 });
  const error = await failure(own.fit([steep], { ...moving, epochs: 1, optimizer }));
  expect(error).toMatchObject({ code: 'NON_FINITE_WEIGHTS' });
  expect(error.message).toMatch(/^NON_FINITE_WEIGHTS at (backbone|head)\/.*: a gradient was too large for float32/);
  expect(weights(own.model)).toEqual(before);
  expect(tf.memory().numTensors).toBe(tensors);
});

test('two projects train at once, also on two engines, as they would alone', async () => {
  const alone = project();
  await alone.fit(table, moving);
  const [a, b, c] = [project(), project(), project()];
  await Promise.all([
    a.fit(table, moving),
    b.fit(table, { ...moving, seed: 3 }),
    c.fit(table, { ...moving, engine: 'wasm' }),
  ]);
  expect(weights(a.model)).toEqual(weights(alone.model));
  expect(weights(b.model)).not.toEqual(weights(alone.model));
  weights(c.model).forEach((hex, i) => {
    const [ours, theirs] = [hex, weights(alone.model)[i] ?? ''].map(
      (text) => new Float32Array(Uint8Array.from(Buffer.from(text, 'hex')).buffer),
    );
    ours?.forEach((value, j) => {
      expect(Math.abs(value - (theirs?.[j] ?? Number.NaN))).toBeLessThan(1e-4);
    });
  });
});
