/** @file The encoder beside PyTorch's: outputs and gradients of all weights, in float64, by scripts/fixtures/make_transformer_fixture.py. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import type { HostTensor } from '../../../src/engine/engine.js';
import type { TransformerEncoderOptions } from '../../../src/model/transformer/options.js';
import { tf } from '../../../src/tf.js';
import { float } from '../../engine/host.js';
import { encoderStep, runEncoder } from './encoder-step.js';

interface Listed {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

interface Fixture {
  readonly name: string;
  readonly options: TransformerEncoderOptions;
  readonly values: Listed;
  readonly mask: Listed;
  readonly weights: Readonly<Record<string, Listed>>;
  readonly outputs: Listed;
  readonly gradients: Readonly<Record<string, Listed>>;
}

const file = new URL('../../fixtures/transformer.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { readonly cases: readonly Fixture[] }; // the script wrote it

const host = ({ shape, data }: Listed): HostTensor => float(data, shape);

/** Relative to the greatest of the expected numbers. */
function error(received: HostTensor | undefined, expected: Listed): number {
  expect(received?.shape).toEqual(expected.shape);
  const scale = Math.max(...expected.data.map(Math.abs));
  return Math.max(...expected.data.map((value, i) => Math.abs((received?.data[i] ?? Number.NaN) - value))) / scale;
}

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe.each(cases.map((one) => [one.name, one] as const))('%s', (_, fixture) => {
  const isIds = fixture.options.vocabulary !== undefined;
  const made = encoderStep({
    options: { ...fixture.options, dropout: 0 },
    shape: fixture.values.shape.slice(1),
    isMasked: !isIds,
  });
  const weights = Object.fromEntries(Object.entries(fixture.weights).map(([name, value]) => [name, host(value)]));
  const batch = { values: host(fixture.values), ...(isIds ? {} : { mask: host(fixture.mask) }) };

  test('the same weights, by name and shape', () => {
    const shapes = (all: Readonly<Record<string, { readonly shape: readonly number[] }>>) =>
      Object.fromEntries(Object.entries(all).map(([name, { shape }]) => [name, shape]));
    expect(shapes(made.weights)).toEqual(shapes(fixture.weights));
  });

  test.each(['onnx', 'cpu', 'wasm'] as const)(
    '%s: outputs to 1e-5, gradients to 1e-5 of the greatest',
    async (name) => {
      const { tokens, loss, ...gradients } = await runEncoder(name, made, weights, batch);
      expect(error(tokens, fixture.outputs)).toBeLessThan(1e-5);
      expect(loss?.data[0]).toBeCloseTo(
        fixture.outputs.data.reduce((sum, value, i) => sum + value * Math.cos(i), 0),
        4,
      );
      expect(Object.keys(gradients).length).toBe(Object.keys(fixture.gradients).length);
      for (const [weight, expected] of Object.entries(fixture.gradients)) {
        // Keys' biases move all scores of a target alike, and softmax takes that out: their gradient is 0.
        const own = gradients[`gradient/${weight}`];
        if (weight.endsWith('key/bias'))
          expect([...expected.data, ...(own?.data ?? [1])].every((one) => Math.abs(one) < 1e-5)).toBe(true);
        else expect([weight, error(own, expected) < 1e-5]).toEqual([weight, true]);
      }
    },
  );
});
