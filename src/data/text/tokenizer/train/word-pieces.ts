/**
 * @file The pieces of words, as Sennrich, Haddow and Birch (2016, "Neural Machine Translation of Rare Words with Subword
 * Units", section 3.2) find them: the two pieces that stand side by side most often become one, again and again. This is also
 * what HuggingFace's WordPiece trainer does; Schuster and Nakajima's (2012) criterion, the likelihood, is not used. Texts are
 * then read by the longest piece first, as BERT does.
 */
import { CONTINUING } from './file.js';
import { pairHeap } from './pair-heap.js';

/** More pieces than there can be. */
const BASE = 2 ** 21;

interface State {
  /** Texts of the pieces, first those of the alphabet. */
  readonly pieces: string[];
  readonly places: Map<string, number>;
  /** A word's pieces, by place. */
  readonly words: number[][];
  readonly weights: readonly number[];
  /** How often a pair is seen: left · BASE + right. */
  readonly counts: Map<number, number>;
  /** Words that may have the pair. */
  readonly wordsOf: Map<number, number[]>;
}

/**
 * Merged pieces, in the order in which they were found.
 *
 * @param words how often each is seen, in characters of the alphabet
 * @param alphabet first characters of words, and with `##` further ones
 * @param most pieces to find
 * @param minimumCount of a pair that is merged
 */
export function mergedPieces(
  words: ReadonlyMap<string, number>,
  alphabet: readonly string[],
  most: number,
  minimumCount: number,
): readonly string[] {
  const state = begun(words, alphabet);
  const heap = pairHeap();
  const push = (key: number, count: number) => {
    const left = state.pieces[Math.floor(key / BASE)] ?? '';
    heap.push({ key, count, left, merged: left + (state.pieces[key % BASE] ?? '').slice(CONTINUING.length) });
  };
  for (const [key, count] of state.counts) push(key, count);
  while (state.pieces.length < alphabet.length + most) {
    const pair = heap.pop();
    if (pair === undefined || pair.count < minimumCount) break;
    const count = state.counts.get(pair.key) ?? 0;
    if (count === pair.count) for (const [key, now] of merge(state, pair.key, pair.merged)) push(key, now);
    else if (count > 0) push(pair.key, count); // rarer since it was put in
  }
  return state.pieces.slice(alphabet.length);
}

function begun(words: ReadonlyMap<string, number>, alphabet: readonly string[]): State {
  const places = new Map(alphabet.map((piece, place) => [piece, place]));
  const state: State = {
    pieces: [...alphabet],
    places,
    words: [...words.keys()].map((word) =>
      Array.from([...word], (character, i) => places.get(i === 0 ? character : CONTINUING + character) ?? 0),
    ),
    weights: [...words.values()],
    counts: new Map(),
    wordsOf: new Map(),
  };
  for (const [word, parts] of state.words.entries()) {
    for (const key of pairsOf(parts)) {
      state.counts.set(key, (state.counts.get(key) ?? 0) + (state.weights[word] ?? 0));
      noteWord(state, key, word);
    }
  }
  return state;
}

function* pairsOf(parts: readonly number[]): Generator<number> {
  for (let i = 1; i < parts.length; i++) yield (parts[i - 1] ?? 0) * BASE + (parts[i] ?? 0);
}

function noteWord({ wordsOf }: State, key: number, word: number): void {
  const noted = wordsOf.get(key);
  if (noted === undefined) wordsOf.set(key, [word]);
  else noted.push(word);
}

/** Makes one piece of a pair, wherever it stands. Gives the pairs that are more frequent than before, with their counts. */
function merge(state: State, pair: number, merged: string): readonly (readonly [number, number])[] {
  const { pieces, places, words, weights, counts } = state;
  const piece = places.get(merged) ?? pieces.push(merged) - 1; // it may be known by another division
  places.set(merged, piece);
  const before = new Map<number, number>();
  const add = (key: number, weight: number) => {
    const count = counts.get(key) ?? 0;
    if (!before.has(key)) before.set(key, count);
    counts.set(key, count + weight);
  };
  for (const word of state.wordsOf.get(pair) ?? []) {
    const old = words[word] ?? [];
    const own = joined(old, pair, piece);
    if (own.length === old.length) continue; // its pair is part of another piece by now
    const weight = weights[word] ?? 0;
    for (const key of pairsOf(old)) add(key, -weight);
    for (const key of pairsOf(own)) {
      add(key, weight);
      if (key % BASE === piece || Math.floor(key / BASE) === piece) noteWord(state, key, word);
    }
    words[word] = own;
  }
  state.wordsOf.delete(pair);
  const changed = [...before].map(([key, then]) => [key, counts.get(key) ?? 0, then] as const);
  for (const [key, now] of changed) if (now === 0) counts.delete(key);
  return changed.filter(([, now, then]) => now > then).map(([key, now]) => [key, now] as const);
}

/** From left to right: `aaa` has the pair `aa` once. */
function joined(parts: readonly number[], pair: number, piece: number): number[] {
  const own: number[] = [];
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i] ?? 0;
    const isPair = i + 1 < parts.length && part * BASE + (parts[i + 1] ?? 0) === pair;
    own.push(isPair ? piece : part);
    if (isPair) i += 1;
  }
  return own;
}
