/** @file Pathways that are pruned while a fit trains: what is masked is 0 with its moments, and stays so. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { adamW, type FitControl, type PathwaySettings, recordsSource, sgd, type Watcher } from '../../../src/index.js';
import type { FitState } from '../../../src/train/state.js';
import { asked, quiet, rows, silent, type Three, three, thrownBy } from './ways.js';

const kernels = ['backbone/layer1/kernel', 'backbone/layer2/kernel'] as const;
const ten = { ...quiet, epochs: 10, optimizer: adamW({ learningRate: 0.01, weightDecay: 0.1 }) } as const;
const half: PathwaySettings = { granularity: 'weight', sparsity: 0.8, method: 'magnitude', exclusive: false };
const scheduled: PathwaySettings = { ...half, schedule: { kind: 'cubic' } };

/** A copy of the state after each step and at the begin of each epoch's first. */
function recording(seen: FitState[]): Watcher {
  return {
    name: 'recording',
    on: async (event, fit: FitControl) => {
      if (event.kind === 'step' || event.kind === 'epochBegin') seen.push(await fit.snapshot());
    },
  };
}

const data = (state: FitState | undefined, name: string): ArrayLike<number> => state?.tensors[name]?.data ?? [];
const ones = (mask: ArrayLike<number>): number => Array.from(mask).filter((value) => value === 1).length;

/** Of a state: by kernel, 1 for what some pathway sees. */
function seenIn(state: FitState | undefined, kernel: string): number[] {
  const masks = Object.entries(state?.tensors ?? {}).filter(
    ([name]) => name.startsWith('mask/') && name.endsWith(`/${kernel}`),
  );
  return Array.from(masks[0]?.[1].data ?? [], (_, i) => (masks.some(([, mask]) => mask.data[i] === 1) ? 1 : 0));
}

const optimizers = [
  ['AdamW with decay and L1', adamW({ learningRate: 0.01, weightDecay: 0.1, l1Decay: 0.01 })],
  ['SGD with momentum, decay and L1', sgd({ learningRate: 0.05, momentum: 0.9, weightDecay: 0.05, l1: 0.001 })],
] as const;
const engines = ['cpu', 'onnx'] as const;
const cases = engines.flatMap((engine) => optimizers.map(([name, optimizer]) => ({ engine, name, optimizer })));

test.each(cases)('$engine, $name: what was pruned is 0 with its moments after every step', async (one) => {
  for (const exclusive of [false, true]) {
    const states: FitState[] = [];
    const project = three({ pathways: { ...scheduled, exclusive } });
    const { engine, optimizer } = one;
    await project.fit(rows, { ...ten, epochs: 6, engine, optimizer, watchers: [recording(states)] });
    let masked = 0;
    for (const state of states) {
      for (const kernel of kernels) {
        const seen = seenIn(state, kernel);
        const slots = [kernel, ...optimizer.moments.map((moment) => `optimizer/${moment}/${kernel}`)];
        for (const slot of slots) {
          const values = data(state, slot);
          expect(values.length).toBe(seen.length);
          seen.forEach((value, i) => {
            if (value === 1) return;
            masked++;
            expect(Object.is(values[i], 0), `${slot}[${i}] at step ${state.steps}`).toBe(true);
          });
        }
      }
    }
    expect(masked).toBeGreaterThan(1000);
    project.dispose();
  }
});

/** Zhu and Gupta's equation, epoch by epoch, of 10 epochs from 0.1 to 0.7 of the run. */
const cubic = (epoch: number): number => {
  const over = Math.min(1, Math.max(0, (epoch - 1 - 1) / (7 - 1)));
  return 0.8 - 0.8 * (1 - over) ** 3;
};

