import { expect, test } from 'vitest';
import { digits } from '../../src/train/history.js';

test.each([
  [0, '0.0000'],
  [1e-3, '0.0010'],
  [9.99e-4, '9.99e-4'],
  [0.12345, '0.1235'],
  [999_999, '999999.0000'],
  [1e6, '1.00e+6'],
  [-5.92889e17, '-5.93e+17'],
])('a loss of %d is short whatever its size', (value, text) => {
  expect(digits(value)).toBe(text);
});
