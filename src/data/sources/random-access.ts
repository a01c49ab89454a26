/** @file Sources any of whose rows can be fetched: tables, records, several of these one after another. */
import type { Json } from '../../flow/graph.js';
import { invalidOption, isRecord, readOptions, wholeNumber, withDefault } from '../../options.js';
import { epochOrder } from '../batches.js';
import { type Row, rowOf } from '../row.js';
import { asTable, Table, type TableLike } from '../table.js';
import type { Chunk, ChunkOptions, ColumnInfo, ReadOrder, Source } from './source.js';

/** The rows of a table. Shuffled by `epochOrder`; no chunk copies a column. */
export function tableSource(table: Table, options: ChunkOptions = {}): Source {
  const whole = asTable(table);
  const columns = whole.columnNames.map((name) => ({ name, type: whole.column(name).type }));
  return randomAccess({ rows: whole.rows, columns, rowsAt: (rows) => whole.select(rows) }, options);
}

/** Records, of which only a chunk at a time becomes a table. */
export function recordsSource(records: readonly Row[], options: ChunkOptions = {}): Source {
  const names = new Set<string>();
  if (!Array.isArray(records)) asTable(records); // throws INVALID_DATA
  for (const record of records) for (const name of Object.keys(record ?? {})) names.add(name);
  const columns = [...names].map((name) => ({ name, type: null }));
  const rowsAt = (rows: Uint32Array) =>
    withColumns(Table.fromRecords(Array.from(rows, (row) => rowOf(records[row], row))), names);
  return randomAccess({ rows: records.length, columns, rowsAt }, options);
}

/** What a function takes that gives a source: rows that are all there become one. */
export function sourceOf(data: TableLike | Source): Source {
  if (data instanceof Table) return tableSource(data);
  if (Array.isArray(data)) return recordsSource(data);
  if (isRecord(data) && 'rowsAt' in data) return data as Source; // its chunks are checked
  return tableSource(asTable(data as TableLike)); // throws INVALID_DATA
}

/** A chunk in which a column has no value still has the column. */
export function withColumns(table: Table, names: Iterable<string>): Table {
  const absent = [...names].filter((name) => !table.has(name));
  return absent.reduce((all, name) => all.with(name, new Array<null>(table.rows).fill(null)), table);
}

export interface RandomAccess {
  readonly rows: number;
  readonly columns: readonly ColumnInfo[] | null;
  readonly rowsAt: (rows: Uint32Array) => Promise<Table> | Table;
  /** As many rows as there are, of which some may come again. Default: each once, `epochOrder`. */
  readonly order?: (seed: number, epoch: number) => Uint32Array;
}

export function randomAccess(
  { rows, columns, rowsAt, order: ordered = (seed, epoch) => epochOrder(rows, seed, epoch) }: RandomAccess,
  options: ChunkOptions,
): Source {
  const { chunkRows } = readOptions('source', chunkSchema, options);
  async function* read(order: ReadOrder, from: Json): AsyncGenerator<Chunk> {
    const all = order === null ? Uint32Array.from({ length: rows }, (_, row) => row) : ordered(order.seed, order.epoch);
    for (let start = markedRow(from, rows); start < rows; start += chunkRows) {
      const ids = all.slice(start, start + chunkRows);
      yield { table: await rowsAt(ids), ids, mark: start + ids.length };
    }
  }
  return Object.freeze({ rows, columns, read, rowsAt });
}

/** Options of every source. */
export const chunkSchema = { chunkRows: withDefault(wholeNumber({ least: 1 }), 1024) };

/** The number of rows that were read before. */
export function markedRow(mark: Json, rows: number): number {
  if (mark === null) return 0;
  if (typeof mark === 'number' && Number.isSafeInteger(mark) && mark >= 0 && mark <= rows) return mark;
  throw invalidOption('source.from', mark, { expected: `a mark of this source: a whole number from 0 to ${rows}` });
}
