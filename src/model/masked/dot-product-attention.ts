import type { RowsApart } from '../../engine/layers/within.js';
import { flag } from '../../options.js';
import { tf } from '../../tf.js';
import { attend } from './attention.js';
import { keepDataType, refuseUnknownOptions, shapesIn, shapeText, tensorsIn, wrongShape } from './layer-config.js';

type LayerConfig = NonNullable<ConstructorParameters<typeof tf.layers.Layer>[0]>;

export interface DotProductAttentionConfig extends LayerConfig {
  /** Whether scores are scaled by 1/√d. Default: true; Keras's `Attention` by default does not. */
  readonly scaled?: boolean;
}

/**
 * softmax(Q Kᵀ / √d) V of the inputs `[query, key, value]`, in this order: `[batch, targets, d]`,
 * `[batch, sources, d]`, `[batch, sources, e]` -> `[batch, targets, e]`. It has no weights. Keras's `Attention` takes
 * `[query, value, key]`.
 *
 * @throws HeadgateError `WRONG_SHAPE` for other inputs, `INVALID_OPTIONS`
 * @example
 * const [query, memory] = [tf.input({ shape: [8, 32] }), tf.input({ shape: [16, 32] })];
 * const attended = new DotProductAttention().apply([query, memory, memory]);
 */
export class DotProductAttention extends tf.layers.Layer implements RowsApart {
  static readonly className = 'DotProductAttention';
  readonly treatsRowsApart = true;
  private readonly scaled: boolean;

  constructor(config: DotProductAttentionConfig = {}) {
    super(config);
    this.scaled = flag.read(config.scaled ?? true, `${this.name}.scaled`);
    keepDataType(this, config);
    refuseUnknownOptions(this, config);
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    const shapes = shapesIn(inputShape);
    const [query, key, value] = shapes;
    const isFitting = shapes.length === 3 && shapes.every((shape) => shape.length === 3);
    if (isFitting && query?.[2] === key?.[2] && key?.[1] === value?.[1]) {
      return [...(query ?? []).slice(0, 2), value?.[2] ?? null];
    }
    throw wrongShape(this, {
      problem: 'these are no query, key and value',
      expected: '[batch, targets, d], [batch, sources, d], [batch, sources, e]',
      received: shapes.map(shapeText).join(', '),
    });
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    this.computeOutputShape(inputShape);
    super.build(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const [query, key, value] = tensorsIn(inputs) as [tf.Tensor, tf.Tensor, tf.Tensor]; // `build` has seen three
    const scale = this.scaled ? 1 / Math.sqrt(query.shape[2] ?? 1) : 1;
    return tf.tidy(() => attend(query, key, value, { scale }));
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), scaled: this.scaled };
  }
}

tf.serialization.registerClass(DotProductAttention);
