/** @file Parameter groups, layer constraints and regularisers in the training step. */
import { expect, test } from 'vitest';
import { adam, adamW, HeadgateError, type Optimizer, Project, regression, sgd, tf, vector } from '../../src/index.js';
import { type Bench, bench, bytes } from '../support/training.js';

const rows = [
  { x: [1, -2, 0.5], a: 1, b: 2 },
  { x: [0, 1, 1], a: -1, b: 0.5 },
];

type DenseOptions = Omit<Parameters<typeof tf.layers.dense>[0], 'units'>;

function start(optimizer: Optimizer, options: DenseOptions = {}, learningRate = 0.1): Promise<Bench> {
  const { resolved, backbone } = new Project({
    name: 'groups',
    inputs: { x: vector({ size: 3 }) },
    tasks: { a: regression(), b: regression() },
    backbone: ({ x }) => ({
      left: tf.layers.dense({ units: 2, ...options }).apply(x) as tf.SymbolicTensor,
      right: tf.layers.dense({ units: 2, ...options }).apply(x) as tf.SymbolicTensor,
    }),
  }).flow('full', (task, x) => [task.a(x.left), task.b(x.right)]);
  return bench({ flow: resolved, backbone, optimizer, learningRate });
}

const kernel = 'backbone/dense.1/kernel';
const bias = 'backbone/dense.1/bias';
const head = 'head/left/kernel';

/** How one step moved each parameter. */
async function changes(optimizer: Optimizer, options: DenseOptions = {}): Promise<Map<string, number[]>> {
  const run = await start(optimizer, options);
  const before = await run.state.read();
  await run.step(rows);
  const after = await run.state.read();
  return new Map(
    run.network.tensors.map(({ name }) => [
      name,
      Array.from(after[name]?.data ?? [], (value, i) => value - (before[name]?.data[i] ?? 0)),
    ]),
  );
}

function expectClose(actual: readonly number[] | undefined, expected: readonly number[] | undefined): void {
  expect(actual?.length).toBe(expected?.length);
  expected?.forEach((value, i) => {
    expect(Math.abs((actual?.[i] ?? Number.NaN) - value)).toBeLessThan(1e-6);
  });
}

test('a group’s rate multiplies the learning rate, by part, pattern or function', async () => {
  const plain = await changes(sgd());
  const grouped = await changes(
    sgd({
      groups: [
        { parameters: /kernel$/, rate: 0.5 },
        { parameters: 'head', rate: 0 },
        { parameters: (name) => name === bias, rate: 3 },
      ],
    }),
  );
  expectClose(
    grouped.get(kernel),
    plain.get(kernel)?.map((x) => x / 2),
  );
  expectClose(
    grouped.get(head),
    plain.get(head)?.map((x) => x / 2),
  ); // the first group that matches wins
  expectClose(
    grouped.get('head/left/bias'),
    plain.get('head/left/bias')?.map(() => 0),
  );
  expectClose(
    grouped.get(bias),
    plain.get(bias)?.map((x) => x * 3),
  );
  expectClose(grouped.get('backbone/dense.2/bias'), plain.get('backbone/dense.2/bias'));
});

test('a rate of 0 keeps every byte, moments and all', async () => {
  const run = await start(adamW({ groups: [{ parameters: 'backbone', rate: 0 }] }));
  const before = await run.state.read();
  for (let i = 0; i < 3; i++) await run.step(rows);
  const after = await run.state.read();
  const resting = Object.keys(before).filter((name) => name.includes('backbone/'));
  expect(resting).toEqual([kernel, bias, 'backbone/dense.2/kernel', 'backbone/dense.2/bias']);
  for (const name of resting) expect(bytes(after, name), name).toBe(bytes(before, name));
  expect(bytes(after, head)).not.toBe(bytes(before, head));
});

test.each([
  ['sgd', sgd],
  ['adamW', adamW],
] as const)('%s: a group’s weight decay replaces the optimizer’s', async (_, optimizer) => {
  const none = await changes(optimizer({ weightDecay: 0 }));
  const some = await changes(optimizer({ weightDecay: 0.5, groups: [{ parameters: /bias$/, weightDecay: 0 }] }));
  expectClose(some.get(bias), none.get(bias));
  const run = await start(optimizer());
  const before = Array.from((await run.state.read([kernel]))[kernel]?.data ?? []);
  // decoupled, or added to the gradient: the first step of both without momentum takes rate × decay × parameter
  expectClose(
    some.get(kernel),
    none.get(kernel)?.map((x, i) => x - 0.1 * 0.5 * (before[i] ?? 0)),
  );
});

test('EMPTY_GROUP names the group and the parameters there are', async () => {
  const error = await start(sgd({ groups: [{ parameters: 'head' }, { parameters: /convolution/ }] })).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(HeadgateError);
  expect(error).toMatchObject({ code: 'EMPTY_GROUP', path: 'optimizer.groups[1]', received: '/convolution/' });
  expect(String(error)).toContain(`${kernel}, ${bias}`);
});

