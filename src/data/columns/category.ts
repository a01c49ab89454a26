/** @file A column of categories: one-hot, or an index for an embedding; what is unknown or missing has a place of its own. */
import type { ColumnSpecOf, Json } from '../../flow/graph.js';
import {
  invalidOption,
  type OptionsOf,
  oneOf,
  option,
  optional,
  readOptions,
  wholeNumber,
  withDefault,
} from '../../options.js';
import { categoryText } from './category-text.js';
import type { ColumnEncoder, ColumnKind } from './column-kind.js';
import { countCategories } from './count-categories.js';
import { defineColumn } from './define-column.js';
import { invalidLearnt } from './invalid-cell.js';
import { noted } from './noted-options.js';
import { fieldOf } from './standard.js';

export type CategoryValue = string | number | boolean;

export type CategoryOptions<Values extends readonly CategoryValue[] = readonly CategoryValue[]> = {
  /**
   * `oneHot`: a number for each value, 1 at that of the cell, and one more for unknown and missing ones. `index`: one
   * number, the place of the value, for `tf.layers.embedding`; unknown and missing ones have the last. Default `oneHot`.
   */
  readonly as?: 'oneHot' | 'index';
} & (
  | { /** All values that have a place, in its order. */ readonly values: Values; readonly most?: undefined }
  /** The most frequent values of the first fit's rows have a place, at most so many; of equally frequent ones, the first as texts. */
  | { readonly most: number; readonly values?: undefined }
);

/** What a cell may be: a value, or any other text or number, which is unknown. */
export type CategoryCell<Value> =
  | Value
  | (string & {})
  | (Value extends number ? number : never)
  | (Value extends boolean ? boolean : never)
  | null
  | undefined;

const isValue = (given: unknown): given is CategoryValue =>
  typeof given === 'string' || typeof given === 'boolean' || (typeof given === 'number' && Number.isFinite(given));

const schema = {
  values: optional(
    option(
      'a list of texts, finite numbers or booleans',
      (given): given is readonly CategoryValue[] => Array.isArray(given) && given.length > 0 && given.every(isValue),
    ),
  ),
  most: optional(wholeNumber({ least: 1, most: 2 ** 20 })),
  as: withDefault(oneOf(['oneHot', 'index']), 'oneHot'),
};

type Options = OptionsOf<typeof schema>;

/**
 * A column of categories, as an input by itself or in `columns`: values + 1 numbers of the input, or `most` + 1. Values are
 * compared by what they say, as labels are: `1`, `'1'` and `'1.0'` are one value, blanks and case count.
 *
 * @throws HeadgateError `INVALID_OPTIONS`
 * @example columns({ sex: category({ values: ['male', 'female'] }), port: category({ most: 8 }) })
 */
export function category<const Values extends readonly CategoryValue[] = readonly CategoryValue[]>(
  options: CategoryOptions<Values>,
): ColumnSpecOf<CategoryCell<Values[number]>> {
  const read = readOptions('category', schema, options);
  const { values, most } = read;
  if ((values === undefined) === (most === undefined)) {
    throw invalidOption('category', options, { expected: 'one of the two: values, or most' });
  }
  const texts = values?.map((value) => categoryText(value));
  const twice = texts?.find((text, i) => texts.indexOf(text) < i);
  if (twice !== undefined) {
    throw invalidOption('category.values', values, {
      problem: `two of the values say ${JSON.stringify(twice)}, so no cell could tell them apart`,
      expected: 'values that differ in what they say',
    });
  }
  return defineColumn(categoryKind(read, texts ?? null));
}

function categoryKind(options: Options, texts: readonly string[] | null): ColumnKind<never> {
  const { most = 0, as } = options;
  const size = texts?.length ?? most;
  const isIndex = as === 'index';
  const { values } = options;
  return Object.freeze({
    kind: 'category',
    options: noted({ as: 'oneHot' }, { ...options, values: values === undefined ? undefined : [...values] }),
    width: isIndex ? 1 : size + 1,
    isAlone: isIndex,
    ...(isIndex ? { ids: { count: size + 1, padding: null } } : {}),
    learn: () => (texts === null ? countCategories(most) : countUnknown(new Set(texts))),
    encoder: (learnt: Json): ColumnEncoder => {
      const known = texts ?? (learnt === null ? [] : readTexts(learnt, most));
      return { ...placesOf(known, size, isIndex), says: texts === null && learnt !== null ? saysOf(known) : '' };
    },
  });
}

/** A column whose values were declared learns how many of its cells are none of them. */
function countUnknown(known: ReadonlySet<string>) {
  let unknown = 0;
  return {
    add: (cell: unknown): void => {
      if (!known.has(categoryText(cell))) unknown += 1;
    },
    result: () => ({ learnt: null, unknown }),
  };
}

function placesOf(texts: readonly string[], size: number, isIndex: boolean): Omit<ColumnEncoder, 'says'> {
  const places = new Map(texts.map((text, place) => [text, place]));
  // Places that are left over are never taken.
  const names = Array.from({ length: size }, (_, place) =>
    place < texts.length ? `=${texts[place]}` : `#${place + 1}`,
  );
  return {
    places: isIndex ? [''] : [...names, '?'],
    encode: (cell, { values, offset }, where) => {
      const place = cell === null ? undefined : places.get(categoryText(cell, where));
      if (isIndex) values[offset] = place ?? size;
      else values[offset + (place ?? size)] = 1;
      if (place !== undefined) return 'present';
      return cell === null ? 'missing' : 'unknown';
    },
  };
}

function readTexts(learnt: Json, most: number): readonly string[] {
  const given = fieldOf(learnt, 'values');
  if (Array.isArray(given) && given.length <= most && given.every((value: unknown) => typeof value === 'string')) {
    const texts: readonly string[] = given;
    if (new Set(texts).size === texts.length) return texts;
  }
  throw invalidLearnt('category', learnt, `{ values }: at most ${most} texts, all different`);
}

/** Values that a line shows. */
const SHOWN = 10;

function saysOf(texts: readonly string[]): string {
  if (texts.length === 0) return 'no values';
  const more = texts.length > SHOWN ? `, … (${texts.length} in all)` : '';
  return `values ${texts.slice(0, SHOWN).join(', ')}${more}`;
}
