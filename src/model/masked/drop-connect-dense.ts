/** @file A dense layer that drops connections: weights of its kernel, where dropout drops units. */
import type { RowsApart } from '../../engine/layers/within.js';
import { number } from '../../options.js';
import { tf } from '../../tf.js';
import { keepDataType, refuseUnknownOptions } from './layer-config.js';
import { type Constraint, type Initializer, layerClass, type Regularizer } from './tfjs-classes.js';
import { type Dropping, dropped } from './transformer-parts.js';
import { viewOf } from './weight-view.js';

export type DropConnectDenseConfig = Parameters<typeof tf.layers.dense>[0] & {
  /** Share of the kernel's weights dropped in each training step: from 0 and below 1. */
  readonly rate: number;
};

/**
 * `tf.layers.dense` with drop-connect (Wan et al., ICML 2013): `[batch, …, inputs]` -> `[batch, …, units]`. In a training
 * step each weight of the kernel is kept with probability 1 − rate and scaled by 1 / (1 − rate), else 0, and a dropped one
 * gets no gradient; one draw serves all rows of the batch, as in common implementations (the paper draws for each row).
 * Biases stay. In inference nothing is dropped and nothing scaled. In a project the draws are those of the fit's seed
 * and step, as dropout's.
 *
 * Weights: `kernel` `[inputs, units]`, `bias` `[units]`; regularisers see them whole. It takes every option of
 * `tf.layers.dense`.
 *
 * @throws HeadgateError `INVALID_OPTIONS` for a rate outside [0, 1) and for an option that it does not have
 * @example
 * const hidden = new DropConnectDense({ units: 64, activation: 'relu', rate: 0.5 }).apply(tf.input({ shape: [32] }));
 */
export class DropConnectDense extends layerClass('Dense') implements Dropping, RowsApart {
  static readonly className = 'DropConnectDense';
  readonly treatsRowsApart = true;
  dropoutFunc: Dropping['dropoutFunc'] = null;
  private readonly rate: number;
  /** Whether the call that runs now trains. */
  private training = false;

  constructor(config: DropConnectDenseConfig) {
    const { rate, ...own } = config;
    super(own);
    this.rate = number({ least: 0, below: 1 }).read(rate, `${this.name}.rate`);
    keepDataType(this, config);
    refuseUnknownOptions(this, config);
  }

  protected override addWeight(
    name: string,
    shape: tf.Shape,
    dtype?: tf.DataType,
    initializer?: Initializer,
    regularizer?: Regularizer,
    trainable?: boolean,
    constraint?: Constraint,
  ): tf.LayerVariable {
    const weight = super.addWeight(name, shape, dtype, initializer, regularizer, trainable, constraint);
    if (name !== 'kernel') return weight;
    return viewOf(weight, () => dropped(this, weight.read(), this.rate, this.training));
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: Parameters<tf.layers.Layer['call']>[1]) {
    this.training = kwargs.training === true;
    try {
      return super.call(inputs, kwargs);
    } finally {
      this.training = false;
    }
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), rate: this.rate };
  }
}

tf.serialization.registerClass(DropConnectDense);
