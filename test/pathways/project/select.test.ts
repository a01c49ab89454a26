/** @file Partial training: what a selection leaves out stays to the bit, with its moments; and what each mode chooses. */
import { expect, test } from 'vitest';
import { adamW, type FitControl, type SelectOptions, type Watcher, type WeightSelection } from '../../../src/index.js';
import { maskAt } from '../../../src/pathways/masks/mask.js';
import type { FitState } from '../../../src/train/state.js';
import { asked, quiet, rows, silent, type Three, three, thrownBy } from './ways.js';

const optimizer = adamW({ learningRate: 0.01, weightDecay: 0.1 });
const twice = { ...quiet, epochs: 2, optimizer } as const;

/** What may move, element by element. */
const mayMove = (selection: WeightSelection, name: string, i: number): boolean => {
  const mask = selection.masks.get(name);
  return mask !== undefined && maskAt(mask, i) === 1;
};

async function moved(project: Three, selection: WeightSelection, engine: 'cpu' | 'onnx'): Promise<number> {
  const before = project.weights();
  let last: FitState | null = null;
  const watcher: Watcher = {
    name: 'last',
    on: async (event, fit: FitControl) => {
      if (event.kind === 'step') last = await fit.snapshot();
    },
  };
  await project.fit(rows, { ...twice, engine, train: selection, watchers: [watcher] });
  let count = 0;
  for (const [name, { data }] of Object.entries(project.weights())) {
    data.forEach((value, i) => {
      if (Object.is(value, before[name]?.data[i])) return;
      count++;
      expect(mayMove(selection, name, i), `${name}[${i}]`).toBe(true);
    });
  }
  const tensors = (last as FitState | null)?.tensors ?? {}; // the watcher has set it
  for (const [name, { data }] of Object.entries(tensors)) {
    const parameter = name.replace(/^optimizer\/(first|second)\//, '');
    if (parameter === name || project.weights()[parameter] === undefined) continue;
    data.forEach((value, i) => {
      if (!mayMove(selection, parameter, i)) expect(Object.is(value, 0), `${name}[${i}]`).toBe(true);
    });
  }
  return count;
}

test.each<[string, SelectOptions]>([
  ['the largest', { amount: 0.2 }],
  ['the largest of each, with all biases', { amount: 0.3, scope: 'layer', biases: 'all' }],
  ['the smallest, biases among them', { amount: { count: 40 }, take: 'bottom', biases: 'selected' }],
  ['any', { amount: 0.5, take: 'random', seed: 3 }],
  ['ranks around the top', { amount: 0.1, take: { gaussian: 0.5 }, seed: 4 }],
  ['one layer', { amount: 0.5, layers: 'layer1' }],
  ['one head', { amount: 1, parameters: 'head/size', biases: 'all' }],
  ['by the gradient', { amount: 0.2, criterion: 'gradient', data: rows, scoreBatches: 1 }],
  ['by the Fisher information', { amount: 0.2, criterion: 'fisher', data: rows, scoreBatches: 1 }],
  ['by weight and gradient', { amount: 0.2, criterion: 'gradientWeight', data: rows, scoreBatches: 1 }],
  ['by movement', { amount: 0.2, criterion: 'movement' }],
])('%s: outside of the selection nothing moves, under Adam with decay and averages', async (_, options) => {
  for (const engine of ['cpu', 'onnx'] as const) {
    const project = three({ batchNorm: true });
    await project.fit(rows, { ...twice, engine });
    const selection = await project.pathways.select({ ...options, ...silent, engine: 'cpu' });
    const count = await moved(project, selection, engine);
    expect(count).toBeGreaterThan(0.5 * selection.count);
    project.dispose();
  }
});

test('nothing and everything', async () => {
  const project = three();
  await project.fit(rows, twice);
  const nothing = await project.pathways.select({ amount: 0 });
  expect([nothing.count, await moved(project, nothing, 'cpu')]).toEqual([0, 0]);
  const all = await project.pathways.select({ amount: 1, biases: 'all' });
  expect(all.count).toBe(all.of);
  const twin = three();
  await twin.fit(rows, twice);
  await project.fit(rows, { ...twice, train: all });
  await twin.fit(rows, twice);
  expect(project.weights()).toEqual(twin.weights());
  expect(Object.isFrozen(all)).toBe(true);
  expect(String(all)).toBe(`${all.of} of ${all.of} elements of three, in 10 parameters`);
});

test('the largest and the smallest are those of all weights together, or of each kernel', async () => {
  const project = three();
  const kernels = Object.entries(project.weights()).filter(([name]) => name.endsWith('kernel'));
  const all = kernels.flatMap(([name, { data }]) =>
    Array.from(data, (value, i) => ({ name, i, size: Math.abs(value) })),
  );
  for (const [take, sign] of [
    ['top', -1],
    ['bottom', 1],
  ] as const) {
    const sorted = [...all].sort((a, b) => sign * (a.size - b.size));
    const global = await project.pathways.select({ amount: { count: 25 }, take });
    for (const { name, i } of sorted.slice(0, 25)) expect(mayMove(global, name, i)).toBe(true);
    expect(global.count).toBe(25);
    const each = await project.pathways.select({ amount: 0.25, take, scope: 'layer' });
    for (const [name, { data }] of kernels) {
      const own = sorted.filter((one) => one.name === name).slice(0, Math.round(0.25 * data.length));
      for (const { i } of own) expect(mayMove(each, name, i)).toBe(true);
    }
  }
  const draws = [1, 1, 2].map((seed) => project.pathways.select({ amount: 0.3, take: 'random', seed }));
  const [a, b, c] = await Promise.all(draws);
  expect(a?.masks).toEqual(b?.masks);
  expect(a?.masks).not.toEqual(c?.masks);
});

test('what no pathway sees is not chosen, and a task alone moves what both let it', async () => {
  const project = three({ pathways: { granularity: 'weight', sparsity: 0.7, method: 'random' } });
  await project.fit(rows, twice);
  const selection = await project.pathways.select({ amount: 1, biases: 'none' });
  for (const name of ['backbone/layer1/kernel', 'backbone/layer2/kernel']) {
    for (let i = 0; i < 48; i++) {
      const isSeen = project.pathways.list.some(({ reads }) => reads.get(name)?.[i] === 1);
      expect(mayMove(selection, name, i)).toBe(isSeen);
    }
  }
  const half = await project.pathways.select({ amount: 0.5 });
  const before = project.weights();
  await project.fitTasks(['size'], rows, { ...twice, train: half });
  let count = 0;
  for (const [name, { data }] of Object.entries(project.weights())) {
    data.forEach((value, i) => {
      if (Object.is(value, before[name]?.data[i])) return;
      count++;
      expect(mayMove(half, name, i) && (project.pathways.trainedBy('size', name)?.[i] ?? 1) === 1).toBe(true);
    });
  }
  expect(count).toBeGreaterThan(5);
});

test('a continued fit moves what its own selection says, or says that it cannot', async () => {
  const project = three();
  const [first, second] = await Promise.all(
    [1, 2].map((seed) => project.pathways.select({ amount: 0.5, take: 'random', scope: 'layer', seed })),
  );
  if (first === undefined || second === undefined) throw new Error('two were selected');
  await project.fit(rows, { ...twice, train: first });
  await project.fit(rows, { ...twice, train: first, continue: true });
  const other = thrownBy(() => project.fit(rows, { ...twice, train: second, continue: true }));
  expect(await other).toMatchObject({ code: 'CANNOT_CONTINUE', expected: 'the same elements, as in that fit' });
});

test('a selection of another network is refused by name, and what cannot be chosen is said', async () => {
  const [project, other] = [three(), three({ hidden: [16, 8] })];
  const theirs = await other.pathways.select({ amount: 0.5 });
  expect(await thrownBy(() => project.fit(rows, { ...twice, train: theirs }))).toMatchObject({
    code: 'PARAMETER_MISMATCH',
    path: 'fit.train.backbone/layer2/kernel',
    expected: '[16, 12]',
    received: '[16, 8]',
  });
  const loose = { ...theirs };
  expect(await thrownBy(() => other.fit(rows, { ...twice, train: loose }))).toMatchObject({ path: 'fit.train' });
  const wrong: [Record<string, unknown>, string, string][] = [
    [{}, 'INVALID_OPTIONS', 'pathways.select.amount'],
    [{ amount: 2 }, 'INVALID_OPTIONS', 'pathways.select.amount'],
    [{ amount: { count: 9999 } }, 'SELECTION_TOO_LARGE', 'count'],
    [{ amount: 1, layers: 'layer9' }, 'EMPTY_GROUP', 'pathways.select'],
    [{ amount: 1, criterion: 'gradient' }, 'INVALID_OPTIONS', 'pathways.select.data'],
  ];
  for (const [options, code, path] of wrong) {
    expect(await thrownBy(() => project.pathways.select({ ...asked, ...options } as never))).toMatchObject({
      code,
      path,
    });
  }
});
