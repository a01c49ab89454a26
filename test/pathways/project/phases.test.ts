/** @file What a fit says of pathways: how they came about, and who trains what others own. */
import { expect, test } from 'vitest';
import { type Note, type PathwaySettings, recordsSource } from '../../../src/index.js';
import { asked, quiet, rows, three } from './ways.js';

const units: PathwaySettings = { granularity: 'unit', sparsity: 0.75, method: 'gradient', scoreBatches: 2 };
const begun = { epoch: 1, step: 0, pruned: 0, exchanged: 0, rewound: false };

test('the fit that assigns declared pathways tells of both phases, and what continues it tells so too', async () => {
  const project = three({ pathways: units });
  const options = { ...quiet, epochs: 1, batchSize: 16 };
  const history = await project.fit(rows, options);
  // Units: 4 of 16 read 3 numbers, and 3 of 12 read 4 of 16.
  const left = 1 - (4 * 3 + 3 * 4) / (16 * 3 + 12 * 16);
  const sparsity = { red: left, round: left, size: left };
  expect(history.pathways).toEqual([
    { phase: 'scored', scoring: { method: 'gradient', batches: 2 }, sparsity: {}, ...begun },
    { phase: 'assigned', scoring: null, sparsity, ...begun },
  ]);
  expect(
    String(history)
      .split('\n')
      .filter((line) => line.includes('pathways')),
  ).toEqual([
    `3 pathways assigned, scored by gradient on 2 batches: ${left.toFixed(4)} of the kernels' weights left out`,
  ]);
  expect((await project.fit(rows, { ...options, continue: true })).pathways).toEqual(history.pathways);
  expect((await project.fit(rows, options)).pathways).toEqual([]);
});

test.each([
  // Six batches are fewer than asked for; of a stream nobody knows how many there are.
  ['gradient', rows, 6, ' on 6 batches'],
  ['activation', recordsSource(rows), 6, ' on 6 batches'],
  ['magnitude', rows, 0, ''],
] as const)('%s: the batches that were looked at are counted', async (method, data, batches, text) => {
  const project = three({ pathways: { ...units, granularity: 'weight', method, scoreBatches: 32 } });
  const history = await project.fit(data, { ...quiet, epochs: 1, batchSize: 16 });
  expect(history.pathways[0]?.scoring).toEqual({ method, batches });
  for (const share of Object.values(history.pathways[1]?.sparsity ?? {})) expect(share).toBeCloseTo(0.75, 12);
  expect(String(history)).toContain(
    `3 pathways assigned, scored by ${method}${text}: 0.7500 of the kernels' weights left out`,
  );
});

const codesOf = (notes: readonly Note[]) => notes.filter(({ code }) => code === 'TRAINS_OTHERS');

test('tasks without a pathway beside tasks with one: the note says who trains what of whom', async () => {
  const project = three();
  const plain = await project.fit(rows, { ...quiet, epochs: 1 });
  expect(codesOf(plain.notes)).toEqual([]);
  await project.pathways.assign({ ...units, method: 'random', ways: { red: ['red'], round: ['round'] }, ...asked });
  const [said, ...others] = codesOf((await project.fit(rows, { ...quiet, epochs: 1 })).notes);
  expect(others).toEqual([]);
  expect(said?.path).toBe('size');
  expect(said?.text).toMatch(/for size, .* what red, round own included\. .*`pathways\.assign`.*`fitTasks`/);
  expect(codesOf((await project.fitTasks(['size'], rows, { ...quiet, epochs: 1 })).notes)).toEqual([]);
  const both = codesOf((await project.fitTasks(['size', 'red'], rows, { ...quiet, epochs: 1 })).notes);
  expect(both[0]?.text).toContain('what red own included');
  await project.pathways.assign({ ...units, method: 'random', ways: { size: ['size'] }, ...asked });
  expect(codesOf((await project.fit(rows, { ...quiet, epochs: 1 })).notes)).toEqual([]);
});

