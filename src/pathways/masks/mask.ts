/**
 * @file A mask: one bit an element of a parameter, packed. Element i is bit `i % 8` of byte `i >> 3`, the least
 * significant bit first; bits behind the last element are 0, so that equal masks have equal bytes.
 */
import { HeadgateError, show } from '../../errors.js';
import { shapeText, sizeOf } from '../shape.js';

export interface Mask {
  readonly shape: readonly number[];
  /** `ceil(size / 8)` bytes; never changed once the mask is made. */
  readonly bits: Uint8Array;
}

/** An element for each of `shape`, all 1. */
export function fullMask(shape: readonly number[]): Mask {
  const mask = emptyMask(shape);
  mask.bits.fill(255);
  return trimmed(mask);
}

/** An element for each of `shape`, all 0. */
export function emptyMask(shape: readonly number[]): Mask {
  return { shape: [...shape], bits: new Uint8Array(Math.ceil(sizeOf(shape) / 8)) };
}

/**
 * Packs values that are 0 or 1, true or false.
 *
 * @param path what the values are of, for messages: `masks.backbone/stem/kernel`
 * @throws HeadgateError `INVALID_MASK` at `path` for another number of values than the shape has elements, at `path[3]`
 *   for a value that is neither 0 nor 1
 */
export function packMask(path: string, shape: readonly number[], values: ArrayLike<number | boolean>): Mask {
  const size = sizeOf(shape);
  if (values.length !== size) {
    throw invalidMask(path, `${size} values, for shape ${shapeText(shape)}`, `${values.length} values`);
  }
  const mask = emptyMask(shape);
  for (let i = 0; i < size; i++) {
    const value = Number(values[i]);
    if (value !== 0 && value !== 1) throw invalidMask(`${path}[${i}]`, '0 or 1', show(values[i]));
    if (value === 1) setBit(mask.bits, i);
  }
  return mask;
}

/** One byte an element, 0 or 1. */
export function unpackMask({ shape, bits }: Mask): Uint8Array {
  const values = new Uint8Array(sizeOf(shape));
  for (let i = 0; i < values.length; i++) values[i] = bitAt(bits, i);
  return values;
}

/**
 * A mask from bytes that somebody stored.
 *
 * @throws HeadgateError `INVALID_MASK` at `path` for another number of bytes, or a bit behind the last element
 */
export function maskFromBits(path: string, shape: readonly number[], bits: Uint8Array): Mask {
  const bytes = Math.ceil(sizeOf(shape) / 8);
  if (bits.length !== bytes) {
    throw invalidMask(path, `${bytes} bytes, for shape ${shapeText(shape)}`, `${bits.length} bytes`);
  }
  const mask = trimmed({ shape: [...shape], bits: bits.slice() });
  if (mask.bits.at(-1) !== bits.at(-1)) {
    throw invalidMask(path, 'only zeros behind the last element', `a last byte of ${bits.at(-1)}`);
  }
  return mask;
}

/**
 * 1 at these flat indices, in any order.
 *
 * @throws HeadgateError `INVALID_MASK` at `indices[3]` for one that the shape has not
 */
export function maskOf(shape: readonly number[], indices: ArrayLike<number>): Mask {
  const size = sizeOf(shape);
  const mask = emptyMask(shape);
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i] as number; // below its length
    if (!Number.isInteger(index) || index < 0 || index >= size) {
      throw invalidMask(`indices[${i}]`, `a flat index below ${size}`, show(index));
    }
    setBit(mask.bits, index);
  }
  return mask;
}

/** Flat indices of the elements that are 1, ascending. */
export function indicesOf(mask: Mask): Uint32Array {
  const indices = new Uint32Array(countOf(mask));
  let next = 0;
  for (let byte = 0; byte < mask.bits.length; byte++) {
    // Within the bytes. Clears the lowest bit in each round, so that zeros cost nothing.
    for (let rest = mask.bits[byte] as number; rest !== 0; rest &= rest - 1) {
      indices[next++] = byte * 8 + (31 - Math.clz32(rest & -rest));
    }
  }
  return indices;
}

/** 0 or 1; 0 behind the end. */
export function maskAt(mask: Mask, index: number): 0 | 1 {
  return bitAt(mask.bits, index);
}

/** How many elements are 1. */
export function countOf({ bits }: Mask): number {
  let count = 0;
  for (const byte of bits) count += ONES[byte] as number; // a byte has an entry
  return count;
}

const ONES = Uint8Array.from({ length: 256 }, (_, byte) => {
  let count = 0;
  for (let rest = byte; rest !== 0; rest &= rest - 1) count++;
  return count;
});

function bitAt(bits: Uint8Array, index: number): 0 | 1 {
  return (((bits[index >>> 3] ?? 0) >>> (index & 7)) & 1) === 1 ? 1 : 0;
}

function setBit(bits: Uint8Array, index: number): void {
  bits[index >>> 3] = (bits[index >>> 3] ?? 0) | (1 << (index & 7));
}

/** The same bytes with zeros behind the last element; for masks that are being made. */
export function trimmed(mask: Mask): Mask {
  const used = sizeOf(mask.shape) % 8;
  const last = mask.bits.length - 1;
  if (used > 0) mask.bits[last] = (mask.bits[last] ?? 0) & ((1 << used) - 1);
  return mask;
}

function invalidMask(path: string, expected: string, received: string): HeadgateError {
  return new HeadgateError({ code: 'INVALID_MASK', path, problem: 'this is no mask', expected, received });
}
