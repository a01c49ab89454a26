/** @file How a column of DuckDB becomes one of a table: what is asked for in SQL, and what its answer is read as. */
import type { DuckDBType } from '@duckdb/node-api';
import { HeadgateError } from '../../../errors.js';
import type { Column } from '../../column.js';
import { sizeOf } from '../../column.js';

/** What an answer's vectors hold. */
export type Reading =
  /** NaN where missing; narrow ones are float32, and lose nothing by it. */
  | { readonly kind: 'number'; readonly isNarrow: boolean }
  /** 0, 1, and 255 where missing. */
  | { readonly kind: 'boolean' }
  | { readonly kind: 'text' }
  /** Milliseconds since 1970. */
  | { readonly kind: 'instant' }
  | { readonly kind: 'bytes' }
  /** Text that is JSON. */
  | { readonly kind: 'json' }
  /** Lists and records. */
  | { readonly kind: 'nested' }
  /** Arrays of one shape; a second vector says 1 where there is one. */
  | { readonly kind: 'tensor'; readonly shape: readonly number[]; readonly isByte: boolean };

/** A column, whichever file it comes from. */
export interface ColumnFacts {
  readonly name: string;
  readonly reading: Reading;
}

export interface ColumnPlan extends ColumnFacts {
  /** The value, of the column as SQL. */
  readonly value: (column: string) => string;
  /** 1 where a table cannot hold the value, 2 where it holds it less exactly; null where it holds all. */
  readonly loss: ((column: string) => string) | null;
}

/** The type of the table's column. */
export function tableType({ kind }: Reading): Column['type'] {
  if (kind === 'number' || kind === 'boolean' || kind === 'tensor') return kind;
  return kind === 'text' ? 'string' : 'object';
}

/** SQL of the vectors of a column, in the order in which they are read. */
export function selected({ reading, value, loss }: ColumnPlan, column: string): readonly string[] {
  const present = reading.kind === 'tensor' ? [`(${column} IS NOT NULL)::UTINYINT`] : [];
  return [value(column), ...present, ...(loss === null ? [] : [loss(column)])];
}

/** The same vectors after they were written to a file under these names: a fixed array is a list there. */
export function selectedAgain({ reading }: ColumnPlan, [value = '', ...others]: readonly string[]): readonly string[] {
  const cast = reading.kind === 'tensor' ? `::${arrayType(reading.isByte, sizeOf(reading.shape))}` : '';
  return [`${value}${cast}`, ...others];
}

/** @throws HeadgateError `UNSUPPORTED_COLUMN` for a type that no column of a table holds */
export function planOf(name: string, type: DuckDBType): ColumnPlan {
  const plan = scalarPlan(type) ?? tensorPlan(type);
  if (plan !== null) return { name, ...plan };
  if (isNested(type)) return { name, reading: { kind: 'nested' }, value: itself, loss: null };
  throw new HeadgateError({
    code: 'UNSUPPORTED_COLUMN',
    path: `columns.${name}`,
    problem: 'A table cannot hold a column of this type.',
    expected: 'numbers, booleans, texts, dates, bytes, and lists and records of numbers, booleans and texts',
    received: String(type),
    mend: 'Leave it out, by the option `columns`, or make it one of these in the query of a sqlSource.',
  });
}

type Plan = Omit<ColumnPlan, 'name'>;

/** In float32 as they are, and half the bytes of float64. */
const SMALL_NUMBERS = new Set(['TINYINT', 'SMALLINT', 'UTINYINT', 'USMALLINT', 'FLOAT']);
const NUMBERS = new Set(['INTEGER', 'UINTEGER', 'DOUBLE']);
const WIDE_NUMBERS = new Set(['BIGINT', 'UBIGINT', 'HUGEINT', 'UHUGEINT']);
const TEXTS = new Set(['VARCHAR', 'UUID', 'INTERVAL', 'BIT']);