test('the cubic schedule: each epoch has the density that its formula gives, and the history says so', async () => {
  const states: FitState[] = [];
  const project = three({ pathways: scheduled });
  const history = await project.fit(rows, { ...ten, watchers: [recording(states)] });
  expect(history.pathways.map(({ epoch }) => epoch)).toEqual([3, 4, 5, 6, 7, 8]);
  for (const { epoch, step, sparsity, exchanged, rewound } of history.pathways) {
    expect(step).toBe((epoch - 1) * 3);
    const kept = [3 * 16, 16 * 12].reduce((sum, size) => sum + Math.floor((1 - cubic(epoch)) * size + 1e-9 * size), 0);
    expect(sparsity.red).toBeCloseTo(1 - kept / 240, 10);
    expect([exchanged, rewound]).toEqual([0, false]);
  }
  const last = history.pathways.at(-1);
  expect(history.pathways.reduce((sum, { pruned }) => sum + pruned, 0)).toBe(3 * (240 - 47));
  expect(String(history).split('\n').at(-1)).toBe(
    `pathways pruned 6 times, the last in epoch 8: sparsity ${last?.sparsity.red?.toFixed(4)}`,
  );
  for (const { reads } of project.pathways.list) {
    expect(kernels.map((kernel) => ones(reads.get(kernel) ?? []))).toEqual([9, 38]);
  }
});

/** The largest |w| of each unit, where the budget has as many, then the largest of all; ties to the lower index. */
function naive(weights: ArrayLike<number>, mask: readonly number[], units: number, count: number): number[] {
  const order = mask.flatMap((value, i) => (value === 1 ? [i] : []));
  order.sort((a, b) => Math.abs(weights[b] ?? 0) - Math.abs(weights[a] ?? 0) || a - b);
  if (count >= order.length) return [...mask];
  const first = count < units ? [] : Array.from({ length: units }, (_, unit) => order.find((i) => i % units === unit));
  const chosen = new Set(first.filter((i) => i !== undefined));
  for (const i of order) if (chosen.size < count) chosen.add(i);
  return mask.map((_, i) => (chosen.has(i) ? 1 : 0));
}

test('each prune keeps exactly the largest weights of that moment', async () => {
  const states: FitState[] = [];
  const project = three({ pathways: scheduled });
  await project.fit(rows, { ...ten, watchers: [recording(states)] });
  let pruned = 0;
  for (const [i, now] of states.entries()) {
    const before = states[i - 1];
    if (before === undefined || before.steps !== now.steps) continue; // our watcher is told before: now is after it
    for (const [place, kernel] of kernels.entries()) {
      const name = `mask/reads/red/${kernel}`;
      const mask = Array.from(data(before, name));
      const size = mask.length;
      const count = Math.floor((1 - cubic(now.cursor.epoch + 1)) * size + 1e-9 * size);
      const expected = naive(data(before, kernel), mask, place === 0 ? 16 : 12, count);
      expect(Array.from(data(now, name))).toEqual(expected);
      if (ones(expected) < ones(mask)) pruned++;
    }
  }
  expect(pruned).toBe(11); // the first kernel is where it shall be one epoch early
});

test('a fit that prunes keeps no averages of weights', async () => {
  const fit = three({ pathways: scheduled }).fit(rows, { ...ten, average: { decay: 0.9 } });
  await expect(fit).rejects.toMatchObject({ code: 'INVALID_OPTIONS', path: 'fit.average' });
});

test('a step of the schedule that nobody asked for moves nothing: no schedule, the same bytes', async () => {
  const [plain, never] = [
    three({ pathways: { ...half, sparsity: 0 } }),
    three({ pathways: { ...half, sparsity: 0, schedule: {} } }),
  ];
  for (const project of [plain, never]) await project.fit(rows, { ...ten, epochs: 4 });
  expect(never.weights()).toEqual(plain.weights());
});

test.each([
  ['constant', { kind: 'constant', begin: 0.5 }, [[6, 0.8]]],
  [
    'linear',
    { kind: 'linear', begin: 0, end: 0.2, from: 0.4 },
    [
      [1, 0.4],
      [2, 0.6],
      [3, 0.8],
    ],
  ],
  ['constant, of one step', { kind: 'constant', begin: 0.5, every: 1 }, [[5, 0.8]]],
  [
    'every 4 steps',
    { kind: 'linear', begin: 0.2, end: 0.5, every: 4 },
    [
      [4, (0.8 * 4) / 9],
      [5, (0.8 * 8) / 9],
      [5, 0.8],
    ],
  ],
] as const)('%s', async (_, schedule, wanted) => {
  const project = three({ pathways: { ...half, scope: 'global', schedule } });
  const { pathways } = await project.fit(rows, ten);
  expect(pathways.map(({ epoch }) => epoch)).toEqual(wanted.map(([epoch]) => epoch));
  for (const [i, { sparsity }] of pathways.entries()) {
    expect(sparsity.size).toBeCloseTo(1 - Math.floor((1 - (wanted[i]?.[1] ?? 0)) * 240 + 1e-6) / 240, 10);
  }
});

