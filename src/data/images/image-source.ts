/** @file Rows with a column of pixels: decoded when they are asked for, by whoever opened them. */
import { HeadgateError, placedAt } from '../../errors.js';
import { isCode } from '../../files/folder-place.js';
import { type Note, note } from '../../notes.js';
import { sizeOf, type TensorSource } from '../column.js';
import { type RandomAccess, randomAccess } from '../sources/random-access.js';
import type { Source } from '../sources/source.js';
import type { Table } from '../table.js';
import { unknownRow } from '../table-errors.js';
import { inLanes } from './lanes.js';
import type { ImageCounts, ImageReader, ImageSession } from './reader.js';
import { shapeOf, type Transform } from './transform.js';

/** A row that is not in the source. */
export interface LeftOutImage {
  /** Its number in the data as they were given, counted from 0. */
  readonly row: number;
  /** `INVALID_IMAGE`, `UNREADABLE_FILE`, `OUTSIDE_ROOT`, … */
  readonly code: HeadgateError['code'];
  /** With the file's path, where it has one. */
  readonly reason: string;
}

export interface ImageSource extends Source {
  readonly rows: number;
  readonly rowsAt: NonNullable<Source['rowsAt']>;
  /** With `onBadRow: 'skip'`: the rows whose images could not be decoded. */
  readonly leftOut: readonly LeftOutImage[];
  /** Files that are no images, and rows that were left out. */
  readonly notes: readonly Note[];
  /** What was decoded, and what came from the cache, until now. */
  readonly counts: () => ImageCounts;
}

/** All rows as they were given. */
export interface ImageRows {
  readonly rows: number;
  readonly columns: RandomAccess['columns'];
  /** These rows, with pixels. Errors name them by `numbers`, those that they have in the source. */
  readonly rowsAt: (rows: Uint32Array, numbers: Uint32Array) => Promise<Table>;
  readonly notes: readonly Note[];
}

const CHUNK_BYTES = 2 ** 25;

export interface Opening {
  readonly options: Transform & { readonly chunkRows: number | undefined };
  readonly reader: ImageReader;
  /** Which rows could not be read, in their order. Empty: all are there. */
  readonly leftOut: readonly LeftOutImage[];
}

export function imageSource(given: ImageRows, { options, reader, leftOut }: Opening): ImageSource {
  const { columns, notes } = given;
  const without = new Set(leftOut.map(({ row }) => row));
  const kept = Uint32Array.from({ length: given.rows }, (_, row) => row).filter((row) => !without.has(row));
  if (kept.length === 0) throw noImages(leftOut);
  const bytes = sizeOf(shapeOf(options));
  const chunkRows = options.chunkRows ?? Math.max(1, Math.min(1024, Math.floor(CHUNK_BYTES / bytes)));
  const rowsAt = async (rows: Uint32Array) => {
    const beyond = rows.find((row) => row >= kept.length);
    if (beyond !== undefined) throw unknownRow(beyond, kept.length);
    const own = rows.map((row) => kept[row] as number); // within
    return await given.rowsAt(own, rows);
  };
  const source = randomAccess({ rows: kept.length, columns, rowsAt }, { chunkRows });
  return Object.freeze({
    ...source,
    rows: kept.length,
    rowsAt,
    leftOut,
    notes: leftOut.length === 0 ? notes : [...notes, leftOutNote(given.rows, leftOut)],
    counts: reader.counts,
  });
}

/** Writes the pixels of a row to an array of as many bytes. */
export type DecodeRow = (session: ImageSession, i: number, to: Uint8Array) => Promise<void>;

/** Rows that are read together: how many, how one is, and what by. */
export interface RowsToDecode {
  readonly count: number;
  readonly decode: DecodeRow;
  readonly reader: ImageReader;
  readonly transform: Transform;
}

/**
 * Pixels of some rows, some at a time.
 *
 * @param pathOf of a row, for messages: `rows[3].photo`
 */
