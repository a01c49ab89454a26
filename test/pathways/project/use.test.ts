/** @file A pathway that was found or written is given to tasks: what does not fit the network is refused by name. */
import { expect, test } from 'vitest';
import { binary, type GivenPathway, Project, tf, vector } from '../../../src/index.js';
import { asked, quiet, rows, silent, three, thrownBy } from './ways.js';

const trained = async (hidden?: readonly number[]) => {
  const project = three(hidden === undefined ? {} : { hidden });
  await project.fit(rows, { ...quiet, epochs: 20 });
  return project;
};

test('units that were found for a task become its pathway: it scores as through the mask, and is extracted', async () => {
  const project = await trained();
  const before = await project.predict(rows, { ...asked, probabilities: true });
  const found = await project.pathways.unitMasks(rows, {
    ...asked,
    tasks: ['red'],
    epochs: 30,
    target: 0.4,
    learningRate: 0.05,
  });
  const pathway = await project.pathways.use(found.pathway('red'));
  expect(project.pathways.list).toEqual([pathway]);
  expect(pathway.units).toEqual(found.units);
  const masked = found.metrics.find(({ metric }) => metric === 'accuracy')?.masked;
  expect((await project.evaluate(rows, asked)).value('red', 'accuracy')).toBeCloseTo(masked ?? Number.NaN, 9);
  const after = await project.predict(rows, { ...asked, probabilities: true });
  // Tasks without a pathway see the whole backbone, as before.
  expect(after.map(({ size }) => size)).toEqual(before.map(({ size }) => size));
  const { project: small, report } = await project.extract(['red'], silent);
  expect(report.units.after).toBeLessThan(report.units.before);
  const now = await small.predict(rows, { ...asked, probabilities: true });
  now.forEach((row, i) => {
    const own = row as unknown as (typeof after)[number]; // it has `red` alone
    expect(Math.abs((own.red?.probability ?? 0) - (after[i]?.red?.probability ?? 1))).toBeLessThan(1e-5);
  });
  for (const one of [small, project]) one.dispose();
});

test('masks of weights that were searched become a pathway, which trains alone', async () => {
  const project = await trained();
  const found = await project.pathways.search(rows, {
    ...asked,
    tasks: ['red'],
    method: 'random',
    candidates: 3,
    sparsity: 0.5,
  });
  await project.pathways.use(found.pathway('own'));
  const [kernel = ''] = [...found.masks.keys()];
  expect(project.pathways.seenBy('own', kernel)).toEqual(found.masks.get(kernel));
  const size = (await project.predict(rows, asked)).map((row) => row.size);
  await project.pathways.use({
    name: 'others',
    tasks: ['round', 'size'],
    reads: new Map([[kernel, ones(project, kernel)]]),
  });
  await project.fitTasks(['red'], rows, { ...quiet, epochs: 1 });
  expect((await project.predict(rows, asked)).map((row) => row.size)).toEqual(size);
  project.dispose();
});

const kernel = 'backbone/layer1/kernel';

function ones(project: Awaited<ReturnType<typeof trained>>, name: string): Uint8Array {
  return new Uint8Array(project.weights()[name]?.data.length ?? 0).fill(1);
}

