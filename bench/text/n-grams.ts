/** @file What hidden tokens are without a network: from how often pieces occur, and beside which. */

/** Natural logarithms of the probability of each piece at a place, `[size]`. */
export type Guess = (sequence: ArrayLike<number>, place: number) => Float64Array;

/** How often a piece occurs, with one more of each. */
export function unigram(sequences: readonly ArrayLike<number>[], size: number): Guess {
  const counts = new Float64Array(size).fill(1);
  for (const sequence of sequences) for (const id of Array.from(sequence)) counts[id] = (counts[id] ?? 0) + 1;
  const all = counts.reduce((sum, count) => sum + count, 0);
  const logs = counts.map((count) => Math.log(count / all));
  return () => logs;
}

/** Absolute discount (Ney, Essen, Kneser 1994); .75 is usual. */
const DISCOUNT = 0.75;

/** What follows a context: how often, by piece, and how many different ones. */
interface Followers {
  readonly counts: Map<number, number>;
  total: number;
}

function tally(into: Map<number, Followers>, context: number, id: number): void {
  const own = into.get(context) ?? { counts: new Map<number, number>(), total: 0 };
  into.set(context, own);
  own.counts.set(id, (own.counts.get(id) ?? 0) + 1);
  own.total++;
}

/** Discounted counts of a context, what is left over shared out as `lower` says. */
function interpolated(own: Followers | undefined, lower: Float64Array): Float64Array {
  if (own === undefined) return lower;
  const share = (DISCOUNT * own.counts.size) / own.total;
  const mixed = lower.map((p) => share * p);
  for (const [id, count] of own.counts) mixed[id] = (mixed[id] ?? 0) + Math.max(0, count - DISCOUNT) / own.total;
  return mixed;
}

export interface NGrams {
  /** p(w | the two pieces before it): interpolated Kneser-Ney, of the true pieces before it. */
  readonly trigram: Guess;
  /** p(w | the piece before it) · p(the piece after it | w), of the true pieces beside it, made to sum to 1. */
  readonly twoSided: Guess;
}

/**
 * Sequences begin after a piece of their own.
 *
 * @param hidden the piece that says nothing of what stands there
 */
export function nGrams(sequences: readonly ArrayLike<number>[], size: number, hidden: number): NGrams {
  const START = size;
  const [pairs, triples] = [new Map<number, Followers>(), new Map<number, Followers>()];
  const before = new Map<number, Set<number>>();
  const key = (a: number, b: number): number => a * (size + 1) + b;
  for (const sequence of sequences) {
    let [a, b] = [START, START];
    for (const id of Array.from(sequence)) {
      tally(pairs, b, id);
      tally(triples, key(a, b), id);
      const own = before.get(id) ?? new Set<number>();
      before.set(id, own.add(b));
      [a, b] = [b, id];
    }
  }
  // In how many contexts a piece occurs, not how often (Kneser and Ney 1995); with one more of each.
  const continuations = Float64Array.from({ length: size }, (_, id) => (before.get(id)?.size ?? 0) + 1);
  const all = continuations.reduce((sum, count) => sum + count, 0);
  const often = unigram(sequences, size)([], 0).map(Math.exp);
  const lowest = continuations.map((count) => count / all);
  const afterOf = new Map<number, Float64Array>();
  const after = (id: number): Float64Array => {
    const known = afterOf.get(id) ?? (id === hidden ? often : interpolated(pairs.get(id), lowest));
    afterOf.set(id, known);
    return known;
  };
  const at = (sequence: ArrayLike<number>, place: number): number => (place < 0 ? START : (sequence[place] ?? START));
  return {
    trigram: (sequence, place) => {
      const [a, b] = [at(sequence, place - 2), at(sequence, place - 1)];
      return interpolated(triples.get(key(a, b)), after(b)).map(Math.log);
    },
    twoSided: (sequence, place) => {
      const left = after(at(sequence, place - 1));
      const right = at(sequence, place + 1);
      const joint = left.map((p, id) => p * (right === START || right === hidden ? 1 : (after(id)[right] ?? 1)));
      const sum = joint.reduce((total, p) => total + p, 0);
      return joint.map((p) => Math.log(p / sum));
    },
  };
}
