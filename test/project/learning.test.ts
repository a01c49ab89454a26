/** @file What a fit learns of its rows before its first step, from raw rows to predictions in another process. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  adamW,
  binary,
  classification,
  type EngineName,
  image,
  multilabel,
  Project,
  regression,
  sgd,
  tf,
  vector,
} from '../../src/index.js';
import { learningColumns, learningProject, learningRows } from '../support/learning-project.js';

const fixture = JSON.parse(await readFile(new URL('../fixtures/learning.json', import.meta.url), 'utf8'));
const asked = { engine: 'cpu', onNote: () => {} } as const;
const quiet = { ...asked, progress: false } as const;

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headgate-'));
});
afterEach(() => rm(folder, { recursive: true }));

const engines: readonly EngineName[] = ['cpu', 'wasm', 'onnx'];

test.each(engines)(
  '%s: statistics, priors and the first five losses are those of NumPy and PyTorch',
  async (engine) => {
    const project = learningProject();
    const options = { ...quiet, engine, epochs: 5, batchSize: 40, optimizer: adamW({ learningRate: 0.05 }) };
    const { epochs } = await project.fit(learningRows, options);
    for (const [i, step] of fixture.steps.entries()) {
      const record = epochs[i];
      expect(Math.abs(Number(record?.loss) / step.loss - 1), `step ${i}`).toBeLessThan(1e-4);
      for (const [path, loss] of Object.entries(step.tasks)) {
        expect(Math.abs(Number(Reflect.get(record?.tasks ?? {}, path)) / Number(loss) - 1), path).toBeLessThan(1e-4);
      }
    }
    const { inputs, tasks } = project.describe();
    if (inputs.x?.kind !== 'standardise') throw new Error('not standardised');
    for (const { name, centre, spread } of inputs.x.columns) {
      const expected = fixture.columns[name];
      expect(centre).toBeCloseTo(expected.centre, 6);
      if (expected.spread === null) expect(spread).toBeNull();
      else expect(spread).toBeCloseTo(expected.spread, 6);
    }
    for (const [path, { learnt, lossUnit }] of Object.entries(tasks)) {
      const expected = fixture.tasks[path];
      expect(Math.abs(lossUnit / expected.lossUnit - 1), path).toBeLessThan(1e-4);
      if (expected.learnt === null) expect(learnt).toBeNull();
      else
        for (const [key, value] of Object.entries(expected.learnt)) {
          expect(Number(Reflect.get(Object(learnt), key))).toBeCloseTo(Number(value), 9);
        }
    }
    project.dispose();
  },
);

test('losses of heads that begin at the prior are near 1, whatever the kind, the range and the base rate', async () => {
  const rows = Array.from({ length: 400 }, (_, i) => ({
    x: Math.sin(i * 7.7),
    rare: i % 40 === 0,
    price: 1e6 + 3e5 * Math.cos(i * 3.1),
    tiny: 1e-6 * Math.cos(i * 1.7),
    sort: ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'][i % 10],
    traits: [i % 3 === 0, i % 7 === 0],
  }));
  const project = new Project({
    name: 'units',
    inputs: { x: vector({ columns: ['x'] }) },
    tasks: {
      rare: binary(),
      price: regression({ loss: 'absolute' }),
      tiny: regression({ loss: 'huber' }),
      sort: classification({ classes: [...'abcdefghij'], labelSmoothing: 0.1 }),
      traits: multilabel({ classes: ['p', 'q'], positiveWeights: 'balanced' }),
    },
    backbone: ({ x }) => ({ zero: tf.layers.dense({ units: 2, kernelInitializer: 'zeros' }).apply(x) }),
  }).flow('full', (task, x) => [
    task.rare(x.zero),
    task.price(x.zero),
    task.tiny(x.zero),
    task.sort(x.zero),
    task.traits(x.zero),
  ]);
  const { epochs } = await project.fit(rows, {
    ...quiet,
    epochs: 1,
    batchSize: 400,
    optimizer: sgd({ learningRate: 0 }),
  });
  for (const [path, loss] of Object.entries(epochs[0]?.tasks ?? {})) expect(loss, path).toBeCloseTo(1, 5);
  expect(epochs[0]?.loss).toBeCloseTo(5, 4);
  const predictions = await project.predict(rows.slice(0, 1), { ...asked, probabilities: true });
  expect(predictions[0]?.rare.probability).toBeCloseTo(1 / 40, 2);
  expect(predictions[0]?.price.value).toBeGreaterThan(9e5);
  project.dispose();
});

const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null, freq: 4 });
const row = fc.record({
  x: fc.double({ min: -1e9, max: 1e9, noNaN: true }),
  age: maybe(fc.integer({ min: 0, max: 99 })),
  old: maybe(fc.boolean()),
});

/** Age, and whether somebody of more than 60 is retired; with or without anything learnt. */
const people = (standardise: boolean) =>
  new Project({
    name: 'people',
    inputs: { x: vector({ columns: ['x'], standardise }) },
    tasks: { age: regression(standardise ? {} : { standardise: false }), old: binary() },
    backbone: ({ x }) => ({ body: tf.layers.dense({ units: 2, kernelInitializer: 'zeros' }).apply(x) }),
    onNote: () => {},
  }).flow('full', (task, x) => {
    const age = task.age(x.body);
    return [age, task.old(x.body).given(age.above(60))];
  });

