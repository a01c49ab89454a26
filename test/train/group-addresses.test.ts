/** @file Groups address parts of the network by name, task and layer, columns of a fused head too. */
import { expect, test } from 'vitest';
import {
  adam,
  adamW,
  binary,
  classification,
  HeadgateError,
  type Optimizer,
  type ParameterGroup,
  Project,
  regression,
  sgd,
  tf,
  vector,
} from '../../src/index.js';
import { type Bench, bench } from '../support/training.js';

const rows = [
  { x: [1, -2, 0.5], open: true, shirt: 'red', age: 1, left: 0.5 },
  { x: [0, 1, 1], open: false, shirt: 'blue', age: -2, left: 2 },
  { x: [0.3, -1, 2], open: true, shirt: 'blue', age: 0.5, left: -1 },
];

function start(optimizer: Optimizer, more: Partial<Parameters<typeof bench>[0]> = {}): Promise<Bench> {
  const dense = (name: string) => tf.layers.dense({ units: 4, activation: 'tanh', name, kernelRegularizer: 'l1l2' });
  const { resolved, backbone } = new Project({
    name: 'addresses',
    inputs: { x: vector({ size: 3 }) },
    tasks: {
      open: binary(),
      shirt: classification({ classes: ['red', 'blue'] }),
      age: regression(),
      left: regression(),
    },
    backbone: ({ x }) => {
      const stem = dense('stem').apply(x) as tf.SymbolicTensor;
      const normal = tf.layers.batchNormalization({ name: 'normal' }).apply(stem) as tf.SymbolicTensor;
      return { body: normal, side: dense('side').apply(normal) as tf.SymbolicTensor };
    },
  })
    .flow('person', (task, x) => [task.shirt(x.body), task.age(x.body)])
    .flow('full', (task, x) => [task.open(x.body), task.person(x), task.left(x.side)]);
  return bench({ flow: resolved, backbone, optimizer, ...more });
}

/** Bytes of the parts of the step's state (weights, moments, corrections) that belong to a parameter. */
async function bytesOf(run: Bench): Promise<ReadonlyMap<string, string>> {
  const state = await run.state.read();
  const found = new Map<string, string>();
  for (const { name, lies } of run.network.store.parameters) {
    const parts = Object.keys(state).filter((key) => key === lies.tensor || key.endsWith(`/${lies.tensor}`));
    const text = parts.map((part) => {
      const { data = new Float32Array(0), shape = [] } = state[part] ?? {};
      const width = shape.at(-1) ?? 1;
      const [first, count] = lies.columns ?? [0, width];
      return Array.from(data).filter((_, i) => i % width >= first && i % width < first + count);
    });
    found.set(name, JSON.stringify(text.map((values) => values.map((value) => (Object.is(value, -0) ? '-0' : value)))));
  }
  return found;
}

const group = (options: ParameterGroup): Optimizer => adam({ groups: [options] });

/** Names of the parameters that three steps left as they were, moments and all. */
async function resting(optimizer: Optimizer, more: Partial<Parameters<typeof bench>[0]> = {}): Promise<string[]> {
  const run = await start(optimizer, more);
  const before = await bytesOf(run);
  for (let i = 0; i < 3; i++) await run.step(rows);
  const after = await bytesOf(run);
  return [...before.keys()].filter((name) => after.get(name) === before.get(name));
}

const side = ['backbone/side/kernel', 'backbone/side/bias', 'head/left/kernel', 'head/left/bias'];
const normal = ['gamma', 'beta', 'moving_mean', 'moving_variance'].map((last) => `backbone/normal/${last}`);
const stem = ['backbone/stem/kernel', 'backbone/stem/bias'];
const shirt = ['head/person.shirt/kernel', 'head/person.shirt/bias'];
const age = ['head/person.age/kernel', 'head/person.age/bias'];

