/** @file Reading what a kind has learnt from labels back from plain data. */
import { HeadgateError, show } from '../errors.js';
import type { Json } from '../flow/graph.js';

/** Finite numbers under these names. Throws `INVALID_MODEL_FILE`. */
export function learntNumbers<const Name extends string>(
  kind: string,
  learnt: Json,
  names: readonly Name[],
): Readonly<Record<Name, number>> {
  const read = names.map((name): [Name, number] => {
    const value: unknown = typeof learnt === 'object' && learnt !== null ? Reflect.get(learnt, name) : undefined;
    if (typeof value === 'number' && Number.isFinite(value)) return [name, value];
    throw invalidLearnt(kind, `a finite number as ${name}`, learnt);
  });
  return Object.fromEntries(read) as Record<Name, number>; // by these very names
}

/** Finite numbers from 0 on, as many as `count`. Throws `INVALID_MODEL_FILE`. */
export function learntWeights(kind: string, learnt: Json, count: number): readonly number[] {
  const isList = Array.isArray(learnt) && learnt.length === count;
  if (isList && learnt.every((value) => typeof value === 'number' && Number.isFinite(value) && value >= 0)) {
    return Object.freeze([...learnt] as number[]); // as was checked
  }
  throw invalidLearnt(kind, `${count} finite numbers from 0 on`, learnt);
}

function invalidLearnt(kind: string, expected: string, received: Json): HeadgateError {
  return new HeadgateError({
    code: 'INVALID_MODEL_FILE',
    path: kind,
    problem: `This is not what a ${kind} task learns from labels.`,
    expected,
    received: show(received),
    mend: 'Save the model again with this version of Headgate.',
  });
}