test.each(['gradient', 'gradientWeight', 'fisher', 'activation', 'movement', 'random'] as const)(
  '%s decides while training',
  async (method) => {
    const project = three({ pathways: { ...scheduled, method, scoreBatches: 2 } });
    await project.fit(rows, { ...ten, epochs: 5 });
    const lists = project.pathways.list.map(({ reads }) => reads.get(kernels[1]) ?? new Uint8Array(0));
    for (const mask of lists) expect(ones(mask)).toBe(38);
    // What asks for each task's own loss finds each task's own weights.
    if (method !== 'movement' && method !== 'activation') expect(lists[0]).not.toEqual(lists[2]);
  },
);

test.each([
  ['blocks', { block: [2, 2] }, (mask: Uint8Array) => expect(ones(mask)).toBe(4 * Math.floor(0.2 * 48))],
  [
    '1 of each 4',
    { keep: 1, of: 4 },
    (mask: Uint8Array) => {
      for (let unit = 0; unit < 12; unit++) {
        for (let group = 0; group < 16; group += 4) {
          expect(ones([0, 1, 2, 3].map((i) => mask[(group + i) * 12 + unit] ?? 0))).toBe(1);
        }
      }
    },
  ],
] as const)('%s are pruned whole', async (_, granularity, check) => {
  for (const exclusive of [false, true]) {
    const project = three({ pathways: { ...scheduled, granularity, exclusive } });
    await project.fit(rows, { ...ten, epochs: 5 });
    for (const { reads } of project.pathways.list) check(reads.get(kernels[1]) ?? new Uint8Array(0));
    disjoint(project, exclusive);
  }
});

function disjoint(project: Three, isAsked: boolean): void {
  if (!isAsked) return;
  for (const kernel of kernels) {
    const counts = new Uint8Array(192);
    for (const { reads } of project.pathways.list)
      reads.get(kernel)?.forEach((value, i) => {
        counts[i] = (counts[i] ?? 0) + value;
      });
    expect(Math.max(...counts)).toBe(1);
  }
}

test('exclusive pathways share the kernels out before the first step, and prune what is theirs', async () => {
  const states: FitState[] = [];
  const project = three({ pathways: { ...scheduled, exclusive: true } });
  const history = await project.fit(rows, { ...ten, watchers: [recording(states)] });
  const first = states[0];
  for (const kernel of kernels) {
    const masks = ['red', 'round', 'size'].map((name) => data(first, `mask/reads/${name}/${kernel}`));
    const size = masks[0]?.length ?? 0;
    expect(masks.map(ones)).toEqual([size / 3, size / 3, size / 3]);
    expect(ones(seenIn(first, kernel))).toBe(size);
  }
  for (const { sparsity } of history.pathways)
    for (const share of Object.values(sparsity)) expect(share).toBeGreaterThan(0.66);
  disjoint(project, true);
  for (const { reads } of project.pathways.list) expect(ones(reads.get(kernels[1]) ?? [])).toBe(38);
  const greedy = three({ pathways: { ...scheduled, exclusive: true, sparsity: 0.5 } });
  const error = await thrownBy(() => greedy.fit(rows, ten));
  expect(error).toMatchObject({ code: 'CAPACITY_EXHAUSTED', path: 'pathways.size', expected: 'a share of 0.500' });
  expect(greedy.pathways.list).toEqual([]);
});