test.each<[string, ParameterGroup, string[]]>([
  ['a task', { tasks: 'person.age', rate: 0 }, age],
  ['a flow: the tasks below it', { tasks: 'person', rate: 0 }, [...shirt, ...age]],
  ['tasks by pattern', { tasks: ['person.*', 'nobody.*'], rate: 0 }, [...shirt, ...age]],
  ['a task with a branch of its own', { tasks: ['left'], rate: 0 }, side],
  ['heads by pattern', { parameters: 'head/person.*', rate: 0 }, [...shirt, ...age]],
  ['one parameter of a head', { parameters: 'head/person.age/bias', rate: 0 }, ['head/person.age/bias']],
  ['a part', { parameters: 'backbone', rate: 0 }, [...stem, ...normal, ...side.slice(0, 2)]],
  ['a layer', { layers: 'stem', rate: 0 }, stem],
  [
    'layers, moving averages too',
    { layers: ['s*', 'normal/moving_*'], rate: 0 },
    [...stem, ...normal.slice(2), ...side.slice(0, 2)],
  ],
  ['everything below', { layers: 'normal/**', rate: 0 }, normal],
  [
    'by regular expression',
    { parameters: /person.*bias$/g, rate: 0 },
    ['head/person.shirt/bias', 'head/person.age/bias'],
  ],
  ['by function', { parameters: (name) => name.includes('age'), rate: 0 }, age],
  [
    'by any of these',
    { parameters: ['head/open', /stem\/bias/], rate: 0 },
    ['backbone/stem/bias', 'head/open/kernel', 'head/open/bias'],
  ],
])('%s rests to the bit, and nothing else does', async (_, options, expected) => {
  expect((await resting(group(options))).sort()).toEqual([...expected].sort());
});

test.each([
  ['sgd', sgd({ momentum: 0.9, nesterov: true, weightDecay: 0.1, groups: [{ tasks: 'person.age', rate: 0 }] })],
  ['adamW', adamW({ groups: [{ tasks: 'person.age', rate: 0 }] })],
])('%s: a column of a fused head rests with weight decay, penalties and clipping', async (_, optimizer) => {
  for (const engine of ['cpu', 'onnx'] as const) {
    expect((await resting(optimizer, { clipNorm: 0.01, engine })).sort()).toEqual([...age].sort());
  }
});

/** How one step moved each parameter. */
async function changes(optimizer: Optimizer, engine: 'cpu' | 'onnx' = 'cpu'): Promise<ReadonlyMap<string, number[]>> {
  const run = await start(optimizer, { engine });
  const split = async () => {
    const weights = await run.state.read(run.network.tensors.map(({ name }) => name));
    run.network.write(weights);
    return run.network.store.read();
  };
  const before = await split();
  await run.step(rows);
  const after = await split();
  return new Map(
    Object.keys(before).map((name) => [
      name,
      Array.from(after[name]?.data ?? [], (value, i) => value - (before[name]?.data[i] ?? Number.NaN)),
    ]),
  );
}

function expectTimes(
  actual: readonly number[] | undefined,
  plain: readonly number[] | undefined,
  factor: number,
): void {
  expect(actual?.length).toBeGreaterThan(0);
  for (const [i, value] of actual?.entries() ?? []) {
    expect(Math.abs(value - (plain?.[i] ?? Number.NaN) * factor)).toBeLessThan(1e-6);
  }
}

test('one head of a fused one at its own rate, its siblings at theirs', async () => {
  for (const engine of ['cpu', 'onnx'] as const) {
    for (const make of [sgd, adam]) {
      const plain = await changes(make(), engine);
      const slowed = await changes(
        make({
          groups: [
            { tasks: 'person.age', rate: 0.1 },
            { parameters: 'head/open', rate: 0 },
            { layers: 'stem', rate: 2 },
          ],
        }),
        engine,
      );
      for (const name of age) expectTimes(slowed.get(name), plain.get(name), 0.1);
      for (const name of shirt) expectTimes(slowed.get(name), plain.get(name), 1);
      for (const name of stem) expectTimes(slowed.get(name), plain.get(name), 2);
      expect(slowed.get('head/open/kernel')).toEqual([0, 0, 0, 0]);
    }
  }
});

