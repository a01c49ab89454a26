import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decisions, sigmoid } from '../../src/tasks/sigmoid.js';

test('full relative precision on both sides', () => {
  // e^x / (1 + e^x), where the denominator is 1 to every digit but a few
  expect(sigmoid(-17) / 4.1399375473943306e-8).toBeCloseTo(1, 14);
  expect(sigmoid(-700) / 9.8596765437597708e-305).toBeCloseTo(1, 13);
  expect(1 - sigmoid(30)).toBeGreaterThan(9.3e-14);
  expect(sigmoid(30)).toBeLessThan(sigmoid(30.01));
  expect([sigmoid(0), sigmoid(1000), sigmoid(-1000)]).toEqual([0.5, 1, 0]);
});

test('decisions are `sigmoid(logit) > threshold`, also where a comparison of logits answers', () => {
  const threshold = fc.oneof(
    fc.constantFrom(0, 0.5, 1, 1 - 2 ** -53, 1e-300, 0.25),
    fc.double({ min: 0, max: 1, noNaN: true }),
  );
  const logit = fc.oneof(
    fc.constantFrom(-800, -690.8, 0, 36.7, 36.74, 40, 800),
    fc.float({ min: -50, max: 50, noNaN: true }),
  );
  fc.assert(
    fc.property(
      fc.array(threshold, { minLength: 1, maxLength: 4 }),
      fc.array(logit, { minLength: 1, maxLength: 12 }),
      (thresholds, own) => {
        const rows = own.length;
        const logits = Float32Array.from(own.flatMap((x) => thresholds.map(() => x)));
        const naive = Array.from(logits, (x, i) =>
          sigmoid(x) > (thresholds[i % thresholds.length] ?? Number.NaN) ? 1 : 0,
        );
        expect([...decisions(logits, rows, thresholds)]).toEqual(naive);
      },
    ),
    { numRuns: 500 },
  );
});

test('at a threshold that is a probability itself, the logit that gives it is not above it', () => {
  for (const x of [-20, -1.5, 0, 0.3, 12, 30]) {
    expect([...decisions(Float32Array.of(Math.fround(x)), 1, [sigmoid(Math.fround(x))])]).toEqual([0]);
  }
});

test('down to the smallest float64, where 1 / (1 + e^-x) is 0', () => {
  expect([sigmoid(-745), sigmoid(-710), sigmoid(0)]).toEqual([Math.exp(-745), Math.exp(-710), 0.5]);
  expect(sigmoid(-745)).toBe(5e-324);
});

test('above, at and below the threshold, near and far: 1, 0, 0', () => {
  const beside = 2 ** -24; // decided by the probability itself
  expect([...decisions(Float32Array.of(9, beside, 0, -beside, -9), 5, [0.5])]).toEqual([1, 1, 0, 0, 0]);
  const cut = Math.fround(Math.log(3)); // a threshold for each column
  expect([...decisions(Float32Array.of(2, 2, cut, cut), 2, [sigmoid(cut), 0.9])]).toEqual([1, 0, 0, 0]);
  // no probability is above 1, and one that is 0 is not above 0
  expect([...decisions(Float32Array.of(50, -800), 1, [1, 0])]).toEqual([0, 0]);
});

test('where float64 probabilities saturate, logits that share one are decided alike', () => {
  for (const power of [40, 44, 46, 48, 49, 50, 51, 52, 53]) {
    const threshold = 1 - 2 ** -power;
    const logits = Float32Array.from({ length: 25_000 }, (_, i) => 20 + i / 1000);
    const naive = Array.from(logits, (x) => (sigmoid(x) > threshold ? 1 : 0));
    expect([power, ...decisions(logits, logits.length, [threshold])]).toEqual([power, ...naive]);
  }
});
