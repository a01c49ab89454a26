/** @file A layer that cuts one task's logits out of a fused head. */
import { tf } from '../tf.js';

export interface UnitSliceConfig {
  readonly name: string;
  /** First logit column. */
  readonly start: number;
  readonly units: number;
}

/** `[batch, …, all units]` -> `[batch, …, units]`. */
export class UnitSlice extends tf.layers.Layer {
  static readonly className = 'HeadgateUnitSlice';
  private readonly start: number;
  private readonly units: number;

  constructor(config: UnitSliceConfig) {
    super({ name: config.name });
    this.start = config.start;
    this.units = config.units;
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    return [...(inputShape as tf.Shape).slice(0, -1), this.units]; // one input, so one shape
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const input = (Array.isArray(inputs) ? inputs[0] : inputs) as tf.Tensor; // there is one
    const leading = input.rank - 1;
    return input.slice(
      [...Array<number>(leading).fill(0), this.start],
      [...Array<number>(leading).fill(-1), this.units],
    );
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), start: this.start, units: this.units };
  }
}

tf.serialization.registerClass(UnitSlice);
