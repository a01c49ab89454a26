/** @file Draws, penalties, slices and the weight of the penalty, beside what the predecessor gave and what is known of them. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { onBackend } from '../../../src/engine/backend.js';
import { constantAlpha, targetAlpha } from '../../../src/pathways/unit-masks/alpha.js';
import {
  drawnMasks,
  firstLogits,
  gumbelSigmoid,
  keptOf,
  logisticNoise,
  logitOf,
} from '../../../src/pathways/unit-masks/gumbel.js';
import { penaltyOf } from '../../../src/pathways/unit-masks/penalty.js';
import { slicesOf } from '../../../src/pathways/unit-masks/slices.js';
import { uniforms } from '../../../src/random.js';
import { tf } from '../../../src/tf.js';

const { gumbel_sigmoid: golden } = JSON.parse(readFileSync('test/fixtures/mann_dum_fixtures.json', 'utf8'));

const onCpu = <T>(f: () => T): T => onBackend('cpu', () => tf.tidy(f as never) as T);
const numbers = (tensor: tf.Tensor): number[] => Array.from(tensor.dataSync());

function expectClose(actual: readonly number[], expected: readonly number[], digits = 5): void {
  expect(actual).toHaveLength(expected.length);
  for (const [i, value] of expected.entries()) expect(actual[i]).toBeCloseTo(value, digits);
}

test.each(golden.cases as { temperature: number; noise: number[]; hard: number[]; dmask_dlogit: number[] }[])(
  'golden gumbel_sigmoid at temperature $temperature: noise, hard draws and slopes',
  ({ temperature, noise, hard, dmask_dlogit: slopes }) => {
    onCpu(() => {
      const drawn = logisticNoise(tf.tensor1d(golden.u1), tf.tensor1d(golden.u2));
      expectClose(numbers(drawn), noise, 4);
      const logits = tf.tensor1d(golden.logits);
      const { value, grad } = tf.valueAndGrad((l) => gumbelSigmoid(l as tf.Tensor, drawn, tf.scalar(temperature)))(
        logits,
        tf.ones([5]),
      );
      expect(numbers(value)).toEqual(hard);
      expectClose(numbers(grad), slopes, 4);
    });
  },
);

test('golden gumbel_sigmoid: what is kept without noise, the penalties, and where logits begin', () => {
  expect([...keptOf(golden.logits)]).toEqual(golden.inference_mask);
  const { sum, mean, sum_of_sigmoids: expected } = golden.regularisers_alpha_1;
  onCpu(() => {
    const logits = tf.tensor1d(golden.logits);
    for (const [kind, value] of [['sum', sum] as const, ['mean', mean] as const, ['expected', expected] as const]) {
      expect(penaltyOf(kind, logits, tf.scalar(1)).dataSync()[0]).toBeCloseTo(value, 5);
      expect(penaltyOf(kind, logits, tf.scalar(0.25)).dataSync()[0]).toBeCloseTo(value / 4, 5);
    }
  });
  expect(logitOf(0.9)).toBeCloseTo(golden['init_logit_mean_keep0.9'], 12);
});

test('first logits are normal around the logit of the probability, with a deviation of 0.05', () => {
  const logits = firstLogits(20_000, 0.9, 3);
  const mean = logits.reduce((sum, value) => sum + value, 0) / logits.length;
  const variance = logits.reduce((sum, value) => sum + (value - mean) ** 2, 0) / logits.length;
  expect(mean).toBeCloseTo(Math.log(9), 2);
  expect(Math.sqrt(variance)).toBeCloseTo(0.05, 3);
  expect(firstLogits(9, 0.9, 3)).toEqual(firstLogits(9, 0.9, 3));
  expect(firstLogits(9, 0.9, 3)).not.toEqual(firstLogits(9, 0.9, 4));
});

test('a unit is drawn with probability σ(l) at any temperature', () => {
  const count = 20_000;
  const draws = (stream: string) => tf.tensor1d(uniforms({ seed: 1, stream, counter: 0 }, count));
  onCpu(() => {
    const noise = logisticNoise(draws('a'), draws('b'));
    for (const temperature of [0.1, 1, 5]) {
      const rate = numbers(gumbelSigmoid(tf.fill([count], Math.log(9)), noise, tf.scalar(temperature)).mean());
      expect(rate[0]).toBeCloseTo(0.9, 2);
    }
  });
});

test('a draw of 0 gives finite noise and a slope', () => {
  onCpu(() => {
    const [zero, most] = [tf.tensor1d([0, 0, 1 - 2 ** -24]), tf.tensor1d([0, 1 - 2 ** -24, 0])];
    const noise = logisticNoise(zero, most);
    expect(numbers(noise).every(Number.isFinite)).toBe(true);
    expect(numbers(noise)[0]).toBe(0);
  });
});

test('masks of several samples: the slope of each comes back to the one logit', () => {
  onCpu(() => {
    const noise = tf.tensor2d([
      [0, 1],
      [-1, 0.5],
      [2, -3],
    ]);
    const upstream = tf.tensor2d([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    const logits = [0.3, -0.4];
    const { value, grad } = tf.valueAndGrad((l) => drawnMasks(l as tf.Tensor, noise, tf.scalar(0.5)))(
      tf.tensor1d(logits),
      upstream,
    );
    expect(value.arraySync()).toEqual([
      [1, 0],
      [1, 0],
      [0, 1],
    ]);
    const noises = noise.arraySync();
    const slopes = upstream.arraySync();
    const naive = logits.map((l, unit) =>
      noises.reduce((sum, row, k) => {
        const s = 1 / (1 + Math.exp(-(l - (row[unit] ?? 0)) / 0.5));
        return sum + ((slopes[k]?.[unit] ?? 0) * s * (1 - s)) / 0.5;
      }, 0),
    );
    expectClose(numbers(grad), naive, 5);
  });
});

test('defect: a batch that samples do not divide. Row i sees mask ⌊i·K/B⌋, whatever B and K are', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 1, max: 20 }), (rows, samples) => {
      const seen = slicesOf(rows, samples).flatMap(({ sample, start, end }) =>
        Array.from({ length: end - start }, (_, i) => [start + i, sample]),
      );
      expect(seen).toEqual(Array.from({ length: rows }, (_, row) => [row, Math.floor((row * samples) / rows)]));
    }),
  );
});

test('defect: a batch of 1 with more samples than rows had no output. It sees the first mask', () => {
  expect(slicesOf(1, 8)).toEqual([{ sample: 0, start: 0, end: 1 }]);
});

test('the weight of the penalty stays, or follows a target: harder without progress, the other way below it', () => {
  expect(constantAlpha(0.5)({ coming: 3, expected: 3 })).toBe(0.5);
  const control = targetAlpha({ alpha: 1e-4, target: 20, units: 400, learningRate: 1e-3 });
  expect(control({ coming: 400, expected: 360 })).toBe(1e-4);
  for (let step = 0; step < 100; step++) control({ coming: 400, expected: 360 });
  expect(control({ coming: 400, expected: 360 })).toBe(2e-4);
  for (let step = 0; step < 300; step++) control({ coming: 400, expected: 350 - step * 5 });
  expect(control({ coming: 400, expected: -1200 })).toBe(2e-4);
  expect(control({ coming: 30, expected: 30 })).toBeCloseTo(1e-4, 12);
  expect(control({ coming: 20, expected: 20 })).toBe(0);
  expect(control({ coming: 10, expected: 10 })).toBeCloseTo(-0.5e-4, 12);
  expect(control({ coming: 0, expected: 0 })).toBe(-1e-4);
});
