/** @file Reads the rows of a pool into a store, and numbers them as the source does. */
import { HeadgateError } from '../../../errors.js';
import { type Block, joinedBlocks } from './blocks.js';
import type { OnLoss } from './column-store.js';
import type { Connection } from './database.js';
import { type ParquetFile, type ParquetSet, scanOf } from './parquet-set.js';
import { type PoolStore, poolStore } from './pool-store.js';

/** Its rows are there until it reads the next blocks. */
export interface Pool {
  /** Of each row: its number in the source. */
  readonly ids: Uint32Array;
  readonly rowsAt: PoolStore['rowsAt'];
}

export type ReadPool = (blocks: readonly Block[], connection: Connection) => Promise<Pool>;

/**
 * @param most rows of a pool
 * @param onRounded hears of a column whose instants are finer than a `Date`
 * @throws HeadgateError `SOURCE_FAILED` where a file went away or changed, `INEXACT_NUMBER`
 */
export function poolReader(
  { files, columns }: ParquetSet,
  most: number,
  onRounded: (column: string) => void,
): ReadPool {
  let ids: Uint32Array = new Uint32Array(0);
  const onLoss: OnLoss = (loss, row, column) => {
    if (loss === 1) throw inexact(ids[row] as number, column); // a row of the pool
    onRounded(column);
  };
  const store = poolStore(columns, most, onLoss);
  return async (blocks, connection) => {
    ids = idsOf(blocks);
    store.clear();
    let at = 0;
    for (const block of joinedBlocks(blocks)) {
      await readBlock(files[block.file] as ParquetFile, block, { connection, store, at }); // blocks are of these files
      at += block.rows;
    }
    return { ids, rowsAt: store.rowsAt };
  };
}

function idsOf(blocks: readonly Block[]): Uint32Array {
  const ids = new Uint32Array(blocks.reduce((sum, { rows }) => sum + rows, 0));
  let at = 0;
  for (const { id, rows } of blocks) for (let i = 0; i < rows; i++) ids[at++] = id + i;
  return ids;
}

interface Target {
  readonly connection: Connection;
  readonly store: PoolStore;
  /** The first row of the pool that is of the block. */
  readonly at: number;
}

async function readBlock(file: ParquetFile, { start, rows }: Block, target: Target): Promise<void> {
  const { select, take } = target.store.reading(file);
  if (select.length === 0) return;
  const scan = scanOf(file).replace('*', () => select.map((sql, i) => `${sql} AS v${i}`).join(', '));
  const sql = `${scan} WHERE file_row_number BETWEEN ${start} AND ${start + rows - 1}`;
  const facts = { code: 'SOURCE_FAILED', path: file.name, ...FAILED } as const;
  let read = 0;
  for await (const chunk of target.connection.stream(sql, facts)) {
    if (read + chunk.rowCount > rows) throw changed(file, rows, read + chunk.rowCount);
    take(
      select.map((_, i) => chunk.getColumnVector(i)),
      target.at + read,
    );
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
