/** @file The predecessor's tiny network: two layers, three samples; its golden numbers were printed by running it. */
import type { Matrix } from '../../src/pathways/matrix.js';

export const kernels = {
  first: { shape: [2, 3], data: Float32Array.of(1, -1, 0.5, 0.5, 0.25, -2) },
  second: { shape: [3, 2], data: Float32Array.of(1, -0.5, 2, 0.25, -0.75, 1.5) },
} as const;

/** What the layers read: the samples, and the first layer's outputs. */
export const inputs = {
  first: matrix(3, 2, [1, 2, 0, 1, 3, -1]),
  second: matrix(3, 3, [2.1, 0, 0, 0.6, 0.35, 0, 2.6, 0, 3.6]),
} as const;

/** What the second layer gives. */
export const outputs = matrix(3, 2, [2.2, -1.15, 1.4, -0.3125, 0, 4]);

export const labels = [0, 1, 0] as const;

export function matrix(rows: number, columns: number, values: readonly number[]): Matrix {
  return { rows, columns, data: Float32Array.from(values) };
}
