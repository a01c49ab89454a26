/** @file Mixtures of tables by exact shares, and equal shards of one. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HeadgateError, mixTables, Table } from '../../src/index.js';

const numbered = (rows: number, from = 0, more: Record<string, number[]> = {}) =>
  Table.fromColumns({ id: Array.from({ length: rows }, (_, i) => from + i), ...more });
const idsOf = (table: Table): number[] => table.toRecords().map(({ id }) => Number(id));

function failure(make: () => unknown): HeadgateError {
  try {
    make();
  } catch (error) {
    if (error instanceof HeadgateError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** Largest remainders in whole numbers: shares are parts of a whole. */
function naiveCounts(parts: readonly number[], rows: number): number[] {
  const whole = parts.reduce((a, b) => a + b, 0);
  const counts = parts.map((part) => Math.floor((part * rows) / whole));
  while (counts.reduce((a, b) => a + b, 0) < rows) {
    let best = 0;
    const lacking = parts.map((part, i) => part * rows - Number(counts[i]) * whole);
    for (const [i, lack] of lacking.entries()) if (lack > Number(lacking[best])) best = i;
    counts[best] = Number(counts[best]) + 1;
  }
  return counts;
}

test('a mixture has each part’s share of the rows, by largest remainders, no row twice, the same for the same seed', () => {
  const shares = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 5 });
  let mixed = 0;
  fc.assert(
    fc.property(shares, fc.integer({ min: 1, max: 150 }), fc.integer(), (parts, rows, seed) => {
      const whole = parts.reduce((a, b) => a + b, 0);
      const tables = parts.map((part, i) => ({ table: numbered(160, 1000 * i), share: part / whole }));
      const counts = naiveCounts(parts, rows);
      if (counts.includes(0)) {
        expect(failure(() => mixTables(tables, { rows, seed }))).toMatchObject({
          code: 'INVALID_SPLIT',
          path: 'mixTables',
        });
        return;
      }
      mixed++;
      const ids = idsOf(mixTables(tables, { rows, seed }));
      expect(parts.map((_, i) => ids.filter((id) => Math.floor(id / 1000) === i).length)).toEqual(counts);
      expect(new Set(ids).size).toBe(rows);
      expect(idsOf(mixTables(tables, { rows, seed }))).toEqual(ids);
    }),
    { seed: 5, numRuns: 200 },
  );
  expect(mixed).toBeGreaterThan(50);
});

test('parts are drawn and put in order at random', () => {
  const tables = [
    { table: numbered(100), share: 0.5 },
    { table: numbered(100, 1000), share: 0.5 },
  ];
  const one = idsOf(mixTables(tables, { rows: 40, seed: 1 }));
  const other = idsOf(mixTables(tables, { rows: 40, seed: 2 }));
  expect(new Set(one)).not.toEqual(new Set(other));
  expect(one).not.toEqual([...one].sort((a, b) => a - b));
  expect(one.slice(0, 20).some((id) => id >= 1000)).toBe(true);
  expect(Math.max(...one.filter((id) => id < 1000))).toBeGreaterThan(60);
});

test.each([
  [[0.7, 0.3], [7, 50], 10],
  [[0.8, 0.2], [100, 10], 50],
  [[0.5, 0.5], [3, 9], 6],
  [[1], [5], 5],
  [[1 / 3, 2 / 3], [10, 11], 16],
])('without a number of rows, shares %o of tables of %o rows make %i', (shares, sizes, rows) => {
  const parts = sizes.map((size, i) => ({ table: numbered(size, 1000 * i), share: Number(shares[i]) }));
  const ids = idsOf(mixTables(parts, { seed: 1 }));
  expect(ids).toHaveLength(rows);
  expect(new Set(ids).size).toBe(rows);
});

