import { expect, test } from 'vitest';
import { columns, numbers } from '../../../src/index.js';
import { encoded, named, refusal, taught } from '../../support/columns.js';

const cells = (values: readonly unknown[]) => values.map((a) => ({ a }));

test('each place of the arrays is standardised by itself; a missing array is the medians beside a 1', () => {
  const rows = cells([[0, 10], [1, 10], [2, 10], [3, 10], [4, 10], null]);
  const spec = taught(columns({ a: numbers({ size: 2 }) }), rows);
  const z = (x: number) => Math.fround(x / Math.sqrt(1 + (x / 3) ** 2));
  expect(encoded(spec, cells([[3, 10], [2, 11], null]))).toEqual([
    [z(0.5), 0, 0],
    [0, 0, 0],
    [0, 0, 1],
  ]);
  expect(Object.keys(named(spec, { a: [1, 2] }))).toEqual(['a[0]', 'a[1]', 'a?']);
  const typed = cells([Float32Array.of(0, 10), Float32Array.of(2, 10), Float32Array.of(4, 10)]);
  expect(encoded(taught(columns({ a: numbers({ size: 2, missing: 'refuse' }) }), typed), typed)).toEqual([
    [z(-1), 0],
    [0, 0],
    [z(1), 0],
  ]);
});

test.each([
  ['another size', [1], 'rows[1].a'],
  ['a missing number', [1, null], 'rows[1].a[1]'],
  ['a text', [1, '2'], 'rows[1].a[1]'],
  ['no array', 3, 'rows[1].a'],
])('%s is refused', (_, cell, path) => {
  const error = refusal(() => encoded(columns({ a: numbers({ size: 2 }) }), cells([[1, 2], cell])));
  expect(error).toMatchObject({ code: 'INVALID_INPUT', path });
});
