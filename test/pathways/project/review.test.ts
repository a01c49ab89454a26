/** @file Faults that a second look at scoring, pruning, unit masks and extraction found. */
import { expect, test } from 'vitest';
import {
  adamW,
  type FitControl,
  type PathwaySettings,
  Project,
  regression,
  sgd,
  tf,
  vector,
  type Watcher,
} from '../../../src/index.js';
import { extremesAmong } from '../../../src/pathways/select/extremes.js';
import { timelineOf } from '../../../src/pathways/sparsify/timeline.js';
import { sparsifying } from '../../../src/pathways/sparsify/watcher.js';
import type { FitState } from '../../../src/train/state.js';
import { asked, quiet, rows, silent, three, thrownBy } from './ways.js';

/** Numbers whose loss and gradients float32 cannot hold. */
const extreme = rows.map((row, i) => (i === 3 ? { ...row, a: 3e38, b: -3e38, size: 3e38 } : row));

test.each(
  (['weight', 'unit'] as const).flatMap((granularity) =>
    (['gradient', 'gradientWeight', 'fisher'] as const).map((method) => [method, granularity] as const),
  ),
)(
  '%s of extreme numbers, by %s: a score that is no number ends the verb and names the weight',
  async (method, granularity) => {
    const project = three({ pathways: { granularity, sparsity: 0.7, method } });
    const { code, path } = await thrownBy(() => project.fit(extreme, quiet));
    expect(code).toBe('INVALID_SCORE');
    expect(path).toMatch(/^pathways\.red\.backbone\/layer1\/kernel\[\d+\]$|^pathways\.size\.backbone/);
    expect(project.pathways.list).toEqual([]);
  },
);

test('no extreme is found among scores of which one is NaN', async () => {
  const scores = Float64Array.of(1, Number.NaN, 3);
  expect(await thrownBy(() => extremesAmong(scores, 1, Uint32Array.of(0, 1, 2), -1))).toMatchObject({
    ...{ code: 'INVALID_SCORE', path: 'scores[1]' },
  });
  expect([...extremesAmong(scores, 1, Uint32Array.of(0, 2), -1)]).toEqual([2]);
});

const kernels = ['backbone/layer1/kernel', 'backbone/layer2/kernel'] as const;

test('what one exclusive pathway drops and another grows begins at 0, with moments of 0', async () => {
  const states: FitState[] = [];
  const recording: Watcher = {
    name: 'recording',
    on: async (event, fit: FitControl) => {
      if (event.kind === 'epochBegin' || event.kind === 'epoch') states.push(await fit.snapshot());
    },
  };
  const schedule = { kind: 'constant', begin: 0.2, end: 0.3 } as const;
  const pathways: PathwaySettings = {
    ...{ granularity: 'weight', sparsity: 0.75, method: 'magnitude', schedule },
    regrowth: { share: 0.6, until: 1 },
  };
  const project = three({ pathways });
  const optimizer = adamW({ learningRate: 0.01 });
  await project.fit(rows, { ...quiet, epochs: 10, optimizer, watchers: [recording] });
  const masksOf = (state: FitState | undefined, kernel: string) =>
    ['red', 'round', 'size'].map((way) => state?.tensors[`mask/reads/${way}/${kernel}`]?.data ?? []);
  let passed = 0;
  // The end of an epoch, then the begin of the next, when weights were exchanged.
  for (let i = 1; i + 1 < states.length; i += 2) {
    const [before, after] = [states[i], states[i + 1]];
    for (const kernel of kernels) {
      const [had, has] = [masksOf(before, kernel), masksOf(after, kernel)];
      const slots = [kernel, ...optimizer.moments.map((moment) => `optimizer/${moment}/${kernel}`)];
      (has[0] ?? []).forEach((_, element) => {
        const now = has.findIndex((mask) => mask[element] === 1);
        const then = had.findIndex((mask) => mask[element] === 1);
        if (now < 0 || now === then) return;
        if (then >= 0) passed++;
        for (const slot of slots) expect(after?.tensors[slot]?.data[element], `${slot}[${element}]`).toBe(0);
      });
    }
  }
  expect(passed).toBeGreaterThan(0);
});