test('rows know where they came from, and columns that one part lacks are missing there', () => {
  const whole = numbered(20);
  const [even, odd] = [0, 1].map((rest) => whole.filter(({ id }) => Number(id) % 2 === rest)) as [Table, Table]; // two
  const mixed = mixTables(
    [
      { table: odd, share: 0.25 },
      { table: even, share: 0.75 },
    ],
    { rows: 8, seed: 3 },
  );
  expect([...mixed.ids]).toEqual(idsOf(mixed));
  const other = numbered(5, 100, { extra: [1, 2, 3, 4, 5] });
  const both = mixTables(
    [
      { table: whole, share: 0.5 },
      { table: other, share: 0.5 },
    ],
    { seed: 1 },
  );
  expect(both.rows).toBe(10);
  for (const { id, extra } of both.toRecords()) expect(extra).toBe(Number(id) >= 100 ? Number(id) - 99 : null);
  expect(mixTables([{ table: [{ id: 1 }, { id: 2 }], share: 1 }], { seed: 1 }).rows).toBe(2);
});

const parts = (...shares: number[]) => shares.map((share) => ({ table: numbered(10), share }));

test.each<[string, () => unknown, object]>([
  ['too little', () => mixTables(parts(0.5, 0.4), { seed: 1 }), { code: 'INVALID_SPLIT', path: 'mixTables' }],
  ['negative', () => mixTables(parts(1.5, -0.5), { seed: 1 }), { code: 'INVALID_SPLIT', path: 'mixTables' }],
  ['a share of 0', () => mixTables(parts(1, 0), { seed: 1 }), { code: 'INVALID_SPLIT', path: 'mixTables' }],
  ['no number', () => mixTables(parts(Number.NaN), { seed: 1 }), { code: 'INVALID_SPLIT', path: 'mixTables' }],
  [
    'an empty table',
    () =>
      mixTables(
        [
          { table: numbered(0), share: 0.5 },
          { table: numbered(9), share: 0.5 },
        ],
        { seed: 1 },
      ),
    { code: 'INVALID_SPLIT', problem: 'part 0 would have no rows' },
  ],
  [
    'a share that rounds to nothing',
    () => mixTables(parts(0.99, 0.01), { rows: 10, seed: 1 }),
    { code: 'INVALID_SPLIT', problem: 'part 1 would have no rows' },
  ],
  [
    'more rows than there are',
    () => mixTables(parts(0.8, 0.2), { rows: 20, seed: 1 }),
    { code: 'INVALID_SPLIT', problem: 'part 0 has too few rows', expected: 'at least 16', received: '10' },
  ],
  ['no parts', () => mixTables([], { seed: 1 }), { code: 'INVALID_OPTIONS', path: 'mixTables' }],
  ['no part', () => mixTables([null as never], { seed: 1 }), { code: 'INVALID_DATA' }],
  ['no seed', () => mixTables(parts(1), undefined as never), { code: 'INVALID_OPTIONS', path: 'mixTables.seed' }],
  ['no table', () => mixTables([{ table: 1 as never, share: 1 }], { seed: 1 }), { code: 'INVALID_DATA' }],
  [
    'an unknown option',
    () => mixTables(parts(1), { seed: 1, row: 2 } as never),
    { path: 'mixTables.row', suggestion: 'rows' },
  ],
])('%s is refused', (_, make, facts) => {
  expect(failure(make)).toMatchObject(facts);
});

test('shards are disjoint, equal to a row, and hold every row once', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 200 }),
      fc.integer({ min: 1, max: 200 }),
      fc.integer(),
      (rows, count, seed) => {
        const table = numbered(rows);
        if (count > rows) {
          expect(failure(() => table.shards(count, { seed }))).toMatchObject({ code: 'INVALID_SPLIT', path: 'shards' });
          return;
        }
        const shards = table.shards(count, { seed });
        expect(shards).toHaveLength(count);
        const ids = shards.map(idsOf);
        expect(ids.flat().sort((a, b) => a - b)).toEqual(idsOf(table));
        for (const one of ids) expect(Math.abs(one.length - rows / count)).toBeLessThan(1);
        expect(table.shards(count, { seed }).map(idsOf)).toEqual(ids);
      },
    ),
    { seed: 6 },
  );
  const table = numbered(50);
  expect(table.shards(2, { seed: 1 }).map(idsOf)).not.toEqual(table.shards(2, { seed: 2 }).map(idsOf));
  for (const count of [0, -1, 1.5, Number.NaN]) {
    expect(failure(() => table.shards(count, { seed: 1 })).code).toBe('INVALID_SPLIT');
  }
  expect(failure(() => table.shards(2, undefined as never)).path).toBe('shards.seed');
});
