/** @file What is proposed of rows: sorts of columns, tasks, leaks, code that a user pastes. */
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { iterableSource, Project, readCsv, suggest, Table } from '../../../src/index.js';
import { uniforms } from '../../../src/random.js';

const drawn = uniforms({ seed: 9, stream: 'suggest', counter: 0 }, 6000);
const at = (row: number, column: number): number => drawn[row + 200 * column] ?? 0;
const pick = <T>(list: readonly T[], share: number): T => list[Math.floor(share * list.length)] as T; // below 1

const records = Array.from({ length: 200 }, (_, row) => {
  const warm = at(row, 1) > 0.5;
  return {
    id: row + 1,
    always: 'x',
    nothing: null,
    age: at(row, 0) < 0.1 ? null : 20 + 40 * at(row, 2),
    income: at(row, 3) < 0.01 ? 1e6 : 1000 * (1 + at(row, 3)),
    class: pick([1, 2, 3], at(row, 4)),
    member: at(row, 5) > 0.3,
    flag: at(row, 6) > 0.4 ? 1 : 0,
    word: at(row, 7) > 0.5 ? 'Yes' : 'No',
    colour: pick(['red', 'green', 'blue'], at(row, 8)),
    town: `town ${Math.floor(at(row, 9) * 40)}`,
    note: `note ${row}`,
    photo: `images/${row}.jpg`,
    day: `2024-0${1 + Math.floor(at(row, 10) * 9)}-11`,
    seen: `2024-05-31T0${Math.floor(at(row, 11) * 9)}:30:00Z`,
    scores: [at(row, 12), at(row, 13), at(row, 14)],
    ragged: Array.from({ length: 1 + (row % 3) }, () => 1),
    tags: pick(['a', 'a|b', 'b|c', 'c'], at(row, 15)),
    list: pick([['x'], ['x', 'y'], []], at(row, 16)),
    mixed: row % 2 === 0 ? 1 : 'one',
    share: at(row, 17),
    percent: Math.floor(at(row, 18) * 101),
    warm,
    closed: warm ? null : 'on Monday',
  };
});
const table = Table.fromRecords(records);

const inputs: Readonly<Record<string, string | null>> = {
  id: null,
  always: null,
  nothing: null,
  age: 'number()',
  income: "number({ scale: 'quantiles' })",
  class: 'category({ values: [1, 2, 3] })',
  member: 'boolean()',
  flag: 'boolean()',
  word: "boolean({ yes: ['Yes'], no: ['No'] })",
  colour: "category({ values: ['blue', 'green', 'red'] })",
  town: 'category({ most: 40 })',
  note: null,
  photo: null,
  day: "date({ parts: ['time', 'month', 'weekday'] })",
  seen: "date({ parts: ['time', 'month', 'weekday', 'hour'] })",
  scores: 'numbers({ size: 3 })',
  ragged: null,
  list: null,
  mixed: null,
  share: 'number()',
  percent: 'number()',
};
const tasks: Readonly<Record<string, string | null>> = {
  member: 'binary()',
  flag: 'binary()',
  class: "classification({ classes: ['1', '2', '3'] })",
  colour: "classification({ classes: ['blue', 'green', 'red'] })",
  income: 'regression()',
  share: 'boundedRegression({ min: 0, max: 1 })',
  percent: 'boundedRegression({ min: 0, max: 100 })',
  tags: "multilabel({ classes: ['a', 'b', 'c'] })",
  list: "multilabel({ classes: ['x', 'y'] })",
  note: null,
  mixed: null,
  scores: null,
};

test('each column is what it looks like, or is left out with the reason', async () => {
  const { columns, rows } = await suggest(table);
  expect(rows).toBe(200);
  const byName = new Map(columns.map((column) => [column.name, column]));
  expect(Object.fromEntries(Object.keys(inputs).map((name) => [name, byName.get(name)?.input]))).toEqual(inputs);
  expect(Object.fromEntries(Object.keys(tasks).map((name) => [name, byName.get(name)?.task]))).toEqual(tasks);
  expect(byName.get('id')?.why).toContain('identifier');
  expect(byName.get('photo')?.why).toContain('images');
  expect(byName.get('age')?.missing).toBe(records.filter(({ age }) => age === null).length);
});

test('what is proposed trains, and what looks like a leak is left out of it', async () => {
  const suggestion = await suggest(table, { tasks: ['warm', 'tags'], name: 'weather' });
  expect(suggestion.columns.find(({ name }) => name === 'closed')?.leaks[0]).toMatch(
    /^where it is (missing|there), warm is/,
  );
  expect(suggestion.inputs.row?.columns).not.toContain('closed');
  expect(suggestion.inputs.row?.columns).not.toContain('warm');
  expect(Object.keys(suggestion.tasks)).toEqual(['tags', 'warm']);
  const project = new Project({
    name: 'weather',
    inputs: suggestion.inputs,
    tasks: suggestion.tasks,
    onNote: () => {},
  }).flow('all', (task, x) => Object.keys(suggestion.tasks).flatMap((name) => task[name]?.(x.features) ?? []));
  await project.fit(suggestion.prepare(table), { engine: 'cpu', epochs: 2, progress: false });
  const text = String(suggestion);
  expect(text).toContain(
    "const rows = table.derive('tags', (row) => (row.tags === null ? null : String(row.tags).split('|')",
  );
  expect(text).toMatch(
    /\/\/ Known when you predict\? Where it is \w+, warm is \w+ in \d+ of \d+ rows\.\n {6}\/\/ closed: /,
  );
  expect(text.split('\n')[0]).toBe(
    "import { binary, boolean, category, columns, date, multilabel, number, numbers, Project } from 'headgate';",
  );
  project.dispose();
});

