/** @file A mixture of several tables: exact counts, drawn without repetition. */
import { HeadgateError, show } from '../errors.js';
import { invalidOption, optional, readOptions, wholeNumber } from '../options.js';
import { permutation } from '../random.js';
import { countsOf } from './shares.js';
import { asTable, type Table, type TableLike } from './table.js';

export interface MixOptions {
  /** Any safe integer. Equal seeds mix equally. */
  readonly seed: number;
  /** Rows of the mixture. Default: as many as the tables can give in these shares without giving a row twice. */
  readonly rows?: number;
}

/** One table of a mixture, and its share of the rows: above 0, all of them add up to 1. */
export interface MixedPart {
  readonly table: TableLike;
  readonly share: number;
}

/**
 * Rows of several tables in these shares, drawn without repetition and in random order: of n rows each gives its share,
 * rounded so that they add up to n (largest remainders; of equal ones the earlier part). Columns and ids as of `concat`.
 *
 * @throws HeadgateError `INVALID_SPLIT` for shares that do not add up to 1, and for a part without or with too few rows;
 *   `INVALID_OPTIONS`, `INVALID_DATA`, `INCOMPATIBLE_COLUMNS`
 * @example
 * const [threes, others] = [
 *   table.filter((row) => row.digit === '3'),
 *   table.filter((row) => row.digit !== '3'),
 * ];
 * mixTables([{ table: others, share: 0.9 }, { table: threes, share: 0.1 }], { rows: 1000, seed: 1 });
 */
export function mixTables(parts: readonly MixedPart[], options: MixOptions): Table {
  if (!Array.isArray(parts) || parts.length === 0) {
    throw invalidOption('mixTables', parts, { expected: 'a list of { table, share }, one at least' });
  }
  const tables = parts.map((part) => asTable(part?.table));
  const { chosen, order } = mixRows(
    tables.map(({ rows }) => rows),
    parts.map(({ share }) => share),
    options,
  );
  const [first, ...others] = tables.map((table, i) => table.select(chosen[i] as Uint32Array)); // one each
  return (first as Table).concat(...others).select(order); // there is one at least
}

interface MixedRows {
  /** Of each part, its rows, no row twice. */
  readonly chosen: readonly Uint32Array[];
  /** The order of all of them, joined part after part. */
  readonly order: Uint32Array;
}

/**
 * @param sizes rows of each part
 * @param shares of each part in the mixture
 */
function mixRows(sizes: readonly number[], shares: readonly number[], options: MixOptions): MixedRows {
  const given: unknown = options; // from untyped code it may be left out
  if (given === undefined)
    throw invalidOption('mixTables.seed', given, { expected: 'a second argument, e.g. { seed: 1 }' });
  const { seed, rows } = readOptions(
    'mixTables',
    { seed: wholeNumber(), rows: optional(wholeNumber({ least: 1 })) },
    given,
  );
  const total = shares.reduce((sum, share) => sum + share, 0);
  if (!shares.every((share) => share > 0) || !(Math.abs(total - 1) < 1e-9)) {
    throw refused('the shares do not make a whole', 'positive numbers that add up to 1', show(shares), {
      mend: 'For example [{ table: digits, share: 0.9 }, { table: others, share: 0.1 }].',
    });
  }
  // 1e-9: 7 / 0.7 is a little less than 10
  const most = Math.floor(Math.min(...sizes.map((size, i) => size / (shares[i] as number))) + 1e-9); // one share each
  const counts = countsOf(
    shares.map((share) => share / total),
    rows ?? most,
  );
  for (const [i, count] of counts.entries()) {
    const size = sizes[i] as number; // one each
    if (count === 0) throw refused(`part ${i} would have no rows`, 'a row of each part at least', `${size} rows`);
    if (count <= size) continue;
    throw refused(`part ${i} has too few rows`, `at least ${count}`, String(size), {
      mend: `Without \`rows\` the mixture has ${most}; no row is taken twice.`,
    });
  }
  return {
    chosen: counts.map((count, i) =>
      permutation(sizes[i] as number, { seed, stream: `mix/${i}`, counter: 0 }).subarray(0, count),
    ),
    order: permutation(
      counts.reduce((a, b) => a + b, 0),
      { seed, stream: 'mix', counter: 0 },
    ),
  };
}

function refused(
  problem: string,
  expected: string,
  received: string,
  more: { readonly mend?: string } = {},
): HeadgateError {
  return new HeadgateError({ code: 'INVALID_SPLIT', path: 'mixTables', problem, expected, received, ...more });
}
