/** @file The passengers of titanic3.csv: cells as they are, and two labels that other columns tell. */
import { readCsv, type Table } from 'headgate';

/** `notes` says which lines of the file were left out, and why. */
export async function readPassengers(path: string): Promise<{ table: Table; notes: readonly string[] }> {
  // A boat is '2' or '5 7' or 'C D', a ticket is '24160' or 'A/5 21171': names, not numbers.
  const { table, notes } = await readCsv(path, { types: { boat: 'string', ticket: 'string' } });
  return {
    table: table.derive('lifeboat', ({ boat }) => boat !== null).derive('bodyRecovered', ({ body }) => body !== null),
    notes,
  };
}
