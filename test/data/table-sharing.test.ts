import { inspect } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TensorColumn } from '../../src/data/column.js';
import { concatColumns } from '../../src/data/column-view.js';
import { lazyRows } from '../../src/data/row.js';
import { Table } from '../../src/data/table.js';

const frames = new Uint8Array(6 * 4).map((_, i) => Math.floor(i / 4));
const table = Table.fromColumns({
  frame: { data: frames, shape: [2, 2] },
  n: [0, 1, null, 3, 4, 5],
  s: ['a', null, 'c', 'd', 'e', 'f'],
  b: [true, false, null, true, false, true],
  o: [['a'], null, [], ['b'], 1, 'x'],
});

const buffersOf = (part: Table) =>
  Array.from({ length: part.rows }, (_, row) => (part.value(row, 'frame') as Uint8Array).buffer);

test('slice, filter, select, split, derive, rename, drop and with share the arrays of their table', () => {
  const { train, test: rest } = table.split({ train: 0.5, test: 0.5 }, { seed: 1 });
  const parts = [
    table.slice(1, 4),
    table.filter((row) => row.n !== null),
    table.select([5, 0, 5]),
    train,
    rest,
    train.slice(1).derive('double', ({ n }) => Number(n) * 2),
    table.rename({ n: 'm' }).drop('s').with('t', [1, 2, 3, 4, 5, 6]),
    table.slice(0, 2).concat(table.slice(4)),
  ];
  for (const part of parts) for (const buffer of buffersOf(part)) expect(buffer).toBe(frames.buffer);
  expect(table.derive('x', () => 1).column('frame')).toBe(table.column('frame'));
});

test('the values of rows that follow one another are a part of the same array', () => {
  const slice = table.slice(1, 4).column('frame') as TensorColumn;
  expect(slice.values.buffer).toBe(frames.buffer);
  expect([...slice.values]).toEqual([1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3]);
  expect(table.slice(2).slice(1).column('n')).toMatchObject({ values: new Float64Array([3, 4, 5]) });
});

test('the arrays of a view are made once, when they are first read', () => {
  const base = table.column('n');
  let gathered = 0;
  const counting = {
    ...base,
    get values() {
      gathered++;
      return base.values;
    },
  } as typeof base;
  const part = Table.ofColumns(new Map([['n', counting]]), 6)
    .select([3, 1])
    .select([1, 0, 0]);
  expect([part.value(0, 'n'), part.toRecords().length, part.column('n').present.length, gathered]).toEqual([
    1, 3, 3, 0,
  ]);
  const { values } = part.column('n');
  expect([values, gathered]).toEqual([new Float64Array([1, 3, 3]), 1]);
  expect(part.column('n').values).toBe(values);
});

test('choosing rows of chosen rows equals choosing from copies, for every type of column', () => {
  const plain = table.toRecords();
  const index = fc.array(fc.nat(5), { maxLength: 6 });
  fc.assert(
    fc.property(index, fc.array(fc.nat(99), { maxLength: 6 }), index, (first, second, third) => {
      const one = table.select(first);
      const rows = first.length === 0 ? [] : second.map((row) => row % first.length);
      const two = one.select(rows).concat(table.select(third));
      const picked = [...rows.map((row) => first[row] as number), ...third];
      expect(two.toRecords()).toEqual(picked.map((row) => plain[row]));
      expect([...two.ids]).toEqual(picked);
      for (const name of table.columnNames) {
        const rebuilt = Table.fromRecords(picked.map((row) => ({ [name]: plain[row]?.[name] ?? null })));
        if (picked.length === 0) continue;
        const column = two.column(name);
        expect(column.present).toEqual(rebuilt.column(name).present);
        if (column.type === rebuilt.column(name).type) {
          const values = (of: Table) => Array.from(of.column(name).values as ArrayLike<unknown>);
          expect(values(two)).toEqual(values(rebuilt));
        }
      }
    }),
  );
});

test('derive and filter read the columns that the function asks for, and no others', () => {
  const reads = new Map<string, number>();
  const names = Array.from({ length: 60 }, (_, i) => `c${i}`);
  const columns = names.map((name): [string, ReturnType<Table['column']>] => {
    const column = Table.fromColumns({ x: Float64Array.from({ length: 100 }, (_, row) => row) }).column('x');
    const value = (row: number) => {
      reads.set(name, (reads.get(name) ?? 0) + 1);
      return column.value(row);
    };
    return [name, { ...column, value } as typeof column];
  });
  const wide = Table.ofColumns(new Map(columns), 100);
  const derived = wide.derive('sum', (row) => Number(row.c1) + Number(row.c2));
  expect([...reads]).toEqual([
    ['c1', 100],
    ['c2', 100],
  ]);
  reads.clear();
  expect(derived.filter((row) => Number(row.sum) > 100).rows).toBe(49);
  expect([...reads]).toEqual([]);
  wide.derive('row', (_, index) => index).rename({ c3: 'd' });
  expect([...reads]).toEqual([]);
});

