/** @file A table's row as an object that reads a column when it is asked for it. */
import { HeadgateError, show } from '../errors.js';
import { isRecord } from '../options.js';

/** A row as an object; missing values are null. */
export type Row = Readonly<Record<string, unknown>>;

/**
 * A row that a user gives. A `Map`, a list or a whole table has no columns of its own name: it would read as an empty row.
 *
 * @throws HeadgateError `INVALID_RECORD`
 */
export function rowOf(given: unknown, row: number): Row {
  if (isRecord(given)) return given;
  throw new HeadgateError({
    code: 'INVALID_RECORD',
    path: `rows[${row}]`,
    problem: 'A row must be an object from column names to values.',
    expected: 'an object',
    received: show(given),
  });
}

/** Where a row's values come from. */
export interface RowSource {
  readonly columnNames: readonly string[];
  readonly has: (name: string) => boolean;
  readonly value: (name: string, row: number) => unknown;
}

/** For people who print a row: all of its values. (A name that is no import: rows are read in browsers too.) */
const INSPECT = Symbol.for('nodejs.util.inspect.custom');
const printed = Object.create(Object.prototype, {
  [INSPECT]: {
    value(this: Row) {
      return { ...this };
    },
  },
});

/** Where a row's object keeps its number; what was written to the object lies beside it. */
const ROW = Symbol('row');
type Target = Record<string | symbol, unknown>;

/**
 * Makes rows that are like `{ name: value, … }` of all columns, but fetch a value when they are asked for it: a function
 * that looks at one column of sixty costs one. What is written to a row stays in that object. A column may have any
 * name, `__proto__` too.
 */
export function lazyRows(source: RowSource): (row: number) => Row {
  const isColumn = (target: Target, key: string | symbol): key is string =>
    typeof key === 'string' && source.has(key) && !Object.hasOwn(target, key);
  const fetch = (target: Target, key: string): unknown => source.value(key, target[ROW] as number); // made below
  const handler: ProxyHandler<Target> = {
    get: (target, key) => (isColumn(target, key) ? fetch(target, key) : target[key]),
    has: (target, key) => isColumn(target, key) || key in target,
    set: (target, key, value) =>
      Reflect.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true }),
    ownKeys: (target) => [...new Set([...source.columnNames, ...Reflect.ownKeys(target).filter((key) => key !== ROW)])],
    getOwnPropertyDescriptor: (target, key) =>
      isColumn(target, key)
        ? { value: fetch(target, key), writable: true, enumerable: true, configurable: true }
        : Object.getOwnPropertyDescriptor(target, key),
    getPrototypeOf: () => Object.prototype,
  };
  return (row) => {
    const target: Target = Object.create(printed);
    target[ROW] = row;
    return new Proxy(target, handler);
  };
}
