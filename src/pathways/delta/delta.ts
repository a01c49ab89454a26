/**
 * @file What a task changes of a base that it shares with others: places and values alone. Values are compared and copied
 * as bits: a -0 is another value than 0, and a NaN keeps its payload.
 */
import type { DataType, HostTensor, HostTensors } from '../../engine/engine.js';
import { didYouMean, HeadgateError, listed } from '../../errors.js';
import { bitsOf, zerosLike } from '../bits.js';
import { type Mask, maskAt } from '../masks/mask.js';
import { requireSameParameters, tensorText } from '../parameters.js';
import { sameShape, shapeText } from '../shape.js';

/** What is changed of one parameter. */
export interface Change {
  readonly shape: readonly number[];
  readonly dtype: DataType;
  /** Flat indices, ascending. */
  readonly indices: Uint32Array;
  /** The value at each index, after the change. */
  readonly values: HostTensor['data'];
}

/** By parameter; one of which nothing changes is not there. Biases are parameters like others. */
export type Delta = Readonly<Record<string, Change>>;

export interface DeltaOptions {
  /** By parameter, where changes are taken over; a parameter that is not named is taken over everywhere. */
  readonly masks?: Readonly<Record<string, Mask>> | undefined;
}

/**
 * Where `changed` differs from `base`, with the values that it has there.
 *
 * @throws HeadgateError `PARAMETER_MISMATCH` when the two have not the same parameters, `UNKNOWN_PARAMETER` and `MASK_MISMATCH` for a
 *   mask that fits none
 * @example applyDelta(base, deltaOf(base, changed)) // changed, to the bit
 */
export function deltaOf(base: HostTensors, changed: HostTensors, { masks = {} }: DeltaOptions = {}): Delta {
  requireSameParameters('PARAMETER_MISMATCH', base, changed, 'the changed model');
  for (const [name, mask] of Object.entries(masks)) {
    const { shape } = parameterOf(base, name);
    if (!sameShape(shape, mask.shape)) throw maskMismatch(name, shape, mask);
  }
  const changes = Object.entries(base).map(([name, before]): [string, Change] => {
    const mask = Object.hasOwn(masks, name) ? masks[name] : undefined;
    return [name, changeOf(before, parameterOf(changed, name), mask)];
  });
  return Object.fromEntries(changes.filter(([, { indices }]) => indices.length > 0));
}

function changeOf({ shape, dtype, data }: HostTensor, after: HostTensor, mask: Mask | undefined): Change {
  const [before, now] = [bitsOf(data), bitsOf(after.data)];
  const places = new Uint32Array(before.length);
  let count = 0;
  for (let i = 0; i < before.length; i++) {
    if (before[i] !== now[i] && (mask === undefined || maskAt(mask, i) === 1)) places[count++] = i;
  }
  const indices = places.slice(0, count);
  return { shape, dtype, indices, values: taken(after.data, indices) };
}

/**
 * The base with the delta's values at its places; a new model, of which unchanged parameters are the base's own.
 *
 * @throws HeadgateError `UNKNOWN_PARAMETER`, `PARAMETER_MISMATCH`
 */
export function applyDelta(base: HostTensors, delta: Delta): HostTensors {
  const changed = Object.entries(delta).map(([name, change]): [string, HostTensor] => {
    return [name, withValues(fitting(base, name, change), change.indices, change.values)];
  });
  return { ...base, ...Object.fromEntries(changed) };
}

/**
 * The model without the delta: the base's values at the delta's places. What other deltas changed elsewhere stays.
 *
 * @throws HeadgateError `DELTA_NOT_APPLIED` where the model has another value than the delta gives, so that something else
 *   would be undone; `UNKNOWN_PARAMETER`, `PARAMETER_MISMATCH`
 */
export function revertDelta(changed: HostTensors, delta: Delta, base: HostTensors): HostTensors {
  const reverted = Object.entries(delta).map(([name, change]): [string, HostTensor] => {
    const now = fitting(changed, name, change);
    requireApplied(name, now, change);
    return [name, withValues(now, change.indices, taken(fitting(base, name, change).data, change.indices))];
  });
  return { ...changed, ...Object.fromEntries(reverted) };
}

/** The same places with the values that a model has there. @throws HeadgateError `UNKNOWN_PARAMETER`, `PARAMETER_MISMATCH` */
export function valuesAt(model: HostTensors, delta: Delta): Delta {
  const changes = Object.entries(delta).map(([name, change]): [string, Change] => {
    return [name, { ...change, values: taken(fitting(model, name, change).data, change.indices) }];
  });
  return Object.fromEntries(changes);
}

