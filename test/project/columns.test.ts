/** @file A table as people have it, through a project: raw cells to predictions, on disk and back. */
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  adam,
  binary,
  boolean,
  type ColumnKind,
  category,
  columns,
  date,
  defineColumn,
  type EngineName,
  iterableSource,
  number,
  Project,
  type Row,
  readCsv,
  regression,
  Table,
  tableSource,
  tf,
  vector,
} from '../../src/index.js';
import { uniforms } from '../../src/random.js';

const asked = { engine: 'cpu', onNote: () => {} } as const;
const optimizer = adam({ learningRate: 0.05 });
const quiet = { ...asked, progress: false, epochs: 3 } as const;

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headgate-'));
});
afterEach(() => rm(folder, { recursive: true }));

const ports = ['S', 'C', 'Q', 'Z'];

/** Passengers: who survives follows from sex and port, and a little from age; ages are often missing. */
const passengers = (count: number, seed = 7) =>
  Array.from({ length: count }, (_, row) => {
    const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = uniforms({ seed, stream: 'columns', counter: row }, 6);
    const sex = a < 0.5 ? 'male' : 'female';
    const port = ports[Math.floor(4 * b * b)] ?? 'S';
    const age = Math.round(80 * c);
    const score = (sex === 'female' ? 2 : 0) + (port === 'Q' || port === 'C' ? 1 : 0) - age / 60;
    return {
      sex: d < 0.05 ? null : sex,
      port,
      age: e < 0.25 ? null : age,
      alone: d < 0.5 ? 'y' : 'n',
      boarded: new Date(Date.UTC(1912, 3, 1 + Math.floor(20 * e), Math.floor(24 * f))).toISOString(),
      survived: row % 9 === 0 ? null : score + f > 1.2,
    };
  });

const kinds = {
  sex: category({ values: ['male', 'female'] }),
  port: category({ most: 3 }),
  age: number(),
  alone: boolean({ yes: ['y'], no: ['n'] }),
  boarded: date({ parts: ['weekday', 'hour', 'time'] }),
};
const small = ({ x }: { readonly x: tf.SymbolicTensor }) => ({ features: tf.layers.dense({ units: 4 }).apply(x) });
const declared = (passenger = columns(kinds)) =>
  new Project({
    name: 'ship',
    inputs: { passenger },
    tasks: { survived: binary() },
    backbone: ({ passenger: x }) => small({ x }),
    onNote: () => {},
  }).flow('full', (task, x) => [task.survived(x.features)]);

const rows = passengers(90);

async function codeOf(run: () => Promise<unknown>): Promise<unknown> {
  return run().then(
    () => 'nothing was refused',
    (error: unknown) => error,
  );
}

test('what was learnt is described, each number of the vector has its name, and no later fit changes it', async () => {
  const project = declared();
  const before = project.describe().inputs.passenger;
  if (before?.kind !== 'columns') throw new Error('no columns');
  expect(before.columns.map(({ name, learnt, missing }) => [name, learnt, missing])).toEqual(
    Object.keys(kinds).map((name) => [name, null, null]),
  );
  await project.fit(rows, quiet);
  const described = project.describe();
  const { passenger } = described.inputs;
  if (passenger?.kind !== 'columns') throw new Error('no columns');
  expect(passenger.columns.flatMap(({ places }) => places)).toEqual([
    ...['sex=male', 'sex=female', 'sex?'],
    ...['port=S', 'port=C', 'port=Q', 'port?'],
    ...['age', 'age?', 'alone', 'alone?'],
    ...[
      'boarded.weekday.sin',
      'boarded.weekday.cos',
      'boarded.hour.sin',
      'boarded.hour.cos',
      'boarded.time',
      'boarded?',
    ],
  ]);
  const ages = rows.flatMap(({ age }) => (age === null ? [] : age)).sort((a, b) => a - b);
  const missing = rows.length - ages.length;
  const [, , age] = passenger.columns;
  const middle = (ages.length - 1) / 2;
  const median = ((ages[Math.floor(middle)] ?? 0) + (ages[Math.ceil(middle)] ?? 0)) / 2;
  expect(age).toMatchObject({ name: 'age', kind: 'number', learnt: { median }, missing: missing / 90, unknown: 0 });
  const [, port] = passenger.columns;
  const rare = rows.filter((row) => row.port === 'Z').length;
  expect(port).toMatchObject({ learnt: { values: ['S', 'C', 'Q'] }, unknown: rare / 90 });
  expect(String(described)).toContain(`passenger.port: category, values S, C, Q, unknown in `);
  await project.fit(passengers(40, 8), quiet);
  expect(project.describe().inputs).toEqual(described.inputs);
});

