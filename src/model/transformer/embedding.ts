/** @file The encoder's way in: ids or vectors become vectors of its width, with positions added, and their mask. */
import { HeadgateError } from '../../errors.js';
import { tf } from '../../tf.js';
import { shapeText } from '../masked/layer-config.js';
import { PositionalEncoding } from '../masked/positional-encoding.js';
import { applied, type Symbolic, type WithMask } from './composed.js';
import { afterDropout, dropout } from './encoder-block.js';
import { MaskedPositions } from './masked-positions.js';
import type { EncoderOptions } from './options.js';
import { PositionEmbedding } from './position-embedding.js';
import { TokenMask } from './token-mask.js';

interface Embedded {
  readonly x: Symbolic;
  readonly mask: Symbolic;
}

/**
 * Ids or vectors -> vectors of the encoder's width, with positions added. Embeddings are drawn normal: of length 1, as
 * learned positions are, or as large as the sines beside them. Much smaller ones drown in the sines; much larger ones in
 * learned positions take long to move (both measured: see docs/transformer.md).
 */
export function embedding(own: EncoderOptions): (inputs: Symbolic | WithMask) => Embedded {
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

/** @throws HeadgateError `WRONG_SHAPE` */
function requireShape(own: EncoderOptions, given: Symbolic, mask: Symbolic | null): void {
  const isIds = own.vocabulary !== undefined;
  const [, steps = null] = given.shape;
  const isFitting = given.shape.length === (isIds ? 2 : 3) && given.shape.slice(1).every((size) => size !== null);
  const isMasked = mask === null ? isIds : mask.shape.length === 2 && mask.shape[1] === steps;
  const isShort = steps === null || own.length === undefined || steps <= own.length;
  if (isFitting && isMasked && isShort) return;
  const length = own.length === undefined ? 'length' : `up to ${own.length}`;
  const values = isIds ? `ids [batch, ${length}]` : `vectors [batch, ${length}, size]`;
  const [problem, mend] = !isFitting
    ? ['it was made for other inputs', isIds ? 'For vectors, leave `vocabulary` out.' : 'For ids, give `vocabulary`.']
    : isShort
      ? ['the mask does not fit', 'Vectors need one: `apply([vectors, mask])`, 1 where a position is there.']
      : ['it was made for fewer positions', 'Choose a greater `length`.'];
  throw new HeadgateError({
    code: 'WRONG_SHAPE',
    path: own.name,
    problem,
    expected: `${values}${isIds && mask === null ? '' : ', and a mask [batch, length]'}`,
    received: [given, mask].flatMap((one) => (one === null ? [] : [shapeText(one.shape)])).join(', '),
    mend,
  });
}
