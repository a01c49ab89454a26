/** @file The sparsest pathways within a budget; each defect of the predecessor's own search is a test by name. */
import { expect, test } from 'vitest';
import { adamW, type SparsestOptions } from '../../../src/index.js';
import { asked, quiet, rows, silent, type Three, three, thrownBy } from './ways.js';

const train = rows.slice(0, 64);
const validation = rows.slice(64);
const optimizer = adamW({ learningRate: 0.01 });
const options: SparsestOptions = { ...asked, validation, budget: 0.15, precision: 0.1, epochs: 3, optimizer };

async function trained(epochs = 60): Promise<Three> {
  const project = three();
  await project.fit(train, { ...quiet, epochs, optimizer });
  return project;
}

/** The share of all kernels that the pathways leave out. */
function actual(project: Three): number {
  const masks = project.pathways.list.flatMap(({ reads }) => [...reads.values()]);
  const size = masks.reduce((sum, mask) => sum + mask.length, 0);
  return 1 - masks.reduce((sum, mask) => sum + mask.reduce((count, value) => count + value, 0), 0) / size;
}

const accuracy = async (project: Three): Promise<number> =>
  (await project.evaluate(validation, asked)).value('red', 'accuracy', 'given_truth') ?? Number.NaN;

test('the bar does not creep: every try is held to what there was before the first', async () => {
  const project = await trained();
  const dense = await accuracy(project);
  const monitor = { task: 'red', metric: 'accuracy' } as const;
  const result = await project.pathways.sparsest(train, { ...options, monitor, budget: 0.1 });
  expect(result.dense).toBeCloseTo(dense, 10);
  expect(result.bar).toBeCloseTo(dense - 0.1, 10);
  for (const { value, fits } of result.tries) expect(fits).toBe((value ?? 0) >= dense - 0.1);
  expect(result.best).not.toBeNull();
  expect(await accuracy(project)).toBe(result.best?.value);
});

test('bookkeeping after a rollback: what the table keeps is what the project has', async () => {
  let rollbacks = 0;
  for (const budget of [0.02, 0.05]) {
    const project = await trained(12);
    const result = await project.pathways.sparsest(train, { ...options, budget, precision: 0.05 });
    const { tries, best } = result;
    const [fitting, rejected] = [tries.filter(({ fits }) => fits), tries.filter(({ fits }) => !fits)];
    if (fitting.length === 0) continue;
    if (tries.at(-1)?.fits === false) rollbacks++;
    expect(best).toEqual(fitting.reduce((a, b) => (b.sparsity > a.sparsity ? b : a)));
    expect(actual(project)).toBeCloseTo(best?.actual ?? 0, 12);
    for (const one of tries) expect(Math.abs(one.actual - one.sparsity)).toBeLessThan(0.01);
    const nearest = Math.min(1, ...rejected.map(({ sparsity }) => sparsity));
    expect(nearest - (best?.sparsity ?? 0)).toBeLessThanOrEqual(0.05);
    await project.fit(train, { ...quiet, epochs: 1, optimizer });
    expect(actual(project)).toBeCloseTo(best?.actual ?? 0, 12);
    for (const [name, { data }] of Object.entries(project.weights())) {
      data.forEach((value, i) => {
        const isSeen = project.pathways.list.some(({ reads }) => (reads.get(name)?.[i] ?? 1) === 1);
        if (!isSeen) expect(Object.is(value, 0)).toBe(true);
      });
    }
    const lines = String(result).split('\n');
    expect(lines[0]).toMatch(/sparsity +actual +validation loss +fits/);
    expect(lines).toHaveLength(tries.length + 3);
    expect(lines.at(-1)).toContain('kept sparsity');
  }
  expect(rollbacks).toBeGreaterThan(0);
});

test('patience begins anew with each try', async () => {
  const project = await trained();
  const { tries } = await project.pathways.sparsest(train, { ...options, epochs: 4, patience: 2, budget: 0 });
  expect(tries.length).toBeGreaterThan(2);
  // The first validation of a try is always its best so far: two more must fail before it ends.
  for (const { epochs } of tries) expect(epochs).toBeGreaterThanOrEqual(3);
});

