/** @file Which rows are read together: blocks of neighbouring rows, and pools of blocks from all over the source. */
import { HeadgateError } from '../../../errors.js';
import type { Json } from '../../../flow/graph.js';
import { invalidOption } from '../../../options.js';
import { permutation, streamId } from '../../../random.js';
import type { ReadOrder } from '../source.js';

/** Neighbouring rows of one file. */
export interface Block {
  /** Index of its file. */
  readonly file: number;
  /** Of its first row, in the file. */
  readonly start: number;
  readonly rows: number;
  /** Of its first row, in the source. */
  readonly id: number;
}

/** What a file is compressed in: a part of one costs less than all of it, but more than its share. */
export interface RowGroup {
  readonly file: number;
  readonly start: number;
  readonly rows: number;
}

/** The parts of a row group that are read by themselves, at most, unless memory asks for more. */
const PARTS = 4;
/** Blocks that a pool is made of, where row groups allow. */
const BLOCKS_OF_POOL = 8;

/** Cuts row groups, so that a pool has rows from eight places, and from two however large they are. */
export function cutBlocks(groups: readonly RowGroup[], poolRows: number, blockRows: number | undefined): Block[] {
  const blocks: Block[] = [];
  let id = 0;
  for (const { file, start, rows } of groups) {
    const wanted = Math.min(PARTS, Math.ceil((rows * BLOCKS_OF_POOL) / poolRows));
    const parts =
      blockRows === undefined ? Math.max(wanted, Math.ceil((rows * 2) / poolRows)) : Math.ceil(rows / blockRows);
    for (let part = 0; part < parts; part++) {
      const from = Math.floor((part * rows) / parts);
      const to = Math.floor(((part + 1) * rows) / parts);
      if (to > from) blocks.push({ file, start: start + from, rows: to - from, id: id + from });
    }
    id += rows;
  }
  return blocks;
}

/** The blocks of each pool, in the order of the source. Shuffled: pools of blocks drawn without repetition. */
export function poolsOf(blocks: readonly Block[], poolRows: number, order: ReadOrder): readonly (readonly Block[])[] {
  const places =
    order === null
      ? blocks.keys()
      : permutation(blocks.length, { seed: order.seed, stream: 'shuffle/blocks', counter: order.epoch });
  const pools: Block[][] = [];
  let rows = Number.POSITIVE_INFINITY;
  for (const place of places) {
    const block = blocks[place] as Block; // a place among them
    if (rows + block.rows > poolRows) {
      pools.push([]);
      rows = 0;
    }
    pools.at(-1)?.push(block);
    rows += block.rows;
  }
  return pools.map((pool) => pool.sort((a, b) => a.id - b.id));
}

/** Blocks that follow one another in a file, as one. */
export function joinedBlocks(blocks: readonly Block[]): readonly Block[] {
  const joined: Block[] = [];
  for (const block of blocks) {
    const last = joined.at(-1);
    if (last !== undefined && last.file === block.file && last.start + last.rows === block.start) {
      joined[joined.length - 1] = { ...last, rows: last.rows + block.rows };
    } else joined.push(block);
  }
  return joined;
}

/** Where a reading stands: rows taken of a pool. */
export interface Place {
  readonly pool: number;
  readonly row: number;
}

/** Says of a mark whether it is of these blocks and pools. */
export function cutOf(blocks: readonly Block[], poolRows: number): number {
  return streamId(JSON.stringify([poolRows, ...blocks.map(({ rows }) => rows)]));
}

export function markOf({ pool, row }: Place, cut: number): Json {
  return { pool, row, cut };
}

/** @throws HeadgateError `CANNOT_CONTINUE` for a mark of other files or sizes, `INVALID_OPTIONS` for what is no mark */
export function placeOf(mark: Json, cut: number): Place {
  if (mark === null) return { pool: 0, row: 0 };
  const { pool, row, cut: own } = Object(mark) as Record<string, unknown>; // checked below
  if (!(isCount(pool) && isCount(row) && isCount(own))) {
    throw invalidOption('source.from', mark, { expected: 'a mark of this source: { pool, row, cut }' });
  }
  if (own === cut) return { pool, row };
  throw new HeadgateError({
    code: 'CANNOT_CONTINUE',
    path: 'data',
    problem: 'These files are cut into other blocks than those in whose midst the reading stopped.',
    expected: 'the same files and columns, and the same poolRows and blockRows',
    mend: 'Open the source as it was, or begin an epoch anew.',
  });
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
