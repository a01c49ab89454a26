/** @file Pathways on disk and in other projects: saved, loaded, adopted, removed. */
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { binary, type PathwaySettings, Project, regression, tf, vector } from '../../../src/index.js';
import { asked, quiet, rows, silent, three, thrownBy } from './ways.js';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headgate-'));
});
afterEach(() => rm(folder, { recursive: true }));

const kinds: readonly (readonly [string, PathwaySettings])[] = [
  ['units', { granularity: 'unit', sparsity: 0.7, method: 'random' }],
  ['weights', { granularity: 'weight', sparsity: 0.7, method: 'random' }],
  ['units that read others', { granularity: 'unit', sparsity: 0.7, method: 'random', readsOthers: true }],
];

test.each(kinds)(
  '%s: what is saved loads, predicts the same to the bit, and trains on the same',
  async (_, pathways) => {
    const path = join(folder, 'model');
    const project = three({ pathways, batchNorm: true });
    await project.fit(rows, { ...quiet, epochs: 1 });
    await project.save(path, silent);
    const loaded = await three({ pathways, batchNorm: true }).load(path, silent);
    expect(loaded.pathways.list).toEqual(project.pathways.list);
    const ask = { ...asked, probabilities: true } as const;
    expect(await loaded.predict(rows, ask)).toEqual(await project.predict(rows, ask));
    for (const one of [project, loaded]) await one.fitTasks(['round'], rows, { ...quiet, epochs: 2 });
    expect(await loaded.predict(rows, ask)).toEqual(await project.predict(rows, ask));
  },
);

test('a saved pathway model holds live values and bitmaps alone', async () => {
  const hidden = [64, 64];
  const [dense, sparse] = [
    three({ hidden }),
    three({ hidden, pathways: { granularity: 'unit', sparsity: 0.9, method: 'random' } }),
  ];
  for (const [name, project] of [
    ['dense', dense],
    ['sparse', sparse],
  ] as const) {
    await project.fit(rows, { ...quiet, epochs: 1 });
    await project.save(join(folder, name), silent);
  }
  const sizes = await Promise.all(
    ['dense', 'sparse'].map(async (name) => (await stat(join(folder, name, 'weights.safetensors'))).size),
  );
  expect(sizes[1]).toBeLessThan(0.4 * (sizes[0] ?? 0));
});

test.each([
  ['a bit of a mask', 'masks.safetensors', (bytes: Buffer) => bytes.fill(bytes.at(-1) === 1 ? 2 : 1, bytes.length - 1)],
  ['half of the masks', 'masks.safetensors', (bytes: Buffer) => bytes.subarray(0, bytes.length / 2)],
  [
    'a name in pathways.json',
    'pathways.json',
    (bytes: Buffer) => Buffer.from(bytes.toString().replace('"red"', '"rod"')),
  ],
])('damaged: %s', async (_, file, damage) => {
  const path = join(folder, 'model');
  const pathways: PathwaySettings = { granularity: 'weight', sparsity: 0.7, method: 'random' };
  const project = three({ pathways });
  await project.fit(rows, { ...quiet, epochs: 1 });
  await project.save(path, silent);
  await writeFile(join(path, file), damage(await readFile(join(path, file))));
  const { code } = await thrownBy(() => three({ pathways }).load(path, silent));
  expect(code).toBe('CHECKSUM_MISMATCH');
});

/** `three` with a fourth task. */
function four() {
  return new Project({
    name: 'four',
    inputs: { x: vector({ columns: ['a', 'b', 'c'], standardise: false }) },
    tasks: { red: binary(), round: binary(), size: regression({ standardise: false }), heavy: binary() },
    backbone: ({ x }) => {
      const first = tf.layers.dense({
        units: 40,
        name: 'layer1',
        activation: 'relu',
        biasInitializer: 'glorotUniform' as 'zeros',
      });
      const second = tf.layers.dense({
        units: 32,
        name: 'layer2',
        activation: 'relu',
        biasInitializer: 'glorotUniform' as 'zeros',
      });
      return { features: second.apply(first.apply(x)) };
    },
  }).flow('all', (task, x) => {
    const red = task.red(x.features);
    return [red, task.round(x.features).given(red), task.size(x.features), task.heavy(x.features).given(red)];
  });
}