test('weight decay of one head', async () => {
  for (const make of [sgd, adamW]) {
    const none = await changes(make({ weightDecay: 0 }));
    const some = await changes(make({ weightDecay: 0, groups: [{ tasks: 'person.age', weightDecay: 0.5 }] }));
    const run = await start(make());
    const weights = run.network.store.read();
    for (const name of shirt) expectTimes(some.get(name), none.get(name), 1);
    const decayed = none
      .get(age[0] ?? '')
      ?.map((value, i) => value - 0.1 * 0.5 * (weights[age[0] ?? '']?.data[i] ?? 0));
    expectTimes(some.get(age[0] ?? ''), decayed, 1);
  }
});

test('the first group that matches wins, whichever way it says what it means', async () => {
  const rate = async (groups: ParameterGroup[]) =>
    (await resting(adam({ groups }))).filter((name) => age.includes(name));
  const [first, second] = [
    { parameters: 'head', rate: 0.5 },
    { parameters: 'head/person.age', rate: 0 },
  ];
  expect(await rate([second, first])).toEqual(age);
  await expect(rate([first, second])).rejects.toThrow('belongs to a group before it');
});

async function refusal(options: ParameterGroup): Promise<HeadgateError> {
  const thrown = await start(group(options)).catch((error: unknown) => error);
  if (thrown instanceof HeadgateError) return thrown;
  throw new Error('it was accepted');
}

test.each<[string, ParameterGroup, string, string | undefined]>([
  ['a task that is not there', { tasks: 'person.agee' }, 'person.agee', 'person.age'],
  ['a layer that is not there', { layers: 'stam/*' }, 'stam/*', 'stem'],
  ['a name that is not there', { parameters: ['head/opne'] }, 'head/opne', 'head/open'],
  ['a task by its name alone', { tasks: 'age' }, 'age', undefined],
  ['a part of a word', { layers: 'ste' }, 'ste', 'stem'],
])('%s: EMPTY_GROUP, with a suggestion', async (_, options, received, suggestion) => {
  const error = await refusal({ ...options, rate: 0 });
  expect([error.code, error.path, error.received, error.suggestion]).toEqual([
    'EMPTY_GROUP',
    'optimizer.groups[0]',
    received,
    suggestion,
  ]);
});

test.each<[string, ParameterGroup]>([
  ['nothing', { rate: 0 }],
  ['two things', { tasks: 'open', layers: 'stem', rate: 0 }],
])('a group that means %s is refused', async (_, options) => {
  expect(await refusal(options)).toMatchObject({ code: 'INVALID_OPTIONS', path: 'optimizer.groups[0]' });
});

test('what stands between the state and the layers: the layers see it, gradients pass through it, the state keeps its own', async () => {
  const { network } = await start(sgd());
  const state = Object.fromEntries(
    Object.entries(network.read()).map(([name, { data, shape }]) => [name, tf.tensor(data, [...shape])]),
  );
  const x = tf.tensor2d(rows.map((row) => row.x));
  const mask = tf.tensor2d([
    [0, 1, 1, 0],
    [1, 0, 1, 1],
    [1, 1, 0, 1],
  ]);
  const asked: string[] = [];
  const effective = (name: string, value: tf.Tensor): tf.Tensor => {
    asked.push(name);
    return name === 'backbone/stem/kernel' ? value.mul(mask) : value;
  };
  const logitsOf = (given: typeof state, hook?: typeof effective): number[] => {
    const { logits } = network.forward({ state: given, inputs: { x }, specs: {}, random: null, effective: hook });
    return [...(logits.get('body')?.dataSync() ?? [])];
  };
  const kernel = state['backbone/stem/kernel'];
  if (kernel === undefined) throw new Error('a kernel');
  const masked = { ...state, 'backbone/stem/kernel': kernel.mul(mask) };
  expect(logitsOf(state, effective)).toEqual(logitsOf(masked));
  expect(logitsOf(state)).not.toEqual(logitsOf(masked));
  expect(asked).toEqual(network.tensors.map(({ name }) => name));
  const gradient = tf.grad((value: tf.Tensor) => {
    const { logits } = network.forward({
      state: { ...state, 'backbone/stem/kernel': value },
      inputs: { x },
      specs: {},
      random: null,
      effective,
    });
    return (logits.get('body') as tf.Tensor).sum();
  })(kernel);
  const isMasked = [...mask.dataSync()].map((value) => value === 0);
  expect([...gradient.dataSync()].map((value) => value === 0)).toEqual(isMasked);
});
