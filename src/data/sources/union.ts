/** @file Several datasets as one source, each with a share of every epoch. */
import { invalidOption, isRecord, readOptions, withDefault } from '../../options.js';
import { asTable, Table, type TableLike } from '../table.js';
import { gather, type Known, unionOf } from './concat.js';
import { chunkSchema, randomAccess, recordsSource, tableSource } from './random-access.js';
import { type Group, groupCounts, groupedOrder, type Sampling, samplingOption } from './sampled.js';
import type { ChunkOptions, Source } from './source.js';

export interface UnionOptions extends ChunkOptions {
  /** Default `proportional`: each row comes once. */
  readonly sampling?: Sampling;
}

const unionSchema = { ...chunkSchema, sampling: withDefault(samplingOption, 'proportional') };

/**
 * The rows of several datasets as one: a column that one lacks is missing there, and so its labels are. An epoch has as many
 * rows as all of them together; `sampling` says how many of each: rows of one that has fewer come again, rows of one that has
 * more wait for a later epoch. Read in its own order (by `evaluate`, `predict`), each row comes once, one dataset after another.
 *
 * @param parts by name: tables, records, or sources any of whose rows can be fetched
 * @throws HeadgateError `INVALID_OPTIONS` for a source that only flows (use `concatSources`), `INVALID_SPLIT`,
 *   `INVALID_DATA`
 * @example
 * const both = unionSources({ studio: train, street: test }, { sampling: { temperature: 2 } });
 * await project.fit(both);
 */
export function unionSources(parts: Readonly<Record<string, TableLike | Source>>, options: UnionOptions = {}): Source {
  const { sampling, chunkRows } = readOptions('unionSources', unionSchema, options);
  if (!isRecord(parts) || Array.isArray(parts) || Object.keys(parts).length === 0) {
    throw invalidOption('unionSources', parts, { expected: 'datasets by name, one at least' });
  }
  const sources = Object.entries(parts).map(([name, part]) => [name, knownSource(name, part)] as const);
  const starts: number[] = [];
  let rows = 0;
  const groups = sources.map(([name, source]): Group => {
    const start = rows;
    starts.push(start);
    rows += source.rows;
    return { name, rows: Uint32Array.from({ length: source.rows }, (_, row) => start + row) };
  });
  const counts = groupCounts(groups, sampling, 'unionSources');
  const columns = unionOf(sources.map(([, source]) => source.columns));
  const known = sources.map(([, source]) => source);
  const union = randomAccess(
    {
      ...{ rows, columns },
      rowsAt: (wanted) => gather(known, starts, wanted, columns ?? []),
      ...(sampling === 'proportional'
        ? {}
        : { order: (seed: number, epoch: number) => groupedOrder(groups, counts, seed, epoch) }),
    },
    { chunkRows },
  );
  const named = sources.map(([name, source]) => Object.freeze({ name, rows: source.rows }));
  return Object.freeze({ ...union, parts: Object.freeze(named) });
}

function knownSource(name: string, part: TableLike | Source): Known & Pick<Source, 'columns'> {
  if (part instanceof Table) return knownSource(name, tableSource(part));
  if (Array.isArray(part)) return knownSource(name, recordsSource(part));
  if (isRecord(part) && 'rowsAt' in part) {
    const { rows, rowsAt, columns } = part as Source; // its chunks are checked
    if (rows !== null && rowsAt !== null) return { rows, rowsAt, columns };
    throw invalidOption(`unionSources.${name}`, 'a source that only flows', {
      expected: 'a source any of whose rows can be fetched',
      mend: 'Flowing sources are joined by `concatSources`, or read into a table first.',
    });
  }
  return knownSource(name, tableSource(asTable(part as TableLike))); // throws INVALID_DATA
}
