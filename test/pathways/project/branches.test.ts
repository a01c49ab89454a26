/** @file A backbone of two branches: a pathway has, and takes, nothing of layers that only other tasks read. */
import { expect, test } from 'vitest';
import { binary, type PathwaySettings, Project, regression, tf, vector } from '../../../src/index.js';
import { asked, quiet, rows, silent, thrownBy } from './ways.js';

/** `trunk` is read by both; `left` by `red` alone, `right` by `size` alone. */
function branched(pathways?: PathwaySettings) {
  return new Project({
    name: 'branched',
    inputs: { x: vector({ columns: ['a', 'b', 'c'] }) },
    tasks: { red: binary(), size: regression() },
    backbone: ({ x }) => {
      const dense = (units: number, name: string) => tf.layers.dense({ units, name, activation: 'elu' });
      const trunk = dense(20, 'trunk').apply(x);
      return { left: dense(10, 'left').apply(trunk), right: dense(10, 'right').apply(trunk) };
    },
    ...(pathways === undefined ? {} : { pathways }),
  }).flow('all', (task, x) => [task.red(x.left), task.size(x.right)]);
}

const share = (mask: Uint8Array | null): number => (mask === null ? 1 : mask.reduce((a, b) => a + b, 0) / mask.length);

const ways: readonly (readonly [string, PathwaySettings])[] = [
  ['units', { granularity: 'unit', sparsity: 0.5 }],
  ['weights', { granularity: 'weight', sparsity: 0.5 }],
  ['weights of a schedule', { granularity: 'weight', sparsity: 0.5, method: 'magnitude', schedule: {} }],
  ['units that overlap', { granularity: 'unit', sparsity: 0.5, exclusive: false }],
  ['units that read others', { granularity: 'unit', sparsity: 0.5, readsOthers: true }],
];

/** Of the kernel of a pathway's own branch: half of its units, of half of the trunk's. */
function expected({ granularity, readsOthers }: PathwaySettings, pathway: 'red' | 'size'): number {
  if (granularity === 'weight' || (readsOthers === true && pathway === 'size')) return 0.5;
  return 0.25;
}

test.each(ways)('%s', async (_, settings) => {
  const project = branched(settings);
  const before = project.weights();
  const history = await project.fit(rows, { ...quiet, epochs: 6 });
  for (const { loss } of history.epochs) expect(Number.isFinite(loss)).toBe(true);
  const seen = (pathway: string, layer: string) => project.pathways.seenBy(pathway, `backbone/${layer}/kernel`);
  expect(share(seen('red', 'trunk'))).toBe(0.5);
  expect(share(seen('size', 'trunk'))).toBe(settings.readsOthers ? 1 : 0.5);
  expect(share(seen('red', 'right'))).toBe(0);
  expect(share(seen('size', 'left'))).toBe(0);
  for (const [pathway, layer] of [
    ['red', 'left'],
    ['size', 'right'],
  ] as const) {
    expect(share(seen(pathway, layer))).toBeCloseTo(expected(settings, pathway), 9);
    expect(project.weights()[`backbone/${layer}/kernel`]?.data).not.toEqual(before[`backbone/${layer}/kernel`]?.data);
  }
  const { project: small } = await project.extract(['red'], silent);
  const was = await project.predict(rows, { ...asked, probabilities: true });
  const now = await small.predict(rows, { ...asked, probabilities: true });
  now.forEach((row, i) => {
    const own = row as unknown as (typeof was)[number]; // it has `red` alone
    expect(Math.abs((own.red?.probability ?? 0) - (was[i]?.red?.probability ?? 1))).toBeLessThan(1e-5);
  });
  for (const one of [small, project]) one.dispose();
});

test('a schedule ends with the sparsity that was asked for, of what lies on the way', async () => {
  const project = branched({ granularity: 'weight', sparsity: 0.8, method: 'magnitude', schedule: {} });
  const { pathways } = await project.fit(rows, { ...quiet, epochs: 6 });
  expect(pathways.at(-1)?.sparsity.red).toBeCloseTo(0.8, 9);
  expect(pathways.at(-1)?.sparsity.size).toBeCloseTo(0.8, 9);
  project.dispose();
});

test('layers of one pathway alone have room for all of it', async () => {
  const settings = {
    granularity: 'unit',
    sparsity: 0.2,
    method: 'random',
    exclude: 'trunk/*',
    onNote: () => {},
  } as const;
  const project = branched();
  await project.pathways.assign(settings); // 8 of the 10 units of each branch: it took 8 of either before
  expect([...(project.pathways.units('red') ?? [])].map(([name, units]) => [name, share(units)])).toContainEqual([
    'left',
    0.8,
  ]);
  expect([...(project.pathways.units('red') ?? [])].map(([name, units]) => [name, share(units)])).toContainEqual([
    'right',
    0,
  ]);
  await project.fit(rows, quiet);
  project.dispose();
});

test('a pathway of which no kernel is left to mask is refused by name', async () => {
  const project = branched();
  const error = await thrownBy(() =>
    project.pathways.assign({ method: 'random', include: 'left/*', onNote: () => {} }),
  );
  expect(error).toMatchObject({ code: 'NOTHING_TO_MASK', path: 'pathways.size' });
  expect(project.pathways.list).toEqual([]);
  project.dispose();
});