test('after a pathway is removed, and after a task is adopted without one, the note says so', async () => {
  const project = three({ pathways: { ...units, method: 'random' } });
  expect(codesOf((await project.fit(rows, { ...quiet, epochs: 1 })).notes)).toEqual([]);
  await project.pathways.remove('size');
  expect(codesOf((await project.fit(rows, { ...quiet, epochs: 1 })).notes)[0]?.path).toBe('size');
  const adopted = three();
  await adopted.adopt(project, { onNote: () => {} });
  expect(codesOf((await adopted.fit(rows, { ...quiet, epochs: 1 })).notes)[0]?.path).toBe('size');
});

test('a schedule that ended early is said by the fit that does not go on with it, and by no other', async () => {
  const pathways: PathwaySettings = {
    ...{ granularity: 'weight', sparsity: 0.8, method: 'magnitude', exclusive: false },
    schedule: { kind: 'linear', begin: 0.2, end: 0.8 },
  };
  const said = ({ notes }: { readonly notes: readonly Note[] }) =>
    notes.filter(({ code }) => code === 'SCHEDULE_UNFINISHED').map(({ path }) => path);
  const kept = (project: ReturnType<typeof three>) => {
    const mask = project.pathways.seenBy('red', 'backbone/layer2/kernel') ?? new Uint8Array(0);
    return mask.reduce((sum, value) => sum + value, 0);
  };
  const options = { ...quiet, epochs: 10 };
  const stopping = {
    ...options,
    onEpochEnd: ({ epoch }: { readonly epoch: number }) => (epoch < 4 ? undefined : 'stop'),
  };
  const stopped = three({ pathways });
  expect(said(await stopped.fit(rows, stopping))).toEqual([]);
  const early = kept(stopped);
  expect(said(await stopped.fit(rows, options))).toEqual(['three']);
  expect(kept(stopped)).toBe(early);
  expect(early).toBeGreaterThan(39); // of 192, 38 are to be left
  expect(said(await stopped.fit(rows, options))).toEqual([]);

  const failed = three({ pathways });
  const extreme = rows.map((row, i) => (i === 0 ? { ...row, size: 3e38 } : row));
  await expect(failed.fit(extreme, options)).rejects.toThrow('NON_FINITE_LOSS');
  expect(said(await failed.fit(rows, options))).toEqual(['three']);

  const late = three({ pathways });
  await late.fit(rows, { ...options, onEpochEnd: ({ epoch }) => (epoch < 9 ? undefined : 'stop') });
  expect(kept(late)).toBe(38);
  expect(said(await late.fit(rows, options))).toEqual([]);

  const whole = three({ pathways });
  expect(said(await whole.fit(rows, options))).toEqual([]);
  expect(said(await whole.fit(rows, options))).toEqual([]);
});

test('pathways that overlap by declaration are no news', async () => {
  const project = three({ pathways: { ...units, granularity: 'weight', method: 'random', exclusive: false } });
  expect(codesOf((await project.fit(rows, { ...quiet, epochs: 1 })).notes)).toEqual([]);
});

test('a pathway of whose tasks no label counts where scores are computed is named', async () => {
  const project = three();
  const heard: Note[] = [];
  const unlabelled = rows.map((row) => ({ ...row, size: null }));
  const options = { ...asked, onNote: (note: Note) => heard.push(note), sparsity: 0.7, granularity: 'unit' } as const;
  await project.pathways.assign({ ...options, data: unlabelled });
  const scored = heard.filter(({ code }) => code === 'NOTHING_SCORED');
  expect(scored.map(({ path }) => path)).toEqual(['pathways.size']);
  project.dispose();
});

test('of tasks that rest, whose labels do not count, nothing is said', async () => {
  const project = three();
  await project.fit(rows, quiet);
  const heard: Note[] = [];
  const onNote = (note: Note) => heard.push(note);
  await project.pathways.unitMasks(rows, { ...asked, onNote, tasks: ['red'], epochs: 1 });
  await project.pathways.assign({ method: 'random', sparsity: 0.7, onNote });
  await project.fitTasks(['red'], rows, { ...quiet, onNote });
  await project.fitTasks(['red'], recordsSource(rows), { ...quiet, onNote });
  expect(heard.filter(({ path }) => path === 'round' || path === 'size')).toEqual([]);
  project.dispose();
});
