/** @file 64-bit fingerprints of cells, rows and columns, so that they can be compared without being kept. */
import { show } from '../../errors.js';

/** Two lanes of 32 bits, after MurmurHash3's x86 variants (A. Appleby, public domain). */
export interface Fingerprint {
  high: number;
  low: number;
}

export function startFingerprint(): Fingerprint {
  return { high: 0, low: 0 };
}

/** What a cell is, before its value: the text `1` and the number 1 differ, as `null` and the empty text do. */
const SORTS = { missing: 0, number: 1, text: 2, date: 3, list: 4, other: 5 } as const;

/**
 * Adds a cell. Booleans count as 0 and 1, as inputs read them; lists, typed arrays and `{ data, shape }` are equal where
 * their numbers are.
 */
export function addCell(into: Fingerprint, cell: unknown): void {
  if (cell === null || cell === undefined) addWord(into, SORTS.missing);
  else if (typeof cell === 'number' || typeof cell === 'boolean') addNumber(into, SORTS.number, Number(cell));
  else if (typeof cell === 'string') addText(into, SORTS.text, cell);
  else if (cell instanceof Date) addNumber(into, SORTS.date, cell.getTime());
  else if (isList(cell)) addList(into, cell);
  else if (typeof cell === 'object' && 'data' in cell && isList(cell.data)) addList(into, cell.data);
  else addText(into, SORTS.other, show(cell));
}

/** Adds another fingerprint, as one value. */
export function addFingerprint(into: Fingerprint, { high, low }: Fingerprint): void {
  addWord(into, high);
  addWord(into, low);
}

/** The fingerprint with all of its bits mixed: what is compared. */
export function sealed({ high, low }: Fingerprint): Fingerprint {
  const first = finalised(high ^ Math.imul(low, 0x9e3779b1));
  return { high: first, low: finalised(low ^ first) };
}

function addList(into: Fingerprint, list: ArrayLike<unknown>): void {
  addWord(into, SORTS.list);
  addWord(into, list.length);
  for (let i = 0; i < list.length; i++) addCell(into, list[i]);
}

function addText(into: Fingerprint, sort: number, text: string): void {
  addWord(into, sort);
  addWord(into, text.length);
  for (let i = 0; i < text.length; i++) addWord(into, text.charCodeAt(i));
}

const float = new Float64Array(1);
const words = new Int32Array(float.buffer);

function addNumber(into: Fingerprint, sort: number, value: number): void {
  float[0] = value + 0; // -0 is 0
  addWord(into, sort);
  addWord(into, words[0] as number); // two words a number
  addWord(into, words[1] as number);
}

function addWord(into: Fingerprint, word: number): void {
  const first = into.high ^ Math.imul(rotated(Math.imul(word, 0x239b961b), 15), 0xab0e9789);
  into.high = (Math.imul(rotated(first, 19) + into.low, 5) + 0x561ccd1b) | 0;
  const second = into.low ^ Math.imul(rotated(Math.imul(word, 0x38b34ae5), 17), 0xa1e38b93);
  into.low = (Math.imul(rotated(second, 13) + into.high, 5) + 0x32ac3b17) | 0;
}

const rotated = (word: number, by: number): number => (word << by) | (word >>> (32 - by));

function finalised(word: number): number {
  let h = word;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) | 0;
}

export const isList = (cell: unknown): cell is ArrayLike<unknown> =>
  Array.isArray(cell) || (ArrayBuffer.isView(cell) && 'length' in cell);
