/** What an input of columns learns of rows, and makes of them, without a project. */
import { placesOf } from '../../src/data/columns/readers.js';
import { learnInputs } from '../../src/data/encoders/learning.js';
import { bindInputs, createInputBinder } from '../../src/data/inputs.js';
import { sourcePath } from '../../src/data/row-path.js';
import type { InputSpec } from '../../src/flow/graph.js';
import { HeadgateError, type Row, Table } from '../../src/index.js';

/** The input with what it learns of these rows, in pieces of some lengths. */
export function taught(spec: InputSpec, rows: readonly Row[], lengths: readonly number[] = [rows.length]): InputSpec {
  const learning = learnInputs({ x: spec });
  for (const piece of pieces(rows, lengths)) {
    const { inputs } = bindInputs(piece, { x: spec });
    learning.see(piece, inputs);
  }
  const encoder = learning.result().get('x');
  if (encoder === undefined) throw new Error('nothing was learnt');
  return Object.freeze({ ...spec, encoder: JSON.parse(JSON.stringify(encoder)) }); // as a file has it
}

/** Tables of the rows; the last has the rest. Each has all columns of all rows. */
export function pieces(rows: readonly Row[], lengths: readonly number[]): readonly Table[] {
  const table = Table.fromRecords(rows);
  const starts = [0];
  for (const length of lengths) starts.push(Math.min(rows.length, (starts.at(-1) ?? 0) + length));
  starts.push(rows.length);
  return starts.slice(1).flatMap((end, i) => {
    const start = starts[i] ?? 0;
    return end > start ? [table.slice(start, end)] : [];
  });
}

/** One list of numbers a row. */
export function encoded(spec: InputSpec, rows: readonly Row[]): number[][] {
  return inRows(bindInputs(Table.fromRecords(rows), { x: spec }).inputs.x?.values ?? [], spec);
}

export function notesOf(spec: InputSpec, rows: readonly Row[]): readonly string[] {
  return bindInputs(Table.fromRecords(rows), { x: spec }).notes.map(
    ({ code, path, text }) => `${code} ${path}: ${text}`,
  );
}

/** Of pieces that follow each other, as a source gives them. */
export function encodedPieces(spec: InputSpec, rows: readonly Row[], lengths: readonly number[]): number[][] {
  const binder = createInputBinder({ x: spec });
  return pieces(rows, lengths).flatMap((table) =>
    inRows(binder.bind(table, sourcePath(table.ids)).x?.values ?? [], spec),
  );
}

function inRows(values: ArrayLike<number>, { shape }: InputSpec): number[][] {
  const width = shape[0] ?? 1;
  const all = Array.from(values);
  return Array.from({ length: all.length / width }, (_, row) => all.slice(row * width, (row + 1) * width));
}

/** Each number beside its name. */
export function named(spec: InputSpec, row: Row): Record<string, number> {
  const [values = []] = encoded(spec, [row]);
  return Object.fromEntries(placesOf('x', spec).map((name, i) => [name, values[i] ?? Number.NaN]));
}

/** The error that this throws. */
export function refusal(run: () => unknown): HeadgateError {
  try {
    run();
  } catch (error) {
    if (error instanceof HeadgateError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}
