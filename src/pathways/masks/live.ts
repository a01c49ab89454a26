/** @file The values that a mask lets live, stored alone: a mask and its live values are a sparse tensor. */
import { HeadgateError } from '../../errors.js';
import { bitsOf, type Values, zerosLike } from '../bits.js';
import { requireLength, sizeOf } from '../shape.js';
import { countOf, indicesOf, type Mask } from './mask.js';

/**
 * The values where the mask is 1, in order; to the bit.
 *
 * @param data one value for each element of the mask's shape
 * @throws HeadgateError `LENGTH_MISMATCH`
 */
export function gatherLive<T extends Values>(mask: Mask, data: T): T {
  requireLength('data', data, mask.shape);
  const indices = indicesOf(mask);
  const live = zerosLike(data, indices.length);
  const [from, to] = [bitsOf(data), bitsOf(live)];
  for (let i = 0; i < indices.length; i++) to[i] = from[indices[i] as number] as number; // below the mask's size
  return live;
}

/**
 * The live values at their places, and 0 elsewhere; to the bit.
 *
 * @throws HeadgateError `LENGTH_MISMATCH` unless there is one value for each 1 of the mask
 */
export function scatterLive<T extends Values>(mask: Mask, live: T): T {
  if (live.length !== countOf(mask)) {
    throw new HeadgateError({
      code: 'LENGTH_MISMATCH',
      path: 'live',
      problem: 'there is not one value for each live element',
      expected: `${countOf(mask)} values`,
      received: `${live.length} values`,
    });
  }
  const data = zerosLike(live, sizeOf(mask.shape));
  const [from, to] = [bitsOf(live), bitsOf(data)];
  const indices = indicesOf(mask);
  for (let i = 0; i < indices.length; i++) to[indices[i] as number] = from[i] as number; // as many as there are indices
  return data;
}
