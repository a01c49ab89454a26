/** @file A transformer's encoder as tfjs layers, composed: for backbones. */
import type { tf } from '../../tf.js';
import { applied, type Composed, type WithMask } from './composed.js';
import { embedding } from './embedding.js';
import { encoderBlock, layerNormalisation } from './encoder-block.js';
import { MaskedPositions } from './masked-positions.js';
import { readEncoderOptions, type TransformerEncoderOptions } from './options.js';

/**
 * A transformer's encoder: blocks of multi-head attention and two dense layers, normalised in front (PyTorch's
 * `TransformerEncoderLayer` with `norm_first`, and its last norm). `apply` takes ids `[batch, length]` (`vocabulary`),
 * whole numbers as int32 or float32, or vectors `[batch, length, size]`, and gives `[batch, length, width]`.
 *
 * **Which positions are there** is a tensor like any other, `[batch, length]`, 1 or 0, handed on by hand: `apply([x, mask])`.
 * Ids alone are there where they are not `padding`. (tfjs can send masks along beside its tensors, unseen; most layers drop
 * them in silence there, and cutting or compiling a network loses them.) No position attends to one that is not there, and
 * what stood there is replaced before anything reads it: it changes no byte of outputs, losses or gradients. The output
 * there is 0, so a row without any position gives zeros.
 *
 * **Weights** are those of its layers: `encoder/tokens/embeddings` (of vectors: `encoder/project/kernel`, `…/bias`),
 * `encoder/positions/embeddings`, `encoder/block1/attention/query/kernel` `[width, width]`, `…/key/…`, `…/value/…`,
 * `…/output/…`, `encoder/block1/feedForward/first/kernel`, `…/second/…`, `encoder/block1/attention/norm/gamma`,
 * `…/feedForward/norm/…`, `encoder/norm/…`. An encoder that is applied twice has them once.
 *
 * @throws HeadgateError `INVALID_OPTIONS`; of `apply` `WRONG_SHAPE`
 * @example
 * const line = tf.input({ shape: [64] }); // ids
 * const mask = tokenMask().apply(line);
 * const encoder = transformerEncoder({ vocabulary: 4096, width: 128, layers: 4, heads: 4 });
 * const tokens = encoder.apply([line, mask]);
 * const features = { tokens, sentence: maskedMean().apply([tokens, mask]) };
 */
export function transformerEncoder(options: TransformerEncoderOptions): Composed<tf.SymbolicTensor | WithMask> {
  const own = readEncoderOptions(options);
  const embed = embedding(own);
  const blocks = Array.from({ length: own.layers }, (_, i) => encoderBlock(`${own.name}/block${i + 1}`, own));
  const norm = layerNormalisation(`${own.name}/norm`);
  const last = new MaskedPositions({ name: `${own.name}/output` });
  return {
    apply: (inputs) => {
      const { x, mask } = embed(inputs);
      const encoded = blocks.reduce((before, block) => block(before, mask), x);
      return applied(last, [applied(norm, encoded), mask]);
    },
  };
}
