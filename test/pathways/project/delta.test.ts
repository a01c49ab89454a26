/** @file Deltas of a project over its base: made, saved, read, applied and reverted, to the bit. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { HostTensors } from '../../../src/engine/engine.js';
import { adam, Project, readDelta, regression, tf, vector } from '../../../src/index.js';
import { asked, quiet, rows, silent, type Three, three, thrownBy } from './ways.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headgate-delta-'));
});
afterAll(() => rm(folder, { recursive: true }));

const optimizer = adam({ learningRate: 0.02 });
const more = { ...quiet, epochs: 4, optimizer };
type Shape = Parameters<typeof three>[0];

async function trained(shape: Shape = {}): Promise<Three> {
  const project = three(shape);
  await project.fit(rows, { ...quiet, epochs: 6, optimizer });
  return project;
}

/** The same declaration with the weights of a base. */
async function copied(base: Three, shape: Shape = {}): Promise<Three> {
  const project = three(shape);
  await project.adopt(base, silent);
  return project;
}

const words = (values: HostTensors) =>
  Object.entries(values).map(([name, { data }]) => [
    name,
    Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex'),
  ]);
const wordsOf = (project: Three) => words(project.weights());

/** A base, and a copy of it that was trained on. */
async function pair(shape: Shape = {}) {
  const base = await trained(shape);
  const tuned = await copied(base, shape);
  await tuned.fit(rows, more);
  return { base, tuned };
}

test('applied it is the tuned model, reverted it is the base, to the bit; to the prediction on three engines', async () => {
  const { base, tuned } = await pair();
  const [before, after] = [wordsOf(base), wordsOf(tuned)];
  const delta = await tuned.pathways.delta({ base });
  const predictions = await tuned.predict(rows, { ...asked, probabilities: true });
  const was = await base.predict(rows, { ...asked, probabilities: true });
  for (const engine of ['cpu', 'onnx', 'wasm'] as const) {
    const options = { ...asked, engine, probabilities: true } as const;
    const [own, theirs] = [await base.predict(rows, options), await tuned.predict(rows, options)];
    await base.pathways.apply(delta);
    expect(wordsOf(base)).toEqual(after);
    expect(await base.predict(rows, options)).toEqual(theirs);
    await base.pathways.revert(delta);
    expect(wordsOf(base)).toEqual(before);
    expect(await base.predict(rows, options)).toEqual(own);
  }
  expect(predictions).not.toEqual(was);
});

