/** @file Pairs of pieces, the most frequent first; equally frequent ones by what they make, then by where they divide it. */

export interface Pair {
  readonly key: number;
  /** When it was put in; it may be rarer by now. */
  readonly count: number;
  readonly merged: string;
  readonly left: string;
}

function isBefore(a: Pair, b: Pair): boolean {
  if (a.count !== b.count) return a.count > b.count;
  return a.merged === b.merged ? a.left < b.left : a.merged < b.merged;
}

export interface PairHeap {
  readonly push: (pair: Pair) => void;
  readonly pop: () => Pair | undefined;
}

/** A binary heap. */
export function pairHeap(): PairHeap {
  const heap: Pair[] = [];
  const at = (place: number): Pair => heap[place] as Pair; // callers stay within it
  return {
    push: (pair) => {
      let place = heap.push(pair) - 1;
      for (let above = (place - 1) >> 1; place > 0 && isBefore(pair, at(above)); above = (place - 1) >> 1) {
        heap[place] = at(above);
        place = above;
      }
      heap[place] = pair;
    },
    pop: () => {
      const first = heap[0];
      const last = heap.pop();
      if (last === undefined || heap.length === 0) return first;
      let place = 0;
      for (let below = 1; below < heap.length; below = 2 * place + 1) {
        if (below + 1 < heap.length && isBefore(at(below + 1), at(below))) below += 1;
        if (!isBefore(at(below), last)) break;
        heap[place] = at(below);
        place = below;
      }
      heap[place] = last;
      return first;
    },
  };
}
