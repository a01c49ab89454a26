/** @file The cells of an input's columns become one vector a row, chunk by chunk; a row's vector depends on its cells alone. */
import { HeadgateError, show } from '../../errors.js';
import type { InputSpec } from '../../flow/graph.js';
import type { Note } from '../../notes.js';
import type { Column } from '../column.js';
import type { RowPath } from '../row-path.js';
import { type ColumnReader, columnReaders } from './readers.js';
import { shareNotes, type Tally } from './share-notes.js';

export interface ColumnsBinder {
  /** @param columnOf the column of a name; null where these rows have none, although others of the source did */
  readonly bind: (rows: number, path: RowPath, columnOf: (name: string) => Column | null) => Float32Array;
  /** About all rows so far. */
  readonly notes: () => readonly Note[];
}

/** @throws HeadgateError `INVALID_FLOW` */
export function createColumnsBinder(input: string, spec: InputSpec): ColumnsBinder {
  const readers = columnReaders(input, spec);
  const width = spec.shape[0] as number; // of a vector
  const tallies = readers.map((): Tally => ({ rows: 0, missing: 0, unknown: 0, cut: 0 }));
  return {
    bind: (rows, path, columnOf) => {
      const values = new Float32Array(rows * width);
      for (const [i, reader] of readers.entries()) {
        const tally = tallies[i] as Tally; // one for each
        encodeColumn(reader, columnOf(reader.name), { values, rows, width, path, tally });
      }
      return values;
    },
    notes: () => readers.flatMap((reader, i) => shareNotes(input, reader, tallies[i] as Tally)), // one for each
  };
}

interface Into {
  readonly values: Float32Array;
  readonly rows: number;
  readonly width: number;
  readonly path: RowPath;
  readonly tally: Tally;
}

function encodeColumn({ name, kind, encoder, offset }: ColumnReader, column: Column | null, into: Into): void {
  const { values, rows, width, path, tally } = into;
  let row = 0;
  const where = () => path(row, name);
  const place = { values, offset };
  for (; row < rows; row++) {
    place.offset = row * width + offset;
    const cell = column === null ? null : column.value(row);
    const sort = encoder.encode(cell, place, where);
    if (sort !== 'present') tally[sort] += 1;
    for (let i = place.offset; i < place.offset + kind.width; i++) {
      if (!Number.isFinite(values[i])) throw notFinite(where(), kind.kind, cell);
    }
  }
  tally.rows += rows;
}

/** Only a kind from outside, or one that leaves numbers as they are, could let it through. */
export function notFinite(path: string, kind: string, cell: unknown): HeadgateError {
  return new HeadgateError({
    code: 'INVALID_INPUT',
    path,
    problem: `The kind of column "${kind}" makes no finite number of this value.`,
    expected: 'finite numbers within the range of float32',
    received: show(cell),
    mend: 'Mend the kind, or leave such rows out with table.filter.',
  });
}
