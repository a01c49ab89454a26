/** @file Encodes single labels for tests. */
import { HeadgateError } from '../../src/errors.js';
import type { TaskKind } from '../../src/tasks/kind.js';

const where = () => 'rows[3].task';

/** Encoded elements, null where missing. Neighbouring cells must stay as they were. */
export function encode(kind: TaskKind, label: unknown): readonly (number | null)[] {
  const values = new Float64Array(kind.width + 2).fill(7);
  const present = new Uint8Array(kind.width + 2);
  values.fill(0, 1, kind.width + 1);
  kind.encode(label, { values, present, offset: 1 }, where);
  if (values[0] !== 7 || values.at(-1) !== 7 || present[0] !== 0 || present.at(-1) !== 0) {
    throw new Error('a label wrote outside its cell');
  }
  return Array.from({ length: kind.width }, (_, i) => {
    if (present[i + 1] === 0 && values[i + 1] !== 0) throw new Error('a missing element is not 0');
    return present[i + 1] === 1 ? (values[i + 1] ?? null) : null;
  });
}

/** The error that a call throws. */
export function errorOf(call: () => unknown): HeadgateError {
  try {
    call();
  } catch (error) {
    if (error instanceof HeadgateError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
