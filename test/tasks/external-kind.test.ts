import { expect, test } from 'vitest';
import { tf } from '../../src/tf.js';
import { encode, errorOf } from './cell.js';
import { count } from './external-kind.js';
import { results, viewOf } from './view.js';

test('a kind from outside the package does all that a built-in one does', () => {
  const kind = count();
  expect([3, 0, null].map((label) => encode(kind, label)[0])).toEqual([3, 0, null]);
  expect(errorOf(() => encode(kind, 1.5)).code).toBe('INVALID_LABEL');
  const loss = tf.tidy(() => kind.loss(tf.tensor2d([[0], [1]]), tf.tensor2d([[2], [3]])).arraySync()) as number[][];
  expect(loss.flat()[0]).toBeCloseTo(1, 6);
  expect(loss.flat()[1]).toBeCloseTo(Math.E - 3, 6);
  const view = viewOf(kind, { rows: 2, activated: [1.6, 0.25], labels: [2, 0] });
  expect([...view.decoded]).toEqual([2, 0]);
  const { mean_poisson_deviance: deviance } = results(kind, view);
  expect(deviance).toBeCloseTo((2 * (2 * Math.log(2 / Math.fround(1.6)) - 2 + 1.6) + 2 * 0.25) / 2, 6);
  expect(
    kind.explain('cars', { logits: Float32Array.of(0), activated: Float32Array.of(1), decoded: Float64Array.of(1) }),
  ).toEqual({ text: 'cars | decoded: 1, rate: 1.0000' });
});