test('a turn that an engine could not take is taken by the next', async () => {
  let calls = 0;
  const made = () =>
    sparsifying({
      ...{
        timeline: timelineOf({ kind: 'constant', from: 0, begin: 0, end: 0, every: 'epoch' }, 0.5, null),
        every: 'epoch',
      },
      ...{ rewindsTo: null, keepsake: { tensors: null } },
      step: async () => {
        calls++;
        if (calls === 1) throw new Error('this engine has no such kernel');
        return { masks: new Map(), writes: {}, sparsity: { red: 0.5 }, pruned: 3, exchanged: 0 };
      },
    });
  const fit = { snapshot: async () => ({ tensors: {} }), write: async () => {} } as unknown as FitControl; // what a turn asks
  const first = made();
  const begin = { kind: 'begin', epochs: 4, done: 0 } as const;
  const epoch = { kind: 'epochBegin', epoch: 1, step: 0, steps: 2 } as const;
  await first.on(begin, fit);
  await expect(first.on(epoch, fit)).rejects.toThrow('no such kernel');
  const second = made();
  second.restore?.(first.save?.() ?? null);
  await second.on(begin, fit);
  await second.on(epoch, fit);
  expect(second.done().map(({ phase, pruned }) => [phase, pruned])).toEqual([['pruned', 3]]);
  await second.on(epoch, fit); // told again: not taken again
  expect(calls).toBe(2);
});

test('a schedule by activations reaches its sparsity, and leaves no tensor behind', async () => {
  const pathways: PathwaySettings = {
    ...{ granularity: 'weight', sparsity: 0.8, method: 'activation', exclusive: false, scoreBatches: 1 },
    schedule: { kind: 'linear', begin: 0, end: 1 },
  };
  const before = tf.memory().numTensors;
  const project = three({ pathways });
  const history = await project.fit(rows, { ...quiet, epochs: 4, batchSize: 16 });
  expect(history.pathways.at(-1)?.sparsity.red).toBeCloseTo(0.8, 1);
  project.dispose();
  expect(tf.memory().numTensors).toBe(before);
});

test('unit masks of backbones with as many units, but of other layers, are not compared', async () => {
  const [wide, narrow] = [three({ hidden: [12, 8] }), three({ hidden: [8, 12] })];
  const ask = { tasks: ['red'], epochs: 1, ...asked };
  const found = await wide.pathways.unitMasks(rows, ask);
  const other = await narrow.pathways.unitMasks(rows, ask);
  expect(found.units).toHaveLength(other.units.length);
  expect(await thrownBy(() => wide.pathways.overlap([found, other]))).toMatchObject({
    ...{ code: 'MASK_MISMATCH', path: 'pathways.overlap' },
    expected: expect.stringContaining('layer1 12'),
    received: expect.stringContaining('layer1 8'),
  });
  const again = await wide.pathways.unitMasks(rows, { ...ask, seed: 1 });
  expect(wide.pathways.overlap([found, again]).of).toEqual(['red', 'red']);
});

test('a penalty that float32 cannot hold ends unit masks with its name', async () => {
  const project = three();
  const error = await thrownBy(() =>
    project.pathways.unitMasks(rows, { tasks: ['red'], alpha: 1e38, epochs: 1, ...asked }),
  );
  expect(error).toMatchObject({ code: 'NON_FINITE_LOSS', path: 'pathways.unitMasks', received: 'Infinity' });
  expect(error.problem).toContain('the penalty became Infinity');
});

test('tasks of pathways whose names are of any script, or spell one feature, are extracted each by itself', async () => {
  const project = new Project({
    name: 'names',
    inputs: { x: vector({ columns: ['a', 'b', 'c'], standardise: false }) },
    tasks: {
      size: regression({ standardise: false }),
      sum: regression({ standardise: false }),
      left: regression({ standardise: false }),
    },
    backbone: ({ x }) => ({
      features: tf.layers.dense({ units: 8, activation: 'tanh', name: 'only' }).apply(x) as tf.SymbolicTensor, // of a symbolic input
    }),
  }).flow('all', (task, x) => [task.size(x.features), task.sum(x.features), task.left(x.features)]);
  const ways = { 'größe/x': ['size'], 'a.b': ['sum'], a_b: ['left'] };
  await project.pathways.assign({
    granularity: 'weight',
    sparsity: 0.5,
    method: 'random',
    exclusive: false,
    ways,
    ...asked,
  });
  const { project: small } = await project.extract(['size', 'sum', 'left'], silent);
  const was = await project.predict(rows, asked);
  const now = (await small.predict(rows, asked)) as unknown as typeof was; // the compiler does not know which tasks are left
  for (const [i, row] of now.entries()) {
    for (const path of ['size', 'sum', 'left'] as const)
      expect(Math.abs(row[path] - (was[i]?.[path] ?? 99))).toBeLessThan(1e-5);
  }
});