test('a lazy row does what an object does', () => {
  const values: Record<string, unknown> = { a: 1, b: null };
  Object.defineProperty(values, '__proto__', { value: 'p', enumerable: true });
  const source = {
    columnNames: ['a', 'b', '__proto__'],
    has: (name: string) => Object.hasOwn(values, name),
    value: (name: string, row: number) => (name === 'a' ? row : values[name]),
  };
  const row = lazyRows(source)(7);
  expect([row.a, row.b, Object.getOwnPropertyDescriptor(row, '__proto__')?.value, row.c]).toEqual([
    7,
    null,
    'p',
    undefined,
  ]);
  expect(Object.keys(lazyRows(source)(7))).toEqual(['a', 'b', '__proto__']);
  expect(['a' in row, 'c' in row, Object.hasOwn(row, 'b'), Object.getPrototypeOf(row)]).toEqual([
    true,
    false,
    true,
    Object.prototype,
  ]);
  Reflect.set(row, 'b', 'mine');
  expect([row.b, { ...row }.b, lazyRows(source)(7).b]).toEqual(['mine', 'mine', null]);
  const { a, ...others } = lazyRows(source)(3);
  expect([a, Object.keys(others)]).toEqual([3, ['b', '__proto__']]);
  expect(JSON.parse(JSON.stringify(lazyRows({ ...source, columnNames: ['a', 'b'] })(7)))).toEqual({ a: 7, b: null });
  expect(inspect(lazyRows({ ...source, columnNames: ['a'] })(7))).toBe('{ a: 7 }');
});

test('rows keep the number that they had in their first source', () => {
  const part = table
    .filter((row) => row.s !== null)
    .derive('x', () => 0)
    .select([3, 0]);
  expect([...part.ids]).toEqual([4, 0]);
  expect([...part.rename({ n: 'm' }).drop('s').with('y', [1, 2]).ids]).toEqual([4, 0]);
  expect([...part.concat(table.slice(1, 2)).ids]).toEqual([4, 0, 1]);
  const other = Table.fromRecords([{ n: 1 }]);
  expect([...part.concat(other).ids]).toEqual([0, 1, 2]);
  const { train, test: rest } = table.split({ train: 0.5, test: 0.5 }, { seed: 3 });
  expect([...train.ids, ...rest.ids].sort()).toEqual([0, 1, 2, 3, 4, 5]);
  for (let row = 0; row < 3; row++) expect(train.value(row, 'n')).toBe(table.value(train.ids[row] as number, 'n'));
});

test('a part without rows is noted, on every part', () => {
  const { train, validation } = table.slice(0, 3).split({ train: 0.9, validation: 0.1 }, { seed: 1 });
  expect([train.notes, validation.notes]).toEqual(
    Array(2).fill([
      {
        code: 'EMPTY_PART',
        path: 'split.validation',
        text: 'The part "validation" of a split of 3 rows has no rows.',
      },
    ]),
  );
  expect(train.filter(() => true).notes).toEqual(train.notes);
  expect(table.split({ train: 0.5, validation: 0.5 }, { seed: 1 }).train.notes).toEqual([]);
});

test('a split of one row says so', () => {
  const { train } = table.slice(0, 1).split({ train: 0.9, validation: 0.1 }, { seed: 1 });
  expect(train.rows).toBe(1);
  expect(train.notes).toEqual([
    {
      code: 'EMPTY_PART',
      path: 'split.validation',
      text: 'The part "validation" of a split of 1 row has no rows.',
    },
  ]);
});

test.each<[string, (given: Table) => unknown, string, string]>([
  ['split without a seed', (t) => Reflect.apply(t.split, t, [{ a: 1 }]), 'INVALID_OPTIONS', 'split.seed'],
  ['a seed that is none', (t) => t.split({ a: 1 }, JSON.parse('{"seed":"1"}')), 'INVALID_OPTIONS', 'split.seed'],
  [
    'an option that is none',
    (t) => t.split({ a: 1 }, JSON.parse('{"seed":1,"shuffle":true}')),
    'INVALID_OPTIONS',
    'split.shuffle',
  ],
  ['no shares', (t) => Reflect.apply(t.split, t, [null, { seed: 1 }]), 'INVALID_SPLIT', 'split'],
  ['derive without a function', (t) => Reflect.apply(t.derive, t, ['x']), 'INVALID_OPTIONS', 'table.derive'],
  ['filter by a name', (t) => Reflect.apply(t.filter, t, ['x']), 'INVALID_OPTIONS', 'table.filter'],
  ['select of one number', (t) => Reflect.apply(t.select, t, [1]), 'INVALID_OPTIONS', 'table.select'],
  ['concat with a file', (t) => Reflect.apply(t.concat, t, ['more.csv']), 'INVALID_DATA', 'data'],
  ['records that are none', () => Reflect.apply(Table.fromRecords, Table, [undefined]), 'INVALID_DATA', 'data'],
  ['columns that are none', () => Reflect.apply(Table.fromColumns, Table, [undefined]), 'INVALID_DATA', 'data'],
])('%s is refused', (_, run, code, path) => {
  expect(() => run(table)).toThrow(expect.objectContaining({ code, path }));
});

test('unequal tensors are refused without copying anything', () => {
  const a = Table.fromColumns({ v: { data: new Float32Array(4), shape: [2] } }).column('v');
  const b = Table.fromColumns({ v: { data: new Float32Array(4), shape: [4] } }).column('v');
  expect(() => concatColumns('v', [a, b])).toThrow(expect.objectContaining({ code: 'INCOMPATIBLE_COLUMNS' }));
});
