/** @file Several sources, one after another, as one. */
import { invalidOption, readOptions } from '../../options.js';
import type { Row } from '../row.js';
import type { Table } from '../table.js';
import { unionOf } from './concat-columns.js';
import { type FlowingOptions, flowing, flowingSchema } from './flowing.js';
import { interleaved } from './interleaved.js';
import { randomAccess, withColumns } from './random-access.js';
import type { ColumnInfo, Source } from './source.js';

/**
 * The rows of the first source, then those of the second, and so on; a row's id counts through. A column that one lacks
 * is missing there. Shuffled all together; where one of them is larger than its pool, each in its own way, and the rows of all
 * drawn among each other; within a window when nobody knows how many rows one of them has.
 */
export function concatSources(sources: readonly Source[], options: FlowingOptions = {}): Source {
  if (!Array.isArray(sources) || sources.length === 0) {
    throw invalidOption('concatSources', sources, { expected: 'a list of at least one source' });
  }
  const columns = unionOf(sources.map((source) => source.columns));
  const known = sources.flatMap((source) =>
    source.rows === null || source.rowsAt === null ? [] : [{ rows: source.rows, rowsAt: source.rowsAt }],
  );
  const { windowRows: _, ...chunkOptions } = options;
  if (known.length < sources.length && sources.every((source) => source.rows !== null)) {
    const parts = sources.map((source, i) => ({ name: String(i), source, count: source.rows, weight: 1 }));
    readOptions('source', flowingSchema, options);
    return interleaved(parts, chunkOptions);
  }
  if (known.length < sources.length) {
    return withNotes(flowing({ columns, open: () => allRows(sources) }, options), sources);
  }
  const starts: number[] = [];
  let rows = 0;
  for (const source of known) {
    starts.push(rows);
    rows += source.rows;
  }
  const all = { rows, columns, rowsAt: (wanted: Uint32Array) => gather(known, starts, wanted, columns ?? []) };
  return withNotes(randomAccess(all, chunkOptions), sources);
}

/** Their notes may come while they are read. */
function withNotes(all: Source, sources: readonly Source[]): Source {
  const notes = () => sources.flatMap((source) => source.notes ?? []);
  return Object.freeze({
    ...all,
    get notes() {
      return notes();
    },
  });
}

export type Known = { readonly rows: number; readonly rowsAt: NonNullable<Source['rowsAt']> };

/** Rows of several sources: each is asked once for all of its rows, then they are put in order. */
export async function gather(
  sources: readonly Known[],
  starts: readonly number[],
  wanted: Uint32Array,
  columns: readonly ColumnInfo[],
): Promise<Table> {
  const places = new Uint32Array(wanted.length);
  const parts: Table[] = [];
  let taken = 0;
  for (const [i, { rows, rowsAt }] of sources.entries()) {
    const start = starts[i] as number; // one for each source
    const own = [...wanted.keys()].filter((k) => at(wanted, k) >= start && at(wanted, k) < start + rows);
    if (own.length === 0) continue;
    for (const k of own) places[k] = taken++;
    parts.push(await rowsAt(Uint32Array.from(own, (k) => at(wanted, k) - start)));
  }
  const [first, ...others] = parts;
  if (first === undefined) return (sources[0] as Known).rowsAt(new Uint32Array(0)); // nothing was wanted
  return withColumns(
    first.concat(...others),
    columns.map(({ name }) => name),
  ).select(places);
}

async function* allRows(sources: readonly Source[]): AsyncGenerator<Row> {
  for (const source of sources) {
    for await (const { table } of source.read(null, null)) yield* table.toRecords();
  }
}

function at(values: Uint32Array, index: number): number {
  return values[index] as number; // callers stay within bounds
}
