import type { RowsApart } from '../../engine/layers/within.js';
import { number } from '../../options.js';
import { tf } from '../../tf.js';
import { keepDataType, refuseUnknownOptions, tensorsIn } from './layer-config.js';
import { type Dropping, dropped } from './transformer-parts.js';

type LayerConfig = NonNullable<ConstructorParameters<typeof tf.layers.Layer>[0]>;

export interface PositionalEncodingConfig extends LayerConfig {
  /** Share of elements dropped in training. MANN's default: 0.1. */
  readonly dropout?: number;
}

/**
 * Adds sine and cosine of the position to `[batch, steps, size]`, then drops out: even columns 2i get
 * sin(position / 10000^(2i/size)), odd ones the cosine (Vaswani et al., NeurIPS 2017). Any number of steps.
 *
 * @throws HeadgateError `INVALID_OPTIONS`
 * @example
 * const encoded = new PositionalEncoding({ dropout: 0 }).apply(tf.input({ shape: [16, 32] }));
 */
export class PositionalEncoding extends tf.layers.Layer implements Dropping, RowsApart {
  static readonly className = 'PositionalEncoding';
  readonly treatsRowsApart = true;
  dropoutFunc: Dropping['dropoutFunc'] = null;
  private readonly dropout: number;

  constructor(config: PositionalEncodingConfig = {}) {
    super(config);
    this.dropout = number({ least: 0, below: 1 }).read(config.dropout ?? 0.1, `${this.name}.dropout`);
    this.supportsMasking = true;
    keepDataType(this, config);
    refuseUnknownOptions(this, config);
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape | tf.Shape[] {
    return inputShape;
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: Parameters<tf.layers.Layer['call']>[1]): tf.Tensor {
    return tf.tidy(() => {
      const [x] = tensorsIn(inputs) as [tf.Tensor]; // the layer takes one tensor
      const [steps = 0, size = 0] = x.shape.slice(1);
      const encoded = x.add(tf.tensor2d(positionalEncoding(steps, size), [steps, size]));
      return dropped(this, encoded, this.dropout, kwargs.training === true);
    });
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), dropout: this.dropout };
  }
}

/** `[steps, size]`, row after row. */
export function positionalEncoding(steps: number, size: number): Float32Array {
  return Float32Array.from({ length: steps * size }, (_, i) => {
    const [position, column] = [Math.floor(i / size), i % size];
    const angle = position / 10_000 ** ((column - (column % 2)) / size);
    return column % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
  });
}

tf.serialization.registerClass(PositionalEncoding);