test('standardisation changes no mask, no count and no unit of a metric', async () => {
  const still = { ...quiet, epochs: 1, batchSize: 64, optimizer: sgd({ learningRate: 0 }) };
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 20 }), async (given) => {
      const rows = [
        ...given,
        { x: 1, age: 61, old: true },
        { x: 2, age: 65, old: false },
        { x: 3, age: 20, old: null },
      ];
      const evaluations = [];
      for (const standardise of [true, false]) {
        const project = people(standardise);
        await project.fit(rows, still);
        evaluations.push(await project.evaluate(rows, asked));
        project.dispose();
      }
      const [learnt, plain] = evaluations.map((evaluation) =>
        evaluation.rows.filter(({ view }) => view === 'given_truth'),
      );
      // Both answer the mean of the labels that count, one in deviations and one in years.
      expect(learnt?.map(({ task_path, metric_name, num_samples }) => [task_path, metric_name, num_samples])).toEqual(
        plain?.map(({ task_path, metric_name, num_samples }) => [task_path, metric_name, num_samples]),
      );
      for (const [i, { metric_res }] of (learnt ?? []).entries()) {
        if (metric_res === null) expect(plain?.[i]?.metric_res).toBeNull();
        else expect(metric_res).toBeCloseTo(plain?.[i]?.metric_res ?? Number.NaN, 3);
      }
    }),
    { numRuns: 15 },
  );
});

test('a saved model says the same to the bit in another process, timestamps and all', async () => {
  const project = learningProject();
  await project.fit(learningRows, { ...quiet, epochs: 3 });
  await project.save(join(folder, 'model'));
  const here = await project.predict(learningRows, { ...asked, probabilities: true });
  const program = join(folder, 'there.mts');
  const support = new URL('../support/learning-project.ts', import.meta.url).href;
  await writeFile(
    program,
    `const { learningProject, learningRows } = await import(${JSON.stringify(support)});
const project = await learningProject().load(${JSON.stringify(join(folder, 'model'))});
console.log(JSON.stringify(await project.predict(learningRows, { engine: 'cpu', probabilities: true })));
console.error(JSON.stringify(project.describe()));`,
  );
  const tsx = import.meta.resolve('tsx');
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--import', tsx, program]);
  expect(JSON.parse(stdout)).toEqual(JSON.parse(JSON.stringify(here)));
  expect(JSON.parse(stderr)).toEqual(JSON.parse(JSON.stringify(project.describe())));
  project.dispose();
}, 60_000);

