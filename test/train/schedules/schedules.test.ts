import { expect, test } from 'vitest';
import { cosine } from '../../../src/train/schedules/cosine.js';
import { stepwise } from '../../../src/train/schedules/stepwise.js';

test('cosine rises to its peak over the warm-up and ends at its floor', () => {
  const schedule = cosine({ peak: 1, floor: 0.1, warmup: 0.1 });
  const rates = Array.from({ length: 100 }, (_, step) =>
    schedule({ step, totalSteps: 100, epoch: 0, epochs: 10, records: [] }),
  );
  expect(rates.slice(0, 11).map((rate) => Number(rate.toFixed(6)))).toEqual([
    0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1,
  ]);
  expect(rates[99]).toBeCloseTo(0.1, 9);
  for (let i = 11; i < 100; i++) expect(rates[i]).toBeLessThan(rates[i - 1] as number);
});

test('cosine without warm-up starts at its peak; one step is enough', () => {
  expect(cosine({ peak: 0.5 })({ step: 0, totalSteps: 1, epoch: 0, epochs: 10, records: [] })).toBe(0.5);
  expect(cosine({ peak: 0.5 })({ step: 9, totalSteps: 10, epoch: 0, epochs: 10, records: [] })).toBeCloseTo(0, 12);
});

test('stepwise multiplies by its factor at each boundary', () => {
  const schedule = stepwise({ initial: 1, factor: 0.5, every: 2 });
  expect([0, 1, 2, 3, 4].map((epoch) => schedule({ step: 0, totalSteps: 10, epoch, epochs: 10, records: [] }))).toEqual(
    [1, 1, 0.5, 0.5, 0.25],
  );
});
