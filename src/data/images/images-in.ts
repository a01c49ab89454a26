/** @file Rows with paths or bytes of images: the same rows, with their pixels. */
import { HeadgateError, show } from '../../errors.js';
import { invalidOption, optional, readOptions, text } from '../../options.js';
import { type Column, sizeOf } from '../column.js';
import { sourceOf } from '../sources/random-access.js';
import type { Source } from '../sources/source.js';
import type { Table, TableLike } from '../table.js';
import { unknownColumn } from '../table-errors.js';
import { invalidImage } from './decode.js';
import {
  type ImageSource,
  type ImageSourceOptions,
  imageSource,
  imageSourceSchema,
  type LeftOutImage,
  pixelsOf,
  unreadableRows,
} from './image-source.js';
import { createImageReader, type ImageReader } from './reader.js';
import { shapeOf } from './transform.js';
import { type Root, rootOf } from './within.js';

export interface ImagesInOptions extends ImageSourceOptions {
  /** The column of paths, or of bytes of image files (`Uint8Array`). */
  readonly column: string;
  /** The folder that paths start from. Needed for paths. */
  readonly root?: string;
}

const schema = { ...imageSourceSchema, column: text, root: optional(text) };

/**
 * The same rows with one more column, `image` or `as`, of the images that a column names or holds: pixels
 * `[height, width, channels]` of 8 bits, decoded when rows are read. With `as` the column itself, it is replaced.
 *
 * @param data a table, records, or a source any of whose rows can be fetched
 * @throws HeadgateError `UNKNOWN_COLUMN`, `UNREADABLE_FILE` for a root that is not there, `EMPTY_DATASET`, `MISSING_PACKAGE`,
 *   `INVALID_OPTIONS` for a source that only flows; at reading, for a row, `OUTSIDE_ROOT` for a path that leads out
 *   of the root, `UNREADABLE_FILE`, `NOT_A_FILE`, `FILE_TOO_LARGE`, `INVALID_IMAGE` (also where the cell is missing);
 *   `SAVE_FAILED` for a cache that cannot be written
 * @example
 * const rows = await imagesIn(table, { column: 'photo', root: 'data/photos', height: 64, width: 64 });
 */
export async function imagesIn(data: TableLike | Source, options: ImagesInOptions): Promise<ImageSource> {
  const transform = readOptions('imagesIn', schema, options);
  const { as, column, allowOutside, onBadRow, cache } = transform;
  const { rows, rowsAt: fetch, columns } = sourceOf(data);
  if (rows === null || fetch === null) {
    throw invalidOption('imagesIn', 'a source that only flows', {
      expected: 'a source any of whose rows can be fetched',
      mend: 'Read it into a table first.',
    });
  }
  const names = columns?.map(({ name }) => name) ?? [column];
  if (!names.includes(column)) throw unknownColumn(column, names);
  const root = transform.root === undefined ? null : await rootOf(transform.root, allowOutside);
  const reader = await createImageReader(transform, cache);
  const cellsOf = (table: Table): Column => table.column(column);
  const rowsAt = async (wanted: Uint32Array): Promise<Table> => {
    const table = await fetch(wanted);
    const cells = cellsOf(table);
    const pixels = await pixelsOf(
      table.rows,
      transform,
      (i) => `rows[${wanted[i]}].${column}`,
      async (i) => await decodeCell(cells.value(i), root, reader),
    );
    return table.with(as, pixels);
  };
  const leftOut: LeftOutImage[] = [];
  const step = Math.max(1, Math.min(1024, Math.floor(2 ** 25 / sizeOf(shapeOf(transform)))));
  for (let start = 0; onBadRow === 'skip' && start < rows; start += step) {
    const cells = cellsOf(await fetch(Uint32Array.from({ length: Math.min(step, rows - start) }, (_, i) => start + i)));
    leftOut.push(...(await unreadableRows(start, cells.rows, (i) => decodeCell(cells.value(i), root, reader))));
  }
  const others = columns?.filter(({ name }) => name !== as) ?? null;
  const withPixels = others === null ? null : [...others, { name: as, type: 'tensor' as const }];
  return imageSource({ rows, columns: withPixels, rowsAt, notes: [] }, { transform, reader, leftOut });
}

async function decodeCell(cell: unknown, root: Root | null, reader: ImageReader): Promise<Uint8Array> {
  if (cell instanceof Uint8Array) return await reader.ofBytes(cell, `${cell.length} bytes`);
  if (cell === null) throw invalidImage('a missing value', 'there is neither a path nor bytes');
  if (typeof cell !== 'string' || cell === '') {
    throw new HeadgateError({
      code: 'INVALID_IMAGE',
      path: 'image',
      problem: 'This is neither a path nor the bytes of an image.',
      expected: 'a text, or a Uint8Array',
      received: show(cell),
    });
  }
  if (root !== null) return await reader.ofFile(root, cell);
  throw invalidOption('imagesIn.root', undefined, { expected: 'the folder that paths in the column start from' });
}
