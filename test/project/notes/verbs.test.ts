/** @file Every verb says its notes: in its result, and to whoever listens; `progress: false` does not silence them. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import {
  binary,
  classification,
  image,
  multilabel,
  type Note,
  Project,
  type Row,
  regression,
  tf,
  vector,
} from '../../../src/index.js';

const engine = 'cpu' as const;

function camera() {
  return new Project({
    name: 'camera',
    inputs: { frame: image({ height: 2, width: 2, channels: 1, scale: 1 / 255 }) },
    tasks: { open: binary(), locked: binary() },
  }).flow('full', (task, x) => [task.open(x.features), task.locked(x.features)]);
}
type Subject = ReturnType<typeof camera>;

/** Pixels that are in 0..1 already, and a label column whose name is misspelt. */
const frames = [
  { frame: [0.1, 0.9, 0.4, 0.2], open: true, lokced: true },
  { frame: [0.5, 0.3, 0.1, 1], open: false, lokced: false },
];
const rows: readonly Row[] = frames;

const scale = { code: 'INPUT_SCALE', path: 'inputs.frame' };
const absent = { code: 'NO_LABEL_COLUMN', path: 'locked', text: expect.stringContaining('did you mean "lokced"?') };
const never = { code: 'NEVER_TRAINED', path: 'camera' };

let folder = '';
let printed: string[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headgate-'));
  printed = [];
  vi.spyOn(process.stderr, 'write').mockImplementation((chunk) => {
    printed.push(String(chunk));
    return true;
  });
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});

type Say = (
  project: Subject,
  onNote: (note: Note) => void,
) => Promise<{ readonly notes: readonly Note[] } | string | undefined>;
const fitting = { engine, epochs: 1, progress: false } as const;
const saying: Readonly<Record<string, { readonly say: Say; readonly notes: readonly object[] }>> = {
  fit: { say: (project, onNote) => project.fit(rows, { ...fitting, onNote }), notes: [scale, absent] },
  'fit with validation': {
    say: (project, onNote) =>
      project.fit(
        frames.map(({ frame, ...row }) => ({
          frame: frame.map((pixel) => pixel * 255),
          locked: row.lokced,
          open: row.open,
        })),
        { ...fitting, validation: rows, onNote },
      ),
    notes: [
      { ...scale, path: 'validation.inputs.frame' },
      { ...absent, path: 'validation.locked' },
    ],
  },
  evaluate: { say: (project, onNote) => project.evaluate(rows, { engine, onNote }), notes: [never, scale, absent] },
  tune: {
    say: (project, onNote) => project.tune(rows, { engine, onNote }),
    notes: [never, scale, absent, { code: 'FEW_LABELS', path: 'open' }],
  },
  interpret: { say: (project, onNote) => project.interpret(rows, { engine, onNote }), notes: [never, scale, absent] },
  predict: { say: (project, onNote) => project.predict(rows, { engine, onNote }), notes: [never, scale] },
  explain: { say: (project, onNote) => project.explain(rows, { engine, onNote }), notes: [never, scale] },
  save: {
    say: async (project, onNote) => {
      await project.save(join(folder, 'model'), { onNote });
      return undefined;
    },
    notes: [never],
  },
};

test.each(Object.entries(saying))('%s', async (_, { say, notes }) => {
  const heard: Note[] = [];
  const result = await say(camera(), (note) => heard.push(note));
  expect(heard).toMatchObject(notes);
  expect(heard).toHaveLength(notes.length);
  if (typeof result === 'object') expect(result.notes).toEqual(heard);
  expect(printed).toEqual([]);
});

test('without a listener they are printed, each once for a project', async () => {
  const project = camera();
  await project.predict(rows, { engine });
  await project.evaluate(rows, { engine });
  await project.evaluate(rows, { engine });
  expect(printed.map((line) => line.split(' at ')[0])).toEqual([
    'headgate: NEVER_TRAINED',
    'headgate: INPUT_SCALE',
    'headgate: NO_LABEL_COLUMN',
  ]);
});

test('the project’s listener hears the notes of all verbs', async () => {
  const heard: string[] = [];
  const project = new Project({
    name: 'listener',
    inputs: { x: vector({ size: 1 }) },
    tasks: { open: binary() },
    onNote: ({ code }) => heard.push(code),
  }).flow('full', (task, x) => [task.open(x.features)]);
  await project.predict([{ x: 1 }], { engine });
  await project.explain([{ x: 1 }], { engine });
  expect(heard).toEqual(['NEVER_TRAINED', 'NEVER_TRAINED']);
});

