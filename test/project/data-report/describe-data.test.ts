import { expect, test } from 'vitest';
import {
  along,
  binary,
  iterableSource,
  Project,
  type Row,
  regression,
  Table,
  tensor,
  unionSources,
  vector,
} from '../../../src/index.js';
import { uniforms } from '../../../src/random.js';
import { doorProject, doorRows } from './door.js';

const project = doorProject();
const table = Table.fromRecords(doorRows);
/** Its rows are of any type: what is wrong in them is what is looked for. */
const describe = (rows: unknown, options?: object) =>
  Reflect.apply(project.describeData, project, options === undefined ? [rows] : [rows, options]) as ReturnType<
    ReturnType<typeof doorProject>['describeData']
  >;
const report = await describe(table);

test('labels along a nested flow: there, applicable, counted, withheld', () => {
  expect(report.rows).toBe(8);
  const counts = report.tasks.map(({ path, labelled, applies, trainable, withheld }) => [
    path,
    labelled,
    [applies.yes, applies.no, applies.unknown],
    trainable,
    [withheld.no, withheld.unknown],
  ]);
  expect(counts).toEqual([
    ['open', 6, [8, 0, 0], 6, [0, 0]],
    ['blocked', 6, [8, 0, 0], 6, [0, 0]],
    ['person.present', 7, [4, 2, 2], 4, [1, 2]],
    ['person.shirt', 6, [3, 3, 2], 2, [2, 2]],
    ['person.size', 6, [3, 3, 2], 2, [2, 2]],
    ['person.traits', 6, [4, 2, 2], 4, [1, 1]],
    ['alarm', 0, [8, 0, 0], 0, [0, 0]],
  ]);
  expect(report.tasks.map(({ condition }) => condition)).toEqual([
    null,
    null,
    'open and not blocked',
    '(open and not blocked) and person.present',
    '(open and not blocked) and person.present',
    'open and not blocked',
    null,
  ]);
  expect(report.tasks.map(({ column }) => column)).toEqual([
    ...['open', 'blocked', 'present', 'shirt', 'size', 'traits'],
    null,
  ]);
});

test('the balance of the labels that count, as each kind answers', () => {
  const balances = report.tasks.map(({ balance }) => balance);
  expect(balances).toEqual([
    { of: 'decisions', decisions: [{ name: null, count: 6, positives: 5 }] },
    { of: 'decisions', decisions: [{ name: null, count: 6, positives: 1 }] },
    { of: 'decisions', decisions: [{ name: null, count: 4, positives: 3 }] },
    {
      of: 'classes',
      classes: [
        { name: 'red', count: 1 },
        { name: 'blue', count: 1 },
        { name: 'green', count: 0 },
      ],
    },
    {
      of: 'numbers',
      elements: [{ count: 2, least: 2, greatest: 4, mean: 3, deviation: 1, quartiles: [2.5, 3, 3.5] }],
    },
    {
      of: 'decisions',
      decisions: [
        { name: 'hat', count: 4, positives: 3 },
        { name: 'beard', count: 3, positives: 1 },
      ],
    },
    { of: 'decisions', decisions: [{ name: null, count: 0, positives: 0 }] },
  ]);
});

test('labels that fit would refuse are counted with the first row, and count as missing', () => {
  expect(report.tasks.flatMap(({ path, refused }) => refused.map((refusal) => ({ path, ...refusal })))).toEqual([
    {
      path: 'person.shirt',
      code: 'UNKNOWN_CLASS',
      count: 1,
      row: 6,
      received: '"blu"',
      problem: expect.any(String),
      suggestion: 'blue',
    },
  ]);
});

test('inputs: missing, unknown and refused cells, values, ranges', () => {
  const found = report.columns.map((column) => [
    `${column.input}.${column.column}`,
    [column.missing, column.firstMissing, column.refusesMissing],
    column.unknown,
    column.refused.map(({ code, count, row }) => [code, count, row]),
    column.values,
    column.isConstant,
    column.numbers && [column.numbers.count, column.numbers.least, column.numbers.greatest],
  ]);
  expect(found).toEqual([
    ['x.a', [0, null, true], 0, [], 6, false, [8, 0, 5]],
    ['x.b', [1, 3, true], 0, [['INVALID_INPUT', 1, 5]], 2, false, [6, 1.5, 1.5]],
    ['row.age', [2, 1, false], 0, [], 2, false, [6, 10, 30]],
    ['row.sex', [0, null, false], 1, [], 3, false, null],
    ['row.twin', [2, 1, false], 0, [], 2, false, [6, 10, 30]],
    ['row.always', [0, null, false], 0, [], 1, true, [8, 3, 3]],
  ]);
  expect(report.equalColumns).toEqual([['age', 'twin']]);
  expect(report.surplus).toEqual(['alrm']);
  expect(report.refusedRows).toEqual({ rows: 2, first: 3 });
  expect(report.repeatedRows).toEqual({ rows: 2, first: 6 });
});

