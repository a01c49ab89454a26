/** @file A tensor of the network that no layer holds. */
import type { HostTensor } from '../../engine/engine.js';
import { tf } from '../../tf.js';
import type { LayerVariable } from '../binding.js';

/** Read and written as the variables of layers are; to be made, as they are, on the cpu backend. */
export class HostVariable implements LayerVariable {
  readonly originalName: string;
  readonly shape: readonly number[];
  readonly dtype: tf.DataType;
  private value: tf.Tensor;

  constructor(name: string, { shape, dtype, data }: HostTensor) {
    this.originalName = name;
    this.shape = shape;
    this.dtype = dtype;
    this.value = tf.keep(tf.tensor(data, [...shape], dtype));
  }

  read(): tf.Tensor {
    if (this.value.isDisposed) throw new Error(`${this.originalName} is disposed`);
    return this.value;
  }

  write(value: tf.Tensor): void {
    const next = tf.keep(value.clone());
    this.value.dispose();
    this.value = next;
  }

  dispose(): void {
    this.value.dispose();
  }
}
