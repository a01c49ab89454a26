/** @file Which values of a column are the most frequent, over rows that come in pieces. */
import { HeadgateError } from '../../errors.js';
import { categoryText } from './category-text.js';
import type { ColumnLearning } from './column-kind.js';

/** Different values that are counted: what has more names rows, and is no category. */
const MOST_VALUES = 2 ** 20;

/** The most frequent values first; of equally frequent ones, the first as texts (by code units). */
export function countCategories(most: number): ColumnLearning {
  const counts = new Map<string, number>();
  let cells = 0;
  return {
    add: (cell) => {
      const text = categoryText(cell);
      cells += 1;
      counts.set(text, (counts.get(text) ?? 0) + 1);
      if (counts.size > MOST_VALUES) throw tooMany();
    },
    result: () => {
      const sorted = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
      const kept = sorted.slice(0, most);
      const unknown = cells - kept.reduce((sum, [, count]) => sum + count, 0);
      return { learnt: { values: kept.map(([text]) => text) }, unknown };
    },
  };
}

function tooMany(): HeadgateError {
  return new HeadgateError({
    code: 'INVALID_INPUT',
    path: 'category',
    problem: `The column has more than ${MOST_VALUES} different values: they name rows, and say nothing of others.`,
    expected: `at most ${MOST_VALUES} different values`,
    mend: 'Leave the column out of the inputs, or group its values first: table.derive.',
  });
}
