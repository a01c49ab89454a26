import { expect, test } from 'vitest';
import {
  category,
  columns,
  type DataReport,
  iterableSource,
  number,
  Project,
  type Row,
  regression,
  Table,
  unionSources,
} from '../../../src/index.js';
import { uniforms } from '../../../src/random.js';
import { describeDoor, doorRows } from './door.js';

/** Rows enough for several pieces, of all that a row can be. */
const noise = uniforms({ seed: 3, stream: 'rows', counter: 0 }, 40_000);
const many: readonly Row[] = Array.from({ length: 2600 }, (_, i) => {
  const own = (k: number) => noise[i * 10 + k] as number;
  const template = doorRows[Math.floor(own(0) * 8)] as Row;
  const other = doorRows[Math.floor(own(1) * 8)] as Row;
  const { a, b, age, sex, twin, always } = other;
  return { ...template, a, b, age, sex, twin, always, size: own(2) < 0.3 ? null : own(3) * 10 };
});

const trainableOf = ({ tasks }: DataReport) =>
  Object.fromEntries(tasks.map(({ path, trainable }) => [path, trainable]));

test('tables, records, filtered tables and streams of any chunks say the same', async () => {
  const [first, ...others] = await Promise.all([
    describeDoor(Table.fromRecords(many)),
    describeDoor(many),
    describeDoor(() => many),
    describeDoor(iterableSource(() => many, { chunkRows: 7 })),
    describeDoor(
      (async function* () {
        yield* many;
      })(),
    ),
    describeDoor(unionSources({ one: many.slice(0, 1000), two: many.slice(1000) })),
  ]);
  for (const other of others) expect(JSON.stringify({ ...other.toJSON(), parts: [] })).toBe(JSON.stringify(first));
  const counts = first?.tasks.map(({ trainable }) => trainable);
  const [one, two] = others.at(-1)?.parts ?? [];
  expect([one?.name, one?.rows, two?.name, two?.rows]).toEqual(['one', 1000, 'two', 1600]);
  expect(one?.trainable).toEqual(trainableOf(await describeDoor(many.slice(0, 1000))));
  expect(first?.tasks.map(({ path }) => (one?.trainable[path] ?? 0) + (two?.trainable[path] ?? 0))).toEqual(counts);
});

test('counts of many rows are those of a plain reading', async () => {
  const { tasks, repeatedRows, refusedRows } = await describeDoor(() => many);
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

test('the text names the datasets of a union', async () => {
  const text = String(await describeDoor(unionSources({ studio: doorRows.slice(0, 3), street: doorRows.slice(3) })));
  expect(text.split('\n').slice(0, 5)).toEqual([
    '8 rows',
    '  studio: 3 rows, of which count: open 3, blocked 3, person.present 3,',
    '    person.shirt 2, person.size 2, person.traits 3, alarm 0',
    '  street: 5 rows, of which count: open 3, blocked 3, person.present 1,',
    '    person.shirt 0, person.size 0, person.traits 1, alarm 0',
  ]);
});

test('parts that are none are refused', async () => {
  const source = { ...unionSources({ one: doorRows }), parts: [{ name: 'one' }] };
  await expect(describeDoor(source)).rejects.toMatchObject({ code: 'INVALID_SOURCE', path: 'data.parts' });
});

test('what a fit has learnt changes nothing', async () => {
  const fitted = new Project({
    name: 'fitted',
    inputs: { row: columns({ age: number(), sex: category({ most: 1 }) }) },
    tasks: { size: regression() },
    onNote: () => {},
  }).flow('full', (task, x) => [task.size(x.features)]);
  const rows = ['m', 'm', 'f', 'q'].map((sex, i) => ({ age: i, sex, size: i }));
  const before = JSON.stringify(await fitted.describeData(rows));
  await fitted.fit(rows, { engine: 'cpu', epochs: 1, progress: false });
  expect(JSON.stringify(await fitted.describeData(rows))).toBe(before);
});