test('a constraint holds after each step, and rests with its layer', async () => {
  const maxNorm = 0.05;
  const run = await start(adam(), { kernelConstraint: tf.constraints.maxNorm({ maxValue: maxNorm, axis: 0 }) });
  const norms = async (name: string): Promise<number[]> => {
    const data = (await run.state.read([name]))[name]?.data ?? [];
    return [0, 1].map((unit) => Math.hypot(...[0, 1, 2].map((row) => data[row * 2 + unit] ?? Number.NaN)));
  };
  for (const norm of await norms(kernel)) expect(norm).toBeGreaterThan(maxNorm);
  for (let i = 0; i < 3; i++) {
    await run.step(rows);
    for (const norm of await norms(kernel)) expect(norm).toBeLessThanOrEqual(maxNorm + 1e-6);
  }
  const before = await run.state.read();
  await run.step(rows.map((row) => ({ ...row, a: null })));
  const after = await run.state.read();
  expect(bytes(after, kernel)).toBe(bytes(before, kernel));
  expect(bytes(after, 'backbone/dense.2/kernel')).not.toBe(bytes(before, 'backbone/dense.2/kernel'));
});

test('weights that go through the network and back keep every byte, constraint or not', async () => {
  const run = await start(adam(), { kernelConstraint: tf.constraints.maxNorm({ maxValue: 0.05, axis: 0 }) });
  for (let i = 0; i < 3; i++) await run.step(rows);
  const trained = await run.state.read(run.network.tensors.map(({ name }) => name));
  run.network.write(trained);
  const back = run.network.read();
  for (const name of Object.keys(trained)) expect(bytes(back, name), name).toBe(bytes(trained, name));
});

test('regularisers enter the loss that is minimised, not the sums of the tasks', async () => {
  const strength = 0.3;
  const options = {
    kernelRegularizer: tf.regularizers.l2({ l2: strength }),
    biasRegularizer: tf.regularizers.l1({ l1: 0.2 }),
  };
  const run = await start(sgd(), options);
  const before = await run.state.read();
  const plain = await start(sgd());
  await plain.state.write(Object.fromEntries(Object.entries(before)));
  const [outputs, bare] = [await run.step(rows), await plain.step(rows)];
  const squares = [kernel, 'backbone/dense.2/kernel'].flatMap((name) =>
    Array.from(before[name]?.data ?? [], (x) => x * x),
  );
  const penalty = strength * squares.reduce((sum, x) => sum + x, 0);
  expect(Math.abs((outputs.loss?.data[0] ?? 0) - (bare.loss?.data[0] ?? 0) - penalty)).toBeLessThan(1e-5);
  expect(outputs.sums?.data).toEqual(bare.sums?.data);
  // d(strength × w²) = 2 × strength × w on top of the data's gradient
  const [after, bareAfter] = [await run.state.read([kernel]), await plain.state.read([kernel])];
  Array.from(before[kernel]?.data ?? [], (w, i) =>
    expect(
      Math.abs((after[kernel]?.data[i] ?? 0) - (bareAfter[kernel]?.data[i] ?? 0) + 0.1 * 2 * strength * w),
    ).toBeLessThan(1e-6),
  );
});

test('penalties count once each, also in nested models, recurrent cells, wrappers and shared layers', async () => {
  const l2 = () => tf.regularizers.l2({ l2: 0.5 });
  const shared = tf.layers.dense({ units: 3, kernelRegularizer: l2() });
  const nested = tf.sequential({ layers: [tf.layers.dense({ units: 4, inputShape: [3], kernelRegularizer: l2() })] });
  const lstm = tf.layers.lstm({ units: 2, kernelRegularizer: l2(), recurrentRegularizer: l2() });
  const time = tf.layers.timeDistributed({ layer: tf.layers.dense({ units: 2, kernelRegularizer: l2() }) });
  const { resolved, backbone } = new Project({
    name: 'penalties',
    inputs: { x: vector({ size: 3 }) },
    tasks: { a: regression() },
    backbone: ({ x }) => {
      const layers = [shared, shared, nested, tf.layers.reshape({ targetShape: [2, 2] }), time, lstm];
      return { features: layers.reduce<tf.SymbolicTensor>((at, layer) => layer.apply(at) as tf.SymbolicTensor, x) };
    },
  }).flow('full', (task, x) => [task.a(x.features)]);
  const run = await bench({ flow: resolved, backbone, optimizer: sgd() });
  const state = await run.state.read();
  const kernels = Object.keys(state).filter((name) => name.startsWith('backbone/') && name.endsWith('kernel'));
  expect(kernels).toHaveLength(5); // the recurrent kernel is called recurrent_kernel, and ends so too
  const squares = kernels.flatMap((name) => Array.from(state[name]?.data ?? [], (x) => x * x));
  const penalty = 0.5 * squares.reduce((sum, x) => sum + x, 0);
  const { loss, sums } = await run.step(rows);
  expect(Math.abs((loss?.data[0] ?? 0) - (sums?.data[0] ?? 0) / 2 - penalty)).toBeLessThan(1e-4);
});
