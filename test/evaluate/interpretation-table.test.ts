import { expect, test } from 'vitest';
import { type InterpretedRow, interpretationTable } from '../../src/evaluate/interpretation-table.js';

const row = (own: Partial<InterpretedRow> = {}): InterpretedRow => ({
  task_path: 't',
  side: 'best',
  rank: 1,
  row: 0,
  loss: 0.5,
  label: true,
  prediction: false,
  ...own,
});

const trained = (path: string) => ({ path, neverTrained: false });

/** The label and the prediction as they stand in the table. */
function shown(label: unknown, prediction: unknown): string | undefined {
  return interpretationTable([trained('t')], [row({ label, prediction })])
    .toString()
    .split('\n')[2]
    ?.slice(2 + 6 + 9 + 12 + 2);
}

test('values: names as they are, whole numbers whole, other numbers to four decimals, the rest as JSON', () => {
  expect(shown('red', 'blue')).toBe('red                    blue');
  expect(shown(3, -2)).toBe('3                      -2');
  expect(shown(12.34567, 1e-7)).toBe('12.3457                1.000e-7');
  expect(shown(null, undefined)).toBe('null                   undefined');
  expect(shown([true, null], { a: 1 })).toBe('[true,null]            {"a":1}');
});

test('values of 22 and of 25 columns stand whole, longer ones lose their middle', () => {
  expect(shown('a'.repeat(22), 'b'.repeat(25))).toBe(`${'a'.repeat(22)} ${'b'.repeat(25)}`);
  expect(shown('a'.repeat(23), 'b'.repeat(26))).toBe(
    `${'a'.repeat(11)}…${'a'.repeat(10)} ${'b'.repeat(12)}…${'b'.repeat(12)}`,
  );
});

test('each task under its path, long ones cut to a terminal, then all together, without values', () => {
  const path = `a${'.very'.repeat(20)}.long`;
  const rows = [
    row({ task_path: path }),
    row({ task_path: path, side: 'worst', row: 12_345_678, loss: 1e9 }),
    row({ task_path: null, label: null, prediction: null }),
    row({ task_path: null, side: 'worst', rank: 10, label: null, prediction: null }),
  ];
  const table = interpretationTable([trained(path), trained('none')], rows);
  const lines = table.toString().split('\n');
  expect(lines[0]).toHaveLength(80);
  expect(lines.slice(1)).toEqual([
    '  best        row        loss  label                  prediction',
    '     1          0      0.5000  true                   false',
    '  worst       row        loss  label                  prediction',
    '     1   12345678    1.000e+9  true                   false',
    'none',
    '  no row counts',
    'over all tasks',
    '  best        row        loss',
    '     1          0      0.5000',
    '  worst       row        loss',
    '    10          0      0.5000',
  ]);
  expect(table.toString()).not.toMatch(/ $/m);
  expect(table.overall).toEqual({ best: [rows[2]], worst: [rows[3]] });
  expect(table.task(path)).toEqual({ best: [rows[0]], worst: [rows[1]] });
  expect(table.task('none')).toEqual({ best: [], worst: [] });
  expect(table.notes).toEqual([]);
  expect(Object.isFrozen(table.toRecords()[0])).toBe(false);
});

test('a task that there is not: the others, and the nearest', () => {
  const table = interpretationTable([trained('door'), trained('window')], []);
  expect(() => table.task('dor')).toThrow(
    expect.objectContaining({
      code: 'UNKNOWN_TASK',
      path: 'dor',
      expected: 'one of: door, window',
      suggestion: 'door',
    }),
  );
});
