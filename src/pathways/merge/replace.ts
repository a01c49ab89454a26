/** @file The first model with the second's values where a mask selects, to the bit; moving averages as well. */
import { HeadgateError } from '../../errors.js';
import { bitsOf } from '../bits.js';
import { indicesOf, type Mask } from '../masks/mask.js';
import { sameShape, shapeText } from '../shape.js';
import { type Merged, type MergeMethod, requireTwo, unknownName } from './method.js';

/** @throws HeadgateError `INVALID_OPTIONS` unless there are two models, `MERGE_MISMATCH`, `MASK_MISMATCH` */
export function replace(
  merged: Merged,
  masks: Readonly<Record<string, Mask>>,
  replaceable: readonly string[],
): MergeMethod {
  requireTwo('replace', merged);
  for (const [name, mask] of Object.entries(masks)) {
    const shape = merged.models[0]?.[name]?.shape;
    if (shape === undefined || !replaceable.includes(name)) throw unknownName(`masks.${name}`, name, replaceable);
    if (!sameShape(shape, mask.shape)) throw maskMismatch(name, shape, mask);
  }
  const own: MergeMethod['parameter'] = (name, [first = new Float32Array(0), second = first]) => {
    const data = first.slice();
    const mask = Object.hasOwn(masks, name) ? masks[name] : undefined;
    if (mask === undefined) return data;
    const [from, to] = [bitsOf(second), bitsOf(data)];
    for (const index of indicesOf(mask)) to[index] = from[index] as number; // the mask is of their shape
    return data;
  };
  return { parameter: own, average: own };
}

function maskMismatch(name: string, shape: readonly number[], mask: Mask): HeadgateError {
  return new HeadgateError({
    code: 'MASK_MISMATCH',
    path: `masks.${name}`,
    problem: 'the mask is of another shape than the parameter',
    expected: shapeText(shape),
    received: shapeText(mask.shape),
  });
}
