/** @file A column of arrays of numbers, each place standardised by itself; a missing array becomes the medians, and says so. */
import type { ColumnSpecOf, Json } from '../../flow/graph.js';
import { type OptionsOf, readOptions, wholeNumber } from '../../options.js';
import { summarise } from '../encoders/column-summary.js';
import type { ColumnEncoder, ColumnKind } from './column-kind.js';
import { defineColumn } from './define-column.js';
import { invalidCell, invalidLearnt, refusedMissing } from './invalid-cell.js';
import { noted } from './noted-options.js';
import { finiteNumber, missingOption } from './number.js';
import { readStandard, standardOf, standardValue } from './standard.js';

export interface NumbersOptions {
  /** How many numbers each array has. */
  readonly size: number;
  /** `indicate`: of a missing array all numbers are read as their medians, and one more is 1. Default `indicate`. */
  readonly missing?: 'indicate' | 'refuse';
}

export type NumbersCell = readonly number[] | Float32Array | Float64Array | Uint8Array | null | undefined;

const schema = { size: wholeNumber({ least: 1, most: 2 ** 20 }), missing: missingOption };

/**
 * A column of arrays of `size` numbers, as an input by itself or in `columns`: `size` numbers of the input, standardised
 * place by place, and one that is 1 where the array is missing. An array of another size, or with a missing number in it,
 * is refused.
 *
 * @throws HeadgateError `INVALID_OPTIONS`
 * @example columns({ age: number(), scores: numbers({ size: 5 }) })
 */
export function numbers(options: NumbersOptions): ColumnSpecOf<NumbersCell> {
  return defineColumn(numbersKind(readOptions('numbers', schema, options)));
}

function numbersKind(options: OptionsOf<typeof schema>): ColumnKind<NumbersCell> {
  const { size, missing } = options;
  const indicates = missing === 'indicate';
  const places = Array.from({ length: size }, (_, i) => `[${i}]`);
  return Object.freeze({
    kind: 'numbers',
    options: noted({ missing: 'indicate' }, options),
    width: indicates ? size + 1 : size,
    learn: (kept: number) => {
      const folds = places.map(() => summarise(Math.ceil(kept / size)));
      return {
        add: (cell: unknown) => {
          for (const [i, fold] of folds.entries()) fold.add(Number(Reflect.get(Object(cell), i))); // the encoder has read it
        },
        result: () => ({ learnt: folds.map((fold) => ({ ...standardOf(fold) })) }),
      };
    },
    encoder: (learnt: Json): ColumnEncoder => {
      const standards = learnt === null ? null : readStandards(learnt, size);
      return {
        places: indicates ? [...places, '?'] : places,
        says: standards === null ? '' : `${size} numbers, each standardised by itself`,
        encode: (cell, { values, offset }, where) => {
          if (cell === null) {
            if (!indicates) throw refusedMissing(where);
            values[offset + size] = 1;
            return 'missing';
          }
          const list = listOf(cell, size, where);
          for (let i = 0; i < size; i++) {
            const value = finiteNumber(list[i], () => `${where()}[${i}]`);
            const standard = standards?.[i];
            values[offset + i] = standard === undefined ? value : standardValue(value, standard);
          }
          return 'present';
        },
      };
    },
  });
}

function listOf(cell: unknown, size: number, where: () => string): ArrayLike<unknown> {
  const isList = Array.isArray(cell) || (ArrayBuffer.isView(cell) && 'length' in cell);
  if (isList && cell.length === size) return cell as ArrayLike<unknown>; // either has a length and elements
  throw invalidCell(cell, where, {
    problem: 'A column of arrays cannot read this value.',
    expected: `an array of ${size} numbers, or null where it is missing`,
    mend: 'Declare the size that the arrays have, or bring them to one size first: table.derive.',
  });
}

function readStandards(learnt: Json, size: number) {
  if (!Array.isArray(learnt) || learnt.length !== size) throw invalidLearnt('numbers', learnt, `a list of ${size}`);
  const list: readonly Json[] = learnt;
  return list.map((given) => readStandard('numbers', given));
}