export async function pixelsOf(
  { count, decode, reader, transform }: RowsToDecode,
  pathOf: (i: number) => string,
): Promise<TensorSource> {
  const shape = shapeOf(transform);
  const size = sizeOf(shape);
  const data = allocate(count * size);
  await inSession(reader, (session) =>
    inLanes(count, async (i) => {
      try {
        await decode(session, i, data.subarray(i * size, (i + 1) * size));
      } catch (error) {
        throw isOfOneImage(error) ? placedAt(pathOf(i), error) : error;
      }
    }),
  );
  return { data, shape };
}

/** What was decoded is kept also where a row ends it all; then the row's error is the one that counts. */
async function inSession(reader: ImageReader, work: (session: ImageSession) => Promise<void>): Promise<void> {
  const session = reader.session();
  try {
    await work(session);
  } catch (error) {
    await session.end().catch(() => {});
    throw error;
  }
  await session.end();
}

function allocate(bytes: number): Uint8Array {
  try {
    return new Uint8Array(bytes);
  } catch (cause) {
    throw new HeadgateError(
      {
        code: 'DATA_TOO_LARGE',
        path: 'rows',
        problem: 'The pixels of these rows do not fit into one array.',
        received: `${bytes} bytes`,
        mend: 'Ask for fewer rows at once.',
      },
      { cause },
    );
  }
}

/** What `onBadRow: 'skip'` leaves out: whatever is wrong with one image, and nothing else. */
const OF_ONE_IMAGE: ReadonlySet<string> = new Set([
  'INVALID_IMAGE',
  'UNREADABLE_FILE',
  'NOT_A_FILE',
  'FILE_TOO_LARGE',
  'OUTSIDE_ROOT',
]);

function isOfOneImage(error: unknown): error is HeadgateError {
  return error instanceof HeadgateError && OF_ONE_IMAGE.has(error.code);
}

/** Too many open files, or a disk that fails, say nothing of an image. */
function isOfTheMachine(cause: unknown): boolean {
  return isCode(cause, 'EMFILE', 'ENFILE', 'EIO', 'ENOMEM', 'EAGAIN', 'ESTALE', 'ETIMEDOUT');
}

/** Decodes the images of all rows, and tells which cannot be. */
export async function unreadableRows(
  start: number,
  { count, decode, reader, transform }: RowsToDecode,
): Promise<LeftOutImage[]> {
  const found: LeftOutImage[] = [];
  const size = sizeOf(shapeOf(transform));
  await inSession(reader, (session) =>
    inLanes(count, async (i) => {
      try {
        await decode(session, i, new Uint8Array(size));
      } catch (error) {
        if (!isOfOneImage(error) || isOfTheMachine(error.cause)) throw error;
        found.push({ row: start + i, code: error.code, reason: error.received ?? error.problem });
      }
    }),
  );
  return found.sort((a, b) => a.row - b.row);
}

function leftOutNote(rows: number, leftOut: readonly LeftOutImage[]): Note {
  const shown = leftOut.slice(0, 3).map(({ row, code, reason }) => `rows[${row}] (${code}: ${reason})`);
  const more = leftOut.length > shown.length ? `, and ${leftOut.length - shown.length} more in \`leftOut\`` : '';
  const text = `${leftOut.length} of ${rows} rows are left out, since their images cannot be read: ${shown.join(', ')}${more}.`;
  return note('ROWS_LEFT_OUT', 'source', text);
}

function noImages(leftOut: readonly LeftOutImage[]): HeadgateError {
  const [first] = leftOut;
  return new HeadgateError({
    code: 'EMPTY_DATASET',
    path: 'source',
    problem: 'There is no row with an image.',
    expected: 'at least one JPEG, PNG or WebP',
    received: first === undefined ? '0 rows' : `${leftOut.length} rows, none readable; the first: ${first.reason}`,
  });
}
