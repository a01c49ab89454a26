/** @file What every verb reads: rows that are all there, or a source that gives them a chunk at a time. */
import type { DanfoLike } from './danfo.js';
import type { Row } from './row.js';
import { iterableSource } from './sources/flowing.js';
import type { Source } from './sources/source.js';
import type { Table } from './table.js';

/** Rows that are read a chunk at a time. A function opens its iterable anew for every reading. */
export type StreamLike<Own = Row> = Source | AsyncIterable<Own> | (() => AsyncIterable<Own> | Iterable<Own>);

/** What every verb takes. */
export type DataLike<Own = Row> = Table | readonly Own[] | DanfoLike | StreamLike<Own>;

/** The source that these data are; null for what is no stream: a table, records, or no data at all. */
export function sourceIn(data: unknown): Source | null {
  if (typeof data === 'function') return iterableSource(data as () => Iterable<Row>); // each of its rows is checked
  if (typeof data !== 'object' || data === null) return null;
  if ('read' in data && typeof data.read === 'function' && 'rowsAt' in data) return data as Source; // its chunks are checked
  if (!(Symbol.asyncIterator in data)) return null;
  const rows = data as AsyncIterable<Row>; // each is checked
  const source = iterableSource(() => rows);
  return isRead(rows) ? Object.freeze({ ...source, once: true }) : source;
}

/** A generator, or a stream of Node: it is its own iterator, or gives it away once. */
function isRead(rows: AsyncIterable<Row>): boolean {
  return 'next' in rows || ('pipe' in rows && typeof rows.pipe === 'function');
}
