/**
 * @file A delta as named tensors, which a safetensors file can hold, and back. A parameter `p` becomes `p:shape`, `p:values`
 * and its places: `p:indices`, or `p:mask`, one bit an element, where that is smaller.
 */
import type { BatchTensor, BatchTensors } from '../../engine/engine.js';
import { HeadgateError, placedAt } from '../../errors.js';
import { indicesOf, maskFromBits, maskOf } from '../masks/mask.js';
import { sizeOf } from '../shape.js';
import type { Change, Delta } from './delta.js';

/** Equal deltas give equal tensors. */
export function deltaTensors(delta: Delta): BatchTensors {
  return Object.fromEntries(
    Object.entries(delta).flatMap(([name, { shape, dtype, indices, values }]): [string, BatchTensor][] => [
      [`${name}:shape`, { dtype: 'int32', shape: [shape.length], data: Int32Array.from(shape) }],
      placesTensor(name, shape, indices),
      [`${name}:values`, { dtype, shape: [values.length], data: values.slice() }],
    ]),
  );
}

function placesTensor(name: string, shape: readonly number[], indices: Uint32Array): [string, BatchTensor] {
  const bytes = Math.ceil(sizeOf(shape) / 8);
  if (bytes < indices.byteLength) {
    return [`${name}:mask`, { dtype: 'uint8', shape: [bytes], data: maskOf(shape, indices).bits }];
  }
  return [`${name}:indices`, { dtype: 'int32', shape: [indices.length], data: Int32Array.from(indices) }];
}

/**
 * The delta that `deltaTensors` wrote, from tensors that may come from anybody.
 *
 * @throws HeadgateError `INVALID_DELTA` at the tensor that is missing, too many, or does not fit
 */
export function deltaFromTensors(tensors: BatchTensors): Delta {
  const known = new Set<string>();
  const take = (name: string): BatchTensor | undefined => {
    if (!Object.hasOwn(tensors, name)) return undefined;
    known.add(name);
    return tensors[name];
  };
  const names = Object.keys(tensors).flatMap((name) => (name.endsWith(':shape') ? [name.slice(0, -6)] : []));
  const delta = Object.fromEntries(names.map((name) => [name, changeFrom(name, take)]));
  const stray = Object.keys(tensors).find((name) => !known.has(name));
  if (stray !== undefined) throw invalid(stray, 'a part of a parameter with a :shape', 'a tensor of its own');
  return delta;
}

type Take = (name: string) => BatchTensor | undefined;

function changeFrom(name: string, take: Take): Change {
  const shape = [...integers(`${name}:shape`, take(`${name}:shape`))];
  const negative = shape.find((length) => length < 0);
  if (negative !== undefined) throw invalid(`${name}:shape`, 'lengths of 0 or more', String(negative));
  const values = take(`${name}:values`);
  if (values === undefined) throw invalid(`${name}:values`, 'the values of the change', 'no such tensor');
  if (values.dtype === 'uint8') throw invalid(`${name}:values`, 'float32, int32 or bool', 'uint8');
  const [mask, listed] = [take(`${name}:mask`), take(`${name}:indices`)];
  if (mask !== undefined && listed !== undefined) throw invalid(`${name}:mask`, 'either this or the indices', 'both');
  const indices =
    mask === undefined ? ascending(`${name}:indices`, listed, shape) : masked(`${name}:mask`, mask, shape);
  if (values.data.length !== indices.length) {
    throw invalid(`${name}:values`, `${indices.length} values, one for each place`, `${values.data.length} values`);
  }
  return { shape, dtype: values.dtype, indices, values: values.data.slice() };
}

function integers(name: string, tensor: BatchTensor | undefined): Int32Array {
  if (tensor !== undefined && tensor.data instanceof Int32Array) return tensor.data;
  throw invalid(name, 'an int32 tensor', tensor === undefined ? 'no such tensor' : tensor.dtype);
}

function ascending(name: string, tensor: BatchTensor | undefined, shape: readonly number[]): Uint32Array {
  const list = integers(name, tensor);
  const size = sizeOf(shape);
  const wrong = list.findIndex((index, i) => index < 0 || index >= size || (i > 0 && index <= Number(list[i - 1])));
  if (wrong < 0) return Uint32Array.from(list);
  throw invalid(`${name}[${wrong}]`, `ascending indices below ${size}`, String(list[wrong]));
}

function masked(name: string, { data }: BatchTensor, shape: readonly number[]): Uint32Array {
  if (!(data instanceof Uint8Array)) throw invalid(name, 'a uint8 tensor', data.constructor.name);
  try {
    return indicesOf(maskFromBits(name, shape, data));
  } catch (error) {
    if (!(error instanceof HeadgateError)) throw error;
    throw placedAt(name, new HeadgateError({ ...error, code: 'INVALID_DELTA' }, { cause: error }));
  }
}

function invalid(path: string, expected: string, received: string): HeadgateError {
  return new HeadgateError({
    code: 'INVALID_DELTA',
    path,
    problem: 'this is no part of a saved delta',
    expected,
    received,
  });
}
