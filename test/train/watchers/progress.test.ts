/** @file What a person sees of a fit: one line on a terminal, a line an epoch elsewhere, nothing when told so. */
import { Writable } from 'node:stream';
import { expect, test, vi } from 'vitest';
import { binary, Project, vector } from '../../../src/index.js';
import { createHistory, type EpochRecord } from '../../../src/train/history.js';
import { progress } from '../../../src/train/watchers/progress.js';
import { duration, progressLine } from '../../../src/train/watchers/progress-line.js';
import { createRemaining } from '../../../src/train/watchers/remaining.js';
import type { FitControl, FitEvent, Watcher } from '../../../src/train/watchers/watcher.js';

function fake(isTTY: boolean, columns = 80) {
  const written: string[] = [];
  const stream = new Writable({
    write: (chunk, _, done) => {
      written.push(String(chunk));
      done();
    },
  });
  // As much of a terminal as is asked of one.
  return { stream: Object.assign(stream, { isTTY, columns }) as unknown as NodeJS.WriteStream, written };
}

const record = (epoch: number): EpochRecord => ({
  epoch,
  loss: 0.25,
  tasks: { a: 0.25 },
  validation: { loss: 0.0005, tasks: { a: 0.0005 }, metrics: { a: {} } },
  penalty: 0,
  weights: { a: 1 },
  learningRate: 0.1,
  seconds: 2.04,
  dataWait: 0,
});

const step = (epoch: number, step: number, total: number): FitEvent => ({
  kind: 'step',
  epoch,
  step,
  total,
  loss: 0.5,
  learningRate: 0.1,
  dataWait: 0,
});

/** No watcher of this test asks anything of the fit. */
const nobody = {} as FitControl;

/** Two epochs of two steps of 500 ms, each with a validation of two calls that take 1 s together. */
function* events(clock: { now: number }): Generator<FitEvent> {
  yield { kind: 'begin', epochs: 2, done: 0 };
  for (const epoch of [1, 2]) {
    yield { kind: 'epochBegin', epoch, step: 0, steps: 2 };
    for (const at of [1, 2]) {
      clock.now += 500;
      yield step(epoch, at, (epoch - 1) * 2 + at);
    }
    yield { kind: 'measure', epoch };
    for (const done of [50, 100]) {
      clock.now += 500;
      yield { kind: 'validation', done, rows: 100 };
    }
    yield { kind: 'epoch', record: record(epoch) };
  }
  yield { kind: 'end', history: null };
}

function watched(isTTY: boolean, columns = 80): string[] {
  const { stream, written } = fake(isTTY, columns);
  const clock = { now: 0 };
  const watcher = progress({ stream, clock: () => clock.now });
  for (const event of events(clock)) watcher.on(event, nobody);
  return written;
}

test('lines, where nobody watches: one an epoch, and one for an epoch that was not finished', () => {
  expect(watched(false)).toEqual([
    'epoch 1/2  loss 0.2500  validation 5.00e-4  2.0 s\n',
    'epoch 2/2  loss 0.2500  validation 5.00e-4  2.0 s\n',
  ]);
  const { stream, written } = fake(false);
  const watcher = progress({ stream });
  const partial = { ...record(1), steps: 1 };
  const facts = { epochs: [], partial, ended: 'aborted', steps: 1, startedAnew: [], kept: null, planned: 12 } as const;
  watcher.on({ kind: 'begin', epochs: 12, done: 0 }, nobody);
  watcher.on({ kind: 'end', history: createHistory(facts) }, nobody);
  expect(written).toEqual(['epoch  1/12  loss 0.2500  after 1 step of it  2.0 s\n']);
  expect(String(createHistory(facts))).toBe('epoch  1/12  loss 0.2500  after 1 step of it  2.0 s');
});

test('a line on a terminal: it counts on during validation, says how long it takes still, and gives way to the epoch', () => {
  const lines = watched(true);
  expect(lines.map((line) => line.replace(/[=-]{4,}/, 'BAR').replace('\u001b[K', ''))).toEqual([
    '\repoch 1/2  BAR  0/2',
    '\repoch 1/2  BAR  1/2  loss 0.5000  lr 1.0e-1  wait 0%',
    '\repoch 1/2  BAR  2/2  loss 0.5000  0:01 left  2.0/s  lr 1.0e-1  wait 0%', // two steps; nothing is known of validations yet
    '\repoch 1/2  BAR  validation  50/100  loss 0.5000  0:01 left  100/s',
    '\repoch 1/2  BAR  validation 100/100  loss 0.5000  0:01 left  100/s',
    '\r', // erased for
    'epoch 1/2  loss 0.2500  validation 5.00e-4  2.0 s\n',
    '\repoch 2/2  BAR  0/2  0:02 left  2.0/s',
    '\repoch 2/2  BAR  1/2  loss 0.5000  0:02 left  2.0/s  lr 1.0e-1  wait 0%',
    '\repoch 2/2  BAR  2/2  loss 0.5000  0:01 left  2.0/s  lr 1.0e-1  wait 0%',
    '\repoch 2/2  BAR  validation  50/100  loss 0.5000  0:01 left  100/s',
    '\repoch 2/2  BAR  validation 100/100  loss 0.5000  0:00 left  100/s',
    '\r',
    'epoch 2/2  loss 0.2500  validation 5.00e-4  2.0 s\n',
  ]);
});

test('no sequence hides the cursor, changes line wrap or moves to another line, so nothing has to be restored', () => {
  const sequences = watched(true)
    .join('')
    .split('\u001b')
    .slice(1)
    .map((after) => after.slice(0, 2));
  expect(new Set(sequences)).toEqual(new Set(['[K']));
});

