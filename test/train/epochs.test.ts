import { expect, test } from 'vitest';
import { defaultEpochs } from '../../src/train/epochs.js';

test.each([
  [1, 256],
  [7, 256],
  [8, 250],
  [14, 143], // 442 rows of 32 at a time
  [199, 11],
  [200, 10],
  [100_000, 10],
  [null, 10],
])('of %s steps: %d epochs', (steps, epochs) => {
  expect(defaultEpochs(steps)).toBe(epochs);
});