const wrong: readonly (readonly [string, unknown, string, string])[] = [
  ['nothing', undefined, 'INVALID_OPTIONS', 'pathways.use'],
  ['no masks', { name: 'own', tasks: ['red'] }, 'INVALID_OPTIONS', 'pathways.use'],
  ['no name', { tasks: ['red'], units: new Uint8Array(31) }, 'INVALID_OPTIONS', 'pathways.use.name'],
  ['no tasks', { name: 'own', tasks: [], units: new Uint8Array(31) }, 'INVALID_OPTIONS', 'pathways.use.tasks'],
  [
    'a task that is not there',
    { name: 'own', tasks: ['rod'], units: new Uint8Array(31) },
    'UNKNOWN_TASK',
    'pathways.own',
  ],
  ['too few units', { name: 'own', tasks: ['red'], units: new Uint8Array(3) }, 'MASK_MISMATCH', 'pathways.own.units'],
  [
    'an object for a map',
    { name: 'own', tasks: ['red'], reads: { [kernel]: [1] } },
    'INVALID_OPTIONS',
    'pathways.use.reads',
  ],
  [
    'a kernel that is not there',
    { name: 'own', tasks: ['red'], reads: new Map([['backbone/layer9/kernel', new Uint8Array(48)]]) },
    'UNKNOWN_PARAMETER',
    'pathways.own.reads',
  ],
  [
    'another shape',
    { name: 'own', tasks: ['red'], reads: new Map([[kernel, new Uint8Array(47)]]) },
    'MASK_MISMATCH',
    `pathways.own.reads.${kernel}`,
  ],
  [
    'a list for a mask',
    { name: 'own', tasks: ['red'], reads: new Map([[kernel, Array(48).fill(1)]]) },
    'MASK_MISMATCH',
    `pathways.own.reads.${kernel}`,
  ],
  [
    'a value of 2',
    { name: 'own', tasks: ['red'], reads: new Map([[kernel, new Uint8Array(48).fill(1).fill(2, 5, 6)]]) },
    'INVALID_MASK',
    `pathways.own.reads.${kernel}[5]`,
  ],
  [
    'training what is not seen',
    {
      name: 'own',
      tasks: ['red'],
      reads: new Map([[kernel, new Uint8Array(48)]]),
      trains: new Map([[kernel, new Uint8Array(48).fill(1, 7, 8)]]),
    },
    'INVALID_MASK',
    `pathways.own.trains.${kernel}[7]`,
  ],
];

test.each(wrong)('%s is refused, and nothing has changed', async (_, given, code, path) => {
  const project = three();
  const before = project.weights();
  const error = await thrownBy(() => project.pathways.use(given as GivenPathway));
  expect(error).toMatchObject({ code, path });
  expect(project.pathways.list).toEqual([]);
  expect(project.weights()).toEqual(before);
  project.dispose();
});

test('a task that has a pathway, and a name that is taken, are refused', async () => {
  const project = await trained();
  const { count } = await unitsOf(project);
  await project.pathways.use({ name: 'own', tasks: ['red'], units: new Uint8Array(count).fill(1) });
  const again = { name: 'own', tasks: ['size'], units: new Uint8Array(count).fill(1) };
  expect((await thrownBy(() => project.pathways.use(again))).code).toBe('PATHWAY_EXISTS');
  expect((await thrownBy(() => project.pathways.use({ ...again, name: 'new', tasks: ['red'] }))).code).toBe(
    'PATHWAY_EXISTS',
  );
  project.dispose();
});

/** How many units the unit graph has: those of the input too. */
async function unitsOf(project: Awaited<ReturnType<typeof trained>>): Promise<{ count: number }> {
  const found = await project.pathways.unitMasks(rows, { ...asked, tasks: ['red'], epochs: 1 });
  return { count: found.units.length };
}

test('a unit that cannot be left out is named', async () => {
  const project = new Project({
    name: 'residual',
    inputs: { x: vector({ columns: ['a', 'b', 'c'], standardise: false }) },
    tasks: { red: binary() },
    backbone: ({ x }) => {
      const first = tf.layers.dense({ units: 3, name: 'first' }).apply(x) as tf.SymbolicTensor;
      return { features: tf.layers.dense({ units: 4, name: 'last' }).apply(tf.layers.add().apply([x, first])) };
    },
  }).flow('all', (task, x) => [task.red(x.features)]);
  const sizes = [...((await project.pathways.unitMasks(rows, { ...asked, tasks: ['red'], epochs: 1 })).units ?? [])];
  const units = new Uint8Array(sizes.length);
  const error = await thrownBy(() => project.pathways.use({ name: 'own', tasks: ['red'], units }));
  expect(error).toMatchObject({ code: 'INVALID_MASK', path: 'pathways.own.units' });
  expect(error.problem).toMatch(/^unit \d+ of \S+ is left out, and cannot be$/);
  project.dispose();
});
