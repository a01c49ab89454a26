/** @file Splits: every row in one part, what each way promises, and what it refuses. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HeadgateError, type SplitOptions, Table } from '../../../src/index.js';
import { uniforms } from '../../../src/random.js';

const shares = { train: 0.6, validation: 0.2, test: 0.2 } as const;
const drawn = uniforms({ seed: 4, stream: 'splits', counter: 0 }, 4000);
const at = (i: number): number => drawn[i] ?? 0;

const table = Table.fromRecords(
  Array.from({ length: 500 }, (_, row) => ({
    row,
    open: at(row) < 0.1 ? null : at(row) < 0.3,
    shirt: at(500 + row) < 0.02 ? 'green' : at(500 + row) < 0.4 ? 'red' : 'blue',
    traits: ['big', 'old', 'odd'].filter((_, i) => at(1000 + 3 * row + i) < ([0.5, 0.2, 0.03][i] ?? 0)),
    size: at(2500 + row) * 100,
    patient: `p${Math.floor(at(3000 + row) * 60)}`,
    seen: new Date(Date.UTC(2024, 0, 1 + Math.floor(at(3500 + row) * 40))),
    id: `id-${row}`,
  })),
);

const rowsIn = (part: Table): number[] => Array.from({ length: part.rows }, (_, i) => Number(part.value(i, 'row')));

const ways: readonly (readonly [string, SplitOptions])[] = [
  ['at random', { seed: 3 }],
  ['by strata', { seed: 3, stratify: ['open', 'shirt', 'traits', 'size'] }],
  ['by group', { seed: 3, group: 'patient' }],
  ['by key', { seed: 3, key: 'id' }],
  ['by time', { time: 'seen' }],
];

test.each(ways)('%s: every row lands in one part, the same for the same table', (_, options) => {
  const parts = table.split(shares, options);
  const all = Object.values(parts).flatMap(rowsIn);
  expect([...all].sort((a, b) => a - b)).toEqual(Array.from({ length: 500 }, (__, row) => row));
  expect(Object.values(table.split(shares, options)).flatMap(rowsIn)).toEqual(all);
});

test.each(ways.slice(0, 2))('%s: sizes are exact', (_, options) => {
  const { train, validation, test: held } = table.split(shares, options);
  expect([train.rows, validation.rows, held.rows]).toEqual([300, 100, 100]);
});

test('strata: each label, a missing one too, has its share of each part to within two rows or so', () => {
  const columns = ['open', 'shirt', 'traits'] as const;
  const parts = table.split(shares, { seed: 3, stratify: [...columns, 'size'] });
  const worst = (all: Readonly<Record<string, Table>>): number => {
    let most = 0;
    for (const column of columns) {
      const values = new Map<string, number>();
      const count = (part: Table, into: Map<string, number>) => {
        for (let i = 0; i < part.rows; i++) {
          for (const value of [part.value(i, column)].flat())
            into.set(String(value), (into.get(String(value)) ?? 0) + 1);
        }
      };
      count(table, values);
      for (const part of Object.values(all)) {
        const own = new Map<string, number>();
        count(part, own);
        for (const [value, total] of values)
          most = Math.max(most, Math.abs((own.get(value) ?? 0) - (total * part.rows) / 500));
      }
    }
    return most;
  };
  expect(worst(parts)).toBeLessThan(3);
  expect(worst(table.split(shares, { seed: 3 }))).toBeGreaterThan(4); // at random it is not so
  const tenths = Object.values(parts).map(
    (part) => rowsIn(part).filter((row) => at(2500 + row) > 0.9).length / part.rows,
  );
  const inAll = rowsIn(table).filter((row) => at(2500 + row) > 0.9).length / 500;
  for (const tenth of tenths) expect(Math.abs(tenth - inAll)).toBeLessThan(0.03);
});

test('strata: a label of as many rows as there are parts is in each of them', () => {
  const rare = Table.fromRecords(Array.from({ length: 90 }, (_, row) => ({ row, rare: row < 3 })));
  for (let seed = 0; seed < 20; seed++) {
    const parts = Object.values(rare.split({ a: 1 / 3, b: 1 / 3, c: 1 / 3 }, { seed, stratify: 'rare' }));
    expect(parts.map((part) => rowsIn(part).filter((row) => row < 3).length)).toEqual([1, 1, 1]);
    expect(parts.map(({ rows }) => rows)).toEqual([30, 30, 30]);
  }
});

test('strata of 30,000 names, each in one row: sizes are exact, and it ends', () => {
  const names = Table.fromColumns({ name: Array.from({ length: 30_000 }, (_, row) => `n${row}`) });
  const { a, b } = names.split({ a: 0.7, b: 0.3 }, { seed: 1, stratify: 'name' });
  expect([a.rows, b.rows]).toEqual([21_000, 9_000]);
});

test('groups: no value is in two parts, and parts have about their sizes', () => {
  const parts = Object.values(table.split(shares, { seed: 5, group: 'patient' }));
  const of = parts.map((part) => new Set(Array.from({ length: part.rows }, (_, i) => part.value(i, 'patient'))));
  const all = of.flatMap((patients) => [...patients]);
  expect(new Set(all).size).toBe(all.length);
  for (const [i, wanted] of [300, 100, 100].entries())
    expect(Math.abs((parts[i]?.rows ?? 0) - wanted)).toBeLessThan(10);
  expect(Object.values(table.split(shares, { seed: 6, group: 'patient' })).map(rowsIn)).not.toEqual(parts.map(rowsIn));
});

test('groups: rows without a value stand by themselves', () => {
  const loose = Table.fromRecords(Array.from({ length: 40 }, (_, row) => ({ row, group: row < 10 ? 'one' : null })));
  const { a, b } = loose.split({ a: 0.5, b: 0.5 }, { seed: 1, group: 'group' });
  expect([a.rows, b.rows]).toEqual([20, 20]);
});

test('keys: a row stays in its part when others come and go', () => {
  const partOf = (rows: Table): Map<unknown, string> => {
    const parts = Object.entries(rows.split(shares, { seed: 9, key: 'id' }));
    return new Map(
      parts.flatMap(([name, part]) => Array.from({ length: part.rows }, (_, i) => [part.value(i, 'id'), name])),
    );
  };
  const whole = partOf(table);
  for (const [id, part] of partOf(table.filter((_, row) => row % 3 === 0))) expect(whole.get(id)).toBe(part);
  const counts = Object.keys(shares).map((name) => [...whole.values()].filter((one) => one === name).length);
  for (const [i, wanted] of [300, 100, 100].entries()) {
    expect(Math.abs((counts[i] ?? 0) - wanted)).toBeLessThan(4 * Math.sqrt(wanted));
  }
});

test('time: parts follow each other, and no time is in two of them', () => {
  const parts = Object.values(table.split(shares, { time: 'seen' }));
  const times = parts.map((part) => Array.from({ length: part.rows }, (_, i) => Number(part.value(i, 'seen'))));
  for (const own of times) expect([...own].sort((a, b) => a - b)).toEqual(own);
  for (const [i, own] of times.slice(1).entries()) expect(Math.max(...(times[i] ?? []))).toBeLessThan(Math.min(...own));
  expect(Math.abs((parts[0]?.rows ?? 0) - 300)).toBeLessThan(20);
});

test('time: one time is one part, and the others are said to be empty', () => {
  const same = Table.fromRecords(Array.from({ length: 6 }, (_, row) => ({ row, seen: 7 })));
  const { a, b } = same.split({ a: 0.5, b: 0.5 }, { time: 'seen' });
  expect([a.rows, b.rows]).toEqual([6, 0]);
  expect(b.notes.map(({ code }) => code)).toContain('EMPTY_PART');
});

test('strata of anything: exact sizes, every row once', () =>
  fc.assert(
    fc.property(
      fc.array(fc.record({ a: fc.constantFrom(null, true, false), b: fc.array(fc.constantFrom('x', 'y', 'z')) }), {
        minLength: 1,
      }),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 }),
      (records, weights) => {
        const total = weights.reduce((a, b) => a + b, 0);
        const own = Object.fromEntries(weights.map((weight, i) => [`p${i}`, weight / total]));
        const rows = Table.fromRecords(records.map((record, row) => ({ ...record, row })));
        const strata = Object.values(rows.split(own, { seed: 1, stratify: ['a', 'b'] }));
        expect(strata.map((part) => part.rows)).toEqual(
          Object.values(rows.split(own, { seed: 1 })).map((part) => part.rows),
        );
        expect(strata.flatMap(rowsIn).sort((a, b) => a - b)).toEqual(records.map((_, row) => row));
      },
    ),
    { numRuns: 200, seed: 8 },
  ));

const wrong: readonly (readonly [string, unknown, string, string])[] = [
  ['no options', undefined, 'INVALID_OPTIONS', 'split.seed'],
  ['no seed', {}, 'INVALID_OPTIONS', 'split.seed'],
  ['two ways', { seed: 1, stratify: 'open', group: 'patient' }, 'INVALID_OPTIONS', 'split.group'],
  ['a seed for an order of time', { seed: 1, time: 'seen' }, 'INVALID_OPTIONS', 'split.seed'],
  ['a column that is not there', { seed: 1, group: 'patients' }, 'UNKNOWN_COLUMN', 'columns.patients'],
  ['no columns', { seed: 1, stratify: [] }, 'INVALID_OPTIONS', 'split.stratify'],
  ['a text for a time', { time: 'shirt' }, 'INVALID_SPLIT', 'rows[0].shirt'],
  [
    'a row without a name',
    { seed: 1, key: 'open' },
    'INVALID_SPLIT',
    `rows[${rowsIn(table).find((row) => at(row) < 0.1)}].open`,
  ],
];

test.each(wrong)('%s is refused', (_, options, code, path) => {
  const run = () => table.split(shares, options as SplitOptions);
  expect(run).toThrow(HeadgateError);
  try {
    run();
  } catch (error) {
    expect(error).toMatchObject({ code, path });
  }
});
