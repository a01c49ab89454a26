/** @file Moving averages of batch normalisation: each forward pass normalises by what it itself gives. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { binary, Project, regression, sgd, tf, vector } from '../../../src/index.js';
import { asked, quiet, rows, silent, type Three, three } from './ways.js';

const MOMENTUM = 0.99;
const options = { ...quiet, epochs: 1, batchSize: rows.length, optimizer: sgd({ learningRate: 0 }) };
const units = { granularity: 'unit', method: 'random', sparsity: 0.6 } as const;
const deep = { batchNorm: true, hidden: [10, 8, 6] };

/** `red` and `round` have units of their own, `size` sees all. */
async function mixed(): Promise<Three> {
  const project = three(deep);
  await project.fit(rows, { ...quiet, epochs: 2 });
  await project.pathways.assign({ ...units, ways: { red: ['red'], round: ['round'] }, ...asked });
  return project;
}

const data = (project: Three, name: string): Float32Array => {
  const value = project.weights()[name]?.data;
  if (!(value instanceof Float32Array)) throw new Error(`there is no ${name}`);
  return value;
};

/** Mean over the rows of what the second normalisation is given, in training, by a kernel seen through these masks. */
function secondMeans(project: Three, seen: (kernel: string) => ArrayLike<number> | null): number[] {
  const weights = project.weights();
  const product = (values: number[][], layer: string): number[][] => {
    const [kernel, bias] = [data(project, `backbone/${layer}/kernel`), data(project, `backbone/${layer}/bias`)];
    const mask = seen(`backbone/${layer}/kernel`);
    return values.map((row) =>
      Array.from(bias, (offset, unit) =>
        row.reduce((sum, value, i) => {
          const place = i * bias.length + unit;
          return sum + (mask === null || mask[place] === 1 ? value * (kernel[place] ?? 0) : 0);
        }, offset),
      ),
    );
  };
  const means = (values: number[][]): number[] =>
    (values[0] ?? []).map((_, c) => values.reduce((sum, row) => sum + (row[c] ?? 0), 0) / values.length);
  const given = product(
    rows.map(({ a, b, c }) => [a, b, c]),
    'layer1',
  );
  const [mean, gamma, beta] = [means(given), weights['backbone/norm1/gamma'], weights['backbone/norm1/beta']];
  const variance = means(given.map((row) => row.map((value, c) => (value - (mean[c] ?? 0)) ** 2)));
  const normed = given.map((row) =>
    row.map((value, c) => {
      const own = (value - (mean[c] ?? 0)) / Math.sqrt((variance[c] ?? 0) + 1e-3);
      return Math.max(0, own * (gamma?.data[c] ?? 1) + (beta?.data[c] ?? 0));
    }),
  );
  return means(product(normed, 'layer2'));
}

const expectNear = (actual: ArrayLike<number>, expected: readonly number[], where: (c: number) => boolean): void => {
  let seen = 0;
  for (const [c, value] of expected.entries()) {
    if (!where(c)) continue;
    seen++;
    expect(Math.abs((actual[c] ?? Number.NaN) - value), `channel ${c}`).toBeLessThan(1e-5);
  }
  expect(seen).toBeGreaterThan(1);
};

test('pathways of units keep those of their channels, and tasks without a pathway have their own', async () => {
  const project = await mixed();
  const [kept, whole] = ['backbone/norm2/moving_mean', 'whole/backbone/norm2/moving_mean'];
  const [before, beforeWhole] = [data(project, kept), data(project, whole)];
  expect(beforeWhole).toEqual(before);
  await project.fit(rows, options);
  const next = (old: Float32Array, means: number[]) =>
    [...old].map((v, c) => MOMENTUM * v + (1 - MOMENTUM) * (means[c] ?? 0));
  expectNear(
    data(project, whole),
    next(
      beforeWhole,
      secondMeans(project, () => null),
    ),
    () => true,
  );
  const [red, round] = ['red', 'round'].map((name) => project.pathways.units(name)?.get('layer2') ?? []);
  for (const [name, own] of [
    ['red', red],
    ['round', round],
  ] as const) {
    const means = secondMeans(project, (kernel) => project.pathways.seenBy(name, kernel));
    expectNear(data(project, kept), next(before, means), (c) => own?.[c] === 1);
  }
  const free = [...before.keys()].filter((c) => red?.[c] !== 1 && round?.[c] !== 1);
  expect(free.length).toBeGreaterThan(0);
  for (const c of free) expect(Object.is(data(project, kept)[c], before[c])).toBe(true);
});

