/** @file Questions that passes ask about values. */
import type { Value } from '../graph.js';
import { sizeOf } from '../graph.js';

/** The number that a constant of one element, or of equal elements, holds; else undefined. */
export function constantNumber(value: Value | null | undefined): number | undefined {
  if (value?.data === undefined) return undefined;
  const [first] = value.data;
  if (first === undefined) return undefined;
  if (value.data.length <= 4096 && value.data.every((x: number | bigint) => x === first)) return Number(first);
  return undefined;
}

export function isScalar(value: Value | null | undefined): boolean {
  return value !== null && value !== undefined && sizeOf(value.shape) === 1;
}

/** Whole numbers of a constant: a shape, axes. */
export function constantInts(value: Value | null | undefined): readonly number[] | undefined {
  return value?.data === undefined ? undefined : Array.from<number | bigint, number>(value.data, Number);
}
