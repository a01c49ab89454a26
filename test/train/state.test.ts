/** @file From which state a run can go on, and with which weights. */
import { expect, test } from 'vitest';
import type { HostTensors } from '../../src/engine/engine.js';
import { type FitState, type RunFacts, requireContinuable, requireSameWeights } from '../../src/train/state.js';

const tensor = (...data: number[]) => ({
  dtype: 'float32' as const,
  shape: [data.length],
  data: Float32Array.from(data),
});
const run: RunFacts = { optimizer: 'adam', seed: 1, rows: 100, batchSize: 10, accumulate: 2 };
const tensors: HostTensors = { w: tensor(1, 2), 'moment/w': tensor(0, 0) };

function state(step: number): FitState {
  return {
    tensors,
    cursor: { epoch: 1, step, mark: null },
    steps: 10 + step,
    running: { sums: {} as FitState['running']['sums'], seconds: 0, learningRate: 0 }, // nobody asks it here
    records: [],
    startedAnew: [],
    watchers: {},
    best: null,
    run,
  };
}

const going =
  (step: number, now: Partial<RunFacts> = {}, first: HostTensors = tensors) =>
  () =>
    requireContinuable(state(step), first, { ...run, ...now });
const refused = (path: string, expected: string, received: string) =>
  expect.objectContaining({ code: 'CANNOT_CONTINUE', path, expected: `${expected}, as in that fit`, received });

test.each([0, 3])(
  'after %d steps of an epoch: the same run goes on, another optimizer, seed or tensor does not',
  (step) => {
    expect(going(step)).not.toThrow();
    expect(going(step, { optimizer: 'sgd' })).toThrow(refused('optimizer', 'adam', 'sgd'));
    expect(going(step, { seed: 2 })).toThrow(refused('seed', '1', '2'));
    expect(going(step, {}, { w: tensor(5, 6) })).toThrow(
      expect.objectContaining({ path: 'moment/w', received: 'none' }),
    );
    expect(going(step, {}, { ...tensors, b: tensor(1) })).toThrow(expect.objectContaining({ path: 'b' }));
    expect(going(step, {}, { ...tensors, w: tensor(1, 2, 3) })).toThrow(expect.objectContaining({ path: 'w' }));
    expect(going(step, {}, { ...tensors, w: tensor(5, 6) })).not.toThrow(); // other numbers are no other tensor
  },
);

test('between epochs the data and the size of a batch may change, within one they may not', () => {
  expect(going(0, { rows: 50, batchSize: 5, accumulate: 3 })).not.toThrow();
  expect(going(1, { rows: 50 })).toThrow(refused('data', '100 rows', '50 rows'));
  expect(going(1, { batchSize: 5 })).toThrow(refused('batchSize', '10', '5'));
  expect(going(1, { accumulate: 3 })).toThrow(refused('accumulate', '2', '3'));
});

test('weights are the same to the bit, or not the same', () => {
  const same = (weights: HostTensors) => () => requireSameWeights({ state: state(0), written: tensors }, weights);
  expect(same({ w: tensor(1, 2) })).not.toThrow();
  expect(same({})).not.toThrow();
  const others: HostTensors[] = [{ w: tensor(1, 3) }, { w: tensor(1) }, { w: tensor(1, 2, 3) }, { v: tensor(1, 2) }];
  for (const other of others) {
    expect(same(other)).toThrow(expect.objectContaining({ code: 'CANNOT_CONTINUE' }));
  }
  expect(same({ 'moment/w': tensor(0, -0) })).toThrow(expect.objectContaining({ path: 'moment/w' }));
});
