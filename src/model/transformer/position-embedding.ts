import type { RowsApart } from '../../engine/layers/within.js';
import { wholeNumber } from '../../options.js';
import { tf } from '../../tf.js';
import {
  keepDataType,
  refuseUnknownOptions,
  shapesIn,
  shapeText,
  tensorsIn,
  wrongShape,
} from '../masked/layer-config.js';
import { type Initializer, type InitializerIdentifier, initializerOf, serialised } from '../masked/tfjs-classes.js';

type LayerConfig = NonNullable<ConstructorParameters<typeof tf.layers.Layer>[0]>;

export interface PositionEmbeddingConfig extends LayerConfig {
  /** The most positions that a row may have. */
  readonly length: number;
  /** Default: `'randomNormal'`, of deviation 0.05. */
  readonly embeddingsInitializer?: InitializerIdentifier;
}

/**
 * Adds a learned vector for each position to `[batch, steps, size]`. Weight: `embeddings` `[length, size]`, of which the
 * first `steps` rows are read.
 *
 * @throws HeadgateError `INVALID_OPTIONS`; `WRONG_SHAPE` for more steps than `length`
 * @example
 * const placed = new PositionEmbedding({ length: 64 }).apply(tf.input({ shape: [64, 16] }));
 */
export class PositionEmbedding extends tf.layers.Layer implements RowsApart {
  static readonly className = 'PositionEmbedding';
  readonly treatsRowsApart = true;
  private readonly length: number;
  private readonly initialiser: Initializer;
  private embeddings: tf.LayerVariable | null = null;

  constructor(config: PositionEmbeddingConfig) {
    super(config);
    this.length = wholeNumber({ least: 1 }).read(config.length, `${this.name}.length`);
    this.initialiser = initializerOf(config.embeddingsInitializer ?? 'randomNormal');
    keepDataType(this, config);
    refuseUnknownOptions(this, config);
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    return this.checked(inputShape);
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    const size = Number(this.checked(inputShape)[2]);
    this.embeddings = this.addWeight('embeddings', [this.length, size], 'float32', this.initialiser, undefined, true);
    super.build(inputShape);
  }

  private checked(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    const [shape] = shapesIn(inputShape);
    const steps = shape?.[1] ?? 0; // where it is not known, tfjs would say so at the call
    if (shape?.length === 3 && typeof shape[2] === 'number' && steps <= this.length) return shape;
    throw wrongShape(this, {
      problem: 'the positions must be vectors, and there must be a place for each',
      expected: `[batch, up to ${this.length}, size]`,
      received: shape === undefined ? 'no input' : shapeText(shape),
      mend: 'Choose a greater `length`.',
    });
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const [x] = tensorsIn(inputs) as [tf.Tensor]; // the layer takes one tensor
      if (this.embeddings === null) throw new Error(`${this.name} was called before it was built`);
      const [, steps = 0, size = 0] = x.shape;
      return x.add(this.embeddings.read().slice([0, 0], [steps, size]));
    });
  }

  override getConfig(): tf.serialization.ConfigDict {
    return {
      ...super.getConfig(),
      length: this.length,
      // `undefined` while the base class makes the layer and asks for the names of its options.
      embeddingsInitializer: this.initialiser === undefined ? null : serialised(this.initialiser),
    };
  }
}

tf.serialization.registerClass(PositionEmbedding);