const engines: readonly EngineName[] = ['cpu', 'onnx', 'wasm'];

test.each(engines)('%s: learns, and predicts the same from a table, records and a source', async (engine) => {
  const project = declared();
  const { epochs } = await project.fit(rows, { ...quiet, engine, epochs: 20, optimizer });
  expect(Number(epochs.at(-1)?.loss)).toBeLessThan(0.8 * Number(epochs[0]?.loss));
  const options = { ...asked, engine, probabilities: true };
  const expected = await project.predict(rows, options);
  expect([...(await project.predict(Table.fromRecords(rows), options))]).toEqual([...expected]);
  const streamed: unknown[] = [];
  for await (const row of project.predict(tableSource(Table.fromRecords(rows), { chunkRows: 7 }), options)) {
    streamed.push(row);
  }
  expect(streamed).toEqual([...expected]);
});

test('a fit of a source learns and trains as of the table, to the byte', async () => {
  const table = Table.fromRecords(rows);
  const [one, other, flowing] = [declared(), declared(), declared()];
  await one.fit(table, quiet);
  await other.fit(tableSource(table, { chunkRows: 7 }), quiet);
  await flowing.fit(
    iterableSource(() => rows, { chunkRows: 11 }),
    { ...quiet, optimizer },
  );
  expect(other.weights()).toEqual(one.weights());
  expect(String(other.describe())).toBe(String(one.describe()));
  expect(String(flowing.describe())).toBe(String(one.describe()));
});

test('a column that only some records of a source have is missing in the others, wherever they are shuffled to', async () => {
  const sparse = (row: (typeof rows)[number], i: number): Row => {
    const { age, ...others } = row;
    return i < 60 || age === null ? others : row;
  };
  const records: Row[] = rows.map(sparse);
  const [one, other] = [declared(), declared()];
  await one.fit(Table.fromRecords(records), { ...quiet, batchSize: 8, optimizer });
  await other.fit(
    iterableSource(() => records, { chunkRows: 4, windowRows: 8 }),
    { ...quiet, batchSize: 8, optimizer },
  );
  expect(String(other.describe())).toBe(String(one.describe()));
  const evaluated = await one.evaluate(
    iterableSource(() => records, { chunkRows: 4 }),
    asked,
  );
  expect(evaluated.toRecords()).toEqual((await one.evaluate(records, asked)).toRecords());
  const none = rows.map(({ age: _, ...others }): Row => others);
  for (const data of [none, iterableSource(() => none, { chunkRows: 4 })]) {
    const unknown = { code: 'UNKNOWN_COLUMN', path: 'inputs.passenger' };
    expect(await codeOf(() => declared().fit(data, quiet))).toMatchObject(unknown);
    expect(await codeOf(() => one.evaluate(data, asked))).toMatchObject(unknown);
    expect(
      await codeOf(async () => {
        for await (const _ of await one.predict(data as Row[], asked));
      }),
    ).toMatchObject(unknown);
  }
});

test('rows that can be read once are used as they are, and that is said', async () => {
  const project = declared(columns({ ...kinds, boarded: date({ parts: ['weekday'] }) }));
  async function* once() {
    yield* rows;
  }
  const { notes } = await project.fit(once(), { ...quiet, epochs: 1, optimizer });
  expect(notes.map(({ code }) => code)).toContain('NOTHING_LEARNT');
  const { passenger } = project.describe().inputs;
  expect(passenger?.kind === 'columns' && passenger.columns.map(({ learnt }) => learnt)).toEqual(Array(5).fill(null));
  expect(await project.predict(rows, asked)).toHaveLength(90);
});

test('saved and loaded: the same predictions to the bit; the manifest says that columns have kinds', async () => {
  const project = declared();
  await project.fit(rows, quiet);
  await project.save(join(folder, 'ship'));
  const loaded = declared();
  await loaded.load(join(folder, 'ship'));
  const options = { ...asked, probabilities: true };
  const odd = [...rows, { ...passengers(1)[0], sex: 'other', port: 'new', age: null, alone: null, boarded: null }];
  expect([...(await loaded.predict(odd, options))]).toEqual([...(await project.predict(odd, options))]);
  expect(String(loaded.describe())).toBe(String(project.describe()));
  const manifest = JSON.parse(await readFile(join(folder, 'ship/headgate.json'), 'utf8'));
  expect(manifest.requires).toEqual(['flow', 'parameters', 'thresholds', 'statistics', 'columns']);
  const plain = new Project({
    name: 'plain',
    inputs: { v: vector({ columns: ['a'] }) },
    tasks: { survived: binary() },
  });
  await plain.flow('full', (task, x) => [task.survived(x.features)]).save(join(folder, 'plain'), { onNote: () => {} });
  expect(JSON.parse(await readFile(join(folder, 'plain/headgate.json'), 'utf8')).requires).not.toContain('columns');
});

