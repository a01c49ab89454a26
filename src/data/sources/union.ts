/** @file Several datasets as one source, each with a share of every epoch. */
import { type Note, note } from '../../notes.js';
import { invalidOption, isRecord, readOptions, withDefault } from '../../options.js';
import { type DataLike, sourceIn } from '../data-like.js';
import { asTable, type TableLike } from '../table.js';
import { gather, type Known } from './concat.js';
import { unionOf } from './concat-columns.js';
import { interleaved } from './interleaved.js';
import { chunkSchema, randomAccess, recordsSource, tableSource } from './random-access.js';
import { type Group, groupCounts, groupedOrder, type Sampling, samplingOption, sharesOf } from './sampled.js';
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
 * Where one of them is larger than memory, each is shuffled in its own way, and rows of all are drawn among each other: the
 * counts are as exact. Where nobody knows how many rows one has, `proportional` draws from all alike and `shares` by these until
 * they end: each row comes once an epoch, and the note `SHARES_NOT_KEPT` says from where on a dataset had none left.
 *
 * @param parts by name: tables, records, data frames, sources, iterables
 * @throws HeadgateError `INVALID_OPTIONS` for `uniform` and `temperature` of datasets whose number of rows nobody knows,
 *   `INVALID_SPLIT`, `INVALID_DATA`
 * @example
 * const both = unionSources({ studio: train, street: test }, { sampling: { temperature: 2 } });
 * await project.fit(both);
 */
export function unionSources(parts: Readonly<Record<string, DataLike>>, options: UnionOptions = {}): Source {
  const { sampling, chunkRows } = readOptions('unionSources', unionSchema, options);
  if (!isRecord(parts) || Array.isArray(parts) || Object.keys(parts).length === 0) {
    throw invalidOption('unionSources', parts, { expected: 'datasets by name, one at least' });
  }
  const named = Object.entries(parts).map(([name, part]) => ({ name, source: sourceOf(part) }));
  const known = named.flatMap(({ name, source: { rows, rowsAt, columns } }) =>
    rows === null || rowsAt === null ? [] : [{ name, rows, rowsAt, columns }],
  );
  if (known.length === named.length) return sampledUnion(known, sampling, chunkRows);
  if (named.every(({ source }) => source.rows !== null)) return countedUnion(named, sampling, chunkRows);
  return endingUnion(named, sampling, chunkRows);
}

type NamedSource = { readonly name: string; readonly source: Source };

/** Of datasets any of whose rows can be fetched. */
function sampledUnion(
  sources: readonly (Known & Pick<Source, 'columns'> & { readonly name: string })[],
  sampling: Sampling,
  chunkRows: number,
): Source {
  const starts: number[] = [];
  let rows = 0;
  const groups = sources.map((source): Group => {
    const start = rows;
    starts.push(start);
    rows += source.rows;
    return { name: source.name, rows: Uint32Array.from({ length: source.rows }, (_, row) => start + row) };
  });
  const counts = groupCounts(groups, sampling, 'unionSources');
  const columns = unionOf(sources.map((source) => source.columns));
  const union = randomAccess(
    {
      ...{ rows, columns },
      rowsAt: (wanted) => gather(sources, starts, wanted, columns ?? []),
      ...(sampling === 'proportional'
        ? {}
        : { order: (seed: number, epoch: number) => groupedOrder(groups, counts, seed, epoch) }),
    },
    { chunkRows },
  );
  const named = sources.map((source) => Object.freeze({ name: source.name, rows: source.rows }));
  return Object.freeze({ ...union, parts: Object.freeze(named) });
}

/** Of datasets whose sizes are known. */
function countedUnion(named: readonly NamedSource[], sampling: Sampling, chunkRows: number): Source {
  const groups = named.map(({ name, source }) => ({ name, rows: { length: source.rows ?? 0 } }));
  const counts = groupCounts(groups, sampling, 'unionSources');
  const parts = named.map((part, i) => ({ ...part, count: counts[i] ?? 0, weight: 1 }));
  return interleaved(parts, { chunkRows });
}

/** Of datasets that end when they end. */
function endingUnion(named: readonly NamedSource[], sampling: Sampling, chunkRows: number): Source {
  const unsized = named.find(({ source }) => source.rows === null)?.name ?? '';
  if (sampling === 'uniform' || (typeof sampling === 'object' && 'temperature' in sampling)) {
    throw invalidOption('unionSources.sampling', sampling, {
      expected: `proportional or { shares }: nobody knows how many rows "${unsized}" has before all were read`,
      mend: 'Read it into a table first, or write it as Parquet, whose rows are counted.',
    });
  }
  const groups = named.map(({ name }) => ({ name, rows: { length: 1 } }));
  const shares = sharesOf(groups, sampling, 'unionSources');
  const ended = new Map<string, number>();
  const isProportional = sampling === 'proportional'; // nobody was promised a share
  return interleaved(
    named.map((part, i) => ({ ...part, count: null, weight: shares[i] ?? 0 })),
    { chunkRows },
    {
      ended: (name, rows) => ended.set(name, rows),
      notes: () => (isProportional ? [] : [...ended].map(([name, rows]) => endedNote(name, rows))),
    },
  );
}

function endedNote(name: string, rows: number): Note {
  const text = `The dataset "${name}" ended after ${rows} ${rows === 1 ? 'row' : 'rows'} of an epoch: from there on its share is that of the others.`;
  return note('SHARES_NOT_KEPT', `unionSources.${name}`, text);
}

function sourceOf(part: DataLike): Source {
  const source = sourceIn(part);
  if (source !== null) return source;
  const whole = part as TableLike; // `asTable` refuses what is neither
  return Array.isArray(whole) ? recordsSource(whole) : tableSource(asTable(whole));
}
