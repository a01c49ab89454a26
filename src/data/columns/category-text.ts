/** @file What the cell of a category says, as one text: equal for cells that say the same. */
import { booleanIn, numberIn } from '../../tasks/cell-text.js';
import { invalidCell } from './invalid-cell.js';

/**
 * `1`, `'1'` and `'1.0'` are `1`; `true` and `'TRUE'` are `true`; any other text is itself, blanks and case included.
 *
 * @throws HeadgateError `INVALID_INPUT`
 */
export function categoryText(cell: unknown, where: () => string = () => 'category'): string {
  if (typeof cell === 'string') return textOf(numberIn(cell) ?? booleanIn(cell) ?? cell);
  if (typeof cell === 'number' || typeof cell === 'boolean') return textOf(cell);
  throw invalidCell(cell, where, {
    problem: 'A column of categories cannot read this value.',
    expected: 'a text, a number, true or false, or null where it is missing',
    mend: 'Make a text of it first: table.derive. A column of dates is date({ parts }).',
  });
}

/** `String(-0)` is `0`, as it should be. */
const textOf = (value: string | number | boolean): string => String(value);
