/** @file Which pieces a vocabulary has, and in which order: the first of them are the smaller vocabulary. */
import type { Counts } from './count.js';
import { CONTINUING, standsAlone } from './file.js';
import type { Training } from './options.js';
import { SPECIAL } from './special.js';
import { mergedPieces } from './word-pieces.js';

/** A word or character, and how often it is seen. */
export interface Counted {
  readonly text: string;
  readonly count: number;
}

export interface Vocabulary {
  /** After the special ones, by id. */
  readonly pieces: readonly string[];
  /** Words (of `wordPiece` and `characters`: characters) without a piece, the most frequent first. */
  readonly leftOut: readonly Counted[];
}

export function vocabularyOf({ words }: Counts, training: Training): Vocabulary {
  const room = training.size - SPECIAL.length;
  if (training.kind === 'wordPiece') return wordPieces(words, training, room);
  const ranked = byCount(words);
  const kept = ranked.filter(({ count }) => count >= training.minimumCount).slice(0, room);
  return { pieces: kept.map(({ text }) => text), leftOut: ranked.slice(kept.length) };
}

/** Ties by text, so that the order of the lines does not matter. */
function byCount(counts: ReadonlyMap<string, number>): readonly Counted[] {
  const all = [...counts].map(([text, count]) => ({ text, count }));
  return all.sort((a, b) => b.count - a.count || (a.text < b.text ? -1 : 1));
}

/**
 * Every character as the first of a word and as a further one, so that no word of known characters is unknown; then what is
 * merged.
 */
function wordPieces(words: ReadonlyMap<string, number>, { minimumCount }: Training, room: number): Vocabulary {
  const ranked = byCount(charactersOf(words));
  const frequent = ranked.filter(({ count }) => count >= minimumCount);
  const formsOf = ({ text }: Counted) => (standsAlone(text) ? [text] : [text, CONTINUING + text]);
  const alphabet = frequent.flatMap(formsOf).slice(0, room);
  const known = new Set(alphabet);
  const isWhole = (character: Counted) => formsOf(character).every((form) => known.has(form));
  const leftOut = ranked.filter((character) => !isWhole(character));
  const strange = new Set(leftOut.map(({ text }) => text));
  const whole = new Map([...words].filter(([word]) => ![...word].some((character) => strange.has(character))));
  return { pieces: [...alphabet, ...mergedPieces(whole, alphabet, room - alphabet.length, minimumCount)], leftOut };
}

function charactersOf(words: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const [word, count] of words) {
    for (const character of word) counts.set(character, (counts.get(character) ?? 0) + count);
  }
  return counts;
}
