/** @file What a confusion matrix prints: the counts that it holds, while they fit a terminal, and else the mistakes. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { confusions } from '../../src/evaluate/confusion-matrix.js';
import type { ConfusionCell } from '../../src/tasks/kind.js';

const textOf = (classes: readonly string[], cells: readonly ConfusionCell[]): string =>
  confusions([{ name: null, classes, cells }]).toString();
const named = (count: number, length: number): string[] =>
  Array.from({ length: count }, (_, i) => String.fromCharCode(97 + i).repeat(length));

test('a matrix reads back as its counts, each column two blanks from the next and flush with its heading', () => {
  const count = fc.oneof(fc.constant(0), fc.nat(99), fc.nat(99_999));
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 6 }),
      fc.array(count),
      (size, length, some) => {
        const classes = named(size, length);
        const counts = classes.map((_, i) => classes.map((_, k) => some[i * size + k] ?? 0));
        const cells = counts.flatMap((row, actual) => row.map((count, predicted) => ({ actual, predicted, count })));
        const [head, columns, ...rows] = textOf(
          classes,
          cells.filter(({ count }) => count > 0),
        ).split('\n');
        const nameWidth = Math.max(4, length);
        const cellWidth = Math.max(length, ...cells.map(({ count }) => String(count).length));
        const line = (name: string, texts: readonly unknown[]): string =>
          name.padEnd(nameWidth) + texts.map((text) => `  ${String(text).padStart(cellWidth)}`).join('');
        expect(head).toBe(`${'true'.padEnd(nameWidth)}  predicted`);
        expect(columns).toBe(line('', classes));
        expect(rows).toEqual(counts.map((row, i) => line(String(classes[i]), row)));
      },
    ),
    { numRuns: 100 },
  );
});

describe('what fits', () => {
  const isMatrix = (classes: readonly string[], cells: readonly ConfusionCell[] = []): boolean =>
    textOf(classes, cells).startsWith('true');
  const widest = (text: string): number => Math.max(...text.split('\n').map((line) => line.length));

  test('names of up to 20 characters stand whole before the rows, longer ones are cut to 20', () => {
    expect(textOf(['a'.repeat(20), 'b'], []).split('\n')[2]).toBe(
      `${'a'.repeat(20)}${' '.repeat(21)}0${' '.repeat(21)}0`,
    );
    expect(
      textOf(['a'.repeat(21), 'b'], [])
        .split('\n')[2]
        ?.slice(0, 22),
    ).toBe(`${'a'.repeat(10)}…${'a'.repeat(9)}  `);
  });

  test('columns up to the last one of the terminal, and not one more', () => {
    // 4 columns for the names and 3 for each class
    expect(isMatrix(named(25, 1))).toBe(true);
    expect(isMatrix(named(26, 1))).toBe(false);
    expect(widest(textOf(named(25, 1), []))).toBe(4 + 75);
    // 5 for the names and 2 + 3 for each class
    expect(widest(textOf(named(15, 3), []))).toBe(4 + 75);
    expect(isMatrix(named(16, 3))).toBe(false);
  });

  test('names that head columns are cut to no fewer than 6 characters', () => {
    // 20 columns for the names, and 60 for the classes: 8 for each of 7, 7 for each of 8
    expect(isMatrix(named(7, 20))).toBe(true);
    expect(isMatrix(named(8, 20))).toBe(false);
    // names of 5 need no more: 5 columns for the names, 7 for each of 10
    expect(isMatrix(named(10, 5))).toBe(true);
  });

  test('counts are never cut', () => {
    const classes = named(15, 1);
    const cell = (count: number) => [{ actual: 0, predicted: 0, count }];
    expect(isMatrix(classes, cell(999))).toBe(true);
    expect(isMatrix(classes, cell(1000))).toBe(false);
  });
});

describe('the list of mistakes', () => {
  const classes = Array.from({ length: 40 }, (_, i) => `class ${String(i).padStart(2, '0')}`);
  const right = classes.map((_, i) => ({ actual: i, predicted: i, count: 2 }));
  const mistakes = (count: number): ConfusionCell[] =>
    Array.from({ length: count }, (_, i) => ({ actual: i, predicted: i + 1, count: 1 + (i % 2) }));

  test('none', () => {
    expect(textOf(classes, right)).toBe('80 of 80 rows right, 40 classes');
    expect(textOf(classes, [])).toBe('0 of 0 rows right, 40 classes');
  });

  test('the commonest first, of equally common ones the first in the order of classes', () => {
    expect(textOf(classes, [...right, ...mistakes(3)])).toBe(
      [
        '80 of 84 rows right, 40 classes',
        'rows  true       predicted',
        '   2  class 01   class 02',
        '   1  class 00   class 01',
        '   1  class 02   class 03',
      ].join('\n'),
    );
  });

  test('twenty of them, and how many are left', () => {
    const twenty = textOf(classes, mistakes(20)).split('\n');
    expect([twenty.length, twenty.at(-1)]).toEqual([22, '   1  class 18   class 19']);
    const more = textOf(classes, mistakes(23)).split('\n');
    // of 11 that count 2 and 12 that count 1, three of those are left
    expect([more.length, more.at(-1)]).toEqual([23, '… and 3 rows in 3 more pairs: see `cells`']);
  });

  test('long counts and long names widen their columns, up to the terminal', () => {
    const long = classes.map((name) => `${name} of a long name that goes on and on, and is cut`);
    const [, head, line] = textOf(long, [{ actual: 0, predicted: 1, count: 1_234_567 }]).split('\n');
    // 7 columns for the count, and half of what two gaps leave for either name
    expect(head).toBe(`   rows  ${'true'.padEnd(34)}  predicted`);
    expect(line).toHaveLength(7 + 2 + 34 + 2 + 34);
    expect(line?.startsWith('1234567  class 00 of a lon')).toBe(true);
  });
});
