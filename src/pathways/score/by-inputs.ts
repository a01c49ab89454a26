/** @file The criterion of what a layer reads, where only some layers say what they read. */
import type { Weights } from './criteria.js';

/** Mean |x| of what a layer reads, one an input. */
export type InputMeans = Float64Array;

/** |w| · mean |x|; |w| alone where the layer's inputs are not known as channels. */
export function factored({ data, shape }: Weights, means: InputMeans | null): Float64Array {
  const units = shape.at(-1) ?? 1;
  const inputs = shape.at(-2) ?? 1;
  if (means === null || means.length !== inputs) return Float64Array.from(data, Math.abs);
  return Float64Array.from(data, (w, i) => Math.abs(w) * (means[Math.floor(i / units) % inputs] ?? 0)); // below it
}
