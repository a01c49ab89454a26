import { expect, test } from 'vitest';
import { Table } from '../../../src/index.js';
import { describeDoor, doorProject, doorRows } from './door.js';

const table = Table.fromRecords(doorRows);
const report = await describeDoor(table);

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
  const { tasks } = await describeDoor(table, { fewLabels: 4 });
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

test('rows of a table that was filtered are named by their places in it, as in errors of sources', async () => {
  const { columns } = await describeDoor(table.filter((_, i) => i >= 3));
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
  await expect(describeDoor(table, options)).rejects.toMatchObject({ code: 'INVALID_OPTIONS', path });
});

test('rows that are none are refused, those to compare with by name', async () => {
  await expect(describeDoor([])).rejects.toMatchObject({ code: 'EMPTY_DATASET', path: 'data' });
  await expect(describeDoor(table.slice(0, 0))).rejects.toMatchObject({ code: 'EMPTY_DATASET', path: 'data' });
  await expect(describeDoor(() => [])).rejects.toMatchObject({ code: 'EMPTY_DATASET', path: 'data' });
  await expect(describeDoor('rows.csv')).rejects.toMatchObject({ code: 'INVALID_DATA' });
  await expect(describeDoor([1])).rejects.toMatchObject({ code: 'INVALID_RECORD' });
  await expect(describeDoor(table, { compareWith: [] })).rejects.toMatchObject({
    code: 'EMPTY_DATASET',
    path: 'describeData.compareWith',
  });
  await expect(describeDoor(table, { compareWith: 7 })).rejects.toMatchObject({
    code: 'INVALID_DATA',
    path: 'describeData.compareWith',
  });
});

test('a column that no row has', async () => {
  const { columns, refusedRows, leftOut } = await describeDoor(table.drop('a', 'age'));
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
