/** @file A source whose classes have shares of every epoch that are not their sizes. */
import { didYouMean, HeadgateError, listed, show } from '../../errors.js';
import { invalidOption, readOptions, text, withDefault } from '../../options.js';
import type { TableLike } from '../table.js';
import { chunkSchema, randomAccess, sourceOf } from './random-access.js';
import { type Group, groupCounts, groupedOrder, type Sampling, samplingOption } from './sampled.js';
import type { ChunkOptions, Source } from './source.js';

export interface BalanceOptions extends ChunkOptions {
  /** The column whose values are the classes. */
  readonly by: string;
  /** Of the rows that have a value. Default `uniform`: every class has as many rows as the others. */
  readonly sampling?: Sampling;
}

const balanceSchema = { ...chunkSchema, by: text, sampling: withDefault(samplingOption, 'uniform') };

/**
 * The same rows, in epochs in which the classes of a column have other shares: rows of a rare class come again, rows of a
 * frequent one wait for a later epoch. Rows without a value keep the share that they have, each once an epoch. What a model
 * learns are then the odds of these shares: thresholds want tuning on rows as they are.
 *
 * @throws HeadgateError `UNKNOWN_COLUMN`, `EMPTY_DATASET` where no row has a value, `INVALID_SPLIT`, `INVALID_OPTIONS` for a source that only
 *   flows, and for a column of neither text, numbers nor booleans
 * @example const balanced = await balancedSource(train, { by: 'shirtType' });
 */
export async function balancedSource(data: TableLike | Source, options: BalanceOptions): Promise<Source> {
  const { by, sampling, chunkRows } = readOptions('balancedSource', balanceSchema, options);
  const { rows, rowsAt, columns } = sourceOf(data);
  if (rows === null || rowsAt === null) {
    throw invalidOption('balancedSource', 'a source that only flows', {
      expected: 'a source any of whose rows can be fetched',
      mend: 'Read it into a table first.',
    });
  }
  const { classes, missing } = await groupsOf({ rows, rowsAt, by, chunkRows });
  const counts = groupCounts(classes, sampling, 'balancedSource');
  const groups = missing.rows.length === 0 ? classes : [...classes, missing];
  const all = missing.rows.length === 0 ? counts : [...counts, missing.rows.length];
  const order = (seed: number, epoch: number): Uint32Array => groupedOrder(groups, all, seed, epoch);
  return randomAccess({ rows, columns, rowsAt, order }, { chunkRows });
}

interface Read {
  readonly rows: number;
  readonly rowsAt: NonNullable<Source['rowsAt']>;
  readonly by: string;
  readonly chunkRows: number;
}

/** By class, in the order in which each first occurs. */
async function groupsOf({ rows, rowsAt, by, chunkRows }: Read): Promise<{ classes: Group[]; missing: Group }> {
  const found = new Map<string, number[]>();
  const missing: number[] = [];
  for (let start = 0; start < rows; start += chunkRows) {
    const wanted = Uint32Array.from({ length: Math.min(chunkRows, rows - start) }, (_, i) => start + i);
    const table = await rowsAt(wanted);
    if (!table.has(by)) throw unknown(by, table.columnNames);
    const column = table.column(by);
    for (let i = 0; i < table.rows; i++) {
      const value = column.value(i);
      if (value === null) {
        missing.push(start + i);
        continue;
      }
      const name = className(value, `balancedSource.rows[${start + i}].${by}`);
      const own = found.get(name);
      if (own === undefined) found.set(name, [start + i]);
      else own.push(start + i);
    }
  }
  if (found.size === 0) {
    throw new HeadgateError({
      code: 'EMPTY_DATASET',
      path: 'balancedSource',
      problem: 'No row has a value of the column whose classes are to be balanced.',
      expected: `a value of ${by}`,
      received: `${rows} rows without one`,
    });
  }
  const groups = [...found].map(([name, own]): Group => ({ name, rows: Uint32Array.from(own) }));
  return { classes: groups, missing: { name: '', rows: Uint32Array.from(missing) } };
}

/** Names of classes are texts: 1 and '1' are one class, as labels of a task are. */
function className(value: unknown, path: string): string {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw invalidOption(path, value, { expected: 'a text, a number or a boolean: the name of a class' });
}

function unknown(by: string, names: readonly string[]): HeadgateError {
  return new HeadgateError({
    code: 'UNKNOWN_COLUMN',
    path: 'balancedSource.by',
    problem: `The rows have no column "${by}".`,
    expected: `one of ${listed(names)}`,
    received: show(by),
    suggestion: didYouMean(by, names),
  });
}
