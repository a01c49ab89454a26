/** @file The biases with which heads begin. */
import type { HostTensor } from '../engine/engine.js';
import type { ParameterStore } from './store.js';

/**
 * Lets the heads of these tasks begin with biases.
 *
 * @param biases by task path, `[units]`
 */
export function writeBiases(store: ParameterStore, biases: ReadonlyMap<string, readonly number[]>): void {
  const written = [...biases].map(([path, values]): [string, HostTensor] => [
    `head/${path}/bias`,
    { shape: [values.length], dtype: 'float32', data: Float32Array.from(values) },
  ]);
  store.write({ ...store.read(), ...Object.fromEntries(written) });
}