/** Whether a model has the delta's values at all of its places. */
export function isApplied(model: HostTensors, delta: Delta): boolean {
  return Object.entries(delta).every(([name, { shape, dtype, indices, values }]) => {
    const tensor = Object.hasOwn(model, name) ? model[name] : undefined;
    if (tensor === undefined || tensor.dtype !== dtype || !sameShape(tensor.shape, shape)) return false;
    const [now, given] = [bitsOf(tensor.data), bitsOf(values)];
    return indices.every((index, i) => now[index] === given[i]);
  });
}

export interface Conflict {
  /** Places in the list of deltas. */
  readonly first: number;
  readonly second: number;
  readonly parameter: string;
  /** Elements that both change, flat and ascending. */
  readonly indices: Uint32Array;
  /** Of these, to how many they give two different values: the later delta decides. */
  readonly differing: number;
}

/** Elements that two deltas both change, pair by pair, in the order of the deltas and parameters; none when disjoint. */
export function conflictsBetween(deltas: readonly Delta[]): readonly Conflict[] {
  return deltas.flatMap((first, a) =>
    deltas.slice(a + 1).flatMap((second, place) =>
      Object.entries(first).flatMap(([parameter, one]) => {
        const other = Object.hasOwn(second, parameter) ? second[parameter] : undefined;
        if (other === undefined) return [];
        const shared = sharedPlaces(one, other);
        return shared.indices.length === 0 ? [] : [{ first: a, second: a + 1 + place, parameter, ...shared }];
      }),
    ),
  );
}

function sharedPlaces(one: Change, other: Change): Pick<Conflict, 'indices' | 'differing'> {
  const [a, b] = [bitsOf(one.values), bitsOf(other.values)];
  const indices: number[] = [];
  let differing = 0;
  for (let i = 0, j = 0; i < one.indices.length && j < other.indices.length; ) {
    const [x, y] = [one.indices[i] as number, other.indices[j] as number]; // within both
    if (x === y) {
      indices.push(x);
      if (a[i] !== b[j]) differing++;
    }
    if (x <= y) i++;
    if (y <= x) j++;
  }
  return { indices: Uint32Array.from(indices), differing };
}

function taken(data: HostTensor['data'], indices: Uint32Array): HostTensor['data'] {
  const values = zerosLike(data, indices.length);
  const [from, to] = [bitsOf(data), bitsOf(values)];
  indices.forEach((index, i) => {
    to[i] = from[index] as number; // within
  });
  return values;
}

function withValues(tensor: HostTensor, indices: Uint32Array, values: HostTensor['data']): HostTensor {
  const data = tensor.data.slice(); // of the same type: the bytes are copied
  const [from, to] = [bitsOf(values), bitsOf(data)];
  indices.forEach((index, i) => {
    to[index] = from[i] as number; // as many as there are indices
  });
  return { ...tensor, data };
}

function requireApplied(name: string, { data }: HostTensor, { indices, values }: Change): void {
  const [now, given] = [bitsOf(data), bitsOf(values)];
  const place = indices.findIndex((index, i) => now[index] !== given[i]);
  if (place < 0) return;
  const index = Number(indices[place]);
  throw new HeadgateError({
    code: 'DELTA_NOT_APPLIED',
    path: `${name}[${index}]`,
    problem: 'the model has another value here than this delta gives',
    expected: String(values[place]),
    received: String(data[index]),
    mend: 'Revert the deltas that were applied after it first.',
  });
}

function fitting(model: HostTensors, name: string, { shape, dtype, indices }: Change): HostTensor {
  const tensor = parameterOf(model, name);
  if (tensor.dtype === dtype && sameShape(tensor.shape, shape)) return tensor;
  throw new HeadgateError({
    code: 'PARAMETER_MISMATCH',
    path: name,
    problem: 'the delta is of another parameter',
    expected: tensorText(tensor),
    received: `${dtype} ${shapeText(shape)}, ${indices.length} of its elements`,
  });
}

function parameterOf(model: HostTensors, name: string): HostTensor {
  const tensor = Object.hasOwn(model, name) ? model[name] : undefined;
  if (tensor !== undefined) return tensor;
  throw new HeadgateError({
    code: 'UNKNOWN_PARAMETER',
    path: name,
    problem: 'the model has no such parameter',
    expected: `one of ${listed(Object.keys(model))}`,
    received: name,
    suggestion: didYouMean(name, Object.keys(model)),
  });
}

function maskMismatch(name: string, shape: readonly number[], mask: Mask): HeadgateError {
  return new HeadgateError({
    code: 'MASK_MISMATCH',
    path: name,
    problem: 'the mask is of another shape than the parameter',
    expected: shapeText(shape),
    received: shapeText(mask.shape),
  });
}
