/** @file The columns of an input with their encoders, ready to read cells. */
import { HeadgateError, placedAt } from '../../errors.js';
import type { InputSpec } from '../../flow/graph.js';
import { type ColumnShares, encoderOf } from '../encoders/encoder.js';
import type { ColumnEncoder, ColumnKind } from './column-kind.js';
import { columnNames, kindsOf } from './define-column.js';

export interface ColumnReader {
  readonly name: string;
  readonly kind: ColumnKind;
  readonly encoder: ColumnEncoder;
  /** Where its numbers begin in the vector. */
  readonly offset: number;
  /** How many training rows there were, and in how many the cell was missing or unknown; null before the first fit. */
  readonly shares: (ColumnShares & { readonly rows: number }) | null;
}

/**
 * @param input its name
 * @throws HeadgateError `INVALID_FLOW` for a state that does not fit, or columns that no declaration made
 */
export function columnReaders(input: string, spec: InputSpec): readonly ColumnReader[] {
  const known = made.get(spec);
  if (known !== undefined) return known;
  const kinds = kindsOf(spec);
  if (kinds === null) throw unknownKinds(input);
  const encoder = encoderOf(spec, `inputs.${input}`);
  const state = encoder?.kind === 'columns' ? encoder.state : null;
  let offset = 0;
  const readers = columnNames(input, spec).map((name, i): ColumnReader => {
    const kind = kinds[i] as ColumnKind; // one for each column
    const shares = state?.columns[i];
    const path = `inputs.${input}.encoder.state.columns[${i}].learnt`;
    const reader = {
      ...{ name, kind, offset },
      encoder: placed(path, () => kind.encoder(shares?.learnt ?? null)),
      shares: state === null || shares === undefined ? null : { ...shares, rows: state.rows },
    };
    requirePlaces(path, reader);
    offset += kind.width;
    return reader;
  });
  made.set(spec, readers);
  return readers;
}

/** Specs are frozen: each is read once. */
const made = new WeakMap<InputSpec, readonly ColumnReader[]>();

/** Names of the numbers of the vector, in order: `age`, `age?`, `sex=male`. */
export function placesOf(input: string, spec: InputSpec): readonly string[] {
  return columnReaders(input, spec).flatMap(({ name, encoder }) => encoder.places.map((place) => name + place));
}

function placed<T>(path: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw placedAt(path, error);
  }
}

/** Kinds from outside may be wrong. */
function requirePlaces(path: string, { kind, encoder }: ColumnReader): void {
  if (Array.isArray(encoder?.places) && encoder.places.length === kind.width && typeof encoder.encode === 'function')
    return;
  throw new HeadgateError({
    code: 'INVALID_KIND',
    path,
    problem: `The kind of column "${kind.kind}" gives no encoder of its width.`,
    expected: `encode, and ${kind.width} names in places`,
  });
}

function unknownKinds(input: string): HeadgateError {
  return new HeadgateError({
    code: 'INVALID_FLOW',
    path: `inputs.${input}.columnKinds`,
    problem: 'Only the names of the kinds of these columns are known, not the kinds themselves.',
    expected: 'an input that columns(…), number(), category(…) and the like have made in this process',
    mend: 'Declare the input in the program; a saved model brings what it has learnt.',
  });
}
