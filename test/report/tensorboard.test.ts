import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readEvents } from '../../src/files/events/read.js';
import { binary, type HeadgateError, type History, Project, regression, tensorBoard, vector } from '../../src/index.js';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'headgate-tensorboard-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const rows = Array.from({ length: 12 }, (_, i) => ({
  x: [Math.sin(i), Math.cos(i)],
  open: Math.sin(i) > 0,
  size: i / 3,
  absent: null,
}));
const quietly = { progress: false, epochs: 3, batchSize: 4 } as const;
const declared = () =>
  new Project({
    name: 'watched',
    inputs: { x: vector({ size: 2, standardise: false }) },
    tasks: { open: binary(), size: regression(), absent: binary() },
    onNote: () => {},
  }).flow('full', (task, { features }) => [task.open(features), task.size(features), task.absent(features)]);

/** By tag, its points: step and value. */
async function scalarsIn(dir: string): Promise<Map<string, [step: number, value: number][]>> {
  const scalars = new Map<string, [number, number][]>();
  for (const name of (await readdir(dir)).sort()) {
    const file = path.join(dir, name);
    const { events, unfinished } = readEvents(await readFile(file), file);
    expect(unfinished).toBe(0);
    for (const { step, what } of events) {
      for (const { tag, value } of what.case === 'summary' ? what.value.value : []) {
        if (value.case !== 'tensor') throw new Error(`${tag} is no tensor`);
        scalars.set(tag, [...(scalars.get(tag) ?? []), [Number(step), value.value.floatVal[0] ?? Number.NaN]]);
      }
    }
  }
  return scalars;
}

const curve = (history: History, read: (record: History['epochs'][number]) => number | null | undefined) =>
  history.epochs.map((record) => [record.epoch, Math.fround(read(record) ?? Number.NaN)]);

for (const engine of ['cpu', 'onnx', 'wasm'] as const) {
  test(`each epoch's record, tag by tag, on ${engine}`, async () => {
    const project = declared();
    const watchers = [tensorBoard({ dir: folder })];
    const history = await project.fit(rows, { ...quietly, engine, validation: rows, watchers });
    const scalars = await scalarsIn(folder);
    const expected = new Map([
      ['total_loss/train', curve(history, ({ loss }) => loss)],
      ['total_loss/validation', curve(history, ({ validation }) => validation?.loss)],
      ['loss/train/open', curve(history, ({ tasks }) => tasks.open)],
      ['loss/train/size', curve(history, ({ tasks }) => tasks.size)],
      ['loss/validation/open', curve(history, ({ validation }) => validation?.tasks.open)],
      ['loss/validation/size', curve(history, ({ validation }) => validation?.tasks.size)],
      ['metric/validation/open/accuracy', curve(history, ({ validation }) => validation?.metrics.open?.accuracy)],
      ['weight/open', curve(history, ({ weights }) => weights.open)],
      ['weight/absent', curve(history, ({ weights }) => weights.absent)],
      ['fit/learning_rate', curve(history, ({ learningRate }) => learningRate)],
      ['fit/penalty', curve(history, ({ penalty }) => penalty)],
      ['fit/data_wait', curve(history, ({ dataWait }) => dataWait)],
      ['fit/seconds', curve(history, ({ seconds }) => seconds)],
    ]);
    for (const [tag, points] of expected) expect(scalars.get(tag), tag).toEqual(points);
    expect([...scalars.values()].flat(2).every(Number.isFinite)).toBe(true);
    const tags = [...scalars.keys()];
    expect(tags).not.toContain('loss/train/absent'); // has no label: no point, and not 0
    expect(tags.filter((tag) => tag.startsWith('step/'))).toEqual([]);
    expect(tags.filter((tag) => tag.startsWith('loss/')).length).toBe(4);
  });
}

