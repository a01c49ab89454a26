/** @file A kind of column as an input: its declaration is JSON, and the kind itself is found by it. */
import { HeadgateError, show } from '../../errors.js';
import type { ColumnKindSpec, ColumnSpecOf, InputSpec } from '../../flow/graph.js';
import { frozenCopy, isJson } from '../../flow/json.js';
import { isRecord } from '../../options.js';
import type { ColumnKind } from './column-kind.js';

/** By the list in a spec, which every copy of the spec shares: the graph stays JSON. */
const live = new WeakMap<readonly ColumnKindSpec[], readonly ColumnKind[]>();

/**
 * A kind of column of one's own as an input, read from the column of the input's name, or as a column of `columns`.
 *
 * @throws HeadgateError `INVALID_KIND` for a part that is missing or does not fit
 * @example
 * const grade = defineColumn({
 *   kind: 'example/grade',
 *   options: {},
 *   width: 1,
 *   encoder: () => ({
 *     places: [''],
 *     says: '',
 *     encode: (cell, { values, offset }) => {
 *       values[offset] = 'ABCDEF'.indexOf(String(cell));
 *       return cell === null ? 'missing' : 'present';
 *     },
 *   }),
 * });
 */
export function defineColumn<Cell>(kind: ColumnKind<Cell>): ColumnSpecOf<Cell> {
  requireColumnKind(kind);
  return specOf('column', null, [kind]);
}

type KindSpecs = Pick<ColumnSpecOf<unknown>, 'columnKinds'>;

/** An input that is read from columns of these kinds. */
export function specOf(
  name: string,
  columns: readonly string[] | null,
  kinds: readonly ColumnKind[],
): InputSpec & KindSpecs {
  const columnKinds = Object.freeze(
    kinds.map(({ kind, options }) => Object.freeze({ kind, options: frozenCopy(options) })),
  );
  live.set(columnKinds, Object.freeze([...kinds]));
  const width = kinds.reduce((sum, kind) => sum + kind.width, 0);
  const encoder = Object.freeze({ kind: 'columns', state: null });
  return Object.freeze({
    kind: name,
    shape: Object.freeze([width]),
    scale: 1,
    columns: frozen(columns),
    columnKinds,
    encoder,
  });
}

const frozen = (names: readonly string[] | null): readonly string[] | null => names && Object.freeze([...names]);

/** The kinds of an input's columns; null for an input that is read otherwise, or of which only a file is known. */
export function kindsOf({ columnKinds }: InputSpec): readonly ColumnKind[] | null {
  return columnKinds === undefined ? null : (live.get(columnKinds) ?? null);
}

/** Names of the columns that an input is read from. */
export function columnNames(input: string, { columns }: InputSpec): readonly string[] {
  return columns ?? [input];
}

function requireColumnKind(given: unknown): asserts given is ColumnKind {
  if (!isRecord(given)) throw invalidKind('defineColumn', 'this is no kind of column', 'a record', given);
  const { kind, options, width, isAlone = false, ids, learn, encoder } = given;
  if (typeof kind !== 'string' || kind === '') throw invalidKind('kind', 'it has no name', 'a string', kind);
  if (!isJson(options)) throw invalidKind(kind, 'its options are not JSON', 'plain data, such as {}', options);
  if (!(typeof width === 'number' && Number.isSafeInteger(width) && width > 0)) {
    throw invalidKind(kind, 'its width is wrong', 'a whole number above 0', width);
  }
  if (typeof isAlone !== 'boolean') throw invalidKind(kind, 'its isAlone is wrong', 'true or false', isAlone);
  if (ids !== undefined && !isIds(ids)) {
    throw invalidKind(kind, 'its ids are wrong', '{ count, padding }: a whole number above 0; an id or null', ids);
  }
  if (typeof encoder !== 'function') throw invalidKind(kind, 'it has no encoder', 'a function', encoder);
  if (learn !== undefined && typeof learn !== 'function') {
    throw invalidKind(kind, 'its learn is no function', 'a function, or nothing', learn);
  }
}

function isIds(given: unknown): boolean {
  if (!isRecord(given)) return false;
  const { count, padding } = given;
  const isId = (id: unknown): boolean => Number.isSafeInteger(id) && Number(id) >= 0 && Number(id) < Number(count);
  return Number.isSafeInteger(count) && Number(count) > 0 && (padding === null || isId(padding));
}

function invalidKind(path: string, problem: string, expected: string, received: unknown): HeadgateError {
  return new HeadgateError({ code: 'INVALID_KIND', path, problem, expected, received: show(received) });
}
