import { tf } from '../../tf.js';
import { broadcastMask } from './attention.js';
import { shapesIn, tensorsIn } from './layer-config.js';
import {
  dropping,
  type FeedForward,
  fed,
  feedForward,
  norms,
  requireSize,
  withResidual,
} from './transformer-config.js';
import { TransformerLayer } from './transformer-layer.js';
import { multiHead, type Norm, type Projections, projections } from './transformer-parts.js';

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
export class MaskedTransformerEncoderLayer extends TransformerLayer {
  static readonly className = 'MaskedTransformerEncoderLayer';
  private parts: Built | null = null;

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    const size = requireSize(this, shapesIn(inputShape)[0], this.options.numHeads);
    const { initialisers } = this.options;
    const sizes = { query: size, key: size, value: size, inner: size };
    this.parts = {
      attention: projections(this.add, 'self_attention_', sizes, initialisers),
      feedForward: feedForward(this.add, size, this.options),
      norms: norms(this.add, 2, size, this.options),
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
}

tf.serialization.registerClass(MaskedTransformerEncoderLayer);