test.each(['onnx', 'wasm'] as const)('%s keeps the same averages', async (engine) => {
  const [one, other] = [await mixed(), await mixed()];
  await one.fit(rows, options);
  await other.fit(rows, { ...options, engine });
  for (const name of Object.keys(one.weights()).filter((own) => own.includes('moving_'))) {
    const shall = data(one, name);
    data(other, name).forEach((value, i) => void expect(Math.abs(value - (shall[i] ?? 99)), name).toBeLessThan(1e-5));
  }
});

test('a task alone moves the averages of nobody else, and the others answer with the same bits', async () => {
  const project = await mixed();
  for (const path of ['size', 'red'] as const) {
    const before = await project.predict(rows, { ...asked, probabilities: true });
    await project.fitTasks([path], rows, { ...quiet, optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }) });
    const after = await project.predict(rows, { ...asked, probabilities: true });
    const others = (['red', 'size'] as const).filter((other) => other !== path);
    for (const other of others) expect(after.map((row) => row[other])).toEqual(before.map((row) => row[other]));
    expect(after.map((row) => row[path])).not.toEqual(before.map((row) => row[path]));
  }
});

/** `red` and `size` have some of the first layer's units in common, and all are computed at once. */
async function sharingFirstUnits(): Promise<Three | null> {
  for (let seed = 0; seed < 40; seed++) {
    const project = three({ batchNorm: true, hidden: [10, 6] });
    const found = await project.pathways.assign({ ...units, exclusive: false, sparsity: 0.7, seed, ...asked });
    const unitsOf = (name: string) => [...(project.pathways.units(name)?.get('layer1') ?? [])];
    const [red, round, size] = [unitsOf('red'), unitsOf('round'), unitsOf('size')];
    const isCommon = size.some((value, unit) => value === 1 && red[unit] === 1);
    const isOwn = size.some((value, unit) => value === 1 && red[unit] === 0 && round[unit] === 0);
    if (isCommon && isOwn && found.every(({ copies }) => copies.length === 0)) return project;
    project.dispose();
  }
  return null;
}

test('pathways that share units share their averages: a task alone leaves them as they are', async () => {
  const sharing = await sharingFirstUnits();
  expect(sharing).not.toBeNull();
  const project = sharing as Three; // it was found
  await project.fit(rows, { ...quiet, epochs: 1 });
  const [before, was] = [await project.predict(rows, asked), project.weights()];
  await project.fitTasks(['size'], rows, quiet);
  const after = await project.predict(rows, asked);
  expect(after.map(({ red }) => red)).toEqual(before.map(({ red }) => red));
  const unitsOf = (name: string) => [...(project.pathways.units(name)?.get('layer1') ?? [])];
  for (const name of ['backbone/norm1/moving_mean', 'backbone/norm1/moving_variance']) {
    const moved = [...data(project, name)].map((value, i) => (Object.is(value, was[name]?.data[i]) ? 0 : 1));
    const own = unitsOf('size').map((value, i) => (value && !unitsOf('red')[i] && !unitsOf('round')[i] ? 1 : 0));
    expect(moved).toEqual(own);
  }
});

test('removing a pathway, assigning it again, saving and adopting change nothing for the others', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'headgate-'));
  const project = await mixed();
  await project.fit(rows, { ...quiet, epochs: 2 });
  const ask = { ...asked, probabilities: true } as const;
  const was = await project.predict(rows, ask);
  await project.save(join(folder, 'mixed'), silent);
  const loaded = await three(deep).load(join(folder, 'mixed'), silent);
  expect(loaded.weights()).toEqual(project.weights());
  expect(await loaded.predict(rows, ask)).toEqual(was);
  const adopted = three(deep);
  await adopted.adopt(project, silent);
  expect(await adopted.predict(rows, ask)).toEqual(was);
  await loaded.pathways.assign({ ...units, sparsity: 0.8, ways: { size: ['size'] }, ...asked });
  expect(Object.keys(loaded.weights()).filter((name) => name.startsWith('whole/'))).toEqual([]);
  const assigned = await loaded.predict(rows, ask);
  expect(assigned.map(({ red, round }) => ({ red, round }))).toEqual(was.map(({ red, round }) => ({ red, round })));
  await loaded.pathways.remove('size');
  const removed = await loaded.predict(rows, ask);
  expect(removed.map(({ red, round }) => ({ red, round }))).toEqual(was.map(({ red, round }) => ({ red, round })));
  await rm(folder, { recursive: true });
});

test('a pathway that is removed takes nothing from a task that was trained without one', async () => {
  const project = await mixed();
  await project.fit(rows, { ...quiet, epochs: 2 });
  const was = await project.predict(rows, { ...asked, probabilities: true });
  await project.pathways.remove('round');
  const now = await project.predict(rows, { ...asked, probabilities: true });
  expect(now.map(({ red, size }) => ({ red, size }))).toEqual(was.map(({ red, size }) => ({ red, size })));
});