test('a second fit, a continued one and a loaded model keep what the first has learnt; a task that comes later learns then', async () => {
  const rows = learningRows.map((one) => ({ ...one, days: null }));
  const project = learningProject();
  await project.fit(rows, { ...quiet, epochs: 1 });
  const first = project.describe();
  expect(Object.keys(first.tasks)).toEqual(['open', 'share', 'sort']);
  const others = learningRows.map((one) => ({ ...one, age: one.age * 10 }));
  await project.fit(others, { ...quiet, epochs: 1 });
  const second = project.describe();
  expect(second.inputs).toEqual(first.inputs);
  expect(second.tasks.open).toEqual(first.tasks.open);
  expect(second.tasks.days?.learnt).toEqual({ mean: expect.closeTo(117.4, 1), deviation: expect.closeTo(11.34, 1) });
  await project.fit(learningRows, { ...quiet, epochs: 1, continue: true });
  expect(JSON.stringify(project.describe())).toBe(JSON.stringify(second));
  await project.save(join(folder, 'model'));
  const loaded = await learningProject().load(join(folder, 'model'));
  await loaded.fit(others, { ...quiet, epochs: 1 });
  expect(JSON.stringify(loaded.describe())).toBe(JSON.stringify(second));
});

test('a fit that is refused has taught nothing', async () => {
  const project = learningProject();
  await expect(project.fit(learningRows, { ...quiet, validation: [] })).rejects.toThrow('EMPTY_DATASET');
  expect(String(project.describe())).toBe('nothing was learnt of any data yet');
});

test('what is described fits a terminal and says each column and task', async () => {
  const project = learningProject();
  await project.fit(learningRows, { ...quiet, epochs: 1 });
  const lines = String(project.describe()).split('\n');
  expect(lines.slice(0, 4).map((line) => line.split(':')[0])).toEqual(learningColumns.map((name) => `x.${name}`));
  expect(lines[3]).toBe('x.always: always 7.0000');
  expect(lines[5]).toMatch(/^days: mean 117\.\d{4}, deviation 11\.\d{4}, loss unit 1\.0000$/);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
});

test.each<[string, (i: number) => number]>([
  ['one value', () => 5],
  ['1e30', (i) => 1e30 * (i % 9)],
  ['1e-30', (i) => 1e-30 * (i % 9)],
  ['seconds since 1970', (i) => 1.7e9 + i],
  ['one enormous value', (i) => (i === 3 ? 3e38 : i)],
  ['both ends of float32', (i) => (i % 2 ? 3e38 : -3e38)],
])('a column of %s trains, and later rows that are anything give finite answers', async (_, value) => {
  const rows = Array.from({ length: 30 }, (_, i) => ({ x: value(i), open: i % 2 === 0, size: i }));
  const project = new Project({
    name: 'numbers',
    inputs: { x: vector({ columns: ['x'] }) },
    tasks: { open: binary(), size: regression() },
    onNote: () => {},
  }).flow('full', (task, x) => [task.open(x.features), task.size(x.features)]);
  const { epochs } = await project.fit(rows, { ...quiet, epochs: 3 });
  expect(Number.isFinite(epochs.at(-1)?.loss)).toBe(true);
  const given = [...rows, { x: 0 }, { x: 3e38 }, { x: -3e38 }, { x: 1e-38 }];
  for (const { open, size } of await project.predict(given, { ...asked, probabilities: true })) {
    expect(Number.isFinite(open.probability) && Number.isFinite(size.value)).toBe(true);
  }
  project.dispose();
});

