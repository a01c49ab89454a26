/** @file A transformer's encoder as tfjs layers, composed: for backbones. */
import { HeadgateError } from '../../errors.js';
import { optional, readOptions, text, wholeNumber, withDefault } from '../../options.js';
import { tf } from '../../tf.js';
import { shapeText } from '../masked/layer-config.js';
import { PositionalEncoding } from '../masked/positional-encoding.js';
import { afterDropout, applied, dropout, encoderBlock, layerNormalisation, type Symbolic } from './encoder-block.js';
import { MaskedMean } from './masked-mean.js';
import { MaskedPositions } from './masked-positions.js';
import { type EncoderOptions, readEncoderOptions, type TransformerEncoderOptions } from './options.js';
import { PositionEmbedding } from './position-embedding.js';
import { TokenMask } from './token-mask.js';

/** What is applied to symbolic tensors, in a backbone, as layers are. */
export interface Composed<Inputs> {
  readonly apply: (inputs: Inputs) => tf.SymbolicTensor;
}

/** Values and the mask `[batch, length]` that says which of them are there. */
export type WithMask = readonly [values: tf.SymbolicTensor, mask: tf.SymbolicTensor];

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
 * const mask = tokenMask().apply(line); // line: ids, an input of shape [64]
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

/**
 * Which positions of ids `[batch, length]` are there: 1 where the id is not `padding`, else 0.
 *
 * @throws HeadgateError `INVALID_OPTIONS`
 * @example
 * const mask = tokenMask({ padding: 0 }).apply(line);
 */
export function tokenMask(options: TokenMaskOptions = {}): Composed<tf.SymbolicTensor> {
  const { name, padding } = readOptions(
    'tokenMask',
    { name: optional(text), padding: withDefault(wholeNumber({ least: 0 }), 0) },
    options,
  );
  const layer = new TokenMask({ padding, ...(name === undefined ? {} : { name }) });
  return { apply: (ids) => applied(layer, ids) };
}

export interface TokenMaskOptions {
  readonly name?: string | undefined;
  /** The id that fills up short rows. Default: 0. */
  readonly padding?: number | undefined;
}

/**
 * The mean of vectors over the positions that are there, `[batch, length, size]` and a mask `[batch, length]` ->
 * `[batch, size]`; zeros for a row without any.
 *
 * @throws HeadgateError `INVALID_OPTIONS`; of `apply` `WRONG_SHAPE`
 * @example
 * const sentence = maskedMean().apply([tokens, mask]);
 */
export function maskedMean(options: MaskedMeanOptions = {}): Composed<WithMask> {
  const { name } = readOptions('maskedMean', { name: optional(text) }, options);
  const layer = new MaskedMean(name === undefined ? {} : { name });
  return { apply: (inputs) => applied(layer, [...inputs]) };
}

export interface MaskedMeanOptions {
  readonly name?: string | undefined;
}

interface Embedded {
  readonly x: Symbolic;
  readonly mask: Symbolic;
}

/**
 * Ids or vectors -> vectors of the encoder's width, with positions added. Embeddings are drawn normal: of length 1, as
 * learned positions are, or as large as the sines beside them. Much smaller ones drown in the sines; much larger ones in
 * learned positions take long to move (both measured: see docs/transformer.md).
 */
function embedding(own: EncoderOptions): (inputs: Symbolic | WithMask) => Embedded {
  const { name, vocabulary, padding, width } = own;
  const isIds = vocabulary !== undefined;
  const read = isIds
    ? tf.layers.embedding({
        ...{ inputDim: vocabulary, outputDim: width, name: `${name}/tokens` },
        embeddingsInitializer: drawn(own),
      })
    : tf.layers.dense({ units: width, kernelInitializer: 'glorotUniform', name: `${name}/project` });
  const made = new TokenMask({ padding, name: `${name}/mask` });
  const kept = new MaskedPositions({ fill: isIds ? padding : 0, name: `${name}/input` });
  const drop = dropout(own.dropout, `${name}/dropout`);
  let place: tf.layers.Layer | null = null;
  return (inputs) => {
    const [given, mask] = isOne(inputs) ? [inputs, null] : inputs;
    requireShape(own, given, mask);
    const there = mask ?? applied(made, given);
    const x = applied(read, mask === null ? given : applied(kept, [given, mask]));
    place ??= positions(own, Number(given.shape[1]));
    return { x: afterDropout(drop, place === null ? x : applied(place, x)), mask: there };
  };
}

function drawn({ positions: kind, width }: EncoderOptions): ReturnType<typeof tf.initializers.randomNormal> {
  const stddev = kind === 'sinusoidal' ? Math.SQRT1_2 : 1 / Math.sqrt(width);
  return tf.initializers.randomNormal({ mean: 0, stddev });
}

function positions(own: EncoderOptions, steps: number): tf.layers.Layer | null {
  const { name, positions: kind, length } = own;
  if (kind === 'none') return null;
  if (kind === 'sinusoidal') return new PositionalEncoding({ dropout: 0, name: `${name}/positions` });
  return new PositionEmbedding({
    length: length ?? steps,
    embeddingsInitializer: drawn(own),
    name: `${name}/positions`,
  });
}

function isOne(inputs: Symbolic | WithMask): inputs is Symbolic {
  return !Array.isArray(inputs);
}

function requireShape({ name, vocabulary }: EncoderOptions, given: Symbolic, mask: Symbolic | null): void {
  const isIds = vocabulary !== undefined;
  const [, steps] = given.shape;
  const isFitting = given.shape.length === (isIds ? 2 : 3) && given.shape.slice(1).every((size) => size !== null);
  const isMasked = mask === null ? isIds : mask.shape.length === 2 && mask.shape[1] === steps;
  if (isFitting && isMasked) return;
  const values = isIds ? 'ids [batch, length]' : 'vectors [batch, length, size]';
  throw new HeadgateError({
    code: 'WRONG_SHAPE',
    path: name,
    problem: isFitting ? 'the mask does not fit' : 'the encoder was made for other inputs',
    expected: `${values}${isIds && mask === null ? '' : ', and a mask [batch, length]'}`,
    received: [given, mask].flatMap((one) => (one === null ? [] : [shapeText(one.shape)])).join(', '),
    mend: isFitting
      ? 'Vectors need one: `apply([vectors, mask])`, 1 where a position is there.'
      : isIds
        ? 'For vectors, leave `vocabulary` out.'
        : 'For ids, give `vocabulary`.',
  });
}
