/** @file What a column holds, of the rows that were looked at. */
import type { Column } from '../column.js';

/** Different values that are kept of a column. */
export const MOST_VALUES = 1000;

export interface ColumnProfile {
  readonly name: string;
  readonly rows: number;
  readonly missing: number;
  /** What the values that are there are; `mixed` where they are not of one sort. */
  readonly sort: 'number' | 'boolean' | 'text' | 'date' | 'numbers' | 'texts' | 'tensor' | 'mixed' | 'none';
  /** Different values in the order in which they first occur, and how often; of lists, their elements. Null: too many. */
  readonly values: ReadonlyMap<string, number> | null;
  /** Of numbers. */
  readonly least: number;
  readonly greatest: number;
  readonly areWhole: boolean;
  /** Sorted. */
  readonly numbers: Float64Array;
  /** Of lists and tensors: the shape that all have; null where they differ. */
  readonly shape: readonly number[] | null;
  /** Of lists: elements of the longest. */
  readonly longest: number;
  /** Of texts: words between blanks, of all together and of the longest. */
  readonly words: { readonly all: number; readonly most: number };
  /** Of dates: whether one is not at midnight. */
  readonly hasHours: boolean;
}

type Sort = Exclude<ColumnProfile['sort'], 'mixed' | 'none'>;

export function profileOf(name: string, columns: readonly Column[]): ColumnProfile {
  const sorts = new Set<Sort | 'other'>();
  const shapes = new Set<string>();
  const numbers: number[] = [];
  let values: Map<string, number> | null = new Map();
  let [rows, missing, longest, hasHours] = [0, 0, 0, false];
  const words = { all: 0, most: 0 };
  const count = (text: string): void => {
    values?.set(text, (values.get(text) ?? 0) + 1);
    if (values !== null && values.size > MOST_VALUES) values = null;
  };
  for (const column of columns) {
    rows += column.rows;
    for (let row = 0; row < column.rows; row++) {
      const value: unknown = column.value(row);
      if (value === null) {
        missing++;
        continue;
      }
      const sort = column.type === 'tensor' ? 'tensor' : sortOf(value);
      if (!(Array.isArray(value) && value.length === 0)) sorts.add(sort); // an empty list is of either sort
      if (sort === 'tensor') shapes.add(column.type === 'tensor' ? column.shape.join() : '');
      if (typeof value === 'number') numbers.push(value);
      if (Array.isArray(value)) longest = Math.max(longest, value.length);
      if (sort === 'text') {
        const own = wordsIn(String(value));
        words.all += own;
        words.most = Math.max(words.most, own);
      }
      if (value instanceof Date) hasHours ||= value.getTime() % 86_400_000 !== 0;
      if (typeof value === 'string' && sort === 'date') hasHours ||= new Date(value).getTime() % 86_400_000 !== 0;
      if (Array.isArray(value)) shapes.add(String(value.length));
      for (const text of textsOf(value, sort)) count(text);
    }
  }
  const [sort = 'none', ...others] = [...sorts];
  const [shape] = [...shapes];
  const sorted = Float64Array.from(numbers).sort();
  return {
    ...{ name, rows, missing, values, longest, words, hasHours, numbers: sorted },
    sort: others.length > 0 || sort === 'other' ? textual(sorts) : sort,
    least: sorted[0] ?? Number.NaN,
    greatest: sorted.at(-1) ?? Number.NaN,
    areWhole: numbers.every(Number.isSafeInteger),
    shape: shapes.size === 1 && shape !== undefined && shape !== '' ? shape.split(',').map(Number) : null,
  };
}

const wordsIn = (text: string): number => text.split(/\s+/).filter((word) => word !== '').length;

/** Dates among other texts are texts. */
function textual(sorts: ReadonlySet<Sort | 'other'>): ColumnProfile['sort'] {
  return [...sorts].every((sort) => sort === 'date' || sort === 'text') ? 'text' : 'mixed';
}

const ISO = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/;

function sortOf(value: unknown): Sort | 'other' {
  if (typeof value === 'number') return 'number';
  if (typeof value === 'boolean') return 'boolean';
  if (value instanceof Date) return 'date';
  if (typeof value === 'string') return ISO.test(value) && !Number.isNaN(Date.parse(value)) ? 'date' : 'text';
  if (Array.isArray(value) && value.every((one) => typeof one === 'number')) return 'numbers';
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return 'texts';
  return 'other';
}

function textsOf(value: unknown, sort: Sort | 'other'): readonly string[] {
  if (sort === 'texts') return value as readonly string[]; // a list of texts
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return [String(value)];
  return value instanceof Date ? [value.toISOString()] : [];
}
