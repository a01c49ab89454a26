/** @file Several sources as one, read as streams: each in its own shuffled order, whose rows are drawn one among the others. */
import { HeadgateError } from '../../errors.js';
import type { Json } from '../../flow/graph.js';
import type { Note } from '../../notes.js';
import { isRecord, readOptions } from '../../options.js';
import { randomWords } from '../../random.js';
import type { Table } from '../table.js';
import { unionOf } from './concat-columns.js';
import { type PartPlace, type PartReader, partReader } from './part-reader.js';
import { chunkSchema, withColumns } from './random-access.js';
import type { Chunk, ChunkOptions, ReadOrder, Source } from './source.js';

export interface Part {
  readonly name: string;
  readonly source: Source;
  /**
   * Of an epoch's rows, how many it has: each row is then drawn among those that are left, so that the counts are exact. Null:
   * all that it has, drawn with the weight until it ends.
   */
  readonly count: number | null;
  readonly weight: number;
}

/** Hears that a part has given its last row while others go on, and says what is to be said of that. */
export interface EndWatch {
  readonly ended: (part: string, rows: number) => void;
  readonly notes: () => readonly Note[];
}

const NOBODY: EndWatch = { ended: () => {}, notes: () => [] };

/**
 * In the source's own order, one part after another. A row's number counts through where the sizes of all are known; else it is
 * its number in its part, times the number of parts, plus the part's place.
 *
 * @throws HeadgateError `INVALID_OPTIONS`; while it is read `CANNOT_CONTINUE` for a mark of other parts
 */
export function interleaved(parts: readonly Part[], options: ChunkOptions, watch = NOBODY): Source {
  const { chunkRows } = readOptions('source', chunkSchema, options);
  const sources = parts.map(({ source }) => source);
  const sizes = sources.map(({ rows }) => rows);
  const rows = sizes.reduce<number | null>((sum, size) => (sum === null || size === null ? null : sum + size), 0);
  const columns = unionOf(sources.map((source) => source.columns));
  const names = columns?.map(({ name }) => name) ?? [];
  const starts = sizes.map((_, i) => sizes.slice(0, i).reduce<number>((sum, size) => sum + (size ?? 0), 0));
  const numbered = (part: number, ids: Uint32Array): Uint32Array =>
    ids.map((id) => (rows === null ? id * parts.length + part : id + (starts[part] as number))); // one start each

  async function* inOrder(from: Json): AsyncGenerator<Chunk> {
    const place = orderedPlace(from, parts.length);
    let { mark } = place;
    for (let part = place.part; part < parts.length; part++) {
      for await (const chunk of (sources[part] as Source).read(null, mark)) {
        const ids = numbered(part, chunk.ids);
        yield { table: withColumns(chunk.table, names), ids, mark: { part, mark: chunk.mark } };
      }
      mark = null;
    }
  }

  async function* shuffled(order: NonNullable<ReadOrder>, from: Json): AsyncGenerator<Chunk> {
    const mixture = mixtureOf(parts, order, from, watch.ended);
    try {
      for (let drawn = await mixture.draw(chunkRows); drawn.length > 0; drawn = await mixture.draw(chunkRows)) {
        const taken = mixture.readers.map((reader) => reader.taken());
        const { table, ids } = placed(drawn, taken, numbered);
        yield { table: withColumns(table, names), ids, mark: mixture.mark() };
      }
    } finally {
      for (const reader of mixture.readers) await reader.close();
    }
  }

  const canLeaveOut = sources.some((source) => source.only !== undefined);
  return Object.freeze({
    rows,
    columns,
    rowsAt: null,
    ...(sources.some(({ once }) => once === true) ? { once: true } : {}),
    ...(rows === null
      ? {}
      : { parts: Object.freeze(parts.map(({ name }, i) => Object.freeze({ name, rows: sizes[i] ?? 0 }))) }),
    ...(canLeaveOut
      ? {
          only: (wanted: ReadonlySet<string>) =>
            interleaved(
              parts.map((part) => ({ ...part, source: part.source.only?.(wanted) ?? part.source })),
              { chunkRows },
              watch,
            ),
        }
      : {}),
    get notes() {
      return [...sources.flatMap((source) => source.notes ?? []), ...watch.notes()];
    },
    read: (order: ReadOrder, from: Json) => (order === null ? inOrder(from) : shuffled(order, from)),
  });
}

interface Mixture {
  readonly readers: readonly PartReader[];
  /** The parts of the next rows, which were taken. */
  readonly draw: (rows: number) => Promise<readonly number[]>;
  readonly mark: () => Json;
}

