import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Pair, pairHeap } from '../../../../src/data/text/tokenizer/train/pair-heap.js';

const rank = (a: string | number, b: string | number) => (a < b ? -1 : a > b ? 1 : 0);
const sorted = (pairs: readonly Pair[]) =>
  [...pairs].sort((a, b) => b.count - a.count || rank(a.merged, b.merged) || rank(a.left, b.left));

test('pops by count, then by what is made, then by the left part', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 2 });
  const pair = fc.record({ key: fc.constant(0), count: fc.nat(3), merged: letters, left: letters });
  fc.assert(
    fc.property(
      fc.array(pair, { maxLength: 40 }),
      fc.array(pair, { maxLength: 10 }),
      fc.nat(10),
      (first, later, between) => {
        const heap = pairHeap();
        for (const own of first) heap.push(own);
        const expected = sorted(first);
        for (let i = 0; i < between; i++) expect(heap.pop()).toEqual(expected.shift());
        for (const own of later) heap.push(own);
        const all = sorted([...expected, ...later]);
        expect(all.map(() => heap.pop())).toEqual(all);
        expect(heap.pop()).toBe(undefined);
      },
    ),
    { numRuns: 500 },
  );
});
