/** @file Rows with paths or bytes of images: the same rows, with their pixels. */
import { readOptions } from '../../options.js';
import type { Source } from '../sources/source.js';
import type { TableLike } from '../table.js';
import type { ImageSource } from './image-source.js';
import { type ImagesInOptions, imagesInSchema } from './options.js';

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
  const read = readOptions('imagesIn', imagesInSchema, options);
  const { openRows } = await import('./open-rows.js');
  return await openRows(data, read);
}
