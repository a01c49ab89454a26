/** @file Opens rows whose images a column names or holds. */
import { HeadgateError, show } from '../../errors.js';
import { invalidOption, type OptionsOf } from '../../options.js';
import { type Column, sizeOf } from '../column.js';
import { sourceOf } from '../sources/random-access.js';
import type { Source } from '../sources/source.js';
import type { Table, TableLike } from '../table.js';
import { unknownColumn } from '../table-errors.js';
import { invalidImage } from './decode.js';
import {
  type ImageSource,
  imageSource,
  type LeftOutImage,
  pixelsOf,
  type RowsToDecode,
  unreadableRows,
} from './image-source.js';
import type { imagesInSchema } from './options.js';
import { createImageReader, type ImageSession } from './reader.js';
import { shapeOf } from './transform.js';
import { type Root, rootOf } from './within.js';

/** @throws HeadgateError what `imagesIn` throws */
export async function openRows(
  data: TableLike | Source,
  options: OptionsOf<typeof imagesInSchema>,
): Promise<ImageSource> {
  const { as, column, allowOutside, onBadRow, cache } = options;
  const { rows, rowsAt: fetch, columns } = sourceOf(data);
  if (rows === null || fetch === null) {
    throw invalidOption('imagesIn', 'a source that only flows', {
      expected: 'a source any of whose rows can be fetched',
      mend: 'Read it into a table first.',
    });
  }
  const names = columns?.map(({ name }) => name) ?? [column];
  if (!names.includes(column)) throw unknownColumn(column, names);
  if (as !== column && names.includes(as)) {
    throw invalidOption('imagesIn.as', as, { expected: 'a name that no other column has' });
  }
  const root = options.root === undefined ? null : await rootOf(options.root, allowOutside);
  const reader = await createImageReader(options, cache);
  const cellsOf = (table: Table): Column => table.column(column);
  const decoding = (cells: Column): RowsToDecode => ({
    ...{ count: cells.rows, reader, transform: options },
    decode: (session, i, to) => decodeCell(cells.value(i), root, session, to),
  });
  const rowsAt = async (wanted: Uint32Array, numbers: Uint32Array): Promise<Table> => {
    const table = await fetch(wanted);
    const cells = cellsOf(table);
    const pixels = await pixelsOf(decoding(cells), (i) => `rows[${numbers[i]}].${column}`);
    return table.with(as, pixels);
  };
  const leftOut: LeftOutImage[] = [];
  const step = Math.max(1, Math.min(1024, Math.floor(2 ** 25 / sizeOf(shapeOf(options)))));
  for (let start = 0; onBadRow === 'skip' && start < rows; start += step) {
    const cells = cellsOf(await fetch(Uint32Array.from({ length: Math.min(step, rows - start) }, (_, i) => start + i)));
    leftOut.push(...(await unreadableRows(start, decoding(cells))));
  }
  const others = columns?.filter(({ name }) => name !== as) ?? null;
  const withPixels = others === null ? null : [...others, { name: as, type: 'tensor' as const }];
  return imageSource({ rows, columns: withPixels, rowsAt, notes: [] }, { options, reader, leftOut });
}

async function decodeCell(cell: unknown, root: Root | null, session: ImageSession, to: Uint8Array): Promise<void> {
  if (cell instanceof Uint8Array) return await session.ofBytes(cell, `${cell.length} bytes`, to);
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
  if (root !== null) return await session.ofFile(root, cell, to);
  throw invalidOption('imagesIn.root', undefined, { expected: 'the folder that paths in the column start from' });
}
