/** @file Scores to decisions: the decoded value of every task on every row. */
import { HeadgateError } from '../errors.js';
import { type Scores, scoresOf, type TaskScores, type Thresholds, thresholdsOf } from '../score/scores.js';
import { scoredUnits } from '../tasks/kind.js';
import type { Layout, TaskSlot } from '../tasks/layout.js';

/**
 * Decoded values `[rows, layout.width]` in label units, in the encoding of labels. Whether a task applies to a row is
 * another question: see `decodedGates`.
 *
 * @param ids of the rows in their source, by which messages name them. Default: their places.
 * @throws HeadgateError `NON_FINITE_SCORE`, `MISSING_SCORES`, `MISSING_THRESHOLDS`, `INVALID_KIND`
 */
export function decode(
  layout: Layout,
  scores: Scores,
  thresholds: Thresholds,
  ids: Uint32Array | null = null,
): Float64Array {
  const decoded = new Float64Array(scores.rows * layout.width);
  for (const slot of layout.slots) {
    decodeTask(layout, slot, scoresOf(scores, slot.task.path), thresholds, decoded, { ids });
  }
  return decoded;
}

/**
 * Decodes one task into its columns of `into`, `[rows, layout.width]`.
 *
 * @param which `rows` of `into`, for scores of some rows only: `scores` has one row for each; `ids` of all rows of `into`
 */
export function decodeTask(
  layout: Layout,
  slot: TaskSlot,
  { logits, activated }: TaskScores,
  thresholds: Thresholds,
  into: Float64Array,
  { rows = null, ids = null }: { readonly rows?: Uint32Array | null; readonly ids?: Uint32Array | null } = {},
): void {
  const { task, offset, width, columns } = slot;
  const rowOf = (index: number): number => rows?.[index] ?? index;
  const nameOf = (index: number): number => ids?.[rowOf(index)] ?? rowOf(index);
  for (const values of [logits, activated]) checkFinite(slot, values, nameOf);
  const count = rows?.length ?? into.length / layout.width;
  const instances = count * slot.positions;
  const own = task.kind.decode({ rows: instances, logits, activated }, thresholdsOf(task, thresholds));
  if (own.length !== instances * width) throw wrongLength(slot, instances, own.length);
  if (columns === layout.width && rows === null) {
    into.set(own);
    return;
  }
  for (let index = 0; index < count; index++) {
    const start = rowOf(index) * layout.width + offset;
    for (let i = 0; i < columns; i++) into[start + i] = own[index * columns + i] as number; // its length was checked
  }
}

/** NaN compares false with every threshold: unchecked, it would pass for a decision. */
function checkFinite(
  { task, axis, positions }: TaskSlot,
  values: Float32Array,
  rowOf: (index: number) => number,
): void {
  let probe = 0; // 0 times a number is 0, times anything else NaN: a product costs a quarter of a question
  for (let i = 0; i < values.length; i++) probe += 0 * (values[i] as number);
  if (probe === 0) return;
  const place = values.findIndex((value) => !Number.isFinite(value));
  const instance = Math.floor(place / scoredUnits(task.kind));
  const row = `row ${rowOf(Math.floor(instance / positions))}`;
  throw new HeadgateError({
    code: 'NON_FINITE_SCORE',
    path: `${task.path}, ${axis === null ? row : `${row}, ${axis} ${instance % positions}`}`,
    problem: 'The network gave no finite number here.',
    received: String(values[place]),
    mend: 'Look for extreme inputs in this row; if every row is like this, training diverged: lower the learning rate.',
  });
}

function wrongLength({ task, width }: TaskSlot, instances: number, received: number): HeadgateError {
  return new HeadgateError({
    code: 'INVALID_KIND',
    path: `${task.path}.decode`,
    problem: `The task kind "${task.kind.kind}" decoded another number of values than there are.`,
    expected: `${instances * width}: ${width} for each of ${instances} rows`,
    received: String(received),
  });
}
