/** @file Host tensors for the engines' tests. */
import { expect } from 'vitest';
import type { HostTensor, HostTensors } from '../../src/engine/engine.js';
import { HeadgateError } from '../../src/errors.js';

export function float(values: readonly number[], shape: readonly number[] = [values.length]): HostTensor {
  return { shape, dtype: 'float32', data: Float32Array.from(values) };
}

export function int(values: readonly number[], shape: readonly number[] = [values.length]): HostTensor {
  return { shape, dtype: 'int32', data: Int32Array.from(values) };
}

export function numbers(tensor: HostTensor | undefined): number[] {
  return [...(tensor?.data ?? [])];
}

/** Same names, shapes and types; values within `tolerance`, relative to the tensor's largest. */
export function closeTo(received: HostTensors, expected: HostTensors, tolerance: number): void {
  expect(Object.keys(received).sort()).toEqual(Object.keys(expected).sort());
  for (const [name, { shape, dtype, data }] of Object.entries(expected)) {
    const own = received[name] as HostTensor;
    expect([name, own.dtype, own.shape]).toEqual([name, dtype, shape]);
    expect([name, worst(own.data, data) <= tolerance, worst(own.data, data)]).toEqual([name, true, expect.anything()]);
  }
}

/** Largest difference, relative to the largest expected magnitude or 1. NaN where either side is not finite. */
export function worst(received: ArrayLike<number>, expected: ArrayLike<number>): number {
  let largest = 1;
  let difference = received.length === expected.length ? 0 : Number.POSITIVE_INFINITY;
  for (let i = 0; i < expected.length; i++) {
    largest = Math.max(largest, Math.abs(expected[i] as number));
    difference = Math.max(difference, Math.abs((received[i] as number) - (expected[i] as number)));
  }
  return difference / largest;
}

export async function errorOf(f: () => unknown): Promise<HeadgateError> {
  try {
    await f();
  } catch (error) {
    if (error instanceof HeadgateError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
