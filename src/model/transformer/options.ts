/** @file Options of `transformerEncoder`. */
import { invalidOption, number, oneOf, optional, readOptions, text, wholeNumber, withDefault } from '../../options.js';

export interface TransformerEncoderOptions {
  /** Before the names of its layers; two encoders of one backbone need two. Default: `'encoder'`. */
  readonly name?: string | undefined;
  /** How many ids there are, 0 to `vocabulary` - 1, up to 2^24: float32 holds no more. Left out, the inputs are vectors. */
  readonly vocabulary?: number | undefined;
  /** The id that fills up short rows, where no mask is given. Default: 0. */
  readonly padding?: number | undefined;
  /** Size of the vector at each position. */
  readonly width: number;
  /** Blocks, one upon the other. */
  readonly layers: number;
  /** Parts into which `width` is cut, each with an attention of its own. */
  readonly heads: number;
  /** Width between the two dense layers of a block. Default: 4 × `width`. */
  readonly feedForward?: number | undefined;
  /** Between these two: `'gelu'` is x Φ(x), not its approximation. Default: `'gelu'`. */
  readonly activation?: 'gelu' | 'relu' | undefined;
  /** Share dropped in training: of the embedding, of attention weights, of what each part of a block gives, and between the dense layers. Default: 0.1. */
  readonly dropout?: number | undefined;
  /** What is added to tell positions apart: learned vectors, sines and cosines, or nothing. Default: `'learned'`. */
  readonly positions?: 'learned' | 'sinusoidal' | 'none' | undefined;
  /** The most positions that inputs may have; there is a learned one for each. Default: as many as the first inputs have. */
  readonly length?: number | undefined;
}

/** As they are used. */
export type EncoderOptions = ReturnType<typeof readEncoderOptions>;

/** @throws HeadgateError `INVALID_OPTIONS` */
export function readEncoderOptions(given: TransformerEncoderOptions) {
  const size = wholeNumber({ least: 1 });
  const options = readOptions(
    'transformerEncoder',
    {
      name: withDefault(text, 'encoder'),
      vocabulary: optional(wholeNumber({ least: 1, most: 2 ** 24 })),
      padding: withDefault(wholeNumber({ least: 0 }), 0),
      width: size,
      layers: size,
      heads: size,
      feedForward: optional(size),
      activation: withDefault(oneOf(['gelu', 'relu']), 'gelu'),
      dropout: withDefault(number({ least: 0, below: 1 }), 0.1),
      positions: withDefault(oneOf(['learned', 'sinusoidal', 'none']), 'learned'),
      length: optional(size),
    },
    given,
    { embedding: 'width', dModel: 'width', hidden: 'feedForward', vocab: 'vocabulary', depth: 'layers' },
  );
  const { width, heads, vocabulary, padding } = options;
  if (width % heads !== 0) {
    throw invalidOption('transformerEncoder.heads', heads, {
      expected: `a number that divides width, ${width}`,
      problem: 'each head has an equal part of the width',
    });
  }
  if (vocabulary === undefined && given.padding !== undefined) {
    throw invalidOption('transformerEncoder.padding', padding, {
      expected: 'nothing, or a `vocabulary` beside it',
      problem: 'of vectors none is known to be padding',
      mend: 'Leave it out, and give a mask: `apply([vectors, mask])`.',
    });
  }
  if (vocabulary !== undefined && padding >= vocabulary) {
    throw invalidOption('transformerEncoder.padding', padding, {
      expected: `an id below vocabulary, ${vocabulary}`,
      problem: 'padding is one of the ids',
      mend: 'Count it in: `vocabulary` is the highest id and one more.',
    });
  }
  return { ...options, feedForward: options.feedForward ?? 4 * width };
}
