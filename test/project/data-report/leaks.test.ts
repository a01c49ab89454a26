import { expect, test } from 'vitest';
import {
  binary,
  boolean,
  category,
  columns,
  iterableSource,
  number,
  Project,
  type Row,
  regression,
  Table,
  vector,
} from '../../../src/index.js';
import { uniforms } from '../../../src/random.js';

const noise = uniforms({ seed: 8, stream: 'leaks', counter: 0 }, 60_000);
const at = (i: number): number => noise[i] as number;

const project = new Project({
  name: 'ship',
  inputs: { row: columns({ age: number(), boat: number(), fare: number(), survived: number() }) },
  tasks: { alive: binary(), price: regression(), rich: binary() },
  onNote: () => {},
}).flow('full', (task, x) => {
  const alive = task.alive(x.features);
  return [alive, task.price(x.features), task.rich(x.features).given(alive)];
});

/** `boat` is there where somebody lived, nearly always; `fare` is the price in another unit; `age` says nothing. */
const rowOf = (i: number): Row => {
  const alive = at(i * 5) < 0.4;
  const price = at(i * 5 + 1) * 100;
  const survived = at(i * 5 + 2);
  return {
    age: i % 9 === 0 ? null : at(i * 5 + 3) * 80,
    boat: alive !== i % 50 < 1 ? Math.floor(at(i * 5 + 4) * 9) : null,
    fare: price * 0.25 + 7,
    survived,
    ...{ alive, price, rich: price > 50 },
  };
};
const rows = Array.from({ length: 1500 }, (_, i) => rowOf(i));
const whysOf = async (...given: Parameters<typeof project.describeData>) =>
  (await project.describeData(...given)).leaks.map(({ task, why }) => `${task}: ${why}`);

test('a label that a missing cell tells nearly always, that is an input in another unit, or lies on one side of it', async () => {
  const lived = rows.filter(({ boat, alive }) => boat !== null && alive === true).length;
  const boats = rows.filter(({ boat }) => boat !== null).length;
  const whys = await whysOf(rows);
  expect(whys).toEqual([
    `alive: Of the column "boat": where it is there, alive is true in ${lived} of ${boats} rows. Is it known when you predict?`,
    expect.stringMatching(/^price: Its labels are those of fare, but for a factor and an offset, on the \d+ rows/),
    expect.stringMatching(/^rich: Its labels follow from fare alone, on the \d+ rows/),
  ]);
});

test('streams, tables and records are suspected of the same', async () => {
  const whys = await whysOf(rows);
  expect(await whysOf(Table.fromRecords(rows))).toEqual(whys);
  expect(await whysOf(iterableSource(() => rows, { chunkRows: 100 }))).toEqual(whys);
});

test('a column of labels that is an input', async () => {
  const own = new Project({
    name: 'own',
    inputs: { row: columns({ age: number(), alive: number() }) },
    tasks: { alive: binary() },
    onNote: () => {},
  }).flow('full', (task, x) => [task.alive(x.features)]);
  const { leaks } = await own.describeData(rows.map(({ age, alive }) => ({ age: Number(age), alive: Number(alive) })));
  expect(leaks).toEqual([{ task: 'alive', why: 'The column "alive" is an input, and holds its labels.' }]);
});

test('labels that do not count tell nothing: where the gate is shut, they may be anything', async () => {
  // rich is the side of fare where alive is true, and its opposite elsewhere
  const turned = rows.map((row) => ({ ...row, rich: row.alive === Number(row.price) > 50 }));
  expect((await whysOf(turned)).filter((why) => why.startsWith('rich'))).toHaveLength(1);
  const free = turned.map((row) => ({ ...row, alive: true }));
  expect((await whysOf(free)).filter((why) => why.startsWith('rich'))).toEqual([]);
});

test('rows that no input can be read of are left out of the look, and do not end it', async () => {
  const broken = rows.map((row, i) => (i % 3 === 0 ? { ...row, fare: 'none' } : row));
  const { leaks, refusedRows, leftOut } = await project.describeData(broken as never);
  expect(refusedRows).toEqual({ rows: 500, first: 0 });
  expect(leaks.map(({ task }) => task)).toEqual(['alive', 'price', 'rich']);
  expect(leftOut).toContainEqual({ what: 'rows', count: 500, why: 'fit refuses them for a cell of an input' });
});

test('that only the first rows are looked at is said', async () => {
  const long = Array.from({ length: 10_500 }, (_, i): Row => ({ ...rowOf(i), survived: i }));
  const { leftOut, repeatedRows } = await project.describeData(() => long);
  expect(leftOut).toEqual([
    { what: 'rows', count: 500, why: 'leaks were looked for in the first 10000 rows alone' },
    {
      what: 'rich',
      count: long.filter(({ alive }) => alive !== true).length,
      why: 'labels where its condition is false',
    },
  ]);
  expect(repeatedRows).toEqual({ rows: 0, first: null });
});

test('a column that tells all labels is suspected once', async () => {
  const flagged = new Project({
    name: 'flagged',
    inputs: {
      row: columns({ flag: boolean(), sign: category({ values: ['+', '-'] }) }),
      x: vector({ columns: ['plain'] }),
    },
    tasks: { alive: binary() },
    onNote: () => {},
  }).flow('full', (task, x) => [task.alive(x.features)]);
  const given = rows.map(({ alive }, i) => {
    const says = i === 7 ? !alive : alive === true; // all but one
    return { alive: alive === true, flag: alive === true, sign: says ? '+' : '-', plain: Number(alive) };
  });
  const { leaks } = await flagged.describeData(given);
  expect(leaks.map(({ why }) => why)).toEqual([
    expect.stringMatching(/^Its labels follow from flag and plain alone|^Its labels follow from flag, plain alone/),
    'Of the column "sign": its value tells alive in 1499 of 1500 rows. Is it known when you predict?',
  ]);
});

test('what nearly tells the labels that count is suspected, though others contradict it', async () => {
  const given = rows.map((row, i) => {
    const { alive, rich } = row;
    return { ...row, alive, fare: 1, survived: (i % 60 === 0) !== rich ? 1 : 0 };
  });
  const shut = given.map((row) => (row.alive === true ? row : { ...row, survived: 1 - row.survived }));
  for (const all of [given, shut]) {
    const whys = (await whysOf(all as never)).filter((why) => why.startsWith('rich'));
    expect(whys).toEqual([
      expect.stringMatching(/^rich: Of the column "survived": its value tells rich in \d+ of \d+/),
    ]);
  }
});