test('regrowth exchanges weights at a density that stays exact, and what has grown begins at 0', async () => {
  const states: FitState[] = [];
  const schedule = { kind: 'constant', begin: 0 } as const;
  const settings: PathwaySettings = { ...half, schedule, regrowth: { share: 0.5, until: 0.8 }, scoreBatches: 2 };
  const project = three({ pathways: settings });
  const history = await project.fit(rows, { ...ten, watchers: [recording(states)] });
  expect(history.pathways.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4, 5, 6, 7]); // then a share of 38 is none
  for (const [i, { exchanged, sparsity }] of history.pathways.entries()) {
    const share = 0.25 * (1 + Math.cos((Math.PI * i) / 8));
    expect(exchanged).toBe(3 * (Math.floor(share * 9 + 1e-9) + Math.floor(share * 38 + 1e-9)));
    expect(sparsity.red).toBeCloseTo(1 - 47 / 240, 10);
  }
  let grown = 0;
  for (const [i, now] of states.entries()) {
    const before = states[i - 1];
    if (before === undefined || before.steps !== now.steps || now.steps === 0) continue;
    for (const kernel of kernels) {
      const [was, is] = [seenIn(before, kernel), seenIn(now, kernel)];
      is.forEach((value, at) => {
        if (value === 0 || was[at] === 1) return;
        grown++;
        for (const slot of [kernel, `optimizer/first/${kernel}`, `optimizer/second/${kernel}`]) {
          expect(Object.is(data(now, slot)[at], 0)).toBe(true);
        }
      });
    }
  }
  expect(grown).toBeGreaterThan(20);
});

test('exclusive pathways exchange weights for what no other has', async () => {
  const settings: PathwaySettings = { ...scheduled, exclusive: true, regrowth: { share: 0.5 }, scoreBatches: 2 };
  const project = three({ pathways: settings });
  const { pathways } = await project.fit(rows, ten);
  expect(pathways.reduce((sum, { exchanged }) => sum + exchanged, 0)).toBeGreaterThan(50);
  disjoint(project, true);
  for (const { reads } of project.pathways.list) expect(ones(reads.get(kernels[1]) ?? [])).toBe(38);
});

test('rewinding: after each prune the weights that are left are those of that epoch, and so are their moments', async () => {
  const states: FitState[] = [];
  const settings: PathwaySettings = { ...half, schedule: { kind: 'linear', begin: 0.3, end: 0.5 }, rewind: { to: 2 } };
  const project = three({ pathways: settings });
  const history = await project.fit(rows, { ...ten, watchers: [recording(states)] });
  expect(history.pathways.map(({ epoch, rewound }) => [epoch, rewound])).toEqual([
    [5, true],
    [6, true],
  ]);
  const back = states.find(({ steps }) => steps === 6);
  for (const { epoch } of history.pathways) {
    const after = states.filter(({ cursor }) => cursor.epoch === epoch - 1)[0];
    for (const [name, { data: values }] of Object.entries(after?.tensors ?? {})) {
      if (name.startsWith('mask/')) continue;
      const kernel = kernels.find((one) => name.endsWith(one));
      const seen = kernel === undefined ? null : seenIn(after, kernel);
      Array.from(values).forEach((value, i) => {
        expect(value, `${name}[${i}]`).toBe(seen?.[i] === 0 ? 0 : data(back, name)[i]);
      });
    }
  }
});

test('the weights that were kept have the masks of their epoch, also on disk', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'headgate-'));
  const project = three({ pathways: { ...scheduled, sparsity: 0.97 } });
  const history = await project.fit(rows, { ...ten, validation: rows });
  const kept = history.kept?.epoch ?? 0;
  const at = history.pathways.filter(({ epoch }) => epoch <= kept).at(-1);
  for (const { name, reads } of project.pathways.list) {
    const share = 1 - [...reads.values()].reduce((sum, mask) => sum + ones(mask), 0) / 240;
    expect(share).toBeCloseTo(at?.sparsity[name] ?? 0, 10);
  }
  const values = project.weights();
  for (const kernel of kernels) {
    Array.from(values[kernel]?.data ?? []).forEach((value, i) => {
      const isSeen = project.pathways.list.some(({ reads }) => reads.get(kernel)?.[i] === 1);
      expect(value !== 0).toBe(isSeen);
    });
  }
  await project.save(join(folder, 'model'), silent);
  const loaded = await three({ pathways: scheduled }).load(join(folder, 'model'), silent);
  expect(loaded.pathways.list).toEqual(project.pathways.list);
  const ask = { ...asked, probabilities: true } as const;
  expect(await loaded.predict(rows, ask)).toEqual(await project.predict(rows, ask));
  await loaded.fit(rows, { ...ten, epochs: 2 }); // pathways that are there stay
  expect(loaded.pathways.list).toEqual(project.pathways.list);
  await rm(folder, { recursive: true });
});