test('drawing is as seldom as ten times a second', () => {
  const { stream, written } = fake(true);
  const clock = { now: 0 };
  const watcher = progress({ stream, clock: () => clock.now });
  watcher.on({ kind: 'begin', epochs: 1, done: 0 }, nobody);
  watcher.on({ kind: 'epochBegin', epoch: 1, step: 0, steps: 1000 }, nobody);
  for (let at = 1; at <= 1000; at++) {
    clock.now += 1;
    watcher.on(step(1, at, at), nobody);
  }
  expect(written).toHaveLength(1 + 10);
  watcher.on({ kind: 'end', history: null }, nobody);
  expect(process.listeners('exit').some((listener) => listener.name === 'clear')).toBe(false);
});

test('the line fits every width: the bar shrinks first, then what matters least goes', () => {
  const moment = {
    epoch: 3,
    epochs: 10,
    done: 120,
    of: 375,
    phase: 'training',
    loss: 0.1234,
    secondsLeft: 65,
    rate: 412.3,
    learningRate: 1e-3,
    dataWait: 0.034,
  } as const;
  expect(progressLine(moment, 120)).toBe(
    'epoch  3/10  =======-----------------  120/375  loss 0.1234  1:05 left  412/s  lr 1.0e-3  wait 3%',
  );
  expect(progressLine(moment, 80)).toBe(
    'epoch  3/10  =-----  120/375  loss 0.1234  1:05 left  412/s  lr 1.0e-3  wait 3%',
  );
  expect(progressLine(moment, 60)).toBe('epoch  3/10  =-----  120/375  loss 0.1234  1:05 left  412/s');
  expect(progressLine(moment, 40)).toBe('epoch  3/10  =---  120/375  loss 0.1234');
  expect(progressLine(moment, 25)).toBe('epoch  3/10  120/375');
  expect(progressLine(moment, 12)).toBe('epoch  3/10');
  for (let columns = 1; columns <= 120; columns++) {
    for (const phase of ['training', 'validation'] as const) {
      for (const of of [375, null]) {
        expect(progressLine({ ...moment, phase, of }, columns).length).toBeLessThan(columns);
      }
    }
  }
  const unknown = { of: null, secondsLeft: null, rate: 2.5e6, learningRate: null, dataWait: null } as const;
  expect(progressLine({ ...moment, ...unknown }, 80)).toBe('epoch  3/10  120  loss 0.1234  2.5e+6/s');
});

test('durations, and no guess where nothing is known', () => {
  expect([0.4, 7, 65, 3600, 11100].map(duration)).toEqual(['0:00', '0:07', '1:05', '1:00:00', '3:05:00']);
  const clock = { now: 0 };
  const remaining = createRemaining(() => clock.now);
  remaining.on({ kind: 'begin', epochs: 2, done: 0 });
  remaining.on({ kind: 'epochBegin', epoch: 1, step: 0, steps: null });
  clock.now += 100;
  remaining.on(step(1, 1, 1));
  remaining.on(step(1, 2, 2));
  expect(remaining.seconds()).toBeNull();
});

test('fit writes to standard error, and nothing when told so', async () => {
  const written: string[] = [];
  const spy = vi.spyOn(process.stderr, 'write').mockImplementation((chunk) => {
    written.push(String(chunk));
    return true;
  });
  try {
    const project = new Project({
      name: 'progress',
      inputs: { x: vector({ size: 1 }) },
      tasks: { open: binary() },
      onNote: () => {}, // a second fit has one
    }).flow('full', (task, x) => [task.open(x.features)]);
    const rows = [
      { x: 1, open: true },
      { x: 2, open: false },
    ];
    await project.fit(rows, { engine: 'cpu', epochs: 1, progress: false });
    expect(written).toEqual([]);
    await project.fit(rows, { engine: 'cpu', epochs: 1 });
    expect(written).toHaveLength(2);
    expect(written[0]).toMatch(/^epoch 1\/1 {2}loss \d\.\d{4} {2}0\.\d s\n$/);
    expect(written[1]).toMatch(/^task {3}first {4}last\nopen {2}(\d\.\d{4}) {2}\1\n$/);
  } finally {
    spy.mockRestore();
  }
});

test.each(['cpu', 'onnx', 'wasm'] as const)('%s: the losses of single tasks while the fit runs', async (engine) => {
  const project = new Project({
    name: 'tasks',
    inputs: { x: vector({ size: 1 }) },
    tasks: { open: binary(), shut: binary() },
  }).flow('full', (task, x) => [task.open(x.features), task.shut(x.features)]);
  const rows = [
    { x: 1, open: true, shut: null },
    { x: 2, open: false, shut: null },
  ];
  const seen: (number | null)[][] = [];
  const watcher: Watcher = {
    name: 'tasks',
    on: (event, fit) => {
      if (event.kind === 'epochBegin' || event.kind === 'step') seen.push(['open', 'shut'].map(fit.taskLoss));
      if (event.kind === 'begin') expect(() => fit.taskLoss('opened')).toThrow('there is no task opened');
    },
  };
  const options = { engine, epochs: 2, progress: false, watchers: [watcher], onNote: () => {} } as const;
  const { epochs } = await project.fit(rows, options);
  // one step an epoch: what it saw is what the record says
  const [first, second] = epochs.map(({ tasks }) => tasks.open);
  expect(first).toBeGreaterThan(0);
  expect(seen).toEqual([
    [null, null],
    [first, null],
    [null, null],
    [second, null],
  ]);
});
