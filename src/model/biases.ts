/** @file The biases with which heads begin. */
import type { HostTensor, HostTensors } from '../engine/engine.js';
import type { ParameterStore } from './store.js';

/**
 * Biases of heads as parameters, by their names.
 *
 * @param biases by task path, `[units]`
 */
export function biasTensors(biases: ReadonlyMap<string, readonly number[]>): HostTensors {
  const written = [...biases].map(([path, values]): [string, HostTensor] => [
    `head/${path}/bias`,
    { shape: [values.length], dtype: 'float32', data: Float32Array.from(values) },
  ]);
  return Object.fromEntries(written);
}

/** Lets the heads of these tasks begin with biases; as in `biasTensors`. */
export function writeBiases(store: ParameterStore, biases: ReadonlyMap<string, readonly number[]>): void {
  store.write({ ...store.read(), ...biasTensors(biases) });
}
