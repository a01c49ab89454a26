/** @file The one door to danfo.js, an optional peer: nothing else in Headgate needs it. */
import { HeadgateError, show } from '../errors.js';
import { type Note, note } from '../notes.js';
import { type Column, columnOf } from './column.js';

/** What is read of a DataFrame of danfo.js, whichever of its packages made it. */
export interface DanfoLike {
  readonly columns: readonly string[];
  /** `float32`, `int32`, `string` or `boolean`, one for each column. */
  readonly dtypes: readonly string[];
  /** Rows of cells; null, undefined and NaN are missing. */
  readonly values: readonly unknown[];
  readonly index: readonly (string | number)[];
}

/** The part of danfo's DataFrame that is promised here; the object is the whole thing. */
export interface DanfoFrame extends DanfoLike {
  readonly shape: readonly number[];
  print(): void;
}

/**
 * A DataFrame of these rows. Missing values become NaN: danfo's group means would count null as 0.
 *
 * @throws HeadgateError `MISSING_PACKAGE`
 */
export async function danfoFrame(
  columnNames: readonly string[],
  rows: readonly (readonly unknown[])[],
): Promise<DanfoFrame> {
  const danfo = await importDanfo();
  const values = rows.map((row) => row.map((value) => value ?? Number.NaN));
  return new danfo.DataFrame(values, { columns: columnNames });
}

interface Danfo {
  readonly DataFrame: new (
    rows: readonly (readonly unknown[])[],
    options: { columns: readonly string[] },
  ) => DanfoFrame;
}

async function importDanfo(): Promise<Danfo> {
  const name = 'danfojs-node'; // not a literal: the compiler must not look for an optional package
  try {
    const danfo: Danfo | { default: Danfo } = await import(name);
    return 'DataFrame' in danfo ? danfo : danfo.default;
  } catch (cause) {
    throw new HeadgateError(
      {
        code: 'MISSING_PACKAGE',
        path: 'danfojs-node',
        problem: 'toDanfo() needs the package danfojs-node, which could not be loaded.',
        received: cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause),
        mend:
          'Install it with these npm overrides, which keep one copy of TensorFlow.js: ' +
          '"@tensorflow/tfjs-node": "npm:@tensorflow/tfjs@4.22.0", "xlsx": "npm:@e965/xlsx@^0.20.3".',
      },
      { cause },
    );
  }
}

/** A DataFrame, or what looks like one in all that is read of it. The package need not be installed. */
export function isDanfo(data: unknown): data is DanfoLike {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return false;
  const { columns, dtypes, values, index } = data as Partial<Record<keyof DanfoLike, unknown>>; // whatever they are
  return [columns, dtypes, values, index].every(Array.isArray);
}

export interface DanfoColumns {
  readonly columns: ReadonlyMap<string, Column>;
  readonly rows: number;
  readonly notes: readonly Note[];
}

/**
 * The cells of a DataFrame, as they are: its types are guesses of danfo's from the first rows, but for `boolean`, whose 0
 * and 1 are false and true.
 *
 * @throws HeadgateError `DUPLICATE_COLUMN`, `INVALID_DATA` for a series and rows that have not as many cells as there are columns
 */
export function danfoColumns(frame: DanfoLike): DanfoColumns {
  const { columns: names, dtypes, values } = frame;
  const rows = values.length;
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined) {
    const problem = `Two columns of the data frame are named "${twice}".`;
    throw new HeadgateError({
      code: 'DUPLICATE_COLUMN',
      path: `columns.${twice}`,
      problem,
      mend: 'Rename one of them.',
    });
  }
  const odd = values.findIndex((row) => !Array.isArray(row) || row.length !== names.length);
  if (odd !== -1) {
    throw new HeadgateError({
      code: 'INVALID_DATA',
      path: `rows[${odd}]`,
      problem: 'A row of the data frame does not have a cell for each column.',
      expected: `a list of ${names.length} cells`,
      received: show(values[odd]),
      mend: 'Of a series, make a data frame first: new DataFrame({ name: series.values }).',
    });
  }
  const cells = values as readonly (readonly unknown[])[]; // checked above
  const columns = names.map((name, i): [string, Column] => {
    const own = cells.map((row) => row[i]);
    return [String(name), columnOf(dtypes[i] === 'boolean' ? own.map(truthOf) : own)];
  });
  return { columns: new Map(columns), rows, notes: indexNotes(frame) };
}

function truthOf(cell: unknown): unknown {
  return cell === 0 || cell === 1 ? cell === 1 : cell;
}

/** Numbers of rows are no data; names of rows are. */
function indexNotes({ index }: DanfoLike): readonly Note[] {
  if (!index.some((label) => typeof label === 'string')) return [];
  const text = `The index of the data frame (${show(index[0])}, …) is no column of it, and was not read. Where it says something, add it as one.`;
  return [note('INDEX_NOT_READ', 'index', text)];
}
