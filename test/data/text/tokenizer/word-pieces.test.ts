import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mergedPieces } from '../../../../src/data/text/tokenizer/train/word-pieces.js';

/** Counts all pairs anew before each merge. */
function naive(words: ReadonlyMap<string, number>, most: number, minimumCount: number): string[] {
  let split = [...words].map(([word, count]) => ({
    parts: [...word].map((character, i) => (i === 0 ? character : `##${character}`)),
    count,
  }));
  const known = new Set(split.flatMap(({ parts }) => parts));
  const found: string[] = [];
  while (found.length < most) {
    const pairs = new Map<string, { left: string; right: string; merged: string; count: number }>();
    for (const { parts, count } of split) {
      for (const [i, right] of parts.entries()) {
        const left = parts[i - 1];
        if (left === undefined) continue;
        const key = JSON.stringify([left, right]);
        const pair = pairs.get(key) ?? { left, right, merged: left + right.slice(2), count: 0 };
        pairs.set(key, { ...pair, count: pair.count + count });
      }
    }
    const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
    const [best] = [...pairs.values()].sort(
      (a, b) => b.count - a.count || compare(a.merged, b.merged) || compare(a.left, b.left),
    );
    if (best === undefined || best.count < minimumCount) break;
    if (!known.has(best.merged)) found.push(best.merged);
    known.add(best.merged);
    split = split.map(({ parts, count }) => {
      const own: string[] = [];
      for (let i = 0; i < parts.length; i++) {
        const isPair = parts[i] === best.left && parts[i + 1] === best.right;
        own.push(isPair ? best.merged : (parts[i] ?? ''));
        if (isPair) i += 1;
      }
      return { parts: own, count };
    });
  }
  return found;
}

const alphabetOf = (words: ReadonlyMap<string, number>) => [
  ...new Set([...words.keys()].flatMap((word) => [...word].flatMap((character) => [character, `##${character}`]))),
];

const wordCounts = fc
  .array(fc.tuple(fc.string({ unit: fc.constantFrom('a', 'b', 'c', '😀'), minLength: 1, maxLength: 9 }), fc.nat(5)), {
    minLength: 1,
    maxLength: 12,
  })
  .map((entries) => new Map(entries.map(([word, count]) => [word, count + 1])));

test('merges as counting all pairs anew before each merge does', () => {
  fc.assert(
    fc.property(wordCounts, fc.nat(40), fc.integer({ min: 1, max: 4 }), (words, most, minimumCount) => {
      expect(mergedPieces(words, alphabetOf(words), most, minimumCount)).toEqual(naive(words, most, minimumCount));
    }),
    { numRuns: 500 },
  );
});

test('the textbook example: low 5, lower 2, newest 6, widest 3', () => {
  const words = new Map([
    ['low', 5],
    ['lower', 2],
    ['newest', 6],
    ['widest', 3],
  ]);
  // es and st are seen 9 times each: by text, es comes first, and takes st's place.
  expect(mergedPieces(words, alphabetOf(words), 8, 1)).toEqual([
    ...['##es', '##est', '##ow', 'low', '##ew', '##ewest', 'newest', '##dest'],
  ]);
});

test('a pair in a run of one letter is taken from the left', () => {
  const words = new Map([['aaaaa', 1]]);
  // a aa aa would be from the right.
  expect(mergedPieces(words, alphabetOf(words), 9, 1)).toEqual(naive(words, 9, 1));
});
