/** @file The random numbers of a step on an eager engine: drawn on the host, by (seed, counter, stream, position). */
import { normals, uniforms } from '../random.js';
import { tf } from '../tf.js';
import type { RandomKey, StepRandom } from './engine.js';

/** Draws land on the backend that is active at the time. The same stream drawn twice gives the same numbers. */
export function stepRandom({ seed, counter }: RandomKey): StepRandom {
  const draw =
    (values: typeof uniforms) =>
    (shape: readonly number[], stream: string): tf.Tensor =>
      tf.tensor(values({ seed, counter, stream }, tf.util.sizeFromShape([...shape])), [...shape], 'float32');
  return { uniform: draw(uniforms), normal: draw(normals) };
}