test.each<[string, (i: number) => number | null]>([
  ['that are all missing', () => null],
  ['of one value', () => 5],
  ['of 1e30', (i) => 1e30 * (i % 9)],
  ['of 1e-30', (i) => 1e-30 * (i % 9)],
  ['of seconds since 1970', (i) => 1.7e9 + i],
])('labels %s train beside others, and predictions come back in their units', async (_, value) => {
  const rows = Array.from({ length: 60 }, (_, i) => ({ x: i, open: i % 2 === 0, size: value(i) }));
  const project = new Project({
    name: 'labels',
    inputs: { x: vector({ columns: ['x'] }) },
    tasks: { open: binary(), size: regression() },
    onNote: () => {},
  }).flow('full', (task, x) => [task.open(x.features), task.size(x.features)]);
  const { epochs } = await project.fit(rows, { ...quiet, epochs: 3 });
  expect(Number.isFinite(epochs.at(-1)?.loss)).toBe(true);
  const known = rows.flatMap(({ size }) => (size === null ? [] : [size]));
  const predictions = (await project.predict(rows, asked)).map(({ size }) => size);
  const [least, greatest] = [Math.min(...known), Math.max(...known)];
  for (const size of predictions) {
    expect(Number.isFinite(size)).toBe(true);
    if (known.length === 0) continue;
    const range = greatest - least || 1;
    expect(size).toBeGreaterThan(least - 2 * range);
    expect(size).toBeLessThan(greatest + 2 * range);
  }
  project.dispose();
});

test('images of 0..255 and the same ones in 0..1 learn the same, and bytes that are dark stay dark', async () => {
  const pixels = (i: number) => Uint8Array.from({ length: 4 }, (_, j) => (i * 37 + j * 91) % 256);
  const fitted = async (as: (pixels: Uint8Array) => Uint8Array | Float32Array) => {
    const project = new Project({
      name: 'pixels',
      inputs: { frame: image({ height: 2, width: 2, channels: 1 }) },
      tasks: { open: binary() },
      onNote: () => {},
    }).flow('full', (task, x) => [task.open(x.features)]);
    const rows = Array.from({ length: 24 }, (_, i) => ({ frame: as(pixels(i)), open: i % 2 === 0 }));
    const { epochs } = await project.fit(rows, { ...quiet, epochs: 2 });
    return { losses: epochs.map(({ loss }) => loss), frame: project.describe().inputs.frame };
  };
  const bytes = await fitted((own) => own);
  const unit = await fitted((own) => Float32Array.from(own, (value) => Math.fround(value / 255)));
  expect(bytes.frame).toMatchObject({ kind: 'range', scale: 1 / 255 });
  expect(unit.frame).toMatchObject({ kind: 'range', scale: 1 });
  expect(unit.losses).toEqual(bytes.losses.map((loss) => expect.closeTo(loss, 5)));
  expect((await fitted((own) => own.map((value) => value % 3))).frame).toMatchObject({ scale: 1 / 255, greatest: 2 });
});

test.each<[string, number, number, readonly string[]]>([
  ['bytes as bytes', 255, 255, []],
  ['bytes, and dark ones', 255, 20, []],
  ['bytes, then 0..1', 255, 1, ['INPUT_RANGE']],
  ['0..1, then bytes', 1, 255, ['INPUT_RANGE']],
  ['0..1 as 0..1', 1, 1, []],
  ['0..16, then 0..1', 16, 0.9, ['INPUT_RANGE']],
])('images of another range than the first fit’s are noted: %s', async (_, before, after, expected) => {
  const project = new Project({
    name: 'range',
    inputs: { frame: image({ height: 1, width: 2, channels: 1 }) },
    tasks: { open: binary() },
    onNote: () => {},
  }).flow('full', (task, x) => [task.open(x.features)]);
  const rows = (size: number) =>
    Array.from({ length: 8 }, (_, i) => ({ frame: Float32Array.of((size * i) / 7, 0), open: i > 3 }));
  await project.fit(rows(before), { ...quiet, epochs: 1 });
  const { notes } = await project.predict(rows(after), asked);
  expect(notes.map(({ code }) => code)).toEqual(expected);
  project.dispose();
});
