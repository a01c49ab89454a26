/** @file A column of yes and no: true, false, 1 and 0, and the words that were declared; nothing is guessed. */
import type { ColumnSpecOf } from '../../flow/graph.js';
import {
  either,
  invalidOption,
  listOf,
  number,
  type OptionsOf,
  option,
  readOptions,
  withDefault,
} from '../../options.js';
import { categoryText } from './category-text.js';
import type { ColumnEncoder, ColumnKind } from './column-kind.js';
import { defineColumn } from './define-column.js';
import { invalidCell, refusedMissing } from './invalid-cell.js';
import { noted } from './noted-options.js';
import { missingOption } from './number.js';

export interface BooleanOptions {
  /** Words for true beside `true` and 1, compared by what they say: blanks and case count. */
  readonly yes?: readonly (string | number)[];
  /** Words for false beside `false` and 0. */
  readonly no?: readonly (string | number)[];
  /** `indicate`: a missing cell is read as false, and a second number of the input is 1. Default `indicate`. */
  readonly missing?: 'indicate' | 'refuse';
}

export type BooleanCell = boolean | number | string | null | undefined;

const word = either(
  option('a text', (given): given is string => typeof given === 'string'),
  number(),
);

const schema = {
  yes: withDefault(listOf(word), Object.freeze([])),
  no: withDefault(listOf(word), Object.freeze([])),
  missing: missingOption,
};

/**
 * A column of yes and no, as an input by itself or in `columns`: two numbers of the input, 1 where it is true and 1 where
 * it is missing (the first alone with `missing: 'refuse'`). Any other word than `true`, `false`, 1, 0 and the declared
 * ones is refused.
 *
 * @throws HeadgateError `INVALID_OPTIONS`
 * @example columns({ alone: boolean({ yes: ['y', 'Y'], no: ['n', 'N'] }) })
 */
export function boolean(options: BooleanOptions = {}): ColumnSpecOf<BooleanCell> {
  const read = readOptions('boolean', schema, options);
  const both = read.yes.map((word) => categoryText(word)).find((text) => read.no.some((w) => categoryText(w) === text));
  if (both !== undefined) {
    throw invalidOption('boolean.no', read.no, {
      problem: `the word ${JSON.stringify(both)} stands for yes, too`,
      expected: 'words that are not among those for yes',
    });
  }
  return defineColumn(booleanKind(read));
}

function booleanKind({ yes, no, missing }: OptionsOf<typeof schema>): ColumnKind<BooleanCell> {
  const meanings = new Map<string, number>([
    ['true', 1],
    ['1', 1],
    ['false', 0],
    ['0', 0],
    ...yes.map((word): [string, number] => [categoryText(word), 1]),
    ...no.map((word): [string, number] => [categoryText(word), 0]),
  ]);
  const indicates = missing === 'indicate';
  const encoder: ColumnEncoder = {
    places: indicates ? ['', '?'] : [''],
    says: '',
    encode: (cell, { values, offset }, where) => {
      if (cell === null) {
        if (!indicates) throw refusedMissing(where);
        values[offset + 1] = 1;
        return 'missing';
      }
      const meaning = typeof cell === 'object' ? undefined : meanings.get(categoryText(cell, where));
      if (meaning === undefined) {
        throw invalidCell(cell, where, {
          problem: 'A column of yes and no does not know this word.',
          expected: `one of: ${[...meanings.keys()].join(', ')}; or null where it is missing`,
          mend: 'Declare the words of your data: boolean({ yes: […], no: […] }).',
        });
      }
      values[offset] = meaning;
      return 'present';
    },
  };
  const words = { yes: yes.length === 0 ? undefined : [...yes], no: no.length === 0 ? undefined : [...no] };
  return Object.freeze({
    kind: 'boolean',
    options: noted({ missing: 'indicate' }, { ...words, missing }),
    width: indicates ? 2 : 1,
    encoder: () => encoder,
  });
}
