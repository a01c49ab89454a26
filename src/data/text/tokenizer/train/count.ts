/** @file Counts what the texts are made of: distinct words and no text, so that memory grows with the vocabulary of the data. */
import { HeadgateError, show } from '../../../../errors.js';
import type { Json } from '../../../../flow/graph.js';
import { ownCopy } from '../file/copy.js';
import { readTokenizerFile } from '../file/read-file.js';
import { libraryTokenizer } from '../library.js';
import { LONGEST_WORD, tokenizerFile } from './file.js';
import type { Training } from './options.js';

export interface Counts {
  /** How often each word, or character, is seen, as the texts are divided. */
  readonly words: ReadonlyMap<string, number>;
  readonly texts: number;
  readonly missing: number;
  /** Texts without any word: empty, or blank. */
  readonly blank: number;
  /** Words of more than `LONGEST_WORD` characters: WordPiece divides none of them, and none is a piece of `words`. */
  readonly longWords: number;
  /** Accents that normalising takes away, and all characters of the texts. */
  readonly accents: number;
  readonly characters: number;
}

/** @throws HeadgateError `INVALID_DATA` at `texts[3]` */
export function countWords(texts: Iterable<string | null>, training: Training): Counts {
  const divide = divider(training);
  const words = new Map<string, number>();
  const seen = { texts: 0, missing: 0, blank: 0, longWords: 0, accents: 0, characters: 0 };
  let place = 0;
  for (const text of iterated(texts)) {
    if (text === null || text === undefined) seen.missing += 1;
    else {
      const own = checkText(text, place);
      const divided = divide(own);
      seen.texts += 1;
      seen.characters += own.length;
      if (divided.length === 0) seen.blank += 1;
      if (training.stripAccents) seen.accents += accentsIn(own);
      for (const word of divided) {
        if (isLong(word)) seen.longWords += 1;
        else words.set(word, (words.get(word) ?? 0) + 1);
      }
    }
    place += 1;
  }
  return { words, ...seen };
}

/** Normalises and divides as the tokenizer to be will: by the library itself, which passes on the words of a WordLevel model. */
function divider(training: Training): (text: string) => readonly string[] {
  const file: Json = tokenizerFile([], { ...training, kind: training.kind === 'characters' ? 'characters' : 'words' });
  const { library, unknown } = readTokenizerFile(ownCopy(file));
  const tokenizer = libraryTokenizer(library, unknown);
  return (text) => tokenizer.tokenize(text.replace(/\p{Surrogate}/gu, '\uFFFD'));
}

function iterated(texts: unknown): Iterable<unknown> {
  if (typeof texts === 'object' && texts !== null && Symbol.iterator in texts) return texts as Iterable<unknown>; // as just seen
  throw new HeadgateError({
    code: 'INVALID_DATA',
    path: 'texts',
    problem: 'These are no texts.',
    expected: 'a list of strings, or anything else to iterate over',
    received: show(texts),
  });
}

function checkText(text: unknown, place: number): string {
  if (typeof text === 'string') return text;
  throw new HeadgateError({
    code: 'INVALID_DATA',
    path: `texts[${place}]`,
    problem: 'This is no text.',
    expected: 'a string, or null where it is missing',
    received: show(text),
  });
}

function isLong(word: string): boolean {
  return word.length > LONGEST_WORD && (word.length > 2 * LONGEST_WORD || [...word].length > LONGEST_WORD);
}

const accentsIn = (text: string): number => (text.normalize('NFD').match(/\p{Mn}/gu) ?? []).length;