test('a saved model does not load where columns have another kind, other options or another order', async () => {
  const project = declared();
  await project.fit(rows, quiet);
  await project.save(join(folder, 'ship'));
  const { sex, ...others } = kinds;
  const differing = [
    columns({ ...kinds, sex: category({ values: ['female', 'male'] }) }),
    columns({ ...kinds, age: number({ scale: 'quantiles' }) }),
    columns({ ...others, sex }),
  ];
  for (const other of differing) {
    const error = await codeOf(() =>
      declared(other as ReturnType<typeof columns<typeof kinds>>).load(join(folder, 'ship')),
    );
    expect(error).toMatchObject({ code: 'FLOW_MISMATCH', path: expect.stringMatching(/^inputs\.passenger\.column/) });
    const adopting = await codeOf(() => declared(other as ReturnType<typeof columns<typeof kinds>>).adopt(project));
    expect(adopting).toMatchObject({ code: 'FLOW_MISMATCH' });
  }
  const adopted = declared();
  await adopted.adopt(project);
  expect(adopted.describe().inputs).toEqual(project.describe().inputs);
});

test('what no kind learns is refused when a folder is loaded, and nothing has changed', async () => {
  const project = declared();
  await project.fit(rows, quiet);
  await project.save(join(folder, 'ship'));
  const [flow, manifest] = [join(folder, 'ship/flow.json'), join(folder, 'ship/headgate.json')];
  const json = JSON.parse(await readFile(flow, 'utf8'));
  json.inputs.passenger.encoder.state.columns[2].learnt.median = 'old';
  const bytes = Buffer.from(JSON.stringify(json));
  const head = JSON.parse(await readFile(manifest, 'utf8'));
  const { createHash } = await import('node:crypto');
  head.files['flow.json'] = { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
  await writeFile(flow, bytes);
  await writeFile(manifest, JSON.stringify(head));
  const other = declared();
  const before = other.weights();
  expect(await codeOf(() => other.load(join(folder, 'ship')))).toMatchObject({
    code: 'INVALID_FLOW',
    path: 'inputs.passenger.encoder.state.columns[2].learnt',
  });
  expect(other.weights()).toEqual(before);
});

test('a kind from outside trains, is saved, and loads where it is declared', async () => {
  const length: ColumnKind<string> = {
    kind: 'example/length',
    options: {},
    width: 1,
    learn: () => {
      let longest = 1;
      return {
        add: (cell) => {
          longest = Math.max(longest, String(cell).length);
        },
        result: () => ({ learnt: longest }),
      };
    },
    encoder: (learnt) => ({
      places: [' length'],
      says: `longest ${learnt}`,
      encode: (cell, { values, offset }) => {
        values[offset] = cell === null ? 0 : String(cell).length / Number(learnt ?? 1);
        return cell === null ? 'missing' : 'present';
      },
    }),
  };
  const made = () => {
    const inputs = { row: columns({ name: defineColumn(length), age: number() }) };
    const project = new Project({ name: 'names', inputs, tasks: { size: regression() }, onNote: () => {} });
    return project.flow('full', (task, x) => [task.size(x.features)]);
  };
  const named = ['a', 'bb', 'cccc', 'dd'].map((name, i) => ({ name, age: i, size: name.length }));
  const project = made();
  await project.fit(named, quiet);
  await project.save(join(folder, 'names'));
  const loaded = made();
  await loaded.load(join(folder, 'names'));
  expect([...(await loaded.predict(named, asked))]).toEqual([...(await project.predict(named, asked))]);
  expect(String(loaded.describe())).toContain('row.name: example/length, longest 4 -> name length');
});

test.each(engines)('%s: the index of a category feeds an embedding', async (engine) => {
  const project = new Project({
    name: 'embedded',
    inputs: { port: category({ values: ports, as: 'index' }) },
    tasks: { late: binary() },
    backbone: ({ port }) => ({
      features: tf.layers
        .flatten()
        .apply(tf.layers.embedding({ inputDim: ports.length + 1, outputDim: 3 }).apply(port)) as tf.SymbolicTensor,
    }),
    onNote: () => {},
  }).flow('full', (task, x) => [task.late(x.features)]);
  const late = [...ports, 'Y', null].flatMap((port, i) =>
    Array.from({ length: 5 }, () => ({ port, late: i % 2 === 0 })),
  );
  const { epochs } = await project.fit(late, { ...quiet, engine, epochs: 60, optimizer });
  expect(Number(epochs.at(-1)?.loss)).toBeLessThan(0.8 * Number(epochs[0]?.loss));
  const all = await project.predict(late, { ...asked, engine, probabilities: true });
  // Unknown and missing ports have one place, and so one answer.
  expect(all.at(-1)).toEqual(all[20]);
  expect(new Set(all.map(({ late: { probability } }) => probability)).size).toBe(5);
});

test('columns that went through JSON, or with another number of names, are no input', async () => {
  const copy = JSON.parse(JSON.stringify(columns(kinds)));
  for (const input of [copy, { ...columns(kinds), columns: ['sex', 'port'] }]) {
    const error = await codeOf(async () => declared(input));
    expect(error).toMatchObject({ code: 'NOT_AN_INPUT', path: 'inputs.passenger.columnKinds' });
  }
  const renamed = { ...number(), columns: ['age'] };
  const project = new Project({
    name: 'renamed',
    inputs: { years: renamed },
    tasks: { survived: binary() },
    onNote: () => {},
  });
  await project.flow('full', (task, x) => [task.survived(x.features)]).fit(Table.fromRecords(rows), quiet);
});

test('values that no terminal would like are saved and loaded as they are', async () => {
  const odd = ['\u0000', '\ud800', '\u2028', '__proto__', 'constructor', '', ' ', '"', '\\N', '\u202e', '😀'];
  const made = () =>
    new Project({
      name: 'odd',
      inputs: { word: category({ most: odd.length }) },
      tasks: { long: binary() },
      onNote: () => {},
    }).flow('full', (task, x) => [task.long(x.features)]);
  const project = made();
  const words = odd.map((word, i) => ({ word, long: i % 2 === 0 }));
  await project.fit(words, quiet);
  await project.save(join(folder, 'odd'));
  const loaded = made();
  await loaded.load(join(folder, 'odd'));
  expect(loaded.describe().inputs).toEqual(project.describe().inputs);
  const { word } = loaded.describe().inputs;
  expect(word?.kind === 'columns' && word.columns[0]?.learnt).toEqual({ values: [...odd].sort() });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: none may be there
  expect(String(loaded.describe())).not.toMatch(/[\u0000\u2028\u202e]/);
});

const placeOfPort = category({ most: 2, as: 'index' });

test('every kind has the default backbone, which embeds an index', async () => {
  const late = (inputs: ConstructorParameters<typeof Project>[0]['inputs']) =>
    new Project({ name: 'default', inputs, tasks: { late: binary() }, onNote: () => {} });
  const project = late({ port: category({ most: 2 }), age: number(), all: columns(kinds), place: placeOfPort });
  const made = project.flow('full', (task, x) => [Reflect.get(task, 'late')(x.features)]);
  const labelled: Row[] = rows.map((row) => ({ ...row, place: row.port, late: row.port === 'S' }));
  await made.fit(labelled, quiet);
  expect(String(made.describe())).toMatch(/^port: category, values S, C.* -> port=S, port=C, port\?\nage: number, /);
  expect(await made.predict(labelled, asked)).toHaveLength(90);
});

test('columns of which nothing can be learnt are noted at the fit; what is far from it, when it is used', async () => {
  const project = declared();
  const strange = rows.map((row, i) => ({ ...row, age: null, sex: i % 4 === 0 ? 'm' : row.sex }));
  const about = ({ code, path, text }: { code: string; path: string; text: string }) =>
    code === 'MISSING_VALUES' || code === 'UNKNOWN_VALUES'
      ? [`${code} ${path} ${/column "(\w+)"/.exec(text)?.[1]}`]
      : [];
  const history = await project.fit(strange, quiet);
  expect(history.notes.flatMap(about)).toEqual([
    'UNKNOWN_VALUES inputs.passenger sex',
    'MISSING_VALUES inputs.passenger age',
  ]);
  expect((await project.predict(strange, asked)).notes.flatMap(about)).toEqual([]);
  const other = rows.map((row) => ({ ...row, port: null, age: null }));
  expect((await project.evaluate(other, asked)).notes.flatMap(about)).toEqual(['MISSING_VALUES inputs.passenger port']);
  const streamed = project.predict(tableSource(Table.fromRecords(other), { chunkRows: 7 }), asked);
  for await (const _ of streamed);
  expect(streamed.notes.flatMap(about)).toEqual(['MISSING_VALUES inputs.passenger port']);
});

test('a number that tells the label is named as the vector has it', async () => {
  const project = declared();
  const told = rows.map((row) => ({ ...row, sex: row.survived === true ? 'female' : 'male' }));
  const { notes } = await project.fit(told, quiet);
  const text = notes.find(({ code }) => code === 'LABEL_FROM_INPUT')?.text;
  expect(text).toContain('sex=male, sex=female');
});

test('a smaller project of the same columns', async () => {
  const project = declared();
  await project.fit(rows, quiet);
  const { project: extracted } = await project.extract(['survived'], { onNote: () => {} });
  const before = await project.predict(rows, { ...asked, probabilities: true });
  const after = await extracted.predict(rows, { ...asked, probabilities: true });
  const probability = (row: unknown) => Number(Reflect.get(Reflect.get(Object(row), 'survived'), 'probability'));
  for (const [i, row] of before.entries()) expect(probability(after[i])).toBeCloseTo(probability(row), 5);
});

test('a raw table: columns with their kinds beat its numbers alone', async () => {
  const [train, held] = [passengers(400, 1), passengers(400, 2)];
  const numeric = new Project({
    name: 'numeric',
    inputs: { passenger: vector({ columns: ['age'] }) },
    tasks: { survived: binary() },
    onNote: () => {},
  }).flow('full', (task, x) => [task.survived(x.features)]);
  const whole = new Project({
    name: 'whole',
    inputs: { passenger: columns(kinds) },
    tasks: { survived: binary() },
    onNote: () => {},
  }).flow('full', (task, x) => [task.survived(x.features)]);
  const options = { ...quiet, engine: 'onnx', epochs: 30 } as const;
  const filled = (rows: ReturnType<typeof passengers>) => rows.map((row) => ({ ...row, age: row.age ?? 40 }));
  await numeric.fit(filled(train), options);
  await whole.fit(train, options);
  const alone = Number((await numeric.evaluate(filled(held), asked)).value('survived', 'roc_auc'));
  const all = Number((await whole.evaluate(held, asked)).value('survived', 'roc_auc'));
  expect(all).toBeGreaterThan(0.9);
  expect(alone).toBeLessThan(0.75);
});

const titanic = new URL('../../../shared/data/titanic3.csv', import.meta.url);

test.skipIf(!existsSync(titanic))('the passengers of the Titanic, as their file has them', async () => {
  const { table } = await readCsv(titanic, { types: { boat: 'string', ticket: 'string' } });
  const numeric = vector({ columns: ['pclass', 'age', 'sibsp', 'parch', 'fare'] });
  const raw = columns({
    ...{ age: number(), fare: number({ scale: 'quantiles' }), sibsp: number(), parch: number() },
    ...{ pclass: category({ values: [1, 2, 3] }), sex: category({ values: ['male', 'female'] }) },
    embarked: category({ most: 3 }),
  });
  const survivors = <I extends typeof numeric | typeof raw>(x: I) =>
    new Project({ name: 'titanic', inputs: { x }, tasks: { survived: binary() }, onNote: () => {} }).flow(
      'full',
      (task, features) => [task.survived(features.features)],
    );
  const { train, held } = table.split({ train: 0.7, held: 0.3 }, { seed: 1 });
  const filled = (rows: Table) =>
    rows.derive('age', ({ age }) => age ?? 28).derive('fare', ({ fare }) => fare ?? 14.45);
  const options = { ...quiet, engine: 'onnx', epochs: 60 } as const;
  const [few, all] = [survivors(numeric), survivors(raw)];
  await few.fit(filled(train), options);
  await all.fit(train, options);
  const auc = [await few.evaluate(filled(held), asked), await all.evaluate(held, asked)].map((evaluation) =>
    Number(evaluation.value('survived', 'roc_auc')),
  );
  expect(auc[1]).toBeGreaterThan(0.85);
  expect(auc[0]).toBeLessThan(0.82);
  const { x } = all.describe().inputs;
  expect(x?.kind === 'columns' && x.columns.at(-1)?.learnt).toEqual({ values: ['S', 'C', 'Q'] });
});
