/** @file Pieces of one size from chunks of any: rows, ids, and marks that lead on. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rechunked } from '../../src/data/rechunk.js';
import type { Chunk, Source } from '../../src/data/sources/source.js';
import { Table } from '../../src/data/table.js';
import type { Json } from '../../src/flow/graph.js';

/** Rows 0, 1, 2 … in chunks of these sizes; an empty chunk is a table without a column. A mark is the chunks before it. */
function sourceOf(sizes: readonly number[]): Source {
  return {
    rows: null,
    columns: null,
    rowsAt: null,
    read: async function* (_, mark): AsyncGenerator<Chunk> {
      const done = Number(mark ?? 0);
      let start = sizes.slice(0, done).reduce((sum, size) => sum + size, 0);
      for (const [i, size] of sizes.entries()) {
        if (i < done) continue;
        const ids = Uint32Array.from({ length: size }, (_, row) => start + row);
        start += size;
        yield { table: Table.fromRecords(Array.from(ids, (x) => ({ x }))), ids, mark: i + 1 };
      }
    },
  };
}

async function piecesOf(source: Source, size: number, from: Json = null) {
  const pieces: { ids: number[]; x: unknown[]; mark: Json }[] = [];
  for await (const { table, ids, mark } of rechunked(source, null, from, size)) {
    pieces.push({ ids: [...ids], x: table.toRecords().map((row) => row.x), mark });
  }
  return pieces;
}

test('every piece but the last is full, all rows come in order, and each mark leads to the rows after it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(5), { maxLength: 6 }), fc.integer({ min: 1, max: 7 }), async (sizes, size) => {
      const count = sizes.reduce((sum, own) => sum + own, 0);
      const pieces = await piecesOf(sourceOf(sizes), size);
      const all = Array.from({ length: count }, (_, row) => row);
      expect(pieces.map(({ ids }) => ids)).toEqual(
        Array.from({ length: Math.ceil(count / size) }, (_, i) => all.slice(i * size, (i + 1) * size)),
      );
      for (const [i, { ids, x, mark }] of pieces.entries()) {
        expect(x).toEqual(ids);
        expect((await piecesOf(sourceOf(sizes), size, mark)).map((piece) => piece.ids)).toEqual(
          pieces.slice(i + 1).map((piece) => piece.ids),
        );
      }
    }),
    { numRuns: 60 },
  );
});

test.each([1, 'x', [], [3], [null], [null, 0.5], {}])('%j is no mark', async (mark) => {
  await expect(piecesOf(sourceOf([2]), 1, mark as Json)).rejects.toMatchObject({
    code: 'INVALID_OPTIONS',
    path: 'streamFeed.from',
  });
});