test('never back to untrained weights: where none fits, the project is as it was, and can be continued', async () => {
  const [project, twin] = [await trained(), await trained()];
  const was = project.weights();
  const hard = { ...options, least: 0.97, most: 0.98, budget: 0 } as const;
  const { best, tries, dense } = await project.pathways.sparsest(train, hard);
  expect([best, tries.length]).toEqual([null, 1]);
  expect(tries[0]?.value).toBeGreaterThan(dense);
  expect(project.weights()).toEqual(was);
  expect(project.pathways.list).toEqual([]);
  for (const one of [project, twin]) await one.fit(train, { ...quiet, epochs: 2, optimizer, continue: true });
  expect(project.weights()).toEqual(twin.weights());
});

test('what fails on the way leaves the project as it was', async () => {
  const project = await trained();
  const was = project.weights();
  const wild = adamW({ learningRate: 1e30 });
  const { code } = await thrownBy(() => project.pathways.sparsest(train, { ...options, optimizer: wild }));
  expect(code).toMatch(/^NON_FINITE/);
  expect(project.weights()).toEqual(was);
  expect(project.pathways.list).toEqual([]);
});

test('the same seed finds the same, and pathways that there are are pruned further', async () => {
  const projects = [await trained(), await trained()];
  const settings = { ...options, method: 'gradientWeight', scoreBatches: 2, precision: 0.2 } as const;
  const tables: string[] = [];
  for (const project of projects) tables.push(String(await project.pathways.sparsest(train, settings)));
  expect(tables[0]).toBe(tables[1]);
  const [one, other] = projects;
  expect(one?.weights()).toEqual(other?.weights());
  if (one === undefined) throw new Error('there are two');
  const before = one.pathways.list;
  const floor = actual(one);
  const { tries } = await one.pathways.sparsest(train, { ...options, budget: 10, most: 0.99 });
  for (const { sparsity } of tries) expect(sparsity).toBeGreaterThan(floor);
  for (const [i, { reads }] of one.pathways.list.entries()) {
    for (const [kernel, mask] of reads) {
      mask.forEach((value, at) => {
        if (value === 1) expect(before[i]?.reads.get(kernel)?.[at]).toBe(1);
      });
    }
  }
});

test('bad input says what is wrong and where', async () => {
  const drawn = three();
  expect(await thrownBy(() => drawn.pathways.sparsest(train, options))).toMatchObject({ code: 'NOT_TRAINED' });
  const project = await trained();
  const wrong: [Record<string, unknown>, string, string][] = [
    [{ validation: undefined }, 'INVALID_OPTIONS', 'pathways.sparsest.validation'],
    [{ least: 0.9, most: 0.5 }, 'INVALID_OPTIONS', 'pathways.sparsest.least'],
    [{ granularity: 'unit' }, 'INVALID_OPTIONS', 'pathways.sparsest.granularity'],
    [{ exclusive: true }, 'INVALID_OPTIONS', 'pathways.sparsest.exclusive'],
    [{ precision: 0 }, 'INVALID_OPTIONS', 'pathways.sparsest.precision'],
    [{ monitor: { task: 'rod', metric: 'accuracy' } }, 'UNKNOWN_TASK', 'pathways.sparsest.monitor.task'],
    [{ exclude: ['layer*'] }, 'NOTHING_TO_MASK', 'pathways'],
    [{ bugdet: 1 }, 'INVALID_OPTIONS', 'pathways.sparsest.bugdet'],
  ];
  for (const [given, code, path] of wrong) {
    const call = () => project.pathways.sparsest(train, { ...options, ...given } as never);
    expect(await thrownBy(call)).toMatchObject({ code, path });
  }
  await project.pathways.assign({ granularity: 'unit', sparsity: 0.7, method: 'random', ...silent });
  expect(await thrownBy(() => project.pathways.sparsest(train, options))).toMatchObject({
    code: 'INVALID_OPTIONS',
    path: 'pathways.sparsest',
  });
});
