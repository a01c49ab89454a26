/** @file A table's row as an object that reads a column when it is asked for it. */

/** A row as an object; missing values are null. */
export type Row = Readonly<Record<string, unknown>>;

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

/**
 * Like `{ name: value, … }` of all columns, but a value is fetched when it is first asked for: a function that looks at
 * one column of sixty costs one.
 */
export function lazyRow(source: RowSource, row: number): Row {
  /** The value becomes an own property, so that all that objects do works on it; `__proto__` is a name like others. */
  const fetched = (target: object, key: string | symbol): boolean => {
    if (Object.hasOwn(target, key)) return true;
    if (typeof key === 'symbol' || !source.has(key)) return false;
    const value = source.value(key, row);
    return Reflect.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
  };
  return new Proxy(Object.create(printed), {
    get: (target, key) => {
      const own = fetched(target, key) ? Object.getOwnPropertyDescriptor(target, key)?.value : Reflect.get(target, key);
      return own as unknown;
    },
    has: (target, key) => fetched(target, key) || Reflect.has(target, key),
    ownKeys: (target) => [...new Set([...source.columnNames, ...Reflect.ownKeys(target)])],
    getOwnPropertyDescriptor: (target, key) => {
      fetched(target, key);
      return Object.getOwnPropertyDescriptor(target, key);
    },
    getPrototypeOf: () => Object.prototype,
  });
}
