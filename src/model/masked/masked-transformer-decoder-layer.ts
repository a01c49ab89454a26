import { tf } from '../../tf.js';
import { broadcastMask } from './attention.js';
import { shapesIn, shapeText, tensorsIn, wrongShape } from './layer-config.js';
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
  readonly selfAttention: Projections;
  readonly crossAttention: Projections;
  readonly feedForward: FeedForward;
  readonly norms: readonly Norm[];
}

/**
 * A transformer's decoder layer whose projections are multiplied by 0/1 masks (Vaswani et al., NeurIPS 2017; the
 * options and defaults of PyTorch): self-attention, attention to the encoder's memory and a feed-forward pair, each
 * with residual, dropout and layer normalisation. Inputs `[target, memory]`, `[batch, steps, size]` and
 * `[batch, sources, any size]` -> the target's shape. `causal: true` for targets that are produced one after the other.
 * With `attentionMask: true` a third input says which of the memory a target may attend to, as
 * `MaskedMultiHeadAttention` takes it.
 *
 * Weights: as `MaskedTransformerEncoderLayer`'s, and `cross_attention_query_kernel`, …; three norms.
 *
 * @throws HeadgateError `INVALID_OPTIONS`; `WRONG_SHAPE` when the heads do not divide the target's size or there is no
 *   memory
 * @example
 * const [target, memory] = [tf.input({ shape: [8, 32] }), tf.input({ shape: [16, 32] })];
 * const decoded = new MaskedTransformerDecoderLayer({ numHeads: 4, causal: true }).apply([target, memory]);
 */
export class MaskedTransformerDecoderLayer extends TransformerLayer {
  static readonly className = 'MaskedTransformerDecoderLayer';
  private parts: Built | null = null;

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    const [target, memory] = shapesIn(inputShape);
    const size = requireSize(this, target, this.options.numHeads);
    const source = memory?.length === 3 ? memory[2] : null;
    if (typeof source !== 'number') {
      throw wrongShape(this, {
        problem: 'a decoder attends to the memory of an encoder',
        expected: '[target, memory], the memory [batch, sources, size]',
        received: memory === undefined ? 'the target alone' : shapeText(memory),
      });
    }
    const { initialisers } = this.options;
    const [own, cross] = [
      { query: size, key: size, value: size, inner: size },
      { query: size, key: source, value: source, inner: size },
    ];
    this.parts = {
      selfAttention: projections(this.add, 'self_attention_', own, initialisers),
      crossAttention: projections(this.add, 'cross_attention_', cross, initialisers),
      feedForward: feedForward(this.add, size, this.options),
      norms: norms(this.add, 3, size, this.options),
    };
    super.build(inputShape);
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    return shapesIn(inputShape)[0] ?? [];
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: Parameters<tf.layers.Layer['call']>[1]): tf.Tensor {
    return tf.tidy(() => {
      const [target, memory, given] = tensorsIn(inputs);
      const { options, parts } = this;
      const [first, second, third] = parts?.norms ?? [];
      const isBuilt = first !== undefined && second !== undefined && third !== undefined;
      if (target === undefined || memory === undefined || parts === null || !isBuilt) {
        throw new Error(`${this.name} was called before it was built`);
      }
      const mask = options.attentionMask && given !== undefined ? broadcastMask(given) : null;
      const drop = dropping(this, options.dropout, kwargs.training === true);
      const heads = options.numHeads;
      const own = withResidual(target, first, options, drop, (x) =>
        multiHead({ query: x, key: x, value: x }, parts.selfAttention, heads, {
          causal: options.causal,
          dropout: drop,
        }),
      );
      const crossed = withResidual(own, second, options, drop, (x) =>
        multiHead({ query: x, key: memory, value: memory }, parts.crossAttention, heads, { mask, dropout: drop }),
      );
      return withResidual(crossed, third, options, drop, (x) => fed(x, parts.feedForward, options, drop));
    });
  }
}

tf.serialization.registerClass(MaskedTransformerDecoderLayer);
