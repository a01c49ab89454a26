/** @file Going on: a run that is stopped anywhere and started again is the run that was never stopped. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { describe } from '../../src/engine/host-tensor.js';
import {
  adam,
  adamW,
  binary,
  type FitOptions,
  type HeadgateError,
  Project,
  regression,
  sgd,
  stepwise,
  tf,
  vector,
} from '../../src/index.js';
import type { FitState } from '../../src/train/state.js';
import { bytes } from '../support/training.js';
import { type Part, readState, runPart, timeless, writeState } from './run-in-parts.js';

const folders: string[] = [];
const folder = (): string => {
  folders.push(mkdtempSync(path.join(tmpdir(), 'headgate-parts-')));
  return folders.at(-1) ?? '';
};
afterAll(() => {
  for (const made of folders) rmSync(made, { recursive: true });
});

function expectSame(part: Part, whole: Part): void {
  expect(Object.keys(part.state.tensors)).toEqual(Object.keys(whole.state.tensors));
  for (const name of Object.keys(whole.state.tensors)) {
    expect(bytes(part.state.tensors, name), name).toBe(bytes(whole.state.tensors, name));
  }
  expect(timeless(part.history)).toEqual(timeless(whole.history));
  expect(part.seen).toBe(whole.seen);
}

for (const engine of ['cpu', 'onnx'] as const) {
  test(`${engine}: stopped after any step, copied to disk and gone on with: the same bytes and the same history`, async () => {
    const whole = await runPart(engine, null, null);
    expect(whole.history).toMatchObject({ ended: 'completed', steps: 9, partial: null });
    const [one, two] = whole.history.epochs;
    expect([one?.weights, two?.weights]).toEqual([
      { open: 1, age: 2 },
      { open: 1, age: 0.5 },
    ]);
    for (let stop = 1; stop < 9; stop++) {
      const first = await runPart(engine, null, stop);
      expect([first.history.ended, first.history.steps]).toEqual(['aborted', stop]);
      expect(first.history.partial?.steps ?? 0).toBe(stop % 3);
      const place = folder();
      writeState(place, first);
      expectSame(await runPart(engine, readState(place), null), whole);
    }
  });

  test(`${engine}: in another process, and stopped twice`, async () => {
    const place = folder();
    const script = path.join(import.meta.dirname, 'run-in-parts.ts');
    const run = (stop: string) =>
      promisify(execFile)(process.execPath, ['--import', 'tsx', script, engine, place, stop]);
    for (const stop of ['4', '8', 'end']) await run(stop);
    const [whole, read] = [await runPart(engine, null, null), readState(place)];
    for (const name of Object.keys(whole.state.tensors)) {
      expect(bytes(read.tensors, name), name).toBe(bytes(whole.state.tensors, name));
    }
    expect(read.history).toEqual(JSON.parse(JSON.stringify(timeless(whole.history))));
    expect(read.seen).toBe(whole.seen);
  }, 60_000);
}

test('a state on every event: each copy leads to the same end', async () => {
  const whole = await runPart('cpu', null, null);
  const states: FitState[] = [];
  await runPart('cpu', null, null, async (_, fit) => states.push(await fit.snapshot()));
  expect(states.length).toBeGreaterThan(9 + 3 * 3);
  for (const state of states.filter((_, i) => i % 4 === 0)) {
    const part = await runPart('cpu', state, null);
    expect(timeless(part.history)).toEqual(timeless(whole.history));
    for (const name of Object.keys(whole.state.tensors)) {
      expect(bytes(part.state.tensors, name), name).toBe(bytes(whole.state.tensors, name));
    }
  }
});

const tasks = { open: binary(), age: regression() };
const project = () =>
  new Project({
    name: 'continued',
    inputs: { x: vector({ size: 2 }) },
    tasks,
    backbone: ({ x }) => {
      const hidden = tf.layers.dense({ units: 4, activation: 'tanh' }).apply(x);
      return { features: tf.layers.dropout({ rate: 0.3 }).apply(hidden) as tf.SymbolicTensor };
    },
  }).flow('full', (task, x) => [task.open(x.features), task.age(x.features)]);
const table = Array.from({ length: 10 }, (_, i) => ({ x: [i / 3 - 1, 1 - i / 5], open: i % 3 === 0, age: i / 4 }));
const options = { engine: 'cpu', progress: false, batchSize: 3, seed: 2 } as const;
const rate = stepwise({ initial: 0.02, factor: 0.5, every: 3 });

const weights = (model: tf.LayersModel): string[] =>
  model.getWeights().map((weight) => Buffer.from(new Float32Array(weight.dataSync()).buffer).toString('hex'));

async function failure(promise: Promise<unknown>): Promise<HeadgateError> {
  return promise.then(
    () => {
      throw new Error('nothing was thrown');
    },
    (error: HeadgateError) => error,
  );
}

for (const engine of ['cpu', 'onnx'] as const) {
  for (const [name, optimizer] of [
    ['adamW', adamW({ learningRate: rate })],
    ['sgd', sgd({ learningRate: rate, momentum: 0.9 })],
  ] as const) {
    test(`${engine}, ${name}: fit(2) and fit(2, continue) are fit(4), weights and history`, async () => {
      const given = { ...options, engine, optimizer, validation: table };
      const [parts, whole, anew] = [project(), project(), project()];
      const { seed: _, ...unseeded } = given;
      await parts.fit(table, { ...given, epochs: 2 });
      const second = await parts.fit(table, { ...unseeded, epochs: 2, continue: true }); // the seed is the run's
      const longer = await whole.fit(table, { ...given, epochs: 4 });
      expect(weights(parts.model)).toEqual(weights(whole.model));
      expect(timeless(second)).toEqual(timeless(longer));
      expect([second.epochs.length, second.steps, second.startedAnew]).toEqual([4, 16, []]);
      // Without it, everything but the weights starts anew, and the history says so.
      await anew.fit(table, { ...given, epochs: 2 });
      const again = await anew.fit(table, { ...given, epochs: 2 });
      expect(again.startedAnew).toEqual(['moments', 'schedule', 'order of rows', 'dropout']);
      expect([again.epochs.length, again.steps, again.epochs[0]?.epoch]).toEqual([2, 8, 1]);
      expect(weights(anew.model)).not.toEqual(weights(whole.model));
    });
  }
}

test('a fit that was aborted within an epoch goes on within it', async () => {
  const given = { ...options, optimizer: adam({ learningRate: rate }) };
  const [parts, whole] = [project(), project()];
  const controller = new AbortController();
  const stopping: FitOptions['optimizer'] = adam({
    learningRate: (progress) => {
      if (progress.step === 5) controller.abort();
      return rate(progress);
    },
  });
  const first = await parts.fit(table, { ...given, epochs: 3, optimizer: stopping, signal: controller.signal });
  expect([first.ended, first.steps, first.partial?.epoch, first.partial?.steps]).toEqual(['aborted', 6, 2, 2]);
  const second = await parts.fit(table, { ...given, epochs: 2, continue: true });
  expect(timeless(second)).toEqual(timeless(await whole.fit(table, { ...given, epochs: 3 })));
  expect(weights(parts.model)).toEqual(weights(whole.model));
});

test('schedules see the steps of the run, and its length as far as it is known', async () => {
  const seen: (readonly [number, number | null, number])[] = [];
  const optimizer = sgd({
    learningRate: ({ step, totalSteps, epoch }) => {
      seen.push([step, totalSteps, epoch]);
      return 0.01;
    },
  });
  const own = project();
  await own.fit(table, { ...options, batchSize: 5, optimizer, epochs: 1 });
  await own.fit(table, { ...options, batchSize: 5, optimizer, epochs: 2, continue: true });
  expect(seen).toEqual([
    [0, 2, 0],
    [1, 2, 0],
    [2, 6, 1],
    [3, 6, 1],
    [4, 6, 2],
    [5, 6, 2],
  ]);
});

test('what cannot be continued is refused by name, and nothing is trained', async () => {
  const own = project();
  const fresh = await failure(own.fit(table, { ...options, continue: true }));
  expect([fresh.code, fresh.path]).toEqual(['CANNOT_CONTINUE', 'fit.continue']);
  const controller = new AbortController();
  await own.fit(table, { ...options, optimizer: adamW(), epochs: 1 });
  const before = weights(own.model);
  const refused = async (given: object, rows = table): Promise<string[]> => {
    const error = await failure(own.fit(rows, { ...options, epochs: 1, continue: true, ...given }));
    return [error.code, error.path];
  };
  expect(await refused({ seed: 3 })).toEqual(['CANNOT_CONTINUE', 'seed']);
  expect(await refused({ optimizer: sgd() })).toEqual(['CANNOT_CONTINUE', 'optimizer']);
  expect(weights(own.model)).toEqual(before);
  // Between epochs, rows and the size of batches may change; within one they would be other rows.
  await own.fit(table.slice(2), { ...options, batchSize: 4, epochs: 1, continue: true });
  const stopped = await own.fit(table, {
    ...options,
    epochs: 1,
    continue: true,
    signal: controller.signal,
    watchers: [{ name: 'stop', on: (event) => event.kind === 'step' && controller.abort() }],
  });
  expect(stopped.partial?.steps).toBe(1);
  expect(await refused({ batchSize: 4 })).toEqual(['CANNOT_CONTINUE', 'batchSize']);
  expect(await refused({}, table.slice(1))).toEqual(['CANNOT_CONTINUE', 'data']);
  // Moments belong to the weights that they were made with.
  const [layer] = own.model.layers.filter((one) => one.weights.length > 0);
  tf.tidy(() => layer?.setWeights(layer.getWeights().map((weight) => weight.add(1))));
  const changed = await refused({});
  expect(changed[0]).toBe('CANNOT_CONTINUE');
});

test('a state whose tensors are not those of this run is refused by the name of the tensor', async () => {
  const { state } = await runPart('cpu', null, 4);
  const names = Object.keys(state.tensors);
  const name = names.find((one) => (state.tensors[one]?.shape.length ?? 0) === 2) ?? '';
  const { [name]: tensor, ...others } = state.tensors;
  if (tensor === undefined) throw new Error('a matrix is among them');
  const { shape, data } = tensor;
  const refused = async (tensors: FitState['tensors']): Promise<string[]> => {
    const error = await failure(runPart('cpu', { ...state, tensors }, null));
    return [error.code, error.path, error.message.split('\n').find((line) => line.includes('received')) ?? ''];
  };
  const [rows, columns] = shape;
  const received = `  received: ${describe(tensor)}`;
  expect(await refused(others)).toEqual(['CANNOT_CONTINUE', name, received]);
  const flat = { ...state.tensors, [name]: { ...tensor, shape: [data.length] } };
  expect(await refused(flat)).toEqual(['CANNOT_CONTINUE', name, received]);
  expect(rows).not.toBe(columns);
  const turned = { ...state.tensors, [name]: { ...tensor, shape: [columns ?? 0, rows ?? 0] } };
  expect(await refused(turned)).toEqual(['CANNOT_CONTINUE', name, received]);
  const retyped = { ...tensor, dtype: 'int32' as const, data: Int32Array.from(data) };
  expect(await refused({ ...state.tensors, [name]: retyped })).toEqual(['CANNOT_CONTINUE', name, received]);
  const more = { ...state.tensors, 'of/another': tensor };
  expect(await refused(more)).toEqual(['CANNOT_CONTINUE', 'of/another', '  received: none']);
});