function mixtureOf(
  parts: readonly Part[],
  { seed, epoch }: NonNullable<ReadOrder>,
  from: Json,
  onEnded: EndWatch['ended'],
): Mixture {
  const place = shuffledPlace(from, parts, epoch);
  const taken = [...place.taken];
  const ended = [...place.ended];
  let row = taken.reduce((sum, count) => sum + count, 0);
  const readers = parts.map(({ source, count }, i) =>
    partReader(source, seed, place.places[i] as PartPlace, count !== null && count !== source.rows),
  ); // one place each
  const weight = ({ count, weight: own }: Part, i: number): number => {
    if (ended[i] === true) return 0;
    return count === null ? own : count - (taken[i] as number);
  };
  const uniform = uniformsFrom(seed, epoch);
  const next = async (): Promise<number> => {
    const drawn = uniform(row);
    for (;;) {
      const part = chosen(parts.map(weight), drawn);
      const reader = readers[part];
      if (reader === undefined || reader.isReady() || (await reader.fill())) return part;
      ended[part] = true;
      if (ended.includes(false)) onEnded((parts[part] as Part).name, taken[part] as number);
    }
  };
  return {
    readers,
    draw: async (rows) => {
      const drawn: number[] = [];
      while (drawn.length < rows) {
        const part = await next();
        if (part === -1) break;
        readers[part]?.take();
        taken[part] = (taken[part] as number) + 1;
        row++;
        drawn.push(part);
      }
      return drawn;
    },
    mark: () => ({ taken: [...taken], ended: [...ended], places: readers.map((reader) => ({ ...reader.place() })) }),
  };
}

/** -1 where nothing has a weight. */
function chosen(weights: readonly number[], uniform: number): number {
  let left = uniform * weights.reduce((a, b) => a + b, 0);
  let last = -1;
  for (const [i, weight] of weights.entries()) {
    if (weight <= 0) continue;
    if (left < weight) return i;
    left -= weight;
    last = i;
  }
  return last;
}

const WORDS = 1024;

/** A number in [0, 1) for each row of the epoch. */
function uniformsFrom(seed: number, epoch: number): (row: number) => number {
  const words = new Uint32Array(WORDS);
  let first = -1;
  return (row) => {
    const start = row - (row % WORDS);
    if (start !== first) randomWords({ seed, stream: 'sample/parts', counter: epoch }, words, start);
    first = start;
    return (words[row % WORDS] as number) / 2 ** 32;
  };
}

/** The rows of several parts, in the order in which the parts were drawn. */
function placed(
  drawn: readonly number[],
  taken: readonly (readonly { readonly table: Table; readonly ids: Uint32Array }[])[],
  numbered: (part: number, ids: Uint32Array) => Uint32Array,
): { readonly table: Table; readonly ids: Uint32Array } {
  const pieces = taken.flat();
  const counts = taken.map((own) => own.reduce((sum, { ids }) => sum + ids.length, 0));
  const next = counts.map((_, i) => counts.slice(0, i).reduce((a, b) => a + b, 0));
  const places = Uint32Array.from(drawn, (part) => (next[part] as number)++); // within the rows of its part
  const all = taken.flatMap((own, part) => own.flatMap(({ ids }) => [...numbered(part, ids)]));
  const [first, ...others] = pieces.map(({ table }) => table) as [Table, ...Table[]]; // something was drawn
  return { table: first.concat(...others).select(places), ids: places.map((place) => all[place] as number) };
}

interface ShuffledPlace {
  readonly taken: readonly number[];
  readonly ended: readonly boolean[];
  readonly places: readonly PartPlace[];
}

/** A part that gives a share of its rows goes on where the epoch before ended. */
function shuffledPlace(from: Json, parts: readonly Part[], epoch: number): ShuffledPlace {
  if (from === null) {
    return {
      taken: parts.map(() => 0),
      ended: parts.map(() => false),
      places: parts.map(({ source: { rows }, count }) => {
        if (count === null || rows === null || count === rows) return { turn: epoch, before: null, skip: 0 };
        const start = epoch * count;
        return { turn: Math.floor(start / rows), before: null, skip: start % rows };
      }),
    };
  }
  const mark = isRecord(from) ? from : {};
  const lists = [mark.taken, mark.ended, mark.places];
  if (lists.every((list) => Array.isArray(list) && list.length === parts.length))
    return mark as unknown as ShuffledPlace; // what `mark` wrote, for as many parts
  throw otherMark();
}

function orderedPlace(from: Json, parts: number): { readonly part: number; readonly mark: Json } {
  if (from === null) return { part: 0, mark: null };
  const { part, mark } = isRecord(from) ? from : {};
  if (Number.isSafeInteger(part) && Number(part) < parts && mark !== undefined) {
    return { part: Number(part), mark: mark as Json }; // of plain data
  }
  throw otherMark();
}

function otherMark(): HeadgateError {
  return new HeadgateError({
    code: 'CANNOT_CONTINUE',
    path: 'data',
    problem: 'The reading stopped in the midst of other sources than these.',
    expected: 'a mark of this mixture, read in the same order',
    mend: 'Give the same sources, or begin an epoch anew.',
  });
}