test('a group of a layer means what pathways have of their own of it, too', async () => {
  const project = three({ batchNorm: true });
  await project.pathways.assign({ granularity: 'weight', sparsity: 0.5, method: 'random', exclusive: false, ...asked });
  const before = project.weights();
  const optimizer = sgd({ learningRate: 0.1, groups: [{ layers: ['layer1', 'norm1'], rate: 0 }] });
  await project.fit(rows, { ...quiet, epochs: 1, optimizer });
  const after = project.weights();
  const isSame = (name: string): boolean => String(after[name]?.data) === String(before[name]?.data);
  for (const way of ['red', 'round', 'size']) {
    const own = (layer: string) =>
      Object.keys(after).filter((name) => name.startsWith(`pathway/${way}/backbone/${layer}/`));
    for (const name of [...own('layer1'), ...own('norm1')]) expect(isSame(name), name).toBe(true);
    expect(own('norm1')).toHaveLength(4);
    for (const name of own('layer2')) expect(isSame(name), name).toBe(false);
  }
  const strange = sgd({ groups: [{ layers: 'layer9', rate: 0 }] });
  expect(await thrownBy(() => project.fit(rows, { ...quiet, optimizer: strange }))).toMatchObject({
    ...{ code: 'EMPTY_GROUP', suggestion: 'layer1' },
  });
});

test('averages of a task without a pathway go back where they came from', async () => {
  const project = three({ batchNorm: true });
  await project.pathways.assign({
    granularity: 'unit',
    sparsity: 0.7,
    method: 'random',
    ways: { red: ['red'] },
    ...asked,
  });
  await project.fit(rows, { ...quiet, epochs: 1 });
  const before = project.weights();
  const { project: small, meld } = await project.extract(['size'], silent);
  await small.fit(rows, quiet);
  await meld(silent);
  const [was, now] = [
    (await small.predict(rows, asked)) as unknown as { size: number }[],
    await project.predict(rows, asked),
  ]; // one task
  for (const [i, { size }] of now.entries()) expect(Math.abs(size - (was[i]?.size ?? 99))).toBeLessThan(1e-4);
  const after = project.weights();
  const isSame = (name: string): boolean => String(after[name]?.data) === String(before[name]?.data);
  expect(isSame('whole/backbone/norm1/moving_mean')).toBe(false);
  expect(isSame('backbone/norm1/moving_mean')).toBe(true);
});

test('tasks of several features, each by its own pass, are trained alone, and say nothing of what they do not share', async () => {
  const project = new Project({
    name: 'twofold',
    inputs: { x: vector({ columns: ['a', 'b', 'c'], standardise: false }) },
    tasks: { size: regression({ standardise: false }), sum: regression({ standardise: false }) },
    backbone: ({ x }) => {
      const branch = (name: string) => tf.layers.dense({ units: 8, name }).apply(x) as tf.SymbolicTensor; // of a symbolic input
      return { left: branch('left'), right: branch('right') };
    },
  }).flow('all', (task, x) => [task.size(x.left), task.sum(x.right)]);
  const labelled = rows.map((row) => ({ ...row, sum: row.a + row.b }));
  const ways = { size: ['size'] };
  await project.pathways.assign({ granularity: 'weight', sparsity: 0.5, method: 'random', ways, ...asked });
  const history = await project.fit(labelled, { ...quiet, epochs: 1 });
  expect(history.notes.filter(({ code }) => code === 'TRAINS_OTHERS')).toEqual([]);
  for (const [alone, side] of [
    ['size', 'left'],
    ['sum', 'right'],
  ] as const) {
    const before = project.weights();
    await project.fitTasks([alone], labelled, { ...quiet, epochs: 1 });
    const after = project.weights();
    const moved = Object.keys(after).filter((name) => String(after[name]?.data) !== String(before[name]?.data));
    expect(moved).toContain(`head/${alone}/kernel`);
    expect(moved.every((name) => name.startsWith(`head/${alone}/`) || name.includes(`backbone/${side}/`))).toBe(true);
  }
});
