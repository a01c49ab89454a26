/** @file How errors name a row: by its place in the data that was given, and by its number in the source it came from. */

/** The path of a row's value: `rows[3].age`. */
export type RowPath = (row: number, column: string) => string;

/** Of a whole table: `rows[3].age`, or `rows[3].age (row 812 of its source)` where rows were chosen before. */
export function tablePath(ids: Uint32Array): RowPath {
  return (row, column) => {
    const id = ids[row];
    return id === undefined || id === row
      ? `rows[${row}].${column}`
      : `rows[${row}].${column} (row ${id} of its source)`;
  };
}

/** Of a chunk, whose own places say nothing: by the number in the source. */
export function sourcePath(ids: Uint32Array): RowPath {
  return (row, column) => `rows[${ids[row]}].${column}`;
}
