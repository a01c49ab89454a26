/** @file Sources that only flow: rows come one after another, and nobody knows how many there are. */
import { HeadgateError } from '../../errors.js';
import type { Json } from '../../flow/graph.js';
import { invalidOption, readOptions, wholeNumber, withDefault } from '../../options.js';
import { permutation, randomWords } from '../../random.js';
import { type Row, rowOf } from '../row.js';
import { Table } from '../table.js';
import { chunkSchema, markedRow } from './random-access.js';
import type { Chunk, ChunkOptions, ColumnInfo, ReadOrder, Source } from './source.js';

export interface FlowingOptions extends ChunkOptions {
  /** Rows that are held to be shuffled: a row comes at most this much earlier than in its own order. Default 8192. */
  readonly windowRows?: number;
}

/**
 * Records from an iterable, which is opened anew for every reading and must give the same rows each time. Shuffled
 * within a window; where all rows fit into the window, by `epochOrder`, as a table's are.
 */
export function iterableSource(open: () => AsyncIterable<Row> | Iterable<Row>, options: FlowingOptions = {}): Source {
  if (typeof open !== 'function')
    throw invalidOption('iterableSource', open, { expected: 'a function that opens the iterable' });
  return flowing({ columns: null, open: reopening(open) }, options);
}

/**
 * A generator or a stream of Node can be read once: opened again, it would be an epoch without rows.
 *
 * @throws HeadgateError `SOURCE_EXHAUSTED`
 */
function reopening(open: Flowing['open']): () => AsyncGenerator<Row> {
  const used = new WeakSet<object>();
  let hadRows = false;
  return async function* reopened() {
    const rows = open();
    const iterator = Symbol.asyncIterator in rows ? rows[Symbol.asyncIterator]() : rows[Symbol.iterator]();
    if (used.has(iterator)) throw exhausted();
    used.add(iterator);
    const before = hadRows;
    let count = 0;
    try {
      for await (const row of { [Symbol.asyncIterator]: () => iterator as AsyncIterator<Row> }) {
        count++;
        hadRows = true;
        yield row;
      }
    } catch (error) {
      throw before && count === 0 && !(error instanceof HeadgateError) ? exhausted(error) : error;
    }
    if (before && count === 0) throw exhausted();
  };
}

function exhausted(cause?: unknown): HeadgateError {
  const facts = {
    code: 'SOURCE_EXHAUSTED',
    path: 'data',
    problem: 'These rows were read before, and can be read only once.',
    expected: 'rows that can be read anew: every epoch reads all of them',
    mend: 'Give a function that opens them: fit(() => rowsOf(file)), or iterableSource(() => rowsOf(file)).',
  } as const;
  return new HeadgateError(facts, { cause });
}

export interface Flowing {
  readonly columns: readonly ColumnInfo[] | null;
  readonly open: () => AsyncIterable<Row> | Iterable<Row>;
}

export const flowingSchema = { ...chunkSchema, windowRows: withDefault(wholeNumber({ least: 1 }), 8192) };

export function flowing({ columns, open }: Flowing, options: FlowingOptions): Source {
  const { chunkRows, windowRows } = readOptions('source', flowingSchema, options);
  async function* read(order: ReadOrder, from: Json): AsyncGenerator<Chunk> {
    const rows = numbered(open());
    // Rows that were read before come again, and are passed over: the order is the same each time.
    let toSkip = markedRow(from, Number.MAX_SAFE_INTEGER);
    let done = toSkip;
    let held: Numbered[] = [];
    const chunk = (): Chunk => {
      done += held.length;
      const table = Table.fromRecords(held.map(({ record }) => record));
      const made = { table, ids: Uint32Array.from(held, ({ id }) => id), mark: done };
      held = [];
      return made;
    };
    for await (const row of order === null ? rows : shuffled(rows, order, windowRows)) {
      if (toSkip > 0) {
        toSkip--;
        continue;
      }
      held.push(row);
      if (held.length === chunkRows) yield chunk();
    }
    if (held.length > 0) yield chunk();
  }
  return Object.freeze({ rows: null, columns, read, rowsAt: null });
}

interface Numbered {
  readonly id: number;
  readonly record: Row;
}

async function* numbered(records: AsyncIterable<Row> | Iterable<Row>): AsyncGenerator<Numbered> {
  let id = 0;
  for await (const record of records) {
    yield { id, record: rowOf(record, id) };
    id++;
  }
}

/**
 * Holds a window of rows. Each row that comes takes the place of one drawn at random, which goes out; at the end the
 * window is emptied in a random order. The k-th draw is the k-th word of the stream of seed and epoch, so that an order
 * does not depend on how it is read.
 */
async function* shuffled(
  rows: AsyncIterable<Numbered>,
  { seed, epoch }: NonNullable<ReadOrder>,
  windowRows: number,
): AsyncGenerator<Numbered> {
  const held: Numbered[] = [];
  const draw = drawer(seed, epoch);
  for await (const row of rows) {
    if (held.length < windowRows) {
      held.push(row);
      continue;
    }
    const place = draw(windowRows);
    const out = held[place] as Numbered; // a place within the full window
    held[place] = row;
    yield out;
  }
  for (const place of permutation(held.length, { seed, stream: 'shuffle', counter: epoch }))
    yield held[place] as Numbered;
}

const WORDS = 1024;

/** Whole numbers below a bound, which is far below 2^32: what the product favours is beyond notice. */
function drawer(seed: number, epoch: number): (bound: number) => number {
  const words = new Uint32Array(WORDS);
  let drawn = 0;
  return (bound) => {
    if (drawn % WORDS === 0) randomWords({ seed, stream: 'shuffle/window', counter: epoch }, words, drawn);
    return Math.floor(((words[drawn++ % WORDS] as number) / 2 ** 32) * bound);
  };
}
