/** @file A folder of images as a source: one row for each file. */
import { listed } from '../../errors.js';
import { type Note, note } from '../../notes.js';
import { invalidOption, readOptions, text } from '../../options.js';
import { type Column, stringColumn, tensorColumnOf } from '../column.js';
import { Table } from '../table.js';
import {
  type ImageSource,
  type ImageSourceOptions,
  imageSource,
  imageSourceSchema,
  pixelsOf,
  unreadableRows,
} from './image-source.js';
import { type Listing, listImages } from './listing.js';
import { createImageReader } from './reader.js';
import { rootOf } from './within.js';

/**
 * The JPEG, PNG and WebP files of a folder and of those below it, by their names, in the order of their paths. Columns: `image`,
 * pixels `[height, width, channels]` of 8 bits; `file`, the path below the folder; and, where there are folders in it,
 * `label`, the name of the first folder on the way, missing for a file that lies in none. Opening lists the files; images are
 * decoded when rows are read.
 *
 * @throws HeadgateError `UNREADABLE_FILE` for a folder that is not there, `OUTSIDE_ROOT` for a link that leads out of it,
 *   `EMPTY_DATASET`, `MISSING_PACKAGE`, `INVALID_OPTIONS`; at reading `INVALID_IMAGE`, `UNREADABLE_FILE`, `FILE_TOO_LARGE`,
 *   `OUTSIDE_ROOT`, `SAVE_FAILED` for a cache that cannot be written
 * @example
 * const photos = await imageFolder('data/photos', { height: 64, width: 64, cache: 'data/pixels' });
 * await project.fit(photos);
 */
export async function imageFolder(folder: string, options: ImageSourceOptions): Promise<ImageSource> {
  const transform = readOptions('imageFolder', imageSourceSchema, options);
  const { as, allowOutside, onBadRow, cache } = transform;
  if (as === 'file' || as === 'label') {
    throw invalidOption('imageFolder.as', as, {
      expected: 'another name than those of the other columns: file, label',
    });
  }
  const root = await rootOf(text.read(folder, 'imageFolder'), allowOutside);
  const listing = await listImages(root);
  const { images } = listing;
  const labels = images.map((file) => (file.includes('/') ? file.slice(0, file.indexOf('/')) : null));
  const isLabelled = labels.some((label) => label !== null);
  const reader = await createImageReader(transform, cache);
  const fileOf = (row: number) => images[row] as string; // callers stay within the rows
  const decode = async (row: number) => await reader.ofFile(root, fileOf(row));
  const rowsAt = async (rows: Uint32Array): Promise<Table> => {
    const pixels = await pixelsOf(
      rows.length,
      transform,
      (i) => `rows[${rows[i]}].${as}`,
      (i) => decode(rows[i] as number), // one of the rows
    );
    const texts = (values: readonly (string | null)[]) =>
      stringColumn(
        values,
        Uint8Array.from(values, (value) => (value === null ? 0 : 1)),
      );
    const columns = new Map<string, Column>([['file', texts(Array.from(rows, fileOf))]]);
    if (isLabelled) columns.set('label', texts(Array.from(rows, (row) => labels[row] ?? null)));
    return Table.ofColumns(columns.set(as, tensorColumnOf(as, pixels)), rows.length);
  };
  const columns = [
    { name: 'file', type: 'string' },
    ...(isLabelled ? [{ name: 'label', type: 'string' } as const] : []),
    { name: as, type: 'tensor' },
  ] as const;
  const leftOut = onBadRow === 'skip' ? await unreadableRows(0, images.length, decode) : [];
  const given = { rows: images.length, columns, rowsAt, notes: otherFiles(folder, listing) };
  return imageSource(given, { transform, reader, leftOut });
}

function otherFiles(folder: string, { others }: Listing): readonly Note[] {
  if (others.length === 0) return [];
  const text = `${others.length} of the files are not named as JPEG, PNG or WebP, and are no rows: ${listed(others)}.`;
  return [note('OTHER_FILES', folder, text)];
}
