import { flag, number, wholeNumber } from '../../options.js';
import { tf } from '../../tf.js';
import { broadcastMask } from './attention.js';
import { shapesIn, shapeText, tensorsIn, wrongShape } from './layer-config.js';
import { maskedLayer, type OptionalMaskConfig } from './masked-layer.js';
import { PlainLayer } from './tfjs-classes.js';
import {
  type Dropping,
  dropped,
  type Initialisers,
  initialisersOf,
  multiHead,
  type ProjectionConfig,
  type Projections,
  projections,
} from './transformer-parts.js';
import { writtenInitialisers } from './written-initialisers.js';

type LayerConfig = NonNullable<ConstructorParameters<typeof tf.layers.Layer>[0]>;

export interface MultiHeadAttentionConfig extends LayerConfig, ProjectionConfig, OptionalMaskConfig {
  readonly dtype?: tf.DataType;
  readonly numHeads: number;
  /** Size of one head. Default: the query's size by `numHeads`. */
  readonly keyDim?: number;
  /** Share of attention weights dropped in training. Default: 0. */
  readonly dropout?: number;
  /** Whether no target sees a later source. Default: false. */
  readonly causal?: boolean;
  /** Whether the last of the inputs is an attention mask. Default: false. */
  readonly attentionMask?: boolean;
}

/**
 * Multi-head attention whose projections are multiplied by 0/1 masks (Vaswani et al., NeurIPS 2017). Inputs: `[query]`
 * for self-attention, `[query, memory]`, or `[query, key, value]`, each `[batch, steps, size]` ->
 * `[batch, targets, query's size]`. Scores are scaled by 1/√d of one head; dropout acts in training alone.
 *
 * With `attentionMask: true` one more input says where a target may attend: 1, or 0 for not, `[batch, sources]`,
 * `[batch, targets, sources]` or `[batch, heads, targets, sources]`. A target that may attend to nothing gets the
 * output of zeros. Masks of Keras (`maskZero`) are refused, not passed over.
 *
 * Weights: `query_kernel` `[size, heads · keyDim]`, `key_kernel`, `value_kernel`, `output_kernel`, their `…_bias`, and
 * `…_mask` for each of them.
 *
 * @throws HeadgateError `INVALID_OPTIONS`; `WRONG_SHAPE` when heads do not divide the query's size, or inputs are not
 *   `[batch, steps, size]`
 * @example
 * const x = tf.input({ shape: [16, 32] });
 * const attended = new MaskedMultiHeadAttention({ numHeads: 4, causal: true }).apply(x);
 */
export class MaskedMultiHeadAttention
  extends maskedLayer<MultiHeadAttentionConfig>(PlainLayer, { optional: true })
  implements Dropping
{
  static readonly className = 'MaskedMultiHeadAttention';
  dropoutFunc: Dropping['dropoutFunc'] = null;
  private readonly numHeads: number;
  private readonly keyDim: number | null;
  private readonly dropout: number;
  private readonly causal: boolean;
  private readonly attentionMask: boolean;
  private readonly initialisers: Initialisers;
  private projections: Projections | null = null;

  constructor(config: MultiHeadAttentionConfig) {
    super(config);
    const at = (option: string): string => `${this.name}.${option}`;
    this.numHeads = wholeNumber({ least: 1 }).read(config.numHeads, at('numHeads'));
    this.keyDim = (config.keyDim ?? null) === null ? null : wholeNumber({ least: 1 }).read(config.keyDim, at('keyDim'));
    this.dropout = number({ least: 0, below: 1 }).read(config.dropout ?? 0, at('dropout'));
    this.causal = flag.read(config.causal ?? false, at('causal'));
    this.attentionMask = flag.read(config.attentionMask ?? false, at('attentionMask'));
    this.initialisers = initialisersOf(config);
  }

  /** The shapes of query, key and value. */
  private attended(shape: tf.Shape | tf.Shape[]): readonly [tf.Shape, tf.Shape, tf.Shape] {
    const shapes = shapesIn(shape);
    const [query, key = query, value = key, ...others] = this.attentionMask ? shapes.slice(0, -1) : shapes;
    const known = [query, key, value].filter((one) => one?.length === 3 && one[2] !== null);
    if (query === undefined || key === undefined || value === undefined || others.length > 0 || known.length < 3) {
      throw wrongShape(this, {
        problem: 'these are no inputs of attention',
        expected: `[query], [query, memory] or [query, key, value], each [batch, steps, size]${this.attentionMask ? ', and an attention mask' : ''}`,
        received: shapes.map(shapeText).join(', '),
      });
    }
    return [query, key, value];
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    const [query, key, value] = this.attended(inputShape).map((shape) => Number(shape[2])) as [number, number, number];
    if (this.keyDim === null && query % this.numHeads !== 0) {
      throw wrongShape(this, {
        problem: 'the heads do not divide the size of the query',
        expected: `a multiple of numHeads, ${this.numHeads}`,
        received: `${query}`,
        mend: 'Choose another `numHeads`, or give `keyDim`.',
      });
    }
    const inner = this.keyDim === null ? query : this.keyDim * this.numHeads;
    const add = (name: string, shape: number[], initializer: Initialisers['kernel']) =>
      this.addWeight(name, shape, 'float32', initializer, undefined, true);
    this.projections = projections(add, '', { query, key, value, inner }, this.initialisers);
    super.build(inputShape);
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    return this.attended(inputShape)[0];
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: Parameters<tf.layers.Layer['call']>[1]): tf.Tensor {
    return tf.tidy(() => {
      const given = tensorsIn(inputs);
      const mask = this.attentionMask ? given.at(-1) : undefined;
      const [query, key = query, value = key] = this.attentionMask ? given.slice(0, -1) : given;
      if (query === undefined || key === undefined || value === undefined || this.projections === null) {
        throw new Error(`${this.name} was called before it was built`);
      }
      return multiHead({ query, key, value }, this.projections, this.numHeads, {
        mask: mask === undefined ? null : broadcastMask(mask),
        causal: this.causal,
        dropout: (weights) => dropped(this, weights, this.dropout, kwargs.training === true),
      });
    });
  }

  override getConfig(): tf.serialization.ConfigDict {
    return {
      ...super.getConfig(),
      numHeads: this.numHeads,
      keyDim: this.keyDim,
      dropout: this.dropout,
      causal: this.causal,
      attentionMask: this.attentionMask,
      ...writtenInitialisers(this.initialisers),
    };
  }
}

tf.serialization.registerClass(MaskedMultiHeadAttention);
