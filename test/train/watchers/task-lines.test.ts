/** @file Tasks on a terminal while a fit runs: a line each, cut to the width, many folded to the worst. */
import { expect, test } from 'vitest';
import { columnsOf } from '../../../src/text.js';
import type { EpochRecord } from '../../../src/train/history.js';
import { progress } from '../../../src/train/watchers/progress.js';
import { createTaskLines } from '../../../src/train/watchers/task-lines.js';
import type { FitControl, FitEvent } from '../../../src/train/watchers/watcher.js';
import { Screen } from './screen.js';

const record = (epoch: number, tasks: EpochRecord['tasks'], validation: EpochRecord['tasks'] | null): EpochRecord => ({
  ...{ epoch, loss: 1, tasks, penalty: 0, weights: {}, learningRate: 0.1, seconds: 1, dataWait: 0 },
  validation: validation === null ? null : { loss: 1, tasks: validation, metrics: {} },
});

const losses: Readonly<Record<string, number | null>> = { 'person.shirt': 0.5, age: null };
const loss = (path: string): number | null => losses[path] ?? null;

test('a line for each task, beside its losses of the epoch before', () => {
  const tasks = createTaskLines(['person.shirt', 'age']);
  expect(tasks.lines(loss, 80, 20)).toEqual(['  person.shirt     0.5000', '  age                   –']);
  tasks.record(record(1, { 'person.shirt': 0.75, age: 1e-4 }, { 'person.shirt': 0.8, age: null }));
  tasks.begin();
  expect(tasks.lines(loss, 80, 20)).toEqual([
    '  person.shirt     0.5000  before    0.7500  validation    0.8000',
    '  age                   –  before   1.00e-4  validation         –',
  ]);
  expect(tasks.lines(loss, 50, 20)).toEqual([
    '  person.shirt     0.5000  before    0.7500',
    '  age                   –  before   1.00e-4',
  ]);
  expect(tasks.lines(loss, 20, 20)).toEqual(['  per…rt     0.5000', '  age             –']);
});

test('10,000 tasks: the losses of all are asked for once an epoch, then those of the seven worst', () => {
  const paths = Array.from({ length: 10_000 }, (_, i) => `t${i}`);
  const tasks = createTaskLines(paths);
  let asked = 0;
  const counting = (path: string): number => {
    asked++;
    return Number(path.slice(1)) % 1500;
  };
  const lines = tasks.lines(counting, 80, 20);
  expect(asked).toBe(10_000 + 7);
  expect(lines.map((line) => line.trim().split(' ')[0])).toEqual([
    't1498',
    't1499',
    't2999',
    't4499',
    't5999',
    't7499',
    't8999',
    '…',
  ]);
  expect(lines.at(-1)).toBe('  … and 9993 more');
  asked = 0;
  expect(tasks.lines(counting, 80, 20)).toEqual(lines);
  expect(asked).toBe(7);
});

test('every width and height: no line is too long, wide characters and escapes included', () => {
  const paths = [
    '街道.人物.衣服.上衣.衬衫',
    'a\u001b[2J\nb',
    ...Array.from({ length: 9 }, (_, i) => `street.person.clothes.upper.${i}`),
  ];
  for (let columns = 1; columns <= 100; columns++) {
    for (let most = 0; most <= 9; most++) {
      const tasks = createTaskLines(paths);
      tasks.record(record(1, {}, {}));
      const lines = tasks.lines(() => 1e-12, columns, most);
      expect(lines.length).toBeLessThanOrEqual(Math.min(8, most));
      for (const line of lines) expect(columnsOf(line)).toBeLessThan(columns);
      for (const steering of ['\u001b', '\n']) expect(lines.join('')).not.toContain(steering);
    }
  }
});

/** A watched fit of three tasks, on a screen whose width may change between two steps. */
function watched(columns: number, height = 24) {
  const screen = new Screen(columns, height);
  const clock = { now: 0 };
  let writes = 0;
  const stream = {
    ...{ isTTY: true, columns, rows: height, bytesWritten: 0 },
    write: (text: string) => {
      writes++;
      stream.bytesWritten += text.length;
      screen.write(text);
    },
  };
  const paths = ['person.shirt', '街道', 'age'];
  // as much of a terminal, and of a fit, as is asked of one
  const watcher = progress({
    stream: stream as unknown as NodeJS.WriteStream,
    clock: () => clock.now,
    paths,
    tasks: true,
  });
  const fit = { taskLoss: () => 0.5 } as unknown as FitControl;
  const tell = (event: FitEvent): void => void watcher.on(event, fit);
  const step = (at: number): void => {
    clock.now += 200;
    tell({ kind: 'step', epoch: 1, step: at, total: at, loss: 0.5, learningRate: 0.1, dataWait: 0 });
  };
  const resize = (to: number): void => {
    stream.columns = to;
    screen.resize(to);
  };
  return { screen, stream, tell, step, resize, writes: () => writes };
}

