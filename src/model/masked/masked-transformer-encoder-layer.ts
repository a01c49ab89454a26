import { tf } from '../../tf.js';
import { broadcastMask } from './attention.js';
import { shapesIn, tensorsIn } from './layer-config.js';
import { maskedLayer } from './masked-layer.js';
import { type Initializer, PlainLayer } from './tfjs-classes.js';
import {
  dropping,
  type FeedForward,
  fed,
  feedForward,
  norms,
  requireSize,
  type TransformerLayerConfig,
  type TransformerOptions,
  transformerOptions,
  withResidual,
  writtenOptions,
} from './transformer-config.js';
import { type Dropping, multiHead, type Norm, type Projections, projections } from './transformer-parts.js';

interface Built {
  readonly attention: Projections;
  readonly feedForward: FeedForward;
  readonly norms: readonly Norm[];
}

/**
 * A transformer's encoder layer whose projections are multiplied by 0/1 masks (Vaswani et al., NeurIPS 2017; the
 * options and defaults of PyTorch): self-attention and a feed-forward pair, each with residual, dropout and layer
 * normalisation. `[batch, steps, size]` -> the same; with `attentionMask: true` the inputs are `[x, mask]`, the mask as
 * `MaskedMultiHeadAttention` takes it.
 *
 * Weights: `self_attention_query_kernel` `[size, size]`, …`_key_`…, …`_value_`…, …`_output_`…, `feed_forward_1_kernel`
 * `[size, feedForwardSize]`, `feed_forward_2_kernel`, their `…_bias`, and `…_mask` of each; `norm_1_gamma`,
 * `norm_1_beta`, `norm_2_…`, which have none.
 *
 * @throws HeadgateError `INVALID_OPTIONS`; `WRONG_SHAPE` when the heads do not divide the size
 * @example
 * const x = tf.input({ shape: [16, 32] });
 * const encoded = new MaskedTransformerEncoderLayer({ numHeads: 4, feedForwardSize: 64, normFirst: true }).apply(x);
 */
export class MaskedTransformerEncoderLayer
  extends maskedLayer<TransformerLayerConfig>(PlainLayer, { optional: true })
  implements Dropping
{
  static readonly className = 'MaskedTransformerEncoderLayer';
  dropoutFunc: Dropping['dropoutFunc'] = null;
  private readonly options: TransformerOptions;
  private parts: Built | null = null;

  constructor(config: TransformerLayerConfig) {
    super(config);
    this.options = transformerOptions(this.name, config);
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    const size = requireSize(this, shapesIn(inputShape)[0], this.options.numHeads);
    const { initialisers } = this.options;
    const add = (name: string, shape: number[], initializer: Initializer) =>
      this.addWeight(name, shape, 'float32', initializer, undefined, true);
    const sizes = { query: size, key: size, value: size, inner: size };
    this.parts = {
      attention: projections(add, 'self_attention_', sizes, initialisers),
      feedForward: feedForward(add, size, this.options),
      norms: norms(add, 2, size, this.options),
    };
    super.build(inputShape);
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    const [shape] = shapesIn(inputShape);
    requireSize(this, shape, this.options.numHeads);
    return shape ?? [];
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: Parameters<tf.layers.Layer['call']>[1]): tf.Tensor {
    return tf.tidy(() => {
      const [x, given] = tensorsIn(inputs);
      const { options, parts } = this;
      const [first, second] = parts?.norms ?? [];
      if (x === undefined || parts === null || first === undefined || second === undefined) {
        throw new Error(`${this.name} was called before it was built`);
      }
      const mask = options.attentionMask && given !== undefined ? broadcastMask(given) : null;
      const drop = dropping(this, options.dropout, kwargs.training === true);
      const attention = { mask, causal: options.causal, dropout: drop };
      const attended = withResidual(x, first, options, drop, (own) =>
        multiHead({ query: own, key: own, value: own }, parts.attention, options.numHeads, attention),
      );
      return withResidual(attended, second, options, drop, (own) => fed(own, parts.feedForward, options, drop));
    });
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), ...writtenOptions(this.options) };
  }
}

tf.serialization.registerClass(MaskedTransformerEncoderLayer);