test('only what differs is in it, bit by bit: a -0 in place of a 0 is a change', async () => {
  const base = await trained();
  const tuned = await copied(base);
  const layer = tuned.model.getLayer('layer2');
  const [kernel, bias] = layer.getWeights();
  if (kernel === undefined || bias === undefined) throw new Error('a dense layer has two');
  const own = bias.dataSync().slice();
  const zeroed = Float32Array.from(own, (value, i) => (i === 3 ? 0 : value));
  base.model.getLayer('layer2').setWeights([kernel, tf.tensor1d(zeroed)]);
  own[3] = -0;
  own[5] = 7;
  layer.setWeights([kernel, tf.tensor1d(own)]);
  const delta = await tuned.pathways.delta({ base });
  expect(delta.parameters).toEqual([{ name: 'backbone/layer2/bias', values: 12, changed: 2 }]);
  const change = delta.change('backbone/layer2/bias');
  expect([...(change?.indices ?? [])]).toEqual([3, 5]);
  expect(Object.is(change?.values[0], -0)).toBe(true);
  expect(change?.values[1]).toBe(7);
  expect([delta.changed, delta.tasks, delta.project, delta.change('backbone/layer1/bias')]).toEqual([
    2,
    null,
    'three',
    null,
  ]);
  expect(String(delta).split('\n').slice(0, 4)).toEqual([
    `delta of three: 2 values, ${delta.bytes} bytes`,
    '',
    `${' '.repeat(44)}     changed      values     share`,
    `backbone/layer2/bias${' '.repeat(24)}           2          12    0.1667`,
  ]);
  for (const line of String(delta).split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  await base.pathways.apply(delta);
  expect(wordsOf(base)).toEqual(wordsOf(tuned));
});

test('limited to tasks: their heads and what is changed of the shared weights; others keep their heads', async () => {
  const { base, tuned } = await pair();
  const delta = await tuned.pathways.delta({ base, tasks: ['size'] });
  const names = delta.parameters.map(({ name }) => name);
  const layers = ['layer1', 'layer2'].flatMap((layer) => [`backbone/${layer}/kernel`, `backbone/${layer}/bias`]);
  expect([...names].sort()).toEqual([...layers, 'head/size/bias', 'head/size/kernel'].sort());
  expect(delta.tasks).toEqual(['size']);
  const [was, there] = [base.weights(), tuned.weights()];
  await base.pathways.apply(delta);
  const now = base.weights();
  for (const name of Object.keys(now)) {
    expect(now[name]?.data, name).toEqual((names.includes(name) ? there : was)[name]?.data);
  }
  const sizes = async (project: Three) => (await project.predict(rows, asked)).map(({ size }) => size);
  expect(await sizes(base)).toEqual(await sizes(tuned));
});

const ways = { method: 'random', sparsity: 0.7, granularity: 'unit', exclusive: true } as const;

test('through pathways, tasks of their own: deltas of two tasks over one base, applied together, reverted in any order', async () => {
  const shape: Shape = { hidden: [24, 20], pathways: ways };
  const base = await trained(shape);
  const [red, size] = [await copied(base, shape), await copied(base, shape)];
  await red.fitTasks(['red'], rows, more);
  await size.fitTasks(['size'], rows, more);
  const was = wordsOf(base);
  const [ofRed, ofSize] = [await red.pathways.delta({ base }), await size.pathways.delta({ base, tasks: ['size'] })];
  const answers = async (project: Three, task: 'red' | 'size') =>
    (await project.predict(rows, asked)).map((row) => row[task]);
  for (const order of [
    [ofRed, ofSize],
    [ofSize, ofRed],
  ]) {
    await base.pathways.apply(ofRed);
    await base.pathways.apply(ofSize);
    expect(await answers(base, 'red')).toEqual(await answers(red, 'red'));
    expect(await answers(base, 'size')).toEqual(await answers(size, 'size'));
    for (const one of order) await base.pathways.revert(one);
    expect(wordsOf(base)).toEqual(was);
  }
  const own = await size.pathways.delta({ base, tasks: ['red'] });
  expect(own.changed).toBe(0); // `size` has trained nothing that `red` sees
});

test('thresholds that differ come with it, and go with it unless they were tuned since', async () => {
  const { base, tuned } = await pair();
  await tuned.tune(rows, { ...asked, method: 'exact', metric: 'accuracy' });
  const before = base.thresholds;
  const delta = await tuned.pathways.delta({ base });
  expect(delta.thresholds.size).toBeGreaterThan(0);
  const limited = await tuned.pathways.delta({ base, tasks: ['size'] });
  expect([...limited.thresholds.keys()]).toEqual([]);
  await base.pathways.apply(delta);
  expect(base.thresholds).toEqual(tuned.thresholds);
  await base.pathways.revert(delta);
  expect(base.thresholds).toEqual(before);
  await base.pathways.apply(delta);
  const tuning = await base.tune(rows, { ...asked, method: 'exact', metric: 'recall' });
  await base.pathways.revert(delta);
  expect(base.thresholds).toEqual(tuning.thresholds);
});

test('a fit can be continued after a delta was applied and reverted, not in between', async () => {
  const base = await trained();
  const twin = await trained();
  const tuned = await copied(base);
  await tuned.fit(rows, more);
  const delta = await tuned.pathways.delta({ base });
  await base.pathways.apply(delta);
  const next = { ...more, epochs: 2, continue: true };
  expect((await thrownBy(() => base.fit(rows, next))).code).toBe('CANNOT_CONTINUE');
  await base.pathways.revert(delta);
  for (const one of [base, twin]) await one.fit(rows, next);
  expect(wordsOf(base)).toEqual(wordsOf(twin));
});

test.each([
  ['without pathways', {}],
  ['with pathways of single weights', { pathways: { ...ways, granularity: 'weight', exclusive: false } }],
  ['with pathways of units', { hidden: [24, 20], pathways: ways }],
] as const)('saved and read it is the same, over a saved base: %s', async (name, shape: Shape) => {
  const { base, tuned } = await pair(shape);
  const at = (part: string) => join(folder, `${name} ${part}`);
  await base.save(at('base'), silent);
  const delta = await tuned.pathways.delta({ base: at('base'), ...silent });
  expect((await tuned.pathways.delta({ base })).base).toBe(delta.base);
  await delta.save(at('delta'));
  expect((await readdir(at('delta'))).sort()).toEqual(['delta.json', 'delta.safetensors']);
  const read = await readDelta(at('delta'));
  expect([read.base, read.parameters, read.bytes, [...read.thresholds]]).toEqual([
    ...[delta.base, delta.parameters, delta.bytes],
    [...delta.thresholds],
  ]);
  expect((await readFile(join(at('delta'), 'delta.safetensors'))).length).toBe(delta.bytes);
  const fresh = three(shape);
  await fresh.load(at('base'), silent);
  const was = wordsOf(fresh);
  await fresh.pathways.apply(at('delta'));
  const answers = (project: Three) => project.predict(rows, { ...asked, probabilities: true });
  expect(await answers(fresh)).toEqual(await answers(tuned));
  await fresh.pathways.revert(read); // another reading of the same
  expect(wordsOf(fresh)).toEqual(was);
  await delta.save(at('delta')); // in place of the one that is there
  const again = await readFile(join(at('delta'), 'delta.json'));
  await read.save(at('again'));
  expect(await readFile(join(at('again'), 'delta.json'))).toEqual(again);
});

test('places take one bit a value, or four bytes a change, whichever is less', async () => {
  const base = await trained({ hidden: [64, 64] });
  const tuned = await copied(base, { hidden: [64, 64] });
  const layer = tuned.model.getLayer('layer2');
  const [kernel, bias] = layer.getWeights();
  if (kernel === undefined || bias === undefined) throw new Error('a dense layer has two');
  const values = kernel.dataSync().slice();
  values[77] = 9;
  layer.setWeights([tf.tensor2d(values, [64, 64]), bias]);
  const one = await tuned.pathways.delta({ base });
  await tuned.fit(rows, more);
  const all = await tuned.pathways.delta({ base });
  const [few, many] = [join(folder, 'few'), join(folder, 'many')];
  await one.save(few);
  await all.save(many);
  const headerOf = async (at: string) => (await readFile(join(at, 'delta.safetensors'), 'latin1')).slice(0, 4000);
  expect([one.changed, await headerOf(few)]).toEqual([1, expect.stringContaining('kernel:indices')]);
  expect(await headerOf(few)).not.toContain('kernel:mask');
  expect(all.change('backbone/layer2/kernel')?.indices.length).toBeGreaterThan((64 * 64) / 32);
  expect(await headerOf(many)).toContain('backbone/layer2/kernel:mask');
  expect(await headerOf(many)).not.toContain('backbone/layer2/kernel:indices');
});

test('mistakes: twice, not at all, over other weights, over what overlaps', async () => {
  const { base, tuned } = await pair();
  const other = await copied(base);
  await other.fit(rows, { ...more, seed: 5 });
  const delta = await tuned.pathways.delta({ base });
  const overlapping = await other.pathways.delta({ base });
  const was = wordsOf(base);
  expect(await thrownBy(() => base.pathways.revert(delta))).toMatchObject({
    code: 'DELTA_NOT_APPLIED',
    path: 'pathways.revert.delta',
  });
  await base.pathways.apply(delta);
  const there = wordsOf(base);
  expect((await thrownBy(() => base.pathways.apply(delta))).code).toBe('DELTA_APPLIED');
  const conflict = await thrownBy(() => base.pathways.apply(overlapping));
  expect(conflict).toMatchObject({ code: 'DELTA_CONFLICT', path: 'backbone/layer1/kernel[0]' });
  expect(wordsOf(base)).toEqual(there);
  await base.pathways.revert(delta);
  expect((await thrownBy(() => base.pathways.revert(delta))).code).toBe('DELTA_NOT_APPLIED');
  expect(wordsOf(base)).toEqual(was);
  const strange = await trained({});
  await strange.fit(rows, more);
  const mine = wordsOf(strange);
  expect(await thrownBy(() => strange.pathways.apply(delta))).toMatchObject({ code: 'DELTA_BASE_MISMATCH' });
  expect(wordsOf(strange)).toEqual(mine);
  await base.pathways.apply(delta);
  await base.fit(rows, { ...more, epochs: 1 });
  expect((await thrownBy(() => base.pathways.revert(delta))).code).toBe('DELTA_NOT_APPLIED');
  expect((await thrownBy(() => base.pathways.apply(delta))).code).toBe('DELTA_BASE_MISMATCH');
  await base.adopt(tuned, silent); // its values are back, by another way: the delta is what it was
  expect((await thrownBy(() => base.pathways.apply(overlapping))).code).toBe('DELTA_CONFLICT');
});

/** A project that learns how its columns and labels are scaled. */
const learning = () =>
  new Project({
    name: 'learning',
    inputs: { x: vector({ columns: ['a', 'b', 'c'] }) },
    tasks: { size: regression() },
    onNote: () => {},
  }).flow('all', (task, x) => [task.size(x.features)]);

test('what was learnt of the data is the same in a project, in its folder, and in who adopts it', async () => {
  const at = join(folder, 'learning');
  const [base, loaded, adopted] = [learning(), learning(), learning()];
  await base.fit(rows, { ...quiet, epochs: 2 });
  await base.save(at);
  await loaded.load(at);
  await adopted.adopt(base);
  for (const tuned of [loaded, adopted]) await tuned.fit(rows, more);
  const deltas = [
    await loaded.pathways.delta({ base: at }),
    await loaded.pathways.delta({ base }),
    await adopted.pathways.delta({ base: at }),
  ];
  expect(new Set(deltas.map((delta) => delta.base)).size).toBe(1);
  const was = words(base.weights());
  for (const delta of deltas) {
    await base.pathways.apply(delta);
    expect(await base.predict(rows, asked)).toEqual(await loaded.predict(rows, asked));
    await base.pathways.revert(delta);
    expect(words(base.weights())).toEqual(was);
  }
});

test('what is no delta, no base, or a base that means other things', async () => {
  const { base, tuned } = await pair();
  const code = async (run: () => unknown) => {
    const error = await thrownBy(run);
    return [error.code, error.path];
  };
  const loosely = tuned.pathways.delta as (options: unknown) => Promise<unknown>;
  const apply = tuned.pathways.apply as (delta: unknown) => Promise<unknown>;
  expect(await code(() => loosely({}))).toEqual(['INVALID_OPTIONS', 'pathways.delta.base']);
  expect(await code(() => loosely({ base: 3 }))).toEqual(['INVALID_OPTIONS', 'pathways.delta.base']);
  expect(await code(() => loosely({ base, tasks: ['sise'] }))).toEqual(['UNKNOWN_TASK', 'pathways.delta.tasks']);
  expect(await code(() => loosely({ base, task: 'size' }))).toEqual(['INVALID_OPTIONS', 'pathways.delta.task']);
  expect(await code(() => loosely({ base: three({ hidden: [12] }) }))).toEqual([
    'PARAMETER_MISMATCH',
    'backbone/layer1/kernel',
  ]);
  expect(await code(() => loosely({ base: join(folder, 'none') }))).toEqual(['MODEL_NOT_FOUND', join(folder, 'none')]);
  expect(await code(() => apply({}))).toEqual(['INVALID_OPTIONS', 'pathways.apply.delta']);
  expect(await code(() => apply(join(folder, 'none')))).toEqual(['MODEL_NOT_FOUND', join(folder, 'none')]);
  const delta = await tuned.pathways.delta({ base });
  expect(await code(() => apply({ ...delta }))).toEqual(['INVALID_OPTIONS', 'pathways.apply.delta']); // an imitation
  const [drawn, taught] = [learning(), learning()];
  await taught.fit(rows, { ...quiet, epochs: 1 });
  expect(await code(() => taught.pathways.delta({ base: drawn }))).toEqual([
    'DELTA_BASE_MISMATCH',
    'pathways.delta.base',
  ]);
});

test('a folder that may come from anybody', async () => {
  const { base, tuned } = await pair();
  const delta = await tuned.pathways.delta({ base });
  const at = join(folder, 'anybody');
  await delta.save(at);
  const manifest = JSON.parse(await readFile(join(at, 'delta.json'), 'utf8')) as Record<string, unknown>;
  const codeWith = async (changes: Record<string, unknown>) => {
    await writeFile(join(at, 'delta.json'), JSON.stringify({ ...manifest, ...changes }));
    return (await thrownBy(() => readDelta(at))).code;
  };
  expect(await codeWith({ version: 2 })).toBe('NEWER_FORMAT');
  expect(await codeWith({ format: 'headgate-model' })).toBe('INVALID_MODEL_FILE');
  expect(await codeWith({ base: 'x' })).toBe('INVALID_MODEL_FILE');
  expect(await codeWith({ more: 1 })).toBe('INVALID_MODEL_FILE');
  expect(await codeWith({ files: { 'delta.safetensors': { bytes: 1, sha256: '0'.repeat(64) } } })).toBe(
    'CHECKSUM_MISMATCH',
  );
  await delta.save(at);
  await writeFile(join(at, 'delta.js'), '');
  expect((await thrownBy(() => readDelta(at))).code).toBe('UNKNOWN_FILE');
  expect((await thrownBy(() => delta.save(at))).code).toBe('NOT_A_MODEL_FOLDER');
  await rm(join(at, 'delta.js'));
  await writeFile(join(at, 'delta.safetensors'), 'x');
  expect((await thrownBy(() => readDelta(at))).code).toBe('CHECKSUM_MISMATCH');
  await delta.save(at);
  await codeWith({ thresholds: [{ path: 'size', thresholds: [1] }] }).catch(() => null); // legible, and of no use
  expect(await thrownBy(() => base.pathways.apply(at))).toMatchObject({
    code: 'INVALID_DELTA',
    path: 'thresholds.size',
  });
  await base.save(join(folder, 'model'), silent);
  expect((await thrownBy(() => delta.save(join(folder, 'model')))).code).toBe('NOT_A_MODEL_FOLDER');
  expect((await thrownBy(() => readDelta(join(folder, 'model')))).code).toBe('LOAD_FAILED');
});

test('applying and reverting change the project: no other verb that does so runs beside them', async () => {
  const { base, tuned } = await pair();
  const delta = await tuned.pathways.delta({ base });
  const running = base.pathways.apply(delta);
  expect((await thrownBy(() => base.fit(rows, quiet))).code).toBe('PROJECT_BUSY');
  await running;
  const back = base.pathways.revert(delta);
  expect((await thrownBy(() => base.pathways.apply(delta))).code).toBe('PROJECT_BUSY');
  await back;
  const making = tuned.pathways.delta({ base });
  expect((await thrownBy(() => tuned.dispose())).code).toBe('PROJECT_BUSY');
  expect((await thrownBy(() => base.dispose())).code).toBe('PROJECT_BUSY');
  const after = base.fit(rows, quiet);
  expect((await making).base).toBe(delta.base); // of the moment at which it was called
  await after;
});
