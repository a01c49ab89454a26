/** @file Several datasets as one: which rows an epoch has, in exact counts. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  balancedSource,
  binary,
  HeadgateError,
  iterableSource,
  Project,
  type Sampling,
  type Source,
  Table,
  unionSources,
  vector,
} from '../../../src/index.js';

const rowsOf = (name: string, count: number) =>
  Array.from({ length: count }, (_, i) => ({ from: name, row: i, [name]: i % 2 }));
const table = (name: string, count: number) => Table.fromRecords(rowsOf(name, count));

async function idsOf(source: Source, epoch: number | null, chunks = 0): Promise<number[]> {
  const ids: number[] = [];
  let mark: Parameters<Source['read']>[1] = null;
  let left = chunks;
  for await (const chunk of source.read(epoch === null ? null : { seed: 7, epoch }, null)) {
    ids.push(...chunk.ids);
    mark = chunk.mark;
    if (--left === 0) break;
  }
  if (chunks === 0) return ids;
  for await (const chunk of source.read(epoch === null ? null : { seed: 7, epoch }, mark)) ids.push(...chunk.ids);
  return ids;
}

const countIn = (ids: readonly number[], from: number, to: number): number =>
  ids.filter((id) => id >= from && id < to).length;

const samplings: readonly (readonly [string, Sampling, readonly number[]])[] = [
  ['proportional', 'proportional', [10, 30, 60]],
  ['uniform', 'uniform', [34, 33, 33]],
  // 10^½ : 30^½ : 60^½ = 3.162 : 5.477 : 7.746 of 100 rows: 19.30, 33.43, 47.27
  ['temperature 2', { temperature: 2 }, [19, 34, 47]],
  ['shares', { shares: { a: 0.5, b: 0.25, c: 0.25 } }, [50, 25, 25]],
];

test.each(samplings)(
  '%s: an epoch has exactly these rows of each, in an order of its own',
  async (_, sampling, counts) => {
    const source = unionSources(
      { a: table('a', 10), b: rowsOf('b', 30), c: table('c', 60) },
      { sampling, chunkRows: 7 },
    );
    expect(source.rows).toBe(100);
    const epochs = [await idsOf(source, 0), await idsOf(source, 1)];
    for (const ids of epochs) {
      expect([countIn(ids, 0, 10), countIn(ids, 10, 40), countIn(ids, 40, 100)]).toEqual(counts);
    }
    expect(epochs[0]).not.toEqual(epochs[1]);
    expect(await idsOf(source, 1)).toEqual(epochs[1]);
    expect(await idsOf(source, 1, 4)).toEqual(epochs[1]); // read on from a mark
    expect(await idsOf(source, null)).toEqual(Array.from({ length: 100 }, (_, i) => i));
  },
);

test('over epochs, no row of a dataset comes more than once more than another', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 1, max: 5 }),
      fc.constantFrom<Sampling>('uniform', { temperature: 3 }),
      async (sizes, epochs, sampling) => {
        const total = sizes.reduce((a, b) => a + b, 0);
        fc.pre(total / sizes.length >= 1 && sizes.every((size) => size ** (1 / 3) > 0));
        const source = unionSources(Object.fromEntries(sizes.map((size, i) => [`d${i}`, table(`d${i}`, size)])), {
          sampling,
        });
        const seen = new Array<number>(total).fill(0);
        for (let epoch = 0; epoch < epochs; epoch++) {
          const ids = await idsOf(source, epoch);
          expect(ids).toHaveLength(total);
          for (const id of ids) seen[id] = (seen[id] ?? 0) + 1;
        }
        let start = 0;
        for (const size of sizes) {
          const own = seen.slice(start, start + size);
          expect(Math.max(...own) - Math.min(...own)).toBeLessThanOrEqual(1);
          start += size;
        }
      },
    ),
    { numRuns: 60, seed: 3 },
  ));

test('a column that a dataset lacks is missing in its rows', async () => {
  const source = unionSources({ a: table('a', 2), b: table('b', 3) });
  for await (const { table: chunk } of source.read(null, null)) {
    expect(chunk.toRecords().map(({ a, b }) => [a, b])).toEqual([
      [0, null],
      [1, null],
      [null, 0],
      [null, 1],
      [null, 0],
    ]);
  }
});

test('two half-labelled datasets train one network', async () => {
  const half = (label: 'up' | 'right') =>
    Table.fromRecords(
      Array.from({ length: 64 }, (_, i) => {
        const [x, y] = [Math.sin(i * 1.7), Math.cos(i * 2.9)];
        return { x, y, [label]: label === 'up' ? y > 0 : x > 0 };
      }),
    );
  const project = new Project({
    name: 'halves',
    inputs: { place: vector({ columns: ['x', 'y'] }) },
    tasks: { up: binary(), right: binary() },
    onNote: () => {},
  }).flow('all', (task, x) => [task.up(x.features), task.right(x.features)]);
  const train = unionSources({ ups: half('up'), rights: half('right') }, { sampling: 'uniform' });
  await project.fit(train, { engine: 'cpu', epochs: 30, progress: false });
  for (const label of ['up', 'right'] as const) {
    const evaluation = await project.evaluate(half(label), { engine: 'cpu' });
    expect(evaluation.value(label, 'accuracy')).toBeGreaterThan(0.9);
  }
  project.dispose();
});

const wrong: readonly (readonly [string, () => unknown, string, string])[] = [
  ['nothing', () => unionSources({}), 'INVALID_OPTIONS', 'unionSources'],
  ['a list', () => unionSources([table('a', 1)] as never), 'INVALID_OPTIONS', 'unionSources'],
  ['no data', () => unionSources({ a: 7 as never }), 'INVALID_DATA', 'data'],
  [
    'a source that flows, by sizes that nobody knows',
    () => unionSources({ a: iterableSource(() => rowsOf('a', 3)) }, { sampling: 'uniform' }),
    'INVALID_OPTIONS',
    'unionSources.sampling',
  ],
  [
    'no temperature',
    () => unionSources({ a: table('a', 3) }, { sampling: { temperature: 0 } }),
    'INVALID_OPTIONS',
    'unionSources.sampling.temperature',
  ],
  [
    'another word',
    () => unionSources({ a: table('a', 3) }, { sampling: 'equal' as never }),
    'INVALID_OPTIONS',
    'unionSources.sampling',
  ],
  [
    'shares of others',
    () => unionSources({ a: table('a', 3), b: table('b', 3) }, { sampling: { shares: { a: 0.5, c: 0.5 } } }),
    'INVALID_SPLIT',
    'unionSources',
  ],
  [
    'shares that are no whole',
    () => unionSources({ a: table('a', 3), b: table('b', 3) }, { sampling: { shares: { a: 0.5, b: 0.4 } } }),
    'INVALID_SPLIT',
    'unionSources',
  ],
  [
    'a share of less than a row',
    () => unionSources({ a: table('a', 3), b: table('b', 3) }, { sampling: { shares: { a: 0.99, b: 0.01 } } }),
    'INVALID_SPLIT',
    'unionSources',
  ],
];

test.each(wrong)('%s is refused', async (_, run, code, path) => {
  const error = await Promise.resolve()
    .then(run)
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(HeadgateError);
  expect(error).toMatchObject({ code, path });
});

const shirts = [
  ...Array<string>(90).fill('blue'),
  ...Array<string>(9).fill('red'),
  'green',
  ...Array<null>(20).fill(null),
];
const wardrobe = Table.fromRecords(shirts.map((shirt, row) => ({ shirt, row })));

test('classes of a column have equal shares; rows without one come once, as before', async () => {
  const source = await balancedSource(wardrobe, { by: 'shirt', chunkRows: 16 });
  for (const epoch of [0, 1, 2]) {
    const ids = await idsOf(source, epoch);
    expect(ids).toHaveLength(120);
    const counts = (value: string | null) => ids.filter((id) => shirts[id] === value).length;
    expect([counts('blue'), counts('red'), counts('green'), counts(null)]).toEqual([34, 33, 33, 20]);
    expect(new Set(ids.filter((id) => shirts[id] === null)).size).toBe(20);
  }
  expect(await idsOf(source, null)).toEqual(Array.from({ length: 120 }, (_, i) => i));
});

test('classes may have shares by name', async () => {
  const sampling = { shares: { blue: 0.5, red: 0.3, green: 0.2 } };
  const ids = await idsOf(await balancedSource(wardrobe, { by: 'shirt', sampling }), 0);
  expect(['blue', 'red', 'green'].map((name) => ids.filter((id) => shirts[id] === name).length)).toEqual([50, 30, 20]);
});

const unbalanced: readonly (readonly [string, () => Promise<Source>, string, string])[] = [
  [
    'a column that is not there',
    () => balancedSource(wardrobe, { by: 'shirts' }),
    'UNKNOWN_COLUMN',
    'balancedSource.by',
  ],
  [
    'a column without values',
    () =>
      balancedSource(
        wardrobe.filter((row) => row.shirt === null),
        { by: 'shirt' },
      ),
    'EMPTY_DATASET',
    'balancedSource',
  ],
  ['no options', () => balancedSource(wardrobe, undefined as never), 'INVALID_OPTIONS', 'balancedSource'],
  [
    'lists for classes',
    () => balancedSource([{ x: [1, 2] }], { by: 'x' }),
    'INVALID_OPTIONS',
    'balancedSource.rows[0].x',
  ],
  [
    'a source that flows',
    () =>
      balancedSource(
        iterableSource(() => rowsOf('a', 3)),
        { by: 'a' },
      ),
    'INVALID_OPTIONS',
    'balancedSource',
  ],
];

test.each(unbalanced)('balancing %s is refused', async (_, run, code, path) => {
  const error = await run().catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code, path });
});