test.each([
  ['by epochs', {}, undefined],
  ['by steps, with regrowth', { every: 2 }, { share: 0.4, until: 0.9 }],
] as const)('%s: an aborted fit that is continued is one fit, to the bit', async (_, schedule, regrowth) => {
  const settings: PathwaySettings = { ...scheduled, schedule, regrowth, scoreBatches: 2 };
  const [whole, parts] = [three({ pathways: settings }), three({ pathways: settings })];
  const expected = await whole.fit(rows, ten);
  const stop = new AbortController();
  const abort: Watcher = {
    name: 'abort',
    on: (event) => {
      if (event.kind === 'step' && event.total === 14) stop.abort();
    },
  };
  const { ended } = await parts.fit(rows, { ...ten, signal: stop.signal, watchers: [abort] });
  expect(ended).toBe('aborted');
  expect(parts.pathways.list).not.toEqual(whole.pathways.list);
  const history = await parts.fit(rows, { ...ten, epochs: 6, continue: true });
  expect(history.pathways).toEqual(expected.pathways);
  expect(parts.weights()).toEqual(whole.weights());
  expect(parts.pathways.list).toEqual(whole.pathways.list);
  // A fit that continues none leaves the pathways alone.
  const after = await parts.fit(rows, { ...ten, epochs: 2 });
  expect(after.pathways).toEqual([]);
  expect(parts.pathways.list).toEqual(whole.pathways.list);
});

test.each<[string, Partial<PathwaySettings>]>([
  ['granularity', { granularity: 'unit' }],
  ['readsOthers', { readsOthers: true }],
  ['schedule.end', { schedule: { begin: 0.5, end: 0.4 } }],
  ['schedule.from', { schedule: { from: 0.9 } }],
  ['schedule.kind', { schedule: { kind: 'quadratic' as 'cubic' } }],
  ['schedule.every', { schedule: { every: 0 } }],
  ['regrowth', { schedule: undefined, regrowth: {} }],
  ['regrowth', { granularity: { block: [2, 2] }, regrowth: {} }],
  ['leastFanIn', { leastFanIn: 1, regrowth: {} }],
  ['rewind', { regrowth: {}, rewind: { to: 0 } }],
  ['rewind', { schedule: undefined, rewind: { to: 0 } }],
])('%s is refused where it fits nothing, when it is declared', async (path, settings) => {
  const error = await thrownBy(() => three({ pathways: { ...scheduled, ...settings } }));
  expect(error).toMatchObject({ code: 'INVALID_OPTIONS', path: `Project.pathways.${path}` });
});

test('what only a fit knows is refused before its first step', async () => {
  const project = three({ pathways: { ...scheduled, rewind: { to: 5 } } });
  expect(await thrownBy(() => project.fit(rows, ten))).toMatchObject({
    path: 'pathways.rewind.to',
    expected: 'at most 1, the epochs before pruning begins',
  });
  const counted = three({ pathways: { ...scheduled, schedule: { every: 3 } } });
  const source = recordsSource(rows);
  const { path, code } = await thrownBy(() => counted.fit({ ...source, rows: null } as typeof source, ten));
  expect([path, code]).toEqual(['pathways.schedule.every', 'INVALID_OPTIONS']);
  for (const one of [project, counted]) expect(one.pathways.list).toEqual([]);
});

test('a schedule is of a first fit of all tasks, and of no `assign`', async () => {
  const project = three({ pathways: scheduled });
  expect(await thrownBy(() => project.fitTasks(['red'], rows, ten))).toMatchObject({ path: 'pathways.schedule' });
  expect(await thrownBy(() => project.pathways.assign({ schedule: {} } as never))).toMatchObject({
    path: 'pathways.assign.schedule',
  });
  const found = await project.pathways.assign(silent);
  expect(found.map(({ reads }) => ones(reads.get(kernels[1]) ?? []))).toEqual([38, 38, 38]);
  expect((await project.fit(rows, { ...ten, epochs: 1 })).pathways).toEqual([]);
});
