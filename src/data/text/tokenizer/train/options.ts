/** @file How a tokenizer is to be trained. */
import { flag, type OptionsOf, oneOf, optional, readOptions, wholeNumber, withDefault } from '../../../../options.js';
import { MOST_PIECES } from '../file/vocabulary.js';
import { SPECIAL } from './special.js';

export interface TokenizerOptions {
  /**
   * - `wordPiece`: words in pieces, as BERT reads them: frequent words whole, others in parts.
   * - `characters`: Unicode code points, blanks and line ends among them.
   * - `words`: whole words; any other word is unknown.
   */
  readonly kind: 'wordPiece' | 'characters' | 'words';
  /** Pieces at most, the five special ones included. Default 4,096 for `wordPiece`, 10,000 for `words`, all there are for `characters`. */
  readonly size?: number;
  /** A character, a word, or two pieces side by side that are seen less often make no piece. Default 1. */
  readonly minimumCount?: number;
  /** Default true, but not for `characters`. */
  readonly lowercase?: boolean;
  /** `é` is read as `e`. Default true for `wordPiece`, false for others. */
  readonly stripAccents?: boolean;
}

const schema = {
  kind: oneOf(['wordPiece', 'characters', 'words']),
  size: optional(wholeNumber({ least: SPECIAL.length + 1, most: MOST_PIECES })),
  minimumCount: withDefault(wholeNumber({ least: 1 }), 1),
  lowercase: optional(flag),
  stripAccents: optional(flag),
};

export interface Training {
  readonly kind: TokenizerOptions['kind'];
  readonly size: number;
  readonly minimumCount: number;
  readonly lowercase: boolean;
  readonly stripAccents: boolean;
}

const SIZES = { wordPiece: 4096, words: 10_000, characters: MOST_PIECES } as const;

export function readTraining(given: TokenizerOptions): Training {
  const { kind, size, minimumCount, lowercase, stripAccents }: OptionsOf<typeof schema> = readOptions(
    'trainTokenizer',
    schema,
    given,
  );
  return {
    kind,
    size: size ?? SIZES[kind],
    minimumCount,
    lowercase: lowercase ?? kind !== 'characters',
    stripAccents: stripAccents ?? kind === 'wordPiece',
  };
}
