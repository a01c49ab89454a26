/** @file Values and gradients of an op on one backend and on another. */
import { onBackend } from '../../src/engine/backend.js';
import { normals, uniforms } from '../../src/random.js';
import { tf } from '../../src/tf.js';
import type { OpCase } from './op-cases.js';

export interface OpResult {
  readonly value: Float32Array;
  /** Of sum(value · dy), dy being the same noise on every backend, by input. */
  readonly gradients: readonly Float32Array[];
}

export function inputsOf({ shapes, values }: OpCase): Float32Array[] {
  return shapes.map((shape, i) => {
    const key = { seed: 11, stream: `input ${i}`, counter: 0 };
    const size = tf.util.sizeFromShape([...shape]);
    if (values === 'positive') return uniforms(key, size).map((u) => 0.5 + 2 * u);
    if (values === 'unit') return uniforms(key, size).map((u) => 1.8 * u - 0.9);
    return normals(key, size);
  });
}

export function evaluate(backend: string, { f, shapes }: OpCase, inputs: readonly Float32Array[]): OpResult {
  return onBackend(backend, () =>
    tf.tidy(() => {
      const tensors = inputs.map((data, i) => tf.tensor(data.slice(), [...(shapes[i] ?? [])]));
      const y = f(...tensors);
      const gradients = tf.grads(f)(tensors, noise(y.shape));
      return { value: hostCopy(y), gradients: gradients.map(hostCopy) };
    }),
  );
}

/** Largest difference between a gradient and the slope of `objective`, relative to the largest slope, by samples. */
export function worstSlope(backend: string, opCase: OpCase): number {
  const inputs = inputsOf(opCase);
  const step = 2 ** -10;
  let [largest, difference] = [1, 0];
  evaluate(backend, opCase, inputs).gradients.forEach((gradient, which) => {
    for (let i = 0; i < gradient.length; i += Math.ceil(gradient.length / 12)) {
      const moved = (by: number): Float32Array[] => {
        const copies = inputs.map((input) => input.slice());
        (copies[which] as Float32Array)[i] = ((inputs[which] as Float32Array)[i] as number) + by;
        return copies;
      };
      const rise = objective(backend, opCase, moved(step)) - objective(backend, opCase, moved(-step));
      const slope = rise / (2 * step);
      largest = Math.max(largest, Math.abs(slope));
      difference = Math.max(difference, Math.abs(slope - (gradient[i] as number)));
    }
  });
  return difference / largest;
}

/** sum(value · dy) in float64, from which finite differences are taken. */
function objective(backend: string, opCase: OpCase, inputs: readonly Float32Array[]): number {
  return onBackend(backend, () =>
    tf.tidy(() => {
      const y = opCase.f(...inputs.map((data, i) => tf.tensor(data.slice(), [...(opCase.shapes[i] ?? [])])));
      const [values, weights] = [hostCopy(y), hostCopy(noise(y.shape))];
      return values.reduce((sum: number, value, i) => sum + value * (weights[i] as number), 0);
    }),
  );
}

function noise(shape: number[]): tf.Tensor {
  return tf.tensor(normals({ seed: 11, stream: 'dy', counter: 0 }, tf.util.sizeFromShape(shape)), shape);
}

function hostCopy(tensor: tf.Tensor): Float32Array {
  return Float32Array.from(tensor.dataSync());
}