test('what was fit, loaded or written to is no model of chance any more', async () => {
  const codes: string[] = [];
  const onNote = ({ code }: Note) => codes.push(code);
  const clean = [{ frame: [10, 200, 3, 4] }];
  const saved = camera();
  await saved.fit(rows, { ...fitting, onNote: () => {} });
  await saved.predict(clean, { engine, onNote });
  await saved.save(join(folder, 'model'), { onNote });
  const loaded = await camera().load(join(folder, 'model'));
  await loaded.predict(clean, { engine, onNote });
  const written = camera();
  tf.tidy(() => written.model.setWeights(written.model.getWeights().map((weight) => weight.add(1))));
  await written.predict(clean, { engine, onNote });
  expect(codes).toEqual([]);
});

test('a fit after a fit says what starts anew; the first one, and one after a load, have nothing to say', async () => {
  const whole = [
    { frame: [10, 200, 3, 4], open: true, locked: false },
    { frame: [1, 2, 3, 4], open: false, locked: true },
  ];
  const project = camera();
  const codes = async () => (await project.fit(whole, { ...fitting, onNote: () => {} })).notes.map(({ code }) => code);
  expect(await codes()).toEqual([]);
  expect(await codes()).toEqual(['STARTED_ANEW']);
  await project.save(join(folder, 'model'));
  await project.load(join(folder, 'model'));
  expect(await codes()).toEqual([]);
});

function declared() {
  return new Project({
    name: 'labels',
    inputs: { person: vector({ columns: ['age', 'fare'] }) },
    tasks: {
      age: regression(),
      alive: binary(),
      port: classification({ classes: ['a', 'b', 'c'] }),
      traits: multilabel({ classes: ['hat', 'beard'] }),
      boat: binary(),
    },
  }).flow('full', (task, x) => {
    const alive = task.alive(x.features);
    return [
      task.age(x.features),
      alive,
      task.port(x.features),
      task.traits(x.features),
      task.boat(x.features).given(alive),
    ];
  });
}

test('labels of which nothing, or the wrong thing, is learnt', async () => {
  const data = [
    { age: 1, fare: 2, alive: false, port: 'a', traits: ['hat'], boat: true },
    { age: 2, fare: 3, alive: false, port: 'c', traits: [], boat: false },
    { age: 3, fare: 4, alive: null, port: null, traits: ['hat'], boat: true },
  ];
  const { notes } = await declared().fit(data, { ...fitting, onNote: () => {} });
  expect(notes).toEqual([
    { code: 'LABEL_IS_INPUT', path: 'age', text: expect.stringContaining('"age"') },
    {
      code: 'NO_LABEL_COUNTS',
      path: 'boat',
      text: expect.stringMatching(
        /None of its 3 labels counts.* unknown 1 times and false 2 times\. Where it is unknown, .*"include" }\)\.$/,
      ),
    },
    { code: 'CLASS_NEVER_OCCURS', path: 'port', text: expect.stringMatching(/^1 of its 3 classes .*: b\.$/) },
    { code: 'CLASS_NEVER_OCCURS', path: 'traits', text: expect.stringMatching(/^1 of its 2 classes .*: beard\.$/) },
    { code: 'LABELS_ALL_EQUAL', path: 'alive', text: expect.stringContaining('say false') },
  ]);
});

test('labels of a multilabel that are all equal: what nobody said is not said', async () => {
  const data = Array.from({ length: 4 }, (_, i) => ({ age: i, fare: 2, traits: { hat: true } }));
  const { notes } = await declared().fit(data, { ...fitting, onNote: () => {} });
  const equal = notes.find(({ code, path }) => code === 'LABELS_ALL_EQUAL' && path === 'traits');
  expect(equal?.text).toContain('say {"hat":true,"beard":null}');
});

test('thresholds that tuning is not sure of are noted, once a task and reason; labels of nothing by their own note', async () => {
  const data = [
    { age: 1, fare: 2, alive: true, traits: { hat: true } },
    { age: 2, fare: 3, alive: true, traits: { hat: true } },
  ];
  const heard: Note[] = [];
  const { notes } = await declared().tune(data, { engine, onNote: (note) => heard.push(note) });
  expect(notes).toEqual(heard);
  expect(notes.filter(({ code }) => code === 'UNSURE_THRESHOLD')).toEqual([
    {
      code: 'UNSURE_THRESHOLD',
      path: 'alive',
      text: 'Its threshold: kept: every label is positive.',
    },
    {
      code: 'UNSURE_THRESHOLD',
      path: 'traits',
      text: 'The thresholds of hat: kept: every label is positive.',
    },
    {
      code: 'UNSURE_THRESHOLD',
      path: 'traits',
      text: 'The thresholds of beard: kept: no row has a label here and a true condition.',
    },
  ]);
});

