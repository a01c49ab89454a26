/** @file Pathways in training: a task sees the dense network under its masks, and what it does not own stays to the bit. */
import { expect, test } from 'vitest';
import type { PathwaySettings } from '../../../src/index.js';
import { sgd } from '../../../src/index.js';
import { asked, paths, quiet, rows, type Three, three } from './ways.js';

const methods = ['gradient', 'gradientWeight', 'fisher', 'magnitude', 'activation', 'movement', 'random'] as const;

/** What a task predicts by its masks alone: products written out. */
function naive(project: Three, path: string, row: { a: number; b: number; c: number }): number {
  const weights = project.weights();
  const way = project.pathways.list.find(({ tasks }) => tasks.includes(path));
  if (way === undefined) throw new Error(`${path} has no pathway`);
  const own = (name: string) => weights[way.copies.includes(name) ? `pathway/${way.name}/${name}` : name]?.data ?? [];
  let values = [row.a, row.b, row.c];
  let isIn = values.map(() => 1);
  for (const layer of ['layer1', 'layer2']) {
    const kernel = weights[`backbone/${layer}/kernel`];
    const units = kernel?.shape[1] ?? 0;
    const reads = way.reads.get(`backbone/${layer}/kernel`);
    const bias = own(`backbone/${layer}/bias`);
    const group = project.pathways.units(way.name)?.get(layer);
    const next = Array.from({ length: units }, (_, unit) => {
      const sum = values.reduce((total, value, i) => {
        const place = i * units + unit;
        const isSeen = reads?.[place] ?? ((isIn[i] ?? 0) && (group?.[unit] ?? 1));
        return total + (isSeen ? value * (kernel?.data[place] ?? 0) : 0);
      }, bias[unit] ?? 0);
      return Math.max(0, sum);
    });
    values = next;
    isIn = Array.from({ length: units }, (_, unit) => group?.[unit] ?? 1);
  }
  const head = weights[`head/${path}/kernel`]?.data ?? [];
  const sum = values.reduce(
    (total, value, i) => total + (isIn[i] ? value * (head[i] ?? 0) : 0),
    weights[`head/${path}/bias`]?.data[0] ?? 0,
  );
  return path === 'size' ? sum : 1 / (1 + Math.exp(-sum));
}

async function predictedAsNaive(project: Three, engine: 'cpu' | 'onnx' | 'wasm'): Promise<void> {
  const sample = rows.slice(0, 20);
  const details = await project.predict(sample, { ...asked, engine, probabilities: true });
  for (const [i, row] of sample.entries()) {
    expect(details[i]?.red?.probability).toBeCloseTo(naive(project, 'red', row), 5);
    expect(details[i]?.size?.value).toBeCloseTo(naive(project, 'size', row), 4);
    const round = details[i]?.round;
    if (round !== null && round !== undefined) expect(round.probability).toBeCloseTo(naive(project, 'round', row), 5);
  }
}

const kinds: readonly (readonly [string, PathwaySettings])[] = [
  ['single weights of their own', { granularity: 'weight', sparsity: 0.7 }],
  ['single weights that overlap', { granularity: 'weight', sparsity: 0.4, exclusive: false }],
  ['single weights that read earlier ones', { granularity: 'weight', sparsity: 0.7, readsOthers: true }],
  ['units of their own', { granularity: 'unit', sparsity: 0.7 }],
  ['units that overlap', { granularity: 'unit', sparsity: 0.4, exclusive: false }],
  ['units that read earlier ones', { granularity: 'unit', sparsity: 0.7, readsOthers: true }],
  ['blocks', { granularity: { block: [2, 2] }, sparsity: 0.7 }],
  ['1 of each 4', { granularity: { keep: 1, of: 4 } }],
];

test.each(kinds)(
  '%s: each task sees the dense network under its masks, before and after training, on each engine',
  async (_, settings) => {
    const project = three({ pathways: { ...settings, method: 'random' } });
    await project.fit(rows, { ...quiet, epochs: 1, engine: 'onnx' });
    expect(project.pathways.list.map(({ name }) => name)).toEqual(paths);
    for (const engine of ['cpu', 'onnx', 'wasm'] as const) await predictedAsNaive(project, engine);
    project.dispose();
  },
);

test.each(methods)('%s finds pathways of the size that was asked for', async (method) => {
  const project = three({ pathways: { method, sparsity: 0.75, granularity: 'weight' } });
  await project.fit(rows, { ...quiet, epochs: 1 });
  for (const { reads } of project.pathways.list) {
    for (const mask of reads.values()) {
      expect(mask.reduce((sum, value) => sum + value, 0)).toBe(Math.round(0.25 * mask.length));
    }
  }
  const [first, second] = project.pathways.list;
  for (const [name, mask] of first?.reads ?? []) {
    expect(mask.some((value, i) => value === 1 && second?.reads.get(name)?.[i] === 1)).toBe(false);
  }
  project.dispose();
});

test.each(kinds)(
  '%s: what a task does not train stays to the bit, weight decay, L1 and momentum included',
  async (_, settings) => {
    const project = three({ pathways: { ...settings, method: 'random' } });
    await project.fit(rows, { ...quiet, epochs: 1 });
    const before = project.weights();
    const was = await project.predict(rows, { ...asked, probabilities: true });
    const optimizer = sgd({ learningRate: 0.05, momentum: 0.9, weightDecay: 0.1, l1: 0.01, l2: 0.01, l1Decay: 0.05 });
    await project.fitTasks(['size'], rows, { ...quiet, optimizer });
    const after = project.weights();
    const way = project.pathways.list.find(({ tasks }) => tasks.includes('size'));
    const others = project.pathways.list.filter((one) => one !== way);
    let moved = 0;
    for (const [name, { data }] of Object.entries(after)) {
      const old = before[name]?.data;
      const isOwn = name.startsWith('head/size/') || name.startsWith('pathway/size/');
      data.forEach((value, i) => {
        if (Object.is(value, old?.[i])) return;
        moved++;
        if (isOwn) return;
        expect(project.pathways.trainedBy('size', name)?.[i] ?? 1, `${name}[${i}]`).toBe(1);
        for (const other of others)
          expect(project.pathways.seenBy(other.name, name)?.[i] ?? 1, `${name}[${i}]`).toBe(0);
      });
    }
    expect(moved).toBeGreaterThan(4);
    const now = await project.predict(rows, { ...asked, probabilities: true });
    expect(now.map(({ red, round }) => ({ red, round }))).toEqual(was.map(({ red, round }) => ({ red, round })));
    project.dispose();
  },
);

test('a task without a pathway sees the whole backbone, which rests while another is trained', async () => {
  const project = three({ batchNorm: true });
  await project.fit(rows, quiet);
  const before = project.weights();
  const was = await project.predict(rows, { ...asked, probabilities: true });
  await project.fitTasks(['red'], rows, quiet);
  const changed = Object.entries(project.weights()).filter(([name, { data }]) =>
    data.some((value, i) => value !== before[name]?.data[i]),
  );
  expect(changed.map(([name]) => name).sort()).toEqual(['head/red/bias', 'head/red/kernel']);
  const now = await project.predict(rows, { ...asked, probabilities: true });
  expect(now.map(({ size }) => size)).toEqual(was.map(({ size }) => size));
  project.dispose();
});
