/** @file Questions that passes ask about values. */
import type { Node, Value } from '../graph.js';

/** The number that a constant of one element, or of equal elements, holds; else undefined. */
export function constantNumber(value: Value | null | undefined): number | undefined {
  if (value?.data === undefined) return undefined;
  if (!repeated.has(value)) {
    const [first] = value.data;
    const isRepeated = first !== undefined && value.data.every((x: number | bigint) => x === first);
    repeated.set(value, isRepeated ? Number(first) : undefined);
  }
  return repeated.get(value);
}

/** Several passes ask, and the ones of a mean's gradient are as many as its elements. */
const repeated = new WeakMap<Value, number | undefined>();

/** The axes of a transpose, as `perm` lists them; empty for any other node. */
export function orderOf(node: Node | undefined): readonly number[] {
  const order = node?.op === 'Transpose' ? node.attributes.perm : undefined;
  return order?.kind === 'ints' ? order.value : [];
}

/** Whole numbers of a constant: a shape, axes. */
export function constantInts(value: Value | null | undefined): readonly number[] | undefined {
  return value?.data === undefined ? undefined : Array.from<number | bigint, number>(value.data, Number);
}