test('what is left out, and why', () => {
  expect(report.leftOut.map(({ what, count }) => [what, count])).toEqual([
    ['rows', 2],
    ['person.present', 1],
    ['person.present', 2],
    ['person.shirt', 1],
    ['person.shirt', 2],
    ['person.shirt', 2],
    ['person.size', 2],
    ['person.size', 2],
    ['person.traits', 1],
    ['person.traits', 1],
    ['alarm', null],
    ['alrm', null],
  ]);
  expect(report.leftOut.find(({ what }) => what === 'alarm')?.why).toBe(
    'no column has its labels; did you mean "alrm"?',
  );
});

test('fit refuses what the report counts', async () => {
  const x = { a: 1, b: 2, age: 3, sex: 'm', twin: 4, always: 5, open: true };
  const refused = (row: object) => Reflect.apply(doorProject().fit, doorProject(), [[row]]) as Promise<unknown>;
  await expect(refused({ ...x, shirt: 'blu' })).rejects.toMatchObject({ code: 'UNKNOWN_CLASS' });
  await expect(refused({ ...x, b: null })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  await expect(refused({ ...x, b: 'x' })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
});

test('a task of which few labels count is nearly empty', async () => {
  expect(report.tasks.map(({ isNearlyEmpty }) => isNearlyEmpty)).toEqual(Array(7).fill(true));
  const { tasks } = await describe(table, { fewLabels: 4 });
  expect(tasks.filter(({ isNearlyEmpty }) => isNearlyEmpty).map(({ path }) => path)).toEqual([
    'person.shirt',
    'person.size',
    'alarm',
  ]);
});

test('all of it is frozen, and JSON gives it back', () => {
  const frozen = (value: unknown): boolean =>
    typeof value !== 'object' || value === null || (Object.isFrozen(value) && Object.values(value).every(frozen));
  expect(frozen(report)).toBe(true);
  const { toString: _, print: __, toJSON: ___, ...facts } = report;
  expect(JSON.parse(JSON.stringify(report))).toEqual(facts);
});

/** Rows enough for several pieces, of all that a row can be. */
const noise = uniforms({ seed: 3, stream: 'rows', counter: 0 }, 40_000);
const many: readonly Row[] = Array.from({ length: 2600 }, (_, i) => {
  const own = (k: number) => noise[i * 10 + k] as number;
  const template = doorRows[Math.floor(own(0) * 8)] as Row;
  const other = doorRows[Math.floor(own(1) * 8)] as Row;
  const { a, b, age, sex, twin, always } = other;
  return { ...template, a, b, age, sex, twin, always, size: own(2) < 0.3 ? null : own(3) * 10 };
});

test('tables, records, filtered tables and streams of any chunks say the same', async () => {
  const [first, ...others] = await Promise.all([
    describe(Table.fromRecords(many)),
    describe(many),
    describe(() => many),
    describe(iterableSource(() => many, { chunkRows: 7 })),
    describe(
      (async function* () {
        yield* many;
      })(),
    ),
    describe(unionSources({ one: many.slice(0, 1000), two: many.slice(1000) })),
  ]);
  for (const other of others) expect(JSON.stringify({ ...other.toJSON(), parts: [] })).toBe(JSON.stringify(first));
  expect(others.at(-1)?.parts).toEqual([
    { name: 'one', rows: 1000 },
    { name: 'two', rows: 1600 },
  ]);
});

test('counts of many rows are those of a plain reading', async () => {
  const { tasks, repeatedRows, refusedRows } = await describe(() => many);
  const gate = (row: Row) => (row.open === true && row.blocked === false ? 'yes' : isShut(row) ? 'no' : 'unknown');
  const isShut = ({ open, blocked }: Row) => open === false || blocked === true;
  const present = many.filter((row) => row.present !== null);
  const person = tasks[2];
  for (const answer of ['yes', 'no', 'unknown'] as const) {
    expect(person?.applies[answer]).toBe(many.filter((row) => gate(row) === answer).length);
  }
  expect(person?.trainable).toBe(present.filter((row) => gate(row) === 'yes').length);
  expect(person?.withheld).toEqual({
    no: present.filter((row) => gate(row) === 'no').length,
    unknown: present.filter((row) => gate(row) === 'unknown').length,
  });
  const keys = many.map(({ a, b, age, sex, twin, always }) => JSON.stringify([a, b, age, sex, twin, always]));
  expect(repeatedRows?.rows).toBe(many.length - new Set(keys).size);
  expect(refusedRows.rows).toBe(many.filter(({ b }) => b !== 1.5).length);
  const sizes = many
    .filter((row) => gate(row) === 'yes' && row.present === true && row.size !== null)
    .map(({ size }) => Number(size))
    .sort((a, b) => a - b);
  const balance = tasks[4]?.balance;
  const summary = balance?.of === 'numbers' ? balance.elements[0] : undefined;
  const at = (share: number) => {
    const place = share * (sizes.length - 1);
    const [low, high] = [sizes[Math.floor(place)] as number, sizes[Math.ceil(place)] as number];
    return low + (high - low) * (place - Math.floor(place));
  };
  expect(summary?.count).toBe(sizes.length);
  for (const [i, share] of [0.25, 0.5, 0.75].entries()) expect(summary?.quartiles[i]).toBeCloseTo(at(share), 12);
  expect(summary?.mean).toBeCloseTo(sizes.reduce((a, b) => a + b, 0) / sizes.length, 10);
});

test('rows of a table that was filtered are named by their places in it, as in errors of sources', async () => {
  const { columns } = await describe(table.filter((_, i) => i >= 3));
  expect(columns.map(({ firstMissing }) => firstMissing)).toEqual([null, 0, 1, null, 1, null]);
});

test('the text is 80 columns wide at most, and says what was found', () => {
  const text = String(report);
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  expect(text).toMatchInlineSnapshot(`
    "8 rows
      2 (first: row 3) would be refused for their inputs
      2 (first: row 6) have the inputs of an earlier row

    tasks                            labelled     true    false  unknown   counts
      open                                  6        8        0        0        6
        binary, labels in "open"
        nearly empty: 6 labels count, fewer than 50
        yes 5 of 6 (83.3 %)
      blocked                               6        8        0        0        6
        binary, labels in "blocked"
        nearly empty: 6 labels count, fewer than 50
        yes 1 of 6 (16.7 %)
      person.present                        7        4        2        2        4
        binary, labels in "present"
        given open and not blocked
        nearly empty: 4 labels count, fewer than 50
        do not count: 1 where the condition is false, 2 where it is not known
        yes 3 of 4 (75 %)
      person.shirt                          6        3        3        2        2
        classification, labels in "shirt"
        given (open and not blocked) and person.present
        nearly empty: 2 labels count, fewer than 50
        refused: 1 × UNKNOWN_CLASS (first: row 6, "blu") (did you mean "blue"?):
          There is no class "blu".
        do not count: 2 where the condition is false, 2 where it is not known
        "red" 1 (50 %), "blue" 1 (50 %), "green" 0 (0 %)
      person.size                           6        3        3        2        2
        regression, labels in "size"
        given (open and not blocked) and person.present
        nearly empty: 2 labels count, fewer than 50
        do not count: 2 where the condition is false, 2 where it is not known
        from 2 to 4, mean 3, quartiles 2.5, 3, 3.5
      person.traits                         6        4        2        2        4
        multilabel, labels in "traits"
        given open and not blocked
        nearly empty: 4 labels count, fewer than 50
        do not count: 1 where the condition is false, 1 where it is not known
        "hat" 3 of 4 (75 %), "beard" 1 of 3 (33.3 %)
      alarm                                 0        8        0        0        0
        binary, no column of labels
        nearly empty: 0 labels count, fewer than 50

    inputs                            missing  unknown  refused   values
      x.a                                   0        0        0        6
        vector, from 0 to 5, mean 1.875, quartiles 0, 1.5, 3.25
      x.b                                   1        0        1        2
        vector, from 1.5 to 1.5, mean 1.5, quartiles 1.5, 1.5, 1.5
        missing cells are refused (first: row 3)
        refused: 1 × INVALID_INPUT (first: row 5, "x"): The network cannot read this
          value.
      row.age                               2        0        0        2
        number, from 10 to 30, mean 16.67, quartiles 10, 10, 25
      row.sex                               0        1        0        3
        category
      row.twin                              2        0        0        2
        number, from 10 to 30, mean 16.67, quartiles 10, 10, 25
      row.always                            0        0        0        1
        number, from 3 to 3, mean 3, quartiles 3, 3, 3
        constant

    equal columns: "age", "twin"
    left out: rows (2): fit refuses them for a cell of an input
    left out: alarm: no column has its labels; did you mean "alrm"?
    left out: alrm: no input and no task reads it"
  `);
});

test('print writes the text', () => {
  const written: unknown[] = [];
  const log = console.log;
  console.log = (line: unknown) => written.push(line);
  try {
    report.print();
  } finally {
    console.log = log;
  }
  expect(written).toEqual([String(report)]);
});

test.each<[string, object]>([
  ['describeData.fewLabel', { fewLabel: 3 }],
  ['describeData.fewLabels', { fewLabels: -1 }],
  ['describeData.fewLabels', { fewLabels: 0.5 }],
  ['describeData.repeats', { repeats: 'no' }],
])('%s does not fit', async (path, options) => {
  await expect(describe(table, options)).rejects.toMatchObject({ code: 'INVALID_OPTIONS', path });
});

test('rows that are none are refused, those to compare with by name', async () => {
  await expect(describe([])).rejects.toMatchObject({ code: 'EMPTY_DATASET', path: 'data' });
  await expect(describe(table.slice(0, 0))).rejects.toMatchObject({ code: 'EMPTY_DATASET', path: 'data' });
  await expect(describe(() => [])).rejects.toMatchObject({ code: 'EMPTY_DATASET', path: 'data' });
  await expect(describe('rows.csv')).rejects.toMatchObject({ code: 'INVALID_DATA' });
  await expect(describe([1])).rejects.toMatchObject({ code: 'INVALID_RECORD' });
  await expect(describe(table, { compareWith: [] })).rejects.toMatchObject({
    code: 'EMPTY_DATASET',
    path: 'describeData.compareWith',
  });
  await expect(describe(table, { compareWith: 7 })).rejects.toMatchObject({
    code: 'INVALID_DATA',
    path: 'describeData.compareWith',
  });
});

test('a column that no row has', async () => {
  const { columns, refusedRows, leftOut } = await describe(table.drop('a', 'age'));
  expect(columns.filter(({ isAbsent }) => isAbsent).map(({ column, missing }) => [column, missing])).toEqual([
    ['a', 8],
    ['age', 8],
  ]);
  expect(refusedRows).toEqual({ rows: 8, first: 0 });
  expect(leftOut.filter(({ why }) => why.startsWith('an input reads it')).map(({ what }) => what)).toEqual([
    'a',
    'age',
  ]);
});

test('of a task along an axis, positions of rows are counted', async () => {
  const tokens = new Project({
    name: 'tokens',
    inputs: { frame: tensor({ shape: [3, 2], axes: ['token', null] }) },
    tasks: { loud: along('token', binary()), level: along('token', regression()) },
    onNote: () => {},
  }).flow('full', (task, x) => {
    const loud = task.loud(x.features);
    return [loud, task.level(x.features).given(loud)];
  });
  const frame = [1, 2, 3, 4, 5, 6];
  const rows = [
    { frame, loud: [true, false, null], level: [1, 2, 3] },
    { frame, loud: [true, true, true], level: null },
    { frame, loud: [true, true], level: [5, null, null] }, // one label too few
  ];
  const { tasks } = await Reflect.apply(tokens.describeData, tokens, [rows, { fewLabels: 5 }]);
  expect(tasks).toMatchObject([
    { path: 'loud', labelled: 5, applies: { yes: 9, no: 0, unknown: 0 }, trainable: 5, isNearlyEmpty: false },
    { path: 'level', labelled: 4, applies: { yes: 4, no: 1, unknown: 4 }, trainable: 1, isNearlyEmpty: true },
  ]);
  expect(tasks[0]).toMatchObject({ refused: [{ code: 'WRONG_SHAPE', count: 1, row: 2 }] });
  expect(tasks[0]?.balance).toEqual({ of: 'decisions', decisions: [{ name: null, count: 5, positives: 4 }] });
  expect(tasks[1]?.withheld).toEqual({ no: 1, unknown: 2 });
});

test('an array of another shape is refused, each row of it', async () => {
  const project = new Project({
    name: 'shapes',
    inputs: { x: vector({ size: 4 }) },
    tasks: { open: binary() },
    onNote: () => {},
  }).flow('full', (task, x) => [task.open(x.features)]);
  const x = { data: Float32Array.from({ length: 12 }, (_, i) => i), shape: [3] };
  const all = Table.fromColumns({ x, open: [true, false, true, null] });
  const { columns } = await project.describeData(all);
  expect(columns[0]?.refused).toMatchObject([{ code: 'WRONG_SHAPE', count: 4, row: 0 }]);
  const good = Table.fromColumns({ x: { ...x, shape: [4] }, open: [true, false, true] });
  const { columns: read } = await project.describeData(good);
  expect(read[0]).toMatchObject({ refused: [], values: 3, numbers: { count: 12, least: 0, greatest: 11, mean: 5.5 } });
});