test('lines are rewritten where they stand, below the epochs that are done, and leave nothing behind', () => {
  const { screen, tell, step, writes } = watched(80);
  screen.write('$ npm run train\n');
  tell({ kind: 'begin', epochs: 2, done: 0 });
  tell({ kind: 'epochBegin', epoch: 1, step: 0, steps: 10 });
  for (let at = 1; at <= 3; at++) step(at);
  const below = ['  person.shirt     0.5000', '  街道             0.5000', '  age              0.5000'];
  const line = 'epoch 1/2  =====---------------   3/10  loss 0.5000  0:03 left  5.0/s  lr 1.0e-1  wait 0%';
  expect(screen.text().slice(0, 1)).toEqual(['$ npm run train']);
  expect(screen.text().slice(2)).toEqual(below);
  expect(screen.text()[1]?.replace(/[=-]{4,}/, 'BAR')).toBe(line.replace(/[=-]{4,}/, 'BAR'));
  expect(writes()).toBe(1 + 3); // one for each drawing: nothing is seen half done
  tell({ kind: 'epoch', record: record(1, { 'person.shirt': 1, 街道: 1, age: 1 }, null) });
  tell({ kind: 'epochBegin', epoch: 2, step: 0, steps: 10 });
  expect(screen.text()[1]).toBe('epoch 1/2  loss 1.0000  1.0 s');
  expect(screen.text()).toHaveLength(6); // the tasks' lines are there at once: nothing jumps
  tell({ kind: 'end', history: null });
  expect(screen.text()).toEqual(['$ npm run train', 'epoch 1/2  loss 1.0000  1.0 s', '']);
});

test.each([
  [80, 40],
  [80, 20],
  [40, 120],
  [100, 33],
  [80, 9],
])('a terminal of %d columns that becomes one of %d: the lines move to it', (from, to) => {
  const { screen, tell, step, resize } = watched(from);
  screen.write('above\n');
  tell({ kind: 'begin', epochs: 2, done: 0 });
  tell({ kind: 'epochBegin', epoch: 1, step: 0, steps: 10 });
  for (let at = 1; at <= 3; at++) step(at);
  resize(to);
  step(4);
  const fresh = watched(to);
  fresh.screen.write('above\n');
  fresh.tell({ kind: 'begin', epochs: 2, done: 0 });
  fresh.tell({ kind: 'epochBegin', epoch: 1, step: 0, steps: 10 });
  for (let at = 1; at <= 4; at++) fresh.step(at);
  expect(screen.text()).toEqual(fresh.screen.text());
  tell({ kind: 'end', history: null });
  fresh.tell({ kind: 'end', history: null });
  expect(screen.text()).toEqual(['above', '']);
});

test('what others write in between is not written over', () => {
  const { screen, stream, tell, step } = watched(80);
  tell({ kind: 'begin', epochs: 2, done: 0 });
  tell({ kind: 'epochBegin', epoch: 1, step: 0, steps: 10 });
  step(1);
  stream.write('\na note\nof two lines\n');
  step(2);
  step(3);
  expect(screen.text().slice(4, 6)).toEqual(['a note', 'of two lines']);
  expect(screen.text()).toHaveLength(4 + 2 + 4);
  stream.write('\nthe last\n');
  tell({ kind: 'end', history: null });
  expect(screen.text().slice(-2)).toEqual(['the last', '']);
});

test('a low terminal keeps two lines of what stands above', () => {
  const { screen, tell, step } = watched(80, 5);
  tell({ kind: 'begin', epochs: 2, done: 0 });
  tell({ kind: 'epochBegin', epoch: 1, step: 0, steps: 10 });
  for (let at = 1; at <= 3; at++) step(at);
  expect(screen.text()).toHaveLength(3);
  expect(screen.text()[2]).toBe('  … and 2 more');
  tell({ kind: 'end', history: null });
});
