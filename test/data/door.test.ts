import { expect, test } from 'vitest';
import { readCsv } from '../../src/data/csv.js';
import { withMissingNumbers } from '../../src/data/missing.js';
import { Table } from '../../src/data/table.js';
import { HeadgateError } from '../../src/errors.js';
import { image, tensor, vector } from '../../src/flow/inputs.js';
import { Project } from '../../src/project.js';
import { binary } from '../../src/tasks/binary.js';
import { multilabel } from '../../src/tasks/multilabel.js';

const project = new Project({
  name: 'door',
  inputs: { x: vector({ size: 2 }) },
  tasks: { open: binary(), traits: multilabel({ classes: ['a', 'b'] }) },
}).flow('full', (task, x) => [task.open(x.features), task.traits(x.features)]);
const good = { x: [1, 2], open: true };
const table = Table.fromRecords([good]);
const circle: Record<string, unknown> = {};
circle.self = circle;

/** Calls as untyped code does. */
const call = (f: unknown, ...given: readonly unknown[]): unknown => Reflect.apply(f as () => unknown, undefined, given);
const on = (method: keyof Table, ...given: readonly unknown[]): unknown =>
  Reflect.apply(Reflect.get(table, method) as () => unknown, table, given);

async function failure(run: () => unknown): Promise<HeadgateError> {
  try {
    await run();
  } catch (error) {
    if (error instanceof HeadgateError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

test.each<[string, unknown, string, string]>([
  ['nothing', undefined, 'INVALID_DATA', 'data'],
  ['null', null, 'INVALID_DATA', 'data'],
  ['the name of a file', 'file.csv', 'INVALID_DATA', 'data'],
  ['what readCsv gives', { table }, 'INVALID_DATA', 'data'],
  ['a promise', Promise.resolve([]), 'INVALID_DATA', 'data'],
  ['a typed array', new Float32Array(3), 'INVALID_DATA', 'data'],
  ['numbers', [1], 'INVALID_RECORD', 'rows[0]'],
  ['a hole among records', [good, undefined], 'INVALID_RECORD', 'rows[1]'],
  ['no input', [{ a: 1 }], 'UNKNOWN_COLUMN', 'inputs.x'],
  ['mixed lengths', [good, { x: [1], open: true }], 'WRONG_SHAPE', 'rows[1].x'],
  ['a list and a text', [good, { x: 'a', open: true }], 'WRONG_SHAPE', 'rows[1].x'],
  ['a list and a false shape', [good, { x: { data: [1, 2], shape: [2] }, open: true }], 'WRONG_SHAPE', 'rows[1].x'],
  ['long integers', [{ x: [1n, 2n], open: true }], 'INVALID_INPUT', 'rows[0].x'],
  ['a symbol', [{ ...good, open: Symbol('open') }], 'INVALID_LABEL', 'rows[0].open'],
  ['a function', [{ ...good, open: () => true }], 'INVALID_LABEL', 'rows[0].open'],
  ['a circle', [{ ...good, traits: circle }], 'UNKNOWN_CLASS', 'rows[0].traits'],
  ['a circle for a flag', [{ ...good, open: circle }], 'INVALID_LABEL', 'rows[0].open'],
])('fit(%s) is refused by its code', async (_, data, code, path) => {
  expect(await failure(() => Reflect.apply(project.fit, project, [data]))).toMatchObject({ code, path });
});

test('what was probably meant is said', async () => {
  const mend = async (data: unknown) => (await failure(() => Reflect.apply(project.fit, project, [data]))).mend;
  expect(await mend('file.csv')).toBe('Read a file first: const { table } = await readCsv(path).');
  expect(await mend({ table, notes: [] })).toBe('Pass its table: result.table.');
  expect(await mend(Promise.resolve(table))).toBe('Await it first.');
  expect((await failure(() => readCsv('a,b\n1,2\n'))).mend).toBe(
    'This is text, not the name of a file: pass new TextEncoder().encode(text).',
  );
});

test.each<[string, () => unknown, string, string]>([
  ['column()', () => on('column'), 'UNKNOWN_COLUMN', 'columns.undefined'],
  ['column(symbol)', () => on('column', Symbol('x')), 'UNKNOWN_COLUMN', 'columns.Symbol(x)'],
  ['drop(list)', () => on('drop', ['x']), 'UNKNOWN_COLUMN', 'columns.x'],
  ['rename()', () => on('rename'), 'INVALID_OPTIONS', 'table.rename'],
  ['rename to a number', () => on('rename', { x: 5 }), 'INVALID_COLUMN', 'columns.5'],
  ['with a number for a name', () => on('with', 5, [1]), 'INVALID_COLUMN', 'columns.5'],
  ['slice by a name', () => on('slice', 'x'), 'INVALID_OPTIONS', 'table.slice'],
  ['derive() without a name', () => on('derive', undefined, () => 1), 'INVALID_COLUMN', 'columns.undefined'],
  ['split([0.5, 0.5])', () => on('split', [0.5, 0.5], { seed: 1 }), 'INVALID_SPLIT', 'split'],
  ['split by half a seed', () => on('split', { a: 1 }, { seed: 1.5 }), 'INVALID_OPTIONS', 'split.seed'],
  ['columns in a list', () => call(Table.fromColumns, [[1]]), 'INVALID_DATA', 'data'],
  [
    'a shape that is none',
    () => call(Table.fromColumns, { v: { data: new Uint8Array(4), shape: 4 } }),
    'WRONG_SHAPE',
    'columns.v',
  ],
  ['withMissingNumbers(table)', () => call(withMissingNumbers, table), 'INVALID_OPTIONS', 'missingNumbers'],
  [
    'withMissingNumbers by a number',
    () => call(withMissingNumbers, table, { x: -1 }),
    'INVALID_OPTIONS',
    'missingNumbers',
  ],
  ['readCsv()', () => call(readCsv), 'UNREADABLE_FILE', 'undefined'],
  ['readCsv with null for options', () => call(readCsv, new Uint8Array(1), null), 'INVALID_OPTIONS', 'readCsv'],
  ['vector()', () => call(vector), 'INVALID_OPTIONS', 'vector'],
  ['vector({ sizes })', () => call(vector, { sizes: 3 }), 'INVALID_OPTIONS', 'vector.sizes'],
  ['vector of both', () => call(vector, { size: 1, columns: ['a'] }), 'INVALID_OPTIONS', 'vector.size'],
  ['vector of a text', () => call(vector, { columns: 'ab' }), 'INVALID_OPTIONS', 'vector.columns'],
  ['image({ channel })', () => call(image, { height: 2, width: 2, channel: 3 }), 'INVALID_OPTIONS', 'image.channel'],
  ['tensor({ shape: 3 })', () => call(tensor, { shape: 3 }), 'INVALID_OPTIONS', 'tensor.shape'],
])('%s is refused by its code', async (_, run, code, path) => {
  expect(await failure(run)).toMatchObject({ code, path });
});

test('records may stand where a table is asked for', () => {
  expect(call(withMissingNumbers, [{ a: -1 }], [-1])).toMatchObject({ rows: 1 });
});
