/** @file One block of the encoder, of tfjs's layers and an attention without weights. */
import { tf } from '../../tf.js';
import { DotProductAttention } from '../masked/dot-product-attention.js';
import { applied, type Symbolic } from './composed.js';
import type { EncoderOptions } from './options.js';

/** Added to variances: PyTorch's. */
const EPSILON = 1e-5;

export const layerNormalisation = (name: string): tf.layers.Layer =>
  tf.layers.layerNormalization({ epsilon: EPSILON, name });

/** Null at rate 0: a layer that does nothing is none. */
export const dropout = (rate: number, name: string): tf.layers.Layer | null =>
  rate === 0 ? null : tf.layers.dropout({ rate, name });

export const afterDropout = (layer: tf.layers.Layer | null, x: Symbolic): Symbolic =>
  layer === null ? x : applied(layer, x);

export type Block = (x: Symbolic, mask: Symbolic) => Symbolic;

/**
 * x + attention(norm(x)), then x + feedForward(norm(x)) (Xiong et al., On Layer Normalization in the Transformer
 * Architecture, ICML 2020): PyTorch's `TransformerEncoderLayer` with `norm_first`. Kernels are drawn as Glorot and Bengio
 * do (AISTATS 2010, uniform); those whose results are added to x are smaller by √(2 × layers), so that the sum of all is as
 * large as one would be (Radford et al., GPT-2, 2019).
 *
 * @param name before the names of its layers: `encoder/block1`
 */
export function encoderBlock(name: string, options: EncoderOptions): Block {
  const { width, heads, feedForward, activation, layers } = options;
  const at = (part: string): string => `${name}/${part}`;
  const added = (): ReturnType<typeof tf.initializers.varianceScaling> =>
    tf.initializers.varianceScaling({ scale: 1 / (2 * layers), mode: 'fanAvg', distribution: 'uniform' });
  const inner = (part: string, units: number, more: { activation?: 'gelu' | 'relu' } = {}): tf.layers.Layer =>
    tf.layers.dense({ units, name: at(part), kernelInitializer: 'glorotUniform', ...more });
  const outer = (part: string): tf.layers.Layer =>
    tf.layers.dense({ units: width, name: at(part), kernelInitializer: added() });
  const attention = {
    norm: layerNormalisation(at('attention/norm')),
    query: inner('attention/query', width),
    key: inner('attention/key', width),
    value: inner('attention/value', width),
    heads: new DotProductAttention({
      heads,
      dropout: options.dropout,
      attentionMask: true,
      name: at('attention/heads'),
    }),
    output: outer('attention/output'),
    dropout: dropout(options.dropout, at('attention/dropout')),
    sum: tf.layers.add({ name: at('attention/sum') }),
  };
  const fed = {
    norm: layerNormalisation(at('feedForward/norm')),
    first: inner('feedForward/first', feedForward, { activation }),
    between: dropout(options.dropout, at('feedForward/between')),
    second: outer('feedForward/second'),
    dropout: dropout(options.dropout, at('feedForward/dropout')),
    sum: tf.layers.add({ name: at('feedForward/sum') }),
  };
  return (x, mask) => {
    const normal = applied(attention.norm, x);
    const projected = [attention.query, attention.key, attention.value].map((layer) => applied(layer, normal));
    const attended = applied(attention.output, applied(attention.heads, [...projected, mask]));
    const middle = applied(attention.sum, [x, afterDropout(attention.dropout, attended)]);
    const wide = afterDropout(fed.between, applied(fed.first, applied(fed.norm, middle)));
    return applied(fed.sum, [middle, afterDropout(fed.dropout, applied(fed.second, wide))]);
  };
}
