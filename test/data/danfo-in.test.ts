import { expect, test } from 'vitest';
import { binary, type DanfoLike, Project, suggest, Table, unionSources, vector } from '../../src/index.js';

/** danfo's own types say nothing of a frame of this version: it is what its documentation says. */
interface Danfo {
  readonly DataFrame: new (
    data: unknown,
    options?: { readonly columns: readonly string[] },
  ) => DanfoLike & {
    readonly setIndex: (options: { readonly column: string }) => DanfoLike;
    readonly asType: (column: string, type: string) => DanfoLike;
  };
  readonly Series: new (data: readonly unknown[]) => DanfoLike;
}

async function danfo(): Promise<Danfo> {
  const name = 'danfojs-node';
  const loaded: Danfo & { readonly default?: Danfo } = await import(name);
  return loaded.default ?? loaded;
}

test('a DataFrame of danfo becomes a table of its cells: types follow from all of them, gaps are missing', async () => {
  const { DataFrame } = await danfo();
  const cells = [
    [1, 'a', true, 1.5, 7],
    [Number.NaN, undefined, null, Number.NaN, 8],
    [3, 'c', false, 2 ** 40 + 1, 9],
  ];
  const frame = new DataFrame(cells, { columns: ['n', 's', 'b', 'f', '__proto__'] });
  const table = Table.fromDanfo(frame);
  expect(table.columnNames).toEqual(['n', 's', 'b', 'f', '__proto__']);
  expect(table.columnNames.map((name) => table.column(name).type)).toEqual([
    ...['number', 'string', 'boolean', 'number', 'number'],
  ]);
  expect(table.rows).toBe(3);
  expect(Array.from({ length: 3 }, (_, row) => table.columnNames.map((name) => table.value(row, name)))).toEqual([
    [1, 'a', true, 1.5, 7],
    [null, null, null, null, 8],
    [3, 'c', false, 2 ** 40 + 1, 9],
  ]);
  expect(table.notes).toEqual([]);
  expect(Table.fromDanfo(await table.drop('__proto__').toDanfo()).toCsv()).toBe(table.drop('__proto__').toCsv());
});

test('the names of rows are no column, and are said; a series is refused; an empty frame is an empty table', async () => {
  const { DataFrame, Series } = await danfo();
  const named = new DataFrame({ s: ['x', 'y'], n: [1, 2] }).setIndex({ column: 's' });
  expect(Table.fromDanfo(named).notes).toMatchObject([{ code: 'INDEX_NOT_READ', path: 'index' }]);
  expect(() => Table.fromDanfo(new Series([1, 2]))).toThrow(expect.objectContaining({ code: 'INVALID_DATA' }));
  expect(Table.fromDanfo(new DataFrame([])).rows).toBe(0);
});

const duck = {
  columns: ['a', 'b'],
  dtypes: ['boolean', 'int32'],
  values: [
    [1, 4],
    [0, null],
    [null, 6],
  ],
  index: [4, 9, 2],
};

test('what has the shape of a DataFrame is one: 0 and 1 of type boolean are false and true', () => {
  expect(Table.fromDanfo(duck).toRecords()).toEqual([
    { a: true, b: 4 },
    { a: false, b: null },
    { a: null, b: 6 },
  ]);
  expect(() => Table.fromDanfo({ ...duck, columns: ['a', 'a'] })).toThrow(
    expect.objectContaining({ code: 'DUPLICATE_COLUMN', path: 'columns.a' }),
  );
  expect(() => Table.fromDanfo({ ...duck, values: [[1, 4], [1]] })).toThrow(
    expect.objectContaining({ code: 'INVALID_DATA', path: 'rows[1]', expected: 'a list of 2 cells' }),
  );
  // @ts-expect-error: no frame
  expect(() => Table.fromDanfo({ columns: ['a'] })).toThrow(expect.objectContaining({ code: 'INVALID_DATA' }));
});

test('every verb reads a DataFrame as the table of its rows', async () => {
  const { DataFrame } = await danfo();
  const numbers = Array.from({ length: 40 }, (_, i) => Math.sin(i));
  const frame = new DataFrame({ x: numbers, open: numbers.map((x) => x > 0) });
  const table = Table.fromColumns({ x: numbers, open: numbers.map((x) => x > 0) });
  const of = async (data: typeof frame | Table) => {
    const project = new Project({
      name: 'frames',
      seed: 1,
      inputs: { x: vector({ columns: ['x'] }) },
      tasks: { open: binary() },
      onNote: () => {},
    }).flow('full', (task, x) => [task.open(x.features)]);
    const { epochs } = await project.fit(data, { engine: 'cpu', epochs: 2, progress: false });
    const evaluation = await project.evaluate(data, { engine: 'cpu' });
    const predictions = await project.predict(data, { engine: 'cpu' });
    return [epochs.map(({ loss }) => loss), evaluation.toCsv(), predictions, (await project.describeData(data)).rows];
  };
  expect(await of(frame)).toEqual(await of(table));
  expect((await suggest(frame, { tasks: ['open'] })).columns).toEqual(
    (await suggest(table, { tasks: ['open'] })).columns,
  );
  const union = unionSources({ frame, table });
  expect(union.rows).toBe(80);
});
