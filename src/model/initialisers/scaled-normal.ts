/** @file Normal weights whose deviation follows the shape of the kernel by Sparana's rule. */
import { optional, readOptions, wholeNumber } from '../../options.js';
import { normals } from '../../random.js';
import { tf } from '../../tf.js';
import { OwnInitializer, seedOf } from './own-initializer.js';
import { fansOf } from './shapes.js';

export interface SparanaXavierOptions {
  /** Of these weights alone. Default: a project's seed draws them, and outside a project so does chance, as in tfjs. */
  readonly seed?: number;
}

/** See `initializers.sparanaXavier`. */
export class SparanaXavier extends OwnInitializer {
  static readonly className = 'HeadgateSparanaXavier';
  private readonly seed: number | undefined;

  constructor(options: SparanaXavierOptions = {}) {
    super();
    this.seed = readOptions('initializers.sparanaXavier', { seed: optional(wholeNumber()) }, options).seed;
  }

  override apply(shape: tf.Shape): tf.Tensor {
    const { inputs, outputs } = fansOf(shape);
    const deviation = Math.sqrt(3 / (inputs + outputs));
    const sizes = shape.map(Number);
    const key = { seed: seedOf(this.seed), stream: 'initialiser', counter: 0 };
    const values = normals(key, tf.util.sizeFromShape(sizes));
    return tf.tensor(
      values.map((value) => value * deviation),
      sizes,
    );
  }

  override getConfig(): tf.serialization.ConfigDict {
    return this.seed === undefined ? {} : { seed: this.seed };
  }
}

tf.serialization.registerClass(SparanaXavier);
