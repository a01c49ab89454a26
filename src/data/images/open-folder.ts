/** @file Opens a folder: which files are rows, with which labels, and how they are read. */
import { listed } from '../../errors.js';
import { type Note, note } from '../../notes.js';
import type { OptionsOf } from '../../options.js';
import { type Column, stringColumn, tensorColumnOf } from '../column.js';
import { Table } from '../table.js';
import { type ImageSource, imageSource, pixelsOf, type RowsToDecode, unreadableRows } from './image-source.js';
import { type Listing, listImages } from './listing.js';
import type { imageSourceSchema } from './options.js';
import { createImageReader, type ImageSession } from './reader.js';
import { rootOf } from './within.js';

/** @throws HeadgateError what `imageFolder` throws */
export async function openFolder(folder: string, options: OptionsOf<typeof imageSourceSchema>): Promise<ImageSource> {
  const { as, allowOutside, onBadRow, cache } = options;
  const root = await rootOf(folder, allowOutside);
  const listing = await listImages(root);
  const { images } = listing;
  const labels = images.map((file) => (file.includes('/') ? file.slice(0, file.indexOf('/')) : null));
  const isLabelled = labels.some((label) => label !== null);
  const reader = await createImageReader(options, cache);
  const fileOf = (row: number) => images[row] as string; // callers stay within the rows
  const decode = (row: number, session: ImageSession, to: Uint8Array) => session.ofFile(root, fileOf(row), to);
  const rowsAt = async (rows: Uint32Array, numbers: Uint32Array): Promise<Table> => {
    const pixels = await pixelsOf(
      {
        ...{ count: rows.length, reader, transform: options },
        decode: (session, i, to) => decode(rows[i] as number, session, to), // one of the rows
      },
      (i) => `rows[${numbers[i]}].${as}`,
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
  const every: RowsToDecode = {
    ...{ count: images.length, reader, transform: options },
    decode: (session, row, to) => decode(row, session, to),
  };
  const leftOut = onBadRow === 'skip' ? await unreadableRows(0, every) : [];
  const given = { rows: images.length, columns, rowsAt, notes: otherFiles(folder, listing) };
  return imageSource(given, { options, reader, leftOut });
}

function otherFiles(folder: string, { others }: Listing): readonly Note[] {
  if (others.length === 0) return [];
  const text = `${others.length} of the files are not named as JPEG, PNG or WebP, and are no rows: ${listed(others)}.`;
  return [note('OTHER_FILES', folder, text)];
}
