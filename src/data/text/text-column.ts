/** @file A column of texts: the ids of each text's tokens, padded to one length. */
import type { ColumnSpecOf, Json } from '../../flow/graph.js';
import { requireName } from '../../flow/names.js';
import { oneOf, option, readOptions, wholeNumber, withDefault, text as words } from '../../options.js';
import { vocabularyFingerprint } from '../../tasks/vocabulary.js';
import type { CellSort, ColumnEncoder, ColumnKind } from '../columns/column-kind.js';
import { defineColumn } from '../columns/define-column.js';
import { invalidCell } from '../columns/invalid-cell.js';
import { noted } from '../columns/noted-options.js';
import type { Tokenizer } from './tokenizer/tokenizer.js';

/** A text; or its parts, with null where a token is to be found by a masked language model: `['to be or', null, 'to be']`. */
export type TextCell = string | readonly (string | null)[] | null | undefined;

export interface TextOptions {
  /** What `trainTokenizer` or `readTokenizer` gives. It is saved with the model. */
  readonly tokenizer: Tokenizer;
  /** Tokens of a row; shorter texts are padded. */
  readonly length: number;
  /** Name of the axis of tokens, for tasks that answer along it. Default `token`. */
  readonly axis?: string;
  /** What becomes of longer texts: an error, or their first `length` tokens, which a note counts. Default `error`. */
  readonly tooLong?: 'error' | 'cut';
}

const isTokenizer = (given: unknown): given is Tokenizer =>
  typeof given === 'object' && given !== null && 'encode' in given && 'pieces' in given && 'special' in given;

const schema = {
  tokenizer: option('a tokenizer: what trainTokenizer or readTokenizer gives', isTokenizer),
  length: wholeNumber({ least: 1 }),
  axis: withDefault(words, 'token'),
  tooLong: withDefault(oneOf(['error', 'cut']), 'error'),
};

/**
 * A text as an input `[length]`: the ids of its tokens, then the id of padding, for an embedding. Read from the column of
 * the input's name; a missing text is all padding. Tasks may answer at each token: `along('token', …)`.
 *
 * @throws HeadgateError `INVALID_OPTIONS`, `INVALID_NAME`
 * @example
 * const tokenizer = trainTokenizer(['to be or not to be'], { kind: 'words' });
 * const inputs = { line: text({ tokenizer, length: 32 }) };
 */
export function text(options: TextOptions): ColumnSpecOf<TextCell> {
  const { tokenizer, length, axis, tooLong } = readOptions('text', schema, options);
  requireName(axis, 'text.axis');
  const spec = defineColumn(textKind(tokenizer, length, tooLong));
  return Object.freeze({ ...spec, axes: Object.freeze([axis]), ragged: Object.freeze([true]) });
}

function textKind(tokenizer: Tokenizer, length: number, tooLong: 'error' | 'cut'): ColumnKind<TextCell> {
  const vocabulary = vocabularyFingerprint(tokenizer);
  const { padding, unknown } = tokenizer.special;
  const encode: ColumnEncoder['encode'] = (cell, { values, offset }, where): CellSort => {
    if (padding !== 0) values.fill(padding, offset, offset + length);
    if (cell === null) return 'missing';
    const ids = idsOf(cell, tokenizer, where);
    const isLonger = ids.length > length;
    if (isLonger && tooLong === 'error') throw tooManyTokens(cell, ids.length, length, where);
    const kept = isLonger ? ids.subarray(0, length) : ids;
    values.set(kept, offset);
    if (isLonger) return 'cut';
    return kept.length > 0 && kept.every((id) => id === unknown) ? 'unknown' : 'present';
  };
  const reach: NonNullable<ColumnEncoder['reach']> = ({ values, offset }) => {
    let end = length;
    while (end > 0 && values[offset + end - 1] === padding) end--;
    return end;
  };
  return Object.freeze({
    kind: 'text',
    options: noted({ tooLong: 'error' }, { vocabulary, length, tooLong }),
    width: length,
    isAlone: true,
    ids: { count: tokenizer.size, padding },
    // What a saved model brings along: whoever has the model has its tokenizer.
    learn: () => ({ add: () => {}, result: () => ({ learnt: tokenizer.toJson() }) }),
    encoder: (_learnt: Json): ColumnEncoder => ({
      places: Array.from({ length }, (_, i) => `[${i}]`),
      says: `a vocabulary of ${tokenizer.size}`,
      encode,
      reach,
    }),
  });
}

function idsOf(cell: unknown, tokenizer: Tokenizer, where: () => string): Int32Array {
  if (typeof cell === 'string') return tokenizer.encode(cell);
  if (!Array.isArray(cell)) throw notText(cell, where);
  const parts: readonly unknown[] = cell;
  const ids = parts.map((part, i) => {
    if (typeof part === 'string') return tokenizer.encode(part);
    const { mask } = tokenizer.special;
    if (part !== null || mask === null) throw notText(part, () => `${where()}[${i}]`);
    return Int32Array.of(mask);
  });
  return Int32Array.from(ids.flatMap((own) => Array.from(own)));
}

function notText(cell: unknown, where: () => string): Error {
  return invalidCell(cell, where, {
    problem: 'A column of texts cannot read this value.',
    expected: 'a text, null where it is missing, or a list of texts with null where a token is to be found',
    mend: 'Make a text of it first: table.derive.',
  });
}

function tooManyTokens(cell: unknown, tokens: number, length: number, where: () => string): Error {
  return invalidCell(cell, where, {
    problem: `This text has ${tokens} tokens, and the input holds ${length}.`,
    expected: `at most ${length} tokens`,
    mend: "Declare a greater length, or tooLong: 'cut' to read the first tokens of longer texts and be told how many there are.",
  });
}