const more = rows.map((row) => ({ ...row, heavy: row.a + row.c > 1 }));

test.each(kinds)('%s: a task is added to a trained network, and nothing of the others changes', async (_, pathways) => {
  const project = three({ pathways: { ...pathways, sparsity: 0.75 }, hidden: [40, 32] });
  await project.fit(rows, quiet);
  const path = join(folder, 'model');
  await project.save(path, silent);
  const ask = { ...asked, probabilities: true } as const;
  const was = await project.predict(rows, ask);
  for (const from of [project, path]) {
    const grown = four();
    await grown.adopt(from, silent);
    await grown.pathways.assign({ ...pathways, sparsity: 0.75, ways: { heavy: ['heavy'] }, ...asked });
    const before = grown.weights();
    await grown.fitTasks(['heavy'], more, { ...quiet, epochs: 10 });
    const after = await grown.predict(more, ask);
    expect(after.map(({ red, round, size }) => ({ red, round, size }))).toEqual(was);
    const now = grown.weights();
    const moved = Object.keys(now).filter((name) =>
      now[name]?.data.some((value, i) => value !== before[name]?.data[i]),
    );
    expect(moved).toContain('head/heavy/kernel');
    const evaluation = await grown.evaluate(more, asked);
    expect(evaluation.value('heavy', 'accuracy', 'given_truth')).toBeGreaterThan(0.7);
    grown.dispose();
  }
});

test('a pathway that is removed frees its weights, and its tasks are never trained; what a condition asks about stays', async () => {
  const pathways: PathwaySettings = { granularity: 'unit', sparsity: 0.6, method: 'random', exclusive: false };
  const project = three({ pathways });
  await project.fit(rows, quiet);
  const was = await project.predict(rows, { ...asked, probabilities: true });
  const { code, problem } = await thrownBy(() => project.pathways.remove('red'));
  expect(code).toBe('TASK_IN_USE');
  expect(problem).toContain('round');
  expect((await thrownBy(() => project.pathways.remove('sise'))).suggestion).toBe('size');
  await project.pathways.remove('size');
  expect(project.pathways.list.map(({ name }) => name)).toEqual(['red', 'round']);
  const now = await project.predict(rows, { ...asked, probabilities: true });
  expect(now.map(({ red, round }) => ({ red, round }))).toEqual(was.map(({ red, round }) => ({ red, round })));
  expect(now[0]?.size).toMatchObject({ neverTrained: true });
});

test('bad input says what is wrong and where', async () => {
  const project = three({ pathways: { granularity: 'unit', sparsity: 0.7, method: 'random' } });
  await project.fit(rows, { ...quiet, epochs: 1 });
  expect(await thrownBy(() => project.pathways.assign())).toMatchObject({ code: 'PATHWAY_EXISTS' });
  const free = three();
  expect(await thrownBy(() => free.pathways.assign({ sparsity: 1 }))).toMatchObject({
    code: 'INVALID_OPTIONS',
    path: 'pathways.assign.sparsity',
  });
  expect(await thrownBy(() => free.pathways.assign({ sparsity: 0.5, method: 'gradient' }))).toMatchObject({
    path: 'pathways.assign.data',
  });
  const full = await thrownBy(() => free.pathways.assign({ sparsity: 0.5, method: 'magnitude' }));
  expect(full).toMatchObject({
    code: 'CAPACITY_EXHAUSTED',
    path: 'pathways.size',
    expected: '8',
    received: '0 free of 16',
  });
  expect(full.problem).toContain('layer1');
  expect(await thrownBy(() => free.pathways.assign({ method: 'magnitude', exclude: ['layer*'] }))).toMatchObject({
    code: 'NOTHING_TO_MASK',
  });
  expect(await thrownBy(() => free.pathways.assign({ method: 'magnitude', ways: { a: ['siz'] } }))).toMatchObject({
    code: 'UNKNOWN_TASK',
    suggestion: 'size',
  });
  expect(free.pathways.list).toEqual([]);
  expect(await thrownBy(() => free.fitTasks(['reed'], rows, quiet))).toMatchObject({
    code: 'UNKNOWN_TASK',
    suggestion: 'red',
  });
});