test('a task of units and one that sees all are extracted together, each from its own pass', async () => {
  const project = await mixed();
  await project.fit(rows, { ...quiet, epochs: 2 });
  const { project: small } = await project.extract(['red', 'size'], silent);
  const [was, now] = [
    await project.predict(rows, { ...asked, probabilities: true }),
    (await small.predict(rows, { ...asked, probabilities: true })) as unknown as Awaited<ReturnType<Three['predict']>>, // two of the tasks
  ];
  for (const [i, row] of now.entries()) {
    const [is, shall] = [row, was[i]].map((one) => one as { red: { probability: number }; size: { value: number } }); // likewise
    expect(Math.abs((is?.red.probability ?? 9) - (shall?.red.probability ?? 0))).toBeLessThan(1e-5);
    expect(Math.abs((is?.size.value ?? 9) - (shall?.size.value ?? 0))).toBeLessThan(1e-5);
  }
});

test('beside a task without a pathway, a unit rests in a batch without a label of its tasks', async () => {
  const project = await mixed();
  const only = rows.map((row) => ({ ...row, round: null, size: null }));
  const before = project.weights();
  // With a velocity from steps before, and decay: whatever is open moves.
  await project.fit(only, { ...quiet, optimizer: sgd({ learningRate: 0.1, momentum: 0.9, weightDecay: 0.1 }) });
  const moved = { own: 0, other: 0 };
  for (const [name, { data: now }] of Object.entries(project.weights())) {
    const own = project.pathways.trainedBy('red', name);
    if (name.startsWith('head/')) continue;
    now.forEach((value, i) => {
      if (Object.is(value, before[name]?.data[i])) return;
      if (own === null || own[i] === 1) moved.own++;
      else moved.other++;
    });
  }
  expect(moved.own).toBeGreaterThan(10);
  expect(moved.other).toBe(0);
});

test('no step leaves a tensor behind where several passes write averages', async () => {
  const project = await mixed();
  await project.fit(rows, quiet);
  const before = tf.memory().numTensors;
  await project.fit(rows, { ...quiet, epochs: 3, batchSize: 16 });
  expect(tf.memory().numTensors).toBe(before);
});

test('a pass writes no averages of layers that its tasks do not read', async () => {
  const project = new Project({
    name: 'twofold',
    inputs: { x: vector({ columns: ['a', 'b', 'c'], standardise: false }) },
    tasks: { red: binary(), size: regression({ standardise: false }) },
    backbone: ({ x }) => {
      const branch = (name: string) => {
        const hidden = tf.layers.dense({ units: 8, name: `${name}hidden` }).apply(x);
        const next = tf.layers.dense({ units: 6, name: `${name}next` }).apply(hidden);
        return tf.layers.batchNormalization({ name: `${name}norm` }).apply(next) as tf.SymbolicTensor;
      };
      return { left: branch('left'), right: branch('right') };
    },
  }).flow('all', (task, x) => [task.red(x.left), task.size(x.right)]);
  await project.pathways.assign({ ...units, ways: { red: ['red'] }, ...asked });
  const before = project.weights();
  await project.fit(rows, options);
  const after = project.weights();
  // What the pass of `red` gives its layers is masked; that of `size` runs them whole, after it.
  const own = project.pathways.units('red')?.get('leftnext') ?? new Uint8Array(0);
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const at = (name: string, i: number): number => Number(after[`backbone/${name}`]?.data[i]);
  const masks = ['lefthidden', 'leftnext'].map((name) => project.pathways.seenBy('red', `backbone/${name}/kernel`));
  const hidden = Array.from({ length: 8 }, (_, h) =>
    [mean(rows.map(({ a }) => a)), mean(rows.map(({ b }) => b)), mean(rows.map(({ c }) => c))].reduce(
      (sum, value, i) => sum + value * at('lefthidden/kernel', i * 8 + h) * (masks[0]?.[i * 8 + h] ?? 1),
      at('lefthidden/bias', h),
    ),
  );
  own.forEach((isOwn, u) => {
    const given = hidden.reduce(
      (sum, value, h) => sum + value * at('leftnext/kernel', h * 6 + u) * (masks[1]?.[h * 6 + u] ?? 1),
      at('leftnext/bias', u),
    );
    const old = Number(before['backbone/leftnorm/moving_mean']?.data[u]);
    const shall = isOwn === 1 ? MOMENTUM * old + (1 - MOMENTUM) * given : old;
    expect(Math.abs(at('leftnorm/moving_mean', u) - shall)).toBeLessThan(1e-6);
  });
});
