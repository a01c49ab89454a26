/** @file Reads the rows of a pool: a table, and the number of each row in the source. */
import { HeadgateError } from '../../../errors.js';
import { Table } from '../../table.js';
import { type Block, joinedBlocks } from './blocks.js';
import { type ColumnReader, columnReader, type OnLoss } from './column-reader.js';
import type { Connection } from './database.js';
import { type ParquetFile, type ParquetSet, scanOf } from './parquet-set.js';

export interface Pool {
  readonly table: Table;
  readonly ids: Uint32Array;
}

/**
 * @param onRounded hears of a column whose instants are finer than a `Date`
 * @throws HeadgateError `SOURCE_FAILED` where a file went away or changed, `INEXACT_NUMBER`
 */
export async function readPool(
  { files, columns }: ParquetSet,
  blocks: readonly Block[],
  connection: Connection,
  onRounded: (column: string) => void,
): Promise<Pool> {
  const rows = blocks.reduce((sum, block) => sum + block.rows, 0);
  const ids = new Uint32Array(rows);
  let at = 0;
  for (const { id, rows: own } of blocks) for (let i = 0; i < own; i++) ids[at++] = id + i;
  const onLoss: OnLoss = (loss, row, column) => {
    if (loss === 1) throw inexact(ids[row] as number, column); // a row of the pool
    onRounded(column);
  };
  const readers = new Map(columns.map((column) => [column.name, columnReader(column, rows, onLoss)]));
  at = 0;
  for (const block of joinedBlocks(blocks)) {
    await readBlock(files[block.file] as ParquetFile, block, { connection, readers, at }); // blocks are of these files
    at += block.rows;
  }
  return { table: Table.ofColumns(new Map([...readers].map(([name, reader]) => [name, reader.column()])), rows), ids };
}

interface Target {
  readonly connection: Connection;
  readonly readers: ReadonlyMap<string, ColumnReader>;
  /** The first row of the pool that is of the block. */
  readonly at: number;
}

async function readBlock(file: ParquetFile, { start, rows }: Block, target: Target): Promise<void> {
  const vectors = file.columns.flatMap(({ select }) => select);
  if (vectors.length === 0) return;
  const scan = scanOf(file).replace('*', () => vectors.map((sql, i) => `${sql} AS v${i}`).join(', '));
  const sql = `${scan} WHERE file_row_number BETWEEN ${start} AND ${start + rows - 1}`;
  const facts = { code: 'SOURCE_FAILED', path: file.name, ...FAILED } as const;
  let read = 0;
  for await (const chunk of target.connection.stream(sql, facts)) {
    if (read + chunk.rowCount > rows) throw changed(file, rows, read + chunk.rowCount);
    let first = 0;
    for (const { name, select } of file.columns) {
      const own = select.map((_, i) => chunk.getColumnVector(first + i));
      target.readers.get(name)?.take(own, target.at + read);
      first += select.length;
    }
    read += chunk.rowCount;
  }
  if (read !== rows) throw changed(file, rows, read);
}

const FAILED = {
  problem: 'The file could be opened, and cannot be read now.',
  mend: 'Files must stay where and as they are until their source is closed.',
};

function changed({ name }: ParquetFile, expected: number, received: number): HeadgateError {
  return new HeadgateError({
    code: 'SOURCE_FAILED',
    path: name,
    problem: 'The file has changed since it was opened.',
    expected: `${expected} rows in this place`,
    received: `${received} rows`,
    mend: FAILED.mend,
  });
}

function inexact(row: number, column: string): HeadgateError {
  return new HeadgateError({
    code: 'INEXACT_NUMBER',
    path: `rows[${row}].${column}`,
    problem: 'A value of this column is lost in a table: its numbers are doubles, its dates those of JavaScript.',
    expected: 'a number that a 64-bit float holds exactly; a finite date within 271,821 years of 1970',
    mend: `Leave the column out (\`columns\`), or read it as text: sqlSource('SELECT … ${column}::VARCHAR …').`,
  });
}
