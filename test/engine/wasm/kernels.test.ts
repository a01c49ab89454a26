import { beforeAll, describe, expect, test } from 'vitest';
import { createEngine } from '../../../src/engine/select.js';
import { evaluate, inputsOf, worstSlope } from '../compare-backends.js';
import { worst } from '../host.js';
import { elementwiseCases, imageCases, movementCases, productCases } from '../op-cases.js';

beforeAll(async () => {
  await createEngine('cpu'); // with its own mended kernels
  await createEngine('wasm');
});

describe('wasm gives the values and gradients of the cpu backend', () => {
  test.each([...elementwiseCases, ...movementCases, ...imageCases, ...productCases])('$name', (opCase) => {
    const inputs = inputsOf(opCase);
    const expected = evaluate('cpu', opCase, inputs);
    const received = evaluate('wasm', opCase, inputs);
    expect(worst(received.value, expected.value)).toBeLessThan(1e-4);
    expect(received.gradients.length).toBe(expected.gradients.length);
    expected.gradients.forEach((gradient, i) => {
      expect(worst(received.gradients[i] as Float32Array, gradient)).toBeLessThan(1e-4);
    });
  });
});

describe('gradients are the slopes of the values (finite differences)', () => {
  test.each([...imageCases, ...productCases.filter(({ name }) => !name.includes('64x48'))])('$name', (opCase) => {
    for (const backend of ['cpu', 'wasm']) expect(worstSlope(backend, opCase)).toBeLessThan(1e-2);
  });
});
