/** @file What an input's encoder has learnt, as the passes read it. A new kind does not compile until each answers. */
import { HeadgateError, show } from '../../errors.js';
import type { InputSpec, Json } from '../../flow/graph.js';
import { sizeOf } from '../column.js';

/** Of each position of a vector: z = (x - origin - centre) × scale, drawn in beyond ±1 (see `model/scaling.ts`). */
export interface Standardisation {
  /** Taken off in float64 when the column is read, where float32 could not tell its values apart (timestamps); else 0. */
  readonly origins: readonly number[];
  readonly centres: readonly number[];
  /** 0 for a column with one value. */
  readonly scales: readonly number[];
}

/** Of an image: values are multiplied by `scale`. */
export interface PixelRange {
  readonly least: number;
  readonly greatest: number;
  readonly scale: number;
}

/** Of columns with kinds: what each has learnt, and in how many of the rows its cell was missing or unknown. */
export interface ColumnStates {
  readonly rows: number;
  readonly columns: readonly ColumnShares[];
}

export interface ColumnShares {
  readonly missing: number;
  readonly unknown: number;
  /** The kind's own; null where it learns nothing. */
  readonly learnt: Json;
}

export type Encoder =
  | { readonly kind: 'columns'; readonly state: ColumnStates }
  | { readonly kind: 'standardise'; readonly state: Standardisation }
  | { readonly kind: 'range'; readonly state: PixelRange };

/**
 * The encoder of an input; null where it has none, or has learnt nothing yet.
 *
 * @throws HeadgateError `INVALID_FLOW` for one of no known kind, or a state that does not fit the input
 */
export function encoderOf(spec: InputSpec, path = 'inputs'): Encoder | null {
  const { encoder } = spec;
  if (encoder === undefined || encoder.state === null) return null;
  const known = read.get(encoder);
  if (known !== undefined) return known;
  const found = typedEncoder(spec, encoder.kind, encoder.state, path);
  read.set(encoder, found);
  return found;
}

/** Specs are frozen: each is read once. */
const read = new WeakMap<object, Encoder>();

function typedEncoder(spec: InputSpec, kind: string, state: Json, path: string): Encoder {
  const size = sizeOf(spec.shape);
  const numbers = (name: string): readonly number[] => {
    const given: unknown = field(state, name);
    if (Array.isArray(given) && given.length === size && given.every(Number.isFinite)) return given;
    throw invalid(`${path}.encoder.state.${name}`, given, `${size} finite numbers`);
  };
  const number = (name: string): number => {
    const given: unknown = field(state, name);
    if (typeof given === 'number' && Number.isFinite(given)) return given;
    throw invalid(`${path}.encoder.state.${name}`, given, 'a finite number');
  };
  switch (kind) {
    case 'columns':
      return { kind, state: columnStates(state, spec.columns?.length ?? 1, path) };
    case 'standardise':
      return { kind, state: { origins: numbers('origins'), centres: numbers('centres'), scales: numbers('scales') } };
    case 'range':
      return { kind, state: { least: number('least'), greatest: number('greatest'), scale: number('scale') } };
    default:
      throw invalid(`${path}.encoder.kind`, kind, 'standardise, range or columns');
  }
}

function columnStates(state: Json, size: number, path: string): ColumnStates {
  const isCount = (given: unknown): given is number => Number.isSafeInteger(given) && Number(given) >= 0;
  const rows: unknown = field(state, 'rows');
  if (!isCount(rows) || rows === 0) throw invalid(`${path}.encoder.state.rows`, rows, 'a whole number above 0');
  const columns: unknown = field(state, 'columns');
  if (!Array.isArray(columns) || columns.length !== size) {
    throw invalid(`${path}.encoder.state.columns`, columns, `a list of ${size}, one for each column`);
  }
  const list: readonly Json[] = columns;
  return {
    rows,
    columns: list.map((column, i) => {
      const [missing, unknown, learnt] = ['missing', 'unknown', 'learnt'].map((name) => field(column, name));
      if (isCount(missing) && isCount(unknown) && missing + unknown <= rows && learnt !== undefined) {
        return { missing, unknown, learnt: learnt as Json }; // a field of JSON
      }
      throw invalid(`${path}.encoder.state.columns[${i}]`, column, '{ missing, unknown, learnt }, counts of the rows');
    }),
  };
}

function field(state: Json, name: string): unknown {
  return typeof state === 'object' && state !== null && Object.hasOwn(state, name)
    ? Reflect.get(state, name)
    : undefined;
}

function invalid(path: string, received: unknown, expected: string): HeadgateError {
  return new HeadgateError({
    code: 'INVALID_FLOW',
    path,
    problem: 'This is not what an encoder learns.',
    expected,
    received: show(received),
    mend: 'Save the model again with this version of Headgate.',
  });
}