test('a source is read as far as is asked', async () => {
  let read = 0;
  const source = iterableSource(
    function* () {
      for (const record of records) {
        read++;
        yield record;
      }
    },
    { chunkRows: 16 },
  );
  const { rows, columns } = await suggest(source, { rows: 40 });
  expect(rows).toBe(40);
  expect(read).toBeLessThanOrEqual(64);
  expect(columns.find(({ name }) => name === 'member')?.input).toBe('boolean()');
});

test('names that are no identifiers, and values with quotes, are written as TypeScript', async () => {
  const odd = Table.fromRecords(
    Array.from({ length: 40 }, (_, row) => ({
      "it's": row % 2 === 0 ? "o'clock" : 'a "b"',
      'home.dest': row / 7,
      label: row % 2 === 0,
    })),
  );
  const text = String(await suggest(odd, { tasks: ['label'] }));
  expect(text).toContain("['home.dest']: number()");
  expect(text).toContain(`// ['it\\'s']: category({ values: ['a "b"', 'o\\'clock'] })`); // it tells the label
});

test.each([
  ['a column that is not there', { tasks: ['wram'] }, 'UNKNOWN_COLUMN', 'suggest.tasks'],
  ['labels of no task', { tasks: ['note'] }, 'INVALID_LABEL', 'suggest.tasks.note'],
  ['an option that is none', { labels: ['warm'] }, 'INVALID_OPTIONS', 'suggest.labels'],
] as const)('%s is refused', async (_, options, code, path) => {
  await expect(suggest(table, options as object)).rejects.toMatchObject({ code, path });
});

test('an input of its own may be called as the vector of columns is, and every name is kept', async () => {
  const odd = Table.fromRecords(
    Array.from({ length: 30 }, (_, row) =>
      JSON.parse(`{ "__proto__": ${row / 7}, "size": ${row}e20, "label": ${row % 2 === 0} }`),
    ),
  ).with('row', { data: new Float32Array(90), shape: [3] });
  const { inputs } = await suggest(odd, { tasks: ['label'] });
  expect(Object.keys(inputs)).toEqual(['row_', 'row']);
  expect(inputs.row_?.columns).toEqual(['__proto__', 'size']);
  expect(inputs.row?.shape).toEqual([3]);
});

test('a column that cannot name a task, or an input of its own, is said', async () => {
  const dotted = Table.fromRecords(Array.from({ length: 30 }, (_, row) => ({ 'a.b': row % 2 === 0 }))).with('x.y', {
    data: new Float32Array(60),
    shape: [2],
  });
  await expect(suggest(dotted, { tasks: ['a.b'] })).rejects.toMatchObject({
    code: 'INVALID_NAME',
    path: 'suggest.tasks',
  });
  const { columns } = await suggest(dotted);
  expect(columns.find(({ name }) => name === 'x.y')).toMatchObject({ input: null });
});

test('no rows are refused', async () => {
  await expect(suggest([])).rejects.toMatchObject({ code: 'EMPTY_DATASET' });
});

const titanic = '../shared/data/titanic3.csv';

test.skipIf(!existsSync(titanic))('titanic from its file alone', async () => {
  const { table: passengers, notes } = await readCsv(titanic);
  expect(notes.join()).toContain('left out line 1311: it is blank');
  const suggestion = await suggest(passengers, { tasks: ['survived'], name: 'titanic' });
  expect(suggestion.inputs.row?.columns).toEqual([
    'pclass',
    'sex',
    'age',
    'sibsp',
    'parch',
    'fare',
    'embarked',
    'home.dest',
  ]);
  expect(suggestion.columns.filter(({ leaks }) => leaks.length > 0).map(({ name }) => name)).toEqual(['boat', 'body']);
  const { train, test: held } = passengers.split({ train: 0.8, test: 0.2 }, { seed: 1, stratify: 'survived' });
  const project = new Project({
    name: 'titanic',
    inputs: suggestion.inputs,
    tasks: suggestion.tasks,
    onNote: () => {},
  });
  const flow = project.flow('all', (task, x) => (task.survived === undefined ? [] : [task.survived(x.features)]));
  await flow.fit(train, { epochs: 20, progress: false });
  expect((await flow.evaluate(held)).value('survived', 'roc_auc')).toBeGreaterThan(0.8);
  flow.dispose();
});

test('what needs more than a line is told how it is read: texts, paths of images, lists of different lengths', async () => {
  const rows = Array.from({ length: 40 }, (_, i) => ({
    comment: `the order ${i} came late and was ${i % 2 === 0 ? 'wet' : 'not what I had asked for'}`,
    code: `X${i}`,
    photo: `photos/${i % 4}.jpg`,
    steps: Array.from({ length: 1 + (i % 7) }, (_, k) => k),
    bad: i % 2 === 0,
  }));
  const { columns } = await suggest(rows, { tasks: ['bad'] });
  const why = Object.fromEntries(columns.map((column) => [column.name, column.why]));
  expect(why.comment).toBe(
    'texts of up to 13 words: text({ tokenizer, length: 32 }), with a tokenizer of trainTokenizer(…) (docs/text.md)',
  );
  expect(why.code).toBe('40 different texts in 40 rows: free text, or an identifier');
  expect(why.photo).toContain('imagesIn(rows, { column, … })');
  expect(why.steps).toContain("tensor({ shape: [7], axes: ['item'], ragged: true })");
});