test('steps are those of the run; a fit that continues has a file of its own and counts on', async () => {
  const project = declared();
  const watchers = [tensorBoard({ dir: folder, everySteps: 2 })];
  await project.fit(rows, { ...quietly, engine: 'cpu', watchers });
  const history = await project.fit(rows, { ...quietly, engine: 'cpu', watchers, continue: true });
  expect((await readdir(folder)).length).toBe(2);
  const scalars = await scalarsIn(folder);
  expect(history.steps).toBe(18);
  const steps = [2, 4, 6, 8, 10, 12, 14, 16, 18];
  expect(scalars.get('step/loss')?.map(([step]) => step)).toEqual(steps);
  expect(scalars.get('step/learning_rate')?.map(([step]) => step)).toEqual(steps);
  expect(scalars.get('total_loss/train')).toEqual(curve(history, ({ loss }) => loss));
});

test('watching changes no weight', async () => {
  const [alone, watched] = [declared(), declared()];
  await alone.fit(rows, { ...quietly, engine: 'cpu' });
  await watched.fit(rows, { ...quietly, engine: 'cpu', watchers: [tensorBoard({ dir: folder, everySteps: 1 })] });
  const predicted = (project: typeof alone) => project.predict(rows, { engine: 'cpu', probabilities: true });
  expect(await predicted(watched)).toEqual(await predicted(alone));
});

test('two fits into one folder at once, by one watcher or by two, have a file each', async () => {
  const one = tensorBoard({ dir: folder });
  const fits = [one, one, tensorBoard({ dir: folder })].map((watcher) =>
    declared().fit(rows, { ...quietly, engine: 'cpu', watchers: [watcher] }),
  );
  await Promise.all(fits);
  const files = await readdir(folder);
  expect(files.length).toBe(3);
  for (const name of files) {
    const { events } = readEvents(await readFile(path.join(folder, name)), name);
    expect(events.map(({ step }) => step)).toEqual([0n, 1n, 2n, 3n]);
  }
});

test('a fit that is aborted, or fails, leaves whole events of the epochs before', async () => {
  const controller = new AbortController();
  const watchers = [tensorBoard({ dir: folder, everySteps: 1 })];
  const onEpochEnd = () => controller.abort();
  await declared().fit(rows, { ...quietly, engine: 'cpu', watchers, signal: controller.signal, onEpochEnd });
  expect((await scalarsIn(folder)).get('fit/seconds')?.map(([step]) => step)).toEqual([1]);
  const throwing = () => {
    throw new Error('mine');
  };
  const failing = declared().fit(rows, { ...quietly, engine: 'cpu', watchers, onEpochEnd: throwing });
  await expect(failing).rejects.toThrow('mine');
  expect((await scalarsIn(folder)).get('fit/seconds')?.map(([step]) => step)).toEqual([1, 1]);
});

test('a folder that cannot be made ends the fit by name, and the project works afterwards', async () => {
  const file = path.join(folder, 'file');
  await writeFile(file, '');
  const project = declared();
  const watchers = [tensorBoard({ dir: path.join(file, 'run') })];
  const refused = project.fit(rows, { ...quietly, engine: 'cpu', watchers });
  expect(await refused.catch(({ code }: HeadgateError) => code)).toBe('SAVE_FAILED');
  expect((await project.fit(rows, { ...quietly, engine: 'cpu' })).epochs.length).toBe(3);
});

test('options that do not fit', () => {
  const codeOf = (options: object): unknown => {
    try {
      return tensorBoard(options as { dir: string }); // wrong on purpose
    } catch (error) {
      return [(error as HeadgateError).code, (error as HeadgateError).path];
    }
  };
  expect(codeOf({})).toEqual(['INVALID_OPTIONS', 'tensorBoard.dir']);
  expect(codeOf({ dir: 'x', everySteps: 0 })).toEqual(['INVALID_OPTIONS', 'tensorBoard.everySteps']);
  expect(codeOf({ dir: 'x', every: 3 })).toEqual(['INVALID_OPTIONS', 'tensorBoard.every']);
});
