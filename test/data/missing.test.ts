import { expect, test } from 'vitest';
import { withMissingNumbers } from '../../src/data/missing.js';
import { Table } from '../../src/data/table.js';

const table = Table.fromColumns({
  age: [1, -1, 3],
  name: ['a', '-1', 'c'],
  open: [true, false, true],
  seen: [new Uint8Array([1, 2]), new Uint8Array([3, 4]), new Uint8Array([5, 6])],
  marks: [[1, -1], [[-1], 2], null],
});

test('numbers go, also within lists; what holds none is the same column as before', () => {
  const result = withMissingNumbers(table, [-1, 3]);
  expect(result.toRecords().map(({ age, marks }) => ({ age, marks }))).toEqual([
    { age: 1, marks: [1, null] },
    { age: null, marks: [[null], 2] },
    { age: null, marks: null },
  ]);
  for (const name of ['name', 'open', 'seen']) expect(result.column(name)).toBe(table.column(name));
});

test('a column without numbers of its own, and one that is not named, stay as they are', () => {
  for (const numbers of [[], { age: [] }, {}]) {
    expect(withMissingNumbers(table, numbers).column('age')).toBe(table.column('age'));
  }
  const result = withMissingNumbers(table, { marks: [-1] });
  expect(result.column('age')).toBe(table.column('age'));
  expect(result.value(0, 'marks')).toEqual([1, null]);
});

test.each([3, 'x', null, { age: 3 }, ['-1'], { age: [null] }])('%j are no numbers', (numbers) => {
  expect(() => withMissingNumbers(table, numbers as never)).toThrow(
    expect.objectContaining({ code: 'INVALID_OPTIONS', path: 'missingNumbers' }),
  );
});
