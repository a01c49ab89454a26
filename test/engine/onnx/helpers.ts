/** @file Runs a step eagerly on tfjs's cpu backend, as a reference for the compiled engine. */
import type { HostTensor, HostTensors, RandomKey, Step, StepRandom } from '../../../src/engine/engine.js';
import { normals, uniforms } from '../../../src/random.js';
import { tf } from '../../../src/tf.js';

export function float(shape: readonly number[], values: ArrayLike<number>): HostTensor {
  return { shape, dtype: 'float32', data: Float32Array.from(values) };
}

export function int(shape: readonly number[], values: ArrayLike<number>): HostTensor {
  return { shape, dtype: 'int32', data: Int32Array.from(values) };
}

export function bool(shape: readonly number[], values: ArrayLike<number>): HostTensor {
  return { shape, dtype: 'bool', data: Uint8Array.from(values) };
}

export function host(tensor: tf.Tensor): HostTensor {
  const data = tensor.dataSync();
  const { dtype } = tensor;
  if (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'bool') throw new TypeError(dtype);
  return { shape: [...tensor.shape], dtype, data };
}

export interface EagerResult {
  readonly state: HostTensors;
  readonly outputs: HostTensors;
}

/** One run of `step` on the cpu backend. */
export async function eager(
  step: Step,
  state: HostTensors,
  batch: HostTensors,
  key: RandomKey = { seed: 1, counter: 0 },
): Promise<EagerResult> {
  await tf.setBackend('cpu');
  const random: StepRandom = {
    uniform: (shape, stream) => tf.tensor(uniforms({ ...key, stream }, tf.util.sizeFromShape([...shape])), [...shape]),
    normal: (shape, stream) => tf.tensor(normals({ ...key, stream }, tf.util.sizeFromShape([...shape])), [...shape]),
  };
  const tensors = (values: HostTensors): Record<string, tf.Tensor> =>
    Object.fromEntries(
      Object.entries(values).map(([name, { data, shape, dtype }]) => [
        name,
        tf.tensor(data.slice(), [...shape], dtype),
      ]),
    );
  const read = (values: Readonly<Record<string, tf.Tensor>>): HostTensors =>
    Object.fromEntries(Object.entries(values).map(([name, tensor]) => [name, host(tensor)]));
  let result: EagerResult = { state: {}, outputs: {} };
  tf.tidy(() => {
    const made = step.run({ state: tensors(state), batch: tensors(batch), random });
    result = { state: { ...state, ...read(made.state) }, outputs: read(made.outputs) };
  });
  return result;
}

/** Largest |a - b| / (1 + |b|); NaN equals NaN, an infinity equals itself. */
export function difference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let worst = 0;
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i] ?? 0, b[i] ?? 0];
    if (Object.is(x, y) || x === y) continue;
    const off = Math.abs(x - y) / (1 + Math.abs(y));
    worst = Number.isNaN(off) ? Number.POSITIVE_INFINITY : Math.max(worst, off);
  }
  return worst;
}

/** Repeatable numbers in [-1, 1). */
export function noise(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 8) / 2 ** 23 - 1;
  };
}

export function noisy(shape: readonly number[], seed: number, scale = 1): HostTensor {
  const next = noise(seed);
  const size = shape.reduce((a, b) => a * b, 1);
  return float(
    shape,
    Float32Array.from({ length: size }, () => next() * scale),
  );
}
