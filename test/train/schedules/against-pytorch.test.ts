/** @file Rates against PyTorch's: test/fixtures/schedules.json is what scripts/fixtures/make_schedule_fixtures.py prints. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { oneCycle, plateau, type Schedule, stepwise, warmUp } from '../../../src/index.js';
import type { EpochRecord } from '../../../src/train/history.js';

interface Golden {
  readonly oneCycle: readonly { total: number; peak: number; rise: number; rates: readonly number[] }[];
  readonly warmUp: { steps: number; epochs: number; perEpoch: number; rates: readonly number[] };
  readonly plateau: readonly {
    options: {
      mode: 'min' | 'max';
      factor: number;
      patience: number;
      cooldown?: number;
      min_lr?: number;
      threshold?: number;
    };
    values: readonly number[];
    rates: readonly number[];
  }[];
}
const golden: Golden = JSON.parse(readFileSync(new URL('../../fixtures/schedules.json', import.meta.url), 'utf8'));

function expectNear(rates: readonly number[], expected: readonly number[]): void {
  expect(rates).toHaveLength(expected.length);
  // Absolutely where rounding of cos(π) is all that is left of the rate.
  for (const [i, rate] of rates.entries()) {
    const own = expected[i] ?? Number.NaN;
    expect(Math.abs(rate - own), `step ${i}`).toBeLessThanOrEqual(1e-12 * Math.abs(own) + 1e-17);
  }
}

const overSteps = (schedule: Schedule, total: number): number[] =>
  Array.from({ length: total }, (_, step) => schedule({ step, totalSteps: total, epoch: 0, epochs: 1, records: [] }));

test.each(golden.oneCycle.map((one, i) => ({ i, ...one })))('oneCycle: case $i', ({ i, total, peak, rise, rates }) => {
  const ends = [{}, { start: peak / 10, end: peak / 1000 }, { start: peak / 2, end: peak / 8 }][i];
  expectNear(overSteps(oneCycle({ peak, rise, ...ends }), total), rates);
});

test('oneCycle: one step, no rise, nothing but a rise', () => {
  expect(overSteps(oneCycle({ peak: 2 }), 1)).toEqual([2]);
  expect(overSteps(oneCycle({ peak: 2, rise: 1 }), 1)).toEqual([2]);
  expectNear(overSteps(oneCycle({ peak: 2, end: 1, rise: 0 }), 3), [2, 1.5, 1]);
  expectNear(overSteps(oneCycle({ peak: 2, start: 1, rise: 1 }), 3), [1, 1.5, 2]);
});

test('warmUp multiplies a schedule that knows nothing of it', () => {
  const { steps, epochs, perEpoch, rates } = golden.warmUp;
  const schedule = warmUp(stepwise({ initial: 0.1, factor: 0.5, every: 2 }), { steps });
  const own = rates.map((_, step) =>
    schedule({ step, totalSteps: null, epoch: Math.floor(step / perEpoch), epochs, records: [] }),
  );
  expectNear(own, rates);
  expect(overSteps(warmUp(1, { share: 0.25 }), 10)).toEqual([1 / 3, 2 / 3, 1, 1, 1, 1, 1, 1, 1, 1]);
  expect(overSteps(warmUp(1, { share: 0.001 }), 2)).toEqual([1, 1]);
});

const recordOf = (value: number | null, epoch: number, weight = 1): EpochRecord => ({
  ...{ epoch, loss: 0, tasks: { a: 0 }, penalty: 0, weights: { a: weight }, learningRate: 0, seconds: 0, dataWait: 0 },
  validation: value === null ? null : { loss: value * weight, tasks: { a: value }, metrics: { a: {} } },
});
/** The rate of each epoch, and of one after the last. */
function overEpochs(schedule: Schedule, values: readonly (number | null)[], weights: readonly number[] = []): number[] {
  const all = values.map((value, i) => recordOf(value, i + 1, weights[i]));
  return Array.from({ length: all.length + 1 }, (_, epoch) =>
    schedule({ step: epoch * 7, totalSteps: null, epoch, epochs: 99, records: all.slice(0, epoch) }),
  );
}

test.each(golden.plateau.map((one, i) => ({ i, ...one })))('plateau: case $i', ({ options, values, rates }) => {
  const { mode, factor, patience, cooldown, min_lr: least, threshold: margin } = options;
  const schedule = plateau({
    ...{ initial: 0.5, factor, patience: patience + 1, cooldown, least, margin },
    direction: mode === 'min' ? 'minimise' : 'maximise',
  });
  expect(new Set(rates).size).toBeGreaterThan(1);
  expectNear(overEpochs(schedule, values), rates);
});

test('plateau: epochs that measure nothing do not count; what is no number is not better', () => {
  const schedule = plateau({ initial: 1, factor: 0.5, patience: 2 });
  expect(overEpochs(schedule, [3, null, 3, null, null, 3, 3])).toEqual([1, 1, 1, 1, 1, 1, 0.5, 0.5]);
  expect(overEpochs(schedule, [Number.NaN, Number.NEGATIVE_INFINITY, 3, 4, 2])).toEqual([1, 1, 0.5, 0.5, 0.5, 0.5]);
  expect(overEpochs(schedule, [])).toEqual([1]);
});

test('plateau: weights that a balancer changes do not make an epoch worse', () => {
  const schedule = plateau({ initial: 1, factor: 0.5, patience: 1 });
  expect(overEpochs(schedule, [3, 2, 1], [1, 5, 50])).toEqual([1, 1, 1, 1]);
  expect(overEpochs(schedule, [3, 3.5, 4], [1, 0.1, 0.01])).toEqual([1, 1, 0.5, 0.25]);
});

test('plateau: what its monitor reads; a value that is not there is refused', () => {
  const monitor = ({ validation }: EpochRecord) => validation?.metrics.a?.f1;
  const schedule = plateau({ initial: 1, monitor });
  expect(() => overEpochs(schedule, [1])).toThrow(
    expect.objectContaining({ code: 'INVALID_LEARNING_RATE', path: 'plateau.monitor', received: 'undefined' }),
  );
  const training = plateau({ initial: 1, factor: 0.5, patience: 1, monitor: ({ epoch }) => epoch, least: 0.25 });
  expect(overEpochs(training, [null, null, null, null])).toEqual([1, 1, 0.5, 0.25, 0.25]);
});