test('a listener that throws ends load and tune before anything has changed', async () => {
  const data = [
    { frame: [0, 90, 40, 20], open: true },
    { frame: [50, 30, 10, 100], open: true },
  ];
  const saved = camera();
  await saved.fit(data, { ...fitting, onNote: () => {} });
  await saved.tune(data, { engine, onNote: () => {} });
  await saved.save(join(folder, 'model'));
  const project = new Project({
    name: 'camera',
    inputs: { frame: image({ height: 2, width: 2, channels: 1, scale: 1 / 255 }) },
    tasks: { open: binary({ weight: 2 }), locked: binary() },
  }).flow('full', (task, x) => [task.open(x.features), task.locked(x.features)]);
  const told = (code: string) => (note: Note) => {
    if (note.code === code) throw new Error(code);
  };
  const state = async () => [
    [...project.thresholds],
    await project.predict(data, { engine, probabilities: true, onNote: () => {} }),
  ];
  const before = await state();
  await expect(project.load(join(folder, 'model'), { onNote: told('OPTIONS_DIFFER') })).rejects.toThrow('OPTIONS');
  expect(await state()).toEqual(before);
  await expect(project.tune(data, { engine, onNote: told('UNSURE_THRESHOLD') })).rejects.toThrow('UNSURE');
  expect(await state()).toEqual(before);
  await project.load(join(folder, 'model'), { onNote: () => {} });
  expect(await state()).not.toEqual(before);
});

test('a condition that asks about a task without labels: the note names it, in fit and in evaluate', async () => {
  const data = [
    { age: 1, fare: 2, boat: true, port: 'a' },
    { age: 2, fare: 3, boat: false, port: 'b' },
  ];
  const project = declared();
  const expected = {
    code: 'NO_LABEL_COUNTS',
    path: 'boat',
    text: expect.stringMatching(/unknown 2 times and false 0 times; there are no labels of alive, which/),
  };
  expect((await project.fit(data, { ...fitting, onNote: () => {} })).notes).toContainEqual(expected);
  expect((await project.evaluate(data, { engine, onNote: () => {} })).notes).toContainEqual(expected);
});

test('a condition whose task is labelled on other rows: the note says that it is never known there', async () => {
  const data = [
    { age: 1, fare: 2, boat: true, alive: null },
    { age: 2, fare: 3, boat: false, alive: null },
    { age: 3, fare: 3, boat: null, alive: true },
    { age: 4, fare: 2, boat: null, alive: false },
  ];
  const { notes } = await declared().fit(data, { ...fitting, onNote: () => {} });
  expect(notes.find(({ code }) => code === 'NO_LABEL_COUNTS')).toEqual({
    code: 'NO_LABEL_COUNTS',
    path: 'boat',
    text:
      'None of its 2 labels counts, so it learns nothing and its metrics say nothing: on these rows its condition is ' +
      'unknown 2 times and false 0 times; alive is never known there. Where it is unknown, labels count with ' +
      'given(…, { whenUnknown: "include" }).',
  });
});

test('a gate behind a gate: what is never known on the way is named, if knowing it would matter', async () => {
  const chain = () =>
    new Project({
      name: 'chain',
      inputs: { x: vector({ columns: ['u'] }) },
      tasks: { outer: binary(), inner: binary(), last: binary() },
    }).flow('full', (task, x) => {
      const outer = task.outer(x.features);
      const inner = task.inner(x.features).given(outer);
      return [outer, inner, task.last(x.features).given(inner)];
    });
  const elsewhere = [
    { u: 3, outer: true, inner: true, last: null },
    { u: 4, outer: true, inner: false, last: null },
  ];
  const said = async (data: Parameters<ReturnType<typeof chain>['fit']>[0]) => {
    const { notes } = await chain().fit(data, { ...fitting, onNote: () => {} });
    return notes.find(({ code, path }) => code === 'NO_LABEL_COUNTS' && path === 'last')?.text;
  };
  const unknown = [
    { u: 1, outer: null, inner: true, last: true },
    { u: 2, outer: null, inner: true, last: false },
  ];
  expect(await said([...unknown, ...elsewhere])).toContain(
    'its condition is unknown 2 times and false 0 times; outer is never known there. Where it is',
  );
  // the outer gate is known to be closed: a label of the inner task would open nothing
  const closed = unknown.map((row) => ({ ...row, outer: false, inner: null }));
  expect(await said([...closed, ...elsewhere])).toMatch(/ its condition is unknown 0 times and false 2 times\.$/);
});

test('labels that are as they should be: no notes', async () => {
  const data = [
    { 'full.age': 0, age: 1, fare: 2, alive: true, port: 'a', traits: ['hat'], boat: true },
    { 'full.age': 0, age: 2, fare: 3, alive: false, port: 'b', traits: ['beard'], boat: null },
    { 'full.age': 0, age: 5, fare: 1, alive: true, port: 'c', traits: [], boat: false },
  ];
  const project = new Project({
    name: 'clean',
    inputs: { person: vector({ columns: ['fare'] }) },
    tasks: { alive: binary(), port: classification({ classes: ['a', 'b', 'c'] }), boat: binary() },
  }).flow('full', (task, x) => {
    const alive = task.alive(x.features);
    return [alive, task.port(x.features), task.boat(x.features).given(alive)];
  });
  expect((await project.fit(data, fitting)).notes).toEqual([]);
  expect(printed).toEqual([]);
});