function scalarPlan(type: DuckDBType): Plan | null {
  if (type.alias === 'JSON') return { reading: { kind: 'json' }, value: asText, loss: null };
  if ('valueType' in type || 'entryTypes' in type || 'keyType' in type) return null;
  const name = String(type);
  if (SMALL_NUMBERS.has(name)) return numberPlan('FLOAT', null);
  if (NUMBERS.has(name)) return numberPlan('DOUBLE', null);
  if (WIDE_NUMBERS.has(name)) return numberPlan('DOUBLE', changed(name === 'UHUGEINT' ? name : 'HUGEINT'));
  const decimal = /^DECIMAL\((\d+)/.exec(name);
  if (decimal !== null) return numberPlan('DOUBLE', Number(decimal[1]) > 15 ? changed(name) : null);
  if (name === 'BOOLEAN') {
    return { reading: { kind: 'boolean' }, value: (column) => `coalesce(${column}::UTINYINT, 255)`, loss: null };
  }
  if (TEXTS.has(name) || /^(TIME\b|TIME_|ENUM)/.test(name)) {
    return { reading: { kind: 'text' }, value: asText, loss: null };
  }
  if (name === 'BLOB') return { reading: { kind: 'bytes' }, value: itself, loss: null };
  if (name === 'DATE' || name.startsWith('TIMESTAMP')) return instantPlan(name);
  return name === '"NULL"' || name === 'SQLNULL' ? numberPlan('DOUBLE', null) : null;
}

function numberPlan(type: 'FLOAT' | 'DOUBLE', loss: ColumnPlan['loss']): Plan {
  const value = (column: string): string => `coalesce(${column}::${type}, 'NaN'::${type})`;
  return { reading: { kind: 'number', isNarrow: type === 'FLOAT' }, value, loss };
}

/** Whether a number is another one after it was a double. */
function changed(type: string): (column: string) => string {
  return (column) =>
    `(${column} IS NOT NULL AND TRY_CAST(${column}::DOUBLE AS ${type}) IS DISTINCT FROM ${column}::${type})::UTINYINT`;
}

/** What a `Date` of JavaScript reaches. */
const LAST_INSTANT = 8_640_000_000_000_000;

/** A `Date`: to the millisecond, and not infinite. */
function instantPlan(type: string): Plan {
  const finer = (column: string): string | null => {
    if (type === 'TIMESTAMP_NS') return `epoch_ns(${column}) % 1000000 <> 0`;
    return type === 'DATE' || type === 'TIMESTAMP_S' || type === 'TIMESTAMP_MS'
      ? null
      : `epoch_us(${column}) % 1000 <> 0`;
  };
  const loss = (column: string): string => {
    const time = `epoch_ms(${column})`;
    const beyond = `${column} IS NOT NULL AND (${time} IS NULL OR ${time} NOT BETWEEN -${LAST_INSTANT} AND ${LAST_INSTANT})`;
    const isFiner = finer(column);
    return `(CASE WHEN ${beyond} THEN 1 ${isFiner === null ? '' : `WHEN ${isFiner} THEN 2 `}ELSE 0 END)::UTINYINT`;
  };
  const value = (column: string): string => `coalesce(epoch_ms(${column})::DOUBLE, 'NaN'::DOUBLE)`;
  return { reading: { kind: 'instant' }, value, loss };
}

/** Arrays of a fixed length, of bytes or of what float32 can stand for. */
function tensorPlan(type: DuckDBType): Plan | null {
  const shape: number[] = [];
  let own: DuckDBType = type;
  while ('valueType' in own && 'length' in own) {
    shape.push(own.length);
    own = own.valueType;
  }
  const name = String(own);
  if (shape.length === 0 || !(SMALL_NUMBERS.has(name) || NUMBERS.has(name) || name === 'BOOLEAN')) return null;
  const isByte = name === 'UTINYINT';
  const element = isByte ? 'UTINYINT' : 'FLOAT';
  const value = (column: string): string => {
    const flat = shape
      .slice(1)
      .reduce((inner) => `flatten(${inner})`, `${column}::${element}${'[]'.repeat(shape.length)}`);
    return `(${flat})::${arrayType(isByte, sizeOf(shape))}`;
  };
  return { reading: { kind: 'tensor', shape, isByte }, value, loss: null };
}

function arrayType(isByte: boolean, size: number): string {
  return `${isByte ? 'UTINYINT' : 'FLOAT'}[${size}]`;
}

const LEAVES = /^(U?(TINY|SMALL|BIG)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL\(.*|BOOLEAN|VARCHAR|ENUM\(.*)$/;

/** A list of lists of …, and records: as JSON has them. */
function isNested(type: DuckDBType): boolean {
  if ('keyType' in type) return false;
  if ('valueType' in type) return isNested(type.valueType) || isLeaf(type.valueType);
  if (!('entryTypes' in type) || String(type).startsWith('UNION')) return false;
  // The package loses an entry of this name.
  if (type.entryNames.includes('__proto__')) return false;
  return type.entryTypes.every((entry) => isNested(entry) || isLeaf(entry));
}

function isLeaf(type: DuckDBType): boolean {
  return LEAVES.test(String(type)) && type.alias !== 'JSON';
}

function itself(column: string): string {
  return column;
}

function asText(column: string): string {
  return `${column}::VARCHAR`;
}
