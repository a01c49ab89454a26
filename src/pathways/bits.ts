/**
 * @file The values of a tensor as bits. A number that is read and written may lose what it carries: -0 equals 0, and an
 * engine may give a NaN other bits. Words do not.
 */
import type { HostTensor } from '../engine/engine.js';

/** What a tensor's values lie in. */
export type Values = HostTensor['data'];

/** The same memory as whole numbers, one an element. */
export function bitsOf(data: Values): Uint32Array | Uint8Array {
  if (data instanceof Uint8Array) return data;
  return new Uint32Array(data.buffer, data.byteOffset, data.length);
}

/** `length` zeros in an array of the same kind. */
export function zerosLike<T extends Values>(data: T, length: number): T {
  // The constructor of a typed array that it was made by: the same kind.
  if (data instanceof Float32Array) return new Float32Array(length) as Values as T;
  return (data instanceof Int32Array ? new Int32Array(length) : new Uint8Array(length)) as Values as T;
}
