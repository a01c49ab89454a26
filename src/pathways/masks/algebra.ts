/** @file What two masks have in common. All give new masks; a byte at a time. */
import { HeadgateError } from '../../errors.js';
import { sameShape, shapeText, sizeOf } from '../shape.js';
import { countOf, emptyMask, type Mask, trimmed } from './mask.js';

/** 1 where both are. @throws HeadgateError `MASK_MISMATCH` for masks of two shapes */
export function andMask(a: Mask, b: Mask): Mask {
  return bytewise(a, b, (x, y) => x & y);
}

/** 1 where either is. @throws HeadgateError `MASK_MISMATCH` for masks of two shapes */
export function orMask(a: Mask, b: Mask): Mask {
  return bytewise(a, b, (x, y) => x | y);
}

/** 1 where `a` is and `b` is not. @throws HeadgateError `MASK_MISMATCH` for masks of two shapes */
export function differenceMask(a: Mask, b: Mask): Mask {
  return bytewise(a, b, (x, y) => x & ~y);
}

/** 1 where the mask is 0. */
export function notMask(mask: Mask): Mask {
  return trimmed(bytewise(mask, mask, (x) => ~x));
}

/** Share of elements that are 1; null of a mask without elements. */
export function densityOf(mask: Mask): number | null {
  const size = sizeOf(mask.shape);
  return size === 0 ? null : countOf(mask) / size;
}

/**
 * |a ∩ b| / |a ∪ b|, from 0 to 1 (Jaccard 1901). Two empty masks are equal: 1.
 *
 * @throws HeadgateError `MASK_MISMATCH` for masks of two shapes
 */
export function jaccard(a: Mask, b: Mask): number {
  const union = countOf(orMask(a, b));
  return union === 0 ? 1 : countOf(andMask(a, b)) / union;
}

/** Whether `a` is 1 wherever `b` is. @throws HeadgateError `MASK_MISMATCH` for masks of two shapes */
export function containsMask(a: Mask, b: Mask): boolean {
  return countOf(differenceMask(b, a)) === 0;
}

/** Whether shape and elements are the same. */
export function equalMasks(a: Mask, b: Mask): boolean {
  return sameShape(a.shape, b.shape) && a.bits.every((byte, i) => byte === b.bits[i]);
}

function bytewise(a: Mask, b: Mask, combine: (x: number, y: number) => number): Mask {
  if (!sameShape(a.shape, b.shape)) {
    throw new HeadgateError({
      code: 'MASK_MISMATCH',
      path: 'mask',
      problem: 'the two masks are of two shapes',
      expected: shapeText(a.shape),
      received: shapeText(b.shape),
    });
  }
  const mask = emptyMask(a.shape);
  for (let i = 0; i < mask.bits.length; i++) mask.bits[i] = combine(a.bits[i] as number, b.bits[i] as number); // one length
  return mask;
}
