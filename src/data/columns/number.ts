/** @file A column of numbers: standardised, by quantiles, or as they are; a missing one becomes the median, and says so. */
import type { ColumnSpecOf, Json } from '../../flow/graph.js';
import { type OptionsOf, oneOf, readOptions, withDefault } from '../../options.js';
import { summarise } from '../encoders/column-summary.js';
import type { ColumnEncoder, ColumnKind } from './column-kind.js';
import { defineColumn } from './define-column.js';
import { invalidCell, refusedMissing } from './invalid-cell.js';
import { noted } from './noted-options.js';
import { type NumberScaling, scalings } from './scalings.js';

export interface NumberOptions {
  /**
   * `standardise`: the median becomes 0, the distance of the quartiles 1, and what lies far out is drawn in smoothly to ±3.
   * `quantiles`: the share of the training rows below the number, brought to mean 0 and deviation 1. `none`: as it is.
   * Default `standardise`.
   */
  readonly scale?: NumberScaling;
  /** `indicate`: a missing number is read as the median, and a second number of the input is 1. Default `indicate`. */
  readonly missing?: 'indicate' | 'refuse';
}

/** Whether a missing cell is imputed, with an indicator beside it. */
export const missingOption = withDefault(oneOf(['indicate', 'refuse']), 'indicate');

const schema = {
  scale: withDefault(oneOf(['standardise', 'quantiles', 'none']), 'standardise'),
  missing: missingOption,
};

/**
 * A column of numbers, as an input by itself or in `columns`: two numbers of the input, the value and 1 where it is
 * missing (one with `missing: 'refuse'`). The median, quartiles and quantiles are of the first fit's rows. Texts are
 * refused, and so is what float32 cannot hold.
 *
 * @throws HeadgateError `INVALID_OPTIONS`
 * @example columns({ age: number(), fare: number({ scale: 'quantiles' }) })
 */
export function number(options: NumberOptions = {}): ColumnSpecOf<number | null | undefined> {
  return defineColumn(numberKind(readOptions('number', schema, options)));
}

function numberKind(options: OptionsOf<typeof schema>): ColumnKind<number | null | undefined> {
  const { learn, read } = scalings[options.scale];
  return Object.freeze({
    kind: 'number',
    options: noted({ scale: 'standardise', missing: 'indicate' }, options),
    width: options.missing === 'indicate' ? 2 : 1,
    learn: (kept: number) => {
      const fold = summarise(kept);
      return { add: (cell: unknown) => fold.add(Number(cell)), result: () => ({ learnt: learn(fold) }) };
    },
    encoder: (learnt: Json): ColumnEncoder => {
      const { scaled, fill, says } = read(learnt);
      const indicates = options.missing === 'indicate';
      return {
        places: indicates ? ['', '?'] : [''],
        says,
        encode: (cell, { values, offset }, where) => {
          if (cell !== null) {
            values[offset] = scaled(finiteNumber(cell, where));
            return 'present';
          }
          if (!indicates) throw refusedMissing(where);
          values[offset] = fill;
          values[offset + 1] = 1;
          return 'missing';
        },
      };
    },
  });
}

/** A number that float32 holds. */
export function finiteNumber(cell: unknown, where: () => string): number {
  if (typeof cell === 'number' && Number.isFinite(Math.fround(cell))) return cell;
  throw invalidCell(cell, where, {
    problem: 'A column of numbers cannot read this value.',
    expected: 'a finite number within the range of float32, or null where it is missing',
    mend:
      typeof cell === 'boolean'
        ? 'Declare the column as boolean().'
        : 'Make numbers of the column first (table.derive), or declare it as category(…), boolean(…) or date(…).',
  });
}
