/** @file Attention as arithmetic on tensors (Vaswani et al., Attention Is All You Need, NeurIPS 2017). */
import { tf } from '../../tf.js';

export interface AttentionOptions {
  /** Multiplies the scores; 1/√d by the paper. */
  readonly scale: number;
  /** 1 where a target may attend to a source, else 0; broadcast to `[batch, heads, targets, sources]`. */
  readonly mask?: tf.Tensor | null;
  /** Whether no target sees a later source. */
  readonly causal?: boolean;
  /** Applied to the attention weights. */
  readonly dropout?: (weights: tf.Tensor) => tf.Tensor;
}

/**
 * softmax(scale · Q Kᵀ) V over the last two axes: query `[…, targets, d]`, key `[…, sources, d]`, value
 * `[…, sources, e]` -> `[…, targets, e]`. A target that may attend to nothing gets zeros.
 */
export function attend(query: tf.Tensor, key: tf.Tensor, value: tf.Tensor, options: AttentionOptions): tf.Tensor {
  const { scale, mask = null, causal = false, dropout = (weights) => weights } = options;
  const scores = tf.matMul(query, key, false, true).mul(scale);
  const [targets = 0, sources = 0] = scores.shape.slice(-2);
  const masks = [mask, causal ? causalMask(targets, sources) : null].filter((one) => one !== null);
  const [allowed, ...others] = masks.map((one) => one.cast('float32'));
  if (allowed === undefined) return tf.matMul(dropout(tf.softmax(scores)), value);
  const both = others.reduce((product, one) => product.mul(one), allowed);
  // exp(−1e9) is exactly 0, unless all of a row are: the product takes those out.
  const weights = tf.softmax(scores.add(both.sub(1).mul(1e9)));
  return tf.matMul(dropout(weights), value).mul(both.sum(-1, true).minimum(1));
}

function causalMask(targets: number, sources: number): tf.Tensor {
  const values = Float32Array.from({ length: targets * sources }, (_, i) =>
    Number(i % sources <= Math.floor(i / sources)),
  );
  return tf.tensor2d(values, [targets, sources]);
}

/** `[batch, sources]`, `[batch, targets, sources]` or `[batch, heads, targets, sources]`, ready to be broadcast. */
export function broadcastMask(mask: tf.Tensor): tf.Tensor {
  if (mask.rank === 2) return mask.expandDims(1).expandDims(1);
  return mask.rank === 3 ? mask.expandDims(1) : mask;
}

/** `[batch, steps, heads · d]` -> `[batch, heads, steps, d]`. */
export function splitHeads(x: tf.Tensor, heads: number): tf.Tensor {
  const [batch = 0, steps = 0, size = 0] = x.shape;
  return x.reshape([batch, steps, heads, size / heads]).transpose([0, 2, 1, 3]);
}

/** `[batch, heads, steps, d]` -> `[batch, steps, heads · d]`. */
export function mergeHeads(x: tf.Tensor): tf.Tensor {
  const [batch = 0, heads = 0, steps = 0, size = 0] = x.shape;
  return x.transpose([0, 2, 1, 3]).reshape([batch, steps, heads * size]);
}
