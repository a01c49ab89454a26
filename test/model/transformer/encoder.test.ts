/** @file The encoder held to plain arrays; what is not there changes no byte; nothing is NaN. */
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import type { HostTensors } from '../../../src/engine/engine.js';
import type { TransformerEncoderOptions } from '../../../src/model/transformer/options.js';
import { tf } from '../../../src/tf.js';
import { float, int } from '../../engine/host.js';
import { noise } from '../../engine/onnx/helpers.js';
import '../../support/properties.js';
import { encoderStep, runEncoder } from './encoder-step.js';
import { naiveEncoder } from './naive-encoder.js';

const [ROWS, LENGTH, SIZE, VOCABULARY] = [4, 6, 3, 9];
const base = { width: 8, layers: 2, heads: 2, feedForward: 10, dropout: 0 } as const;

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** Larger than they are drawn, so that biases and norms count. */
function noisy(weights: HostTensors, seed: number): HostTensors {
  const next = noise(seed);
  return Object.fromEntries(
    Object.entries(weights).map(([name, { shape, data }]) => {
      const mean = name.endsWith('gamma') ? 1 : 0;
      return [
        name,
        float(
          Array.from(data, () => mean + next() / 2),
          shape,
        ),
      ];
    }),
  );
}

/** Of each row, which positions are there: gaps too, and one row without any. */
const THERE = [
  [1, 1, 1, 1, 1, 1],
  [1, 1, 0, 0, 0, 0],
  [0, 1, 0, 1, 1, 0],
  [0, 0, 0, 0, 0, 0],
];
const mask = float(THERE.flat(), [ROWS, LENGTH]);

describe.each([
  ['gelu', 'learned', 2],
  ['relu', 'sinusoidal', 1],
  ['gelu', 'none', 4],
] as const)('%s, %s positions, %i heads', (activation, positions, heads) => {
  const options: TransformerEncoderOptions = { ...base, activation, positions, heads };

  test.each(['ids', 'vectors'] as const)('%s: the formulas, without what is not there', async (kind) => {
    const own = kind === 'ids' ? { ...options, vocabulary: VOCABULARY } : options;
    const made = encoderStep({ options: own, shape: kind === 'ids' ? [LENGTH] : [LENGTH, SIZE], isMasked: true });
    const weights = noisy(made.weights, 3);
    const next = noise(5);
    const values =
      kind === 'ids'
        ? int(
            Array.from({ length: ROWS * LENGTH }, () => Math.floor((next() + 1) * 4.5)),
            [ROWS, LENGTH],
          )
        : float(
            Array.from({ length: ROWS * LENGTH * SIZE }, () => 2 * next()),
            [ROWS, LENGTH, SIZE],
          );
    const { tokens } = await runEncoder('onnx', made, weights, { values, mask });
    for (const [row, there] of THERE.entries()) {
      const places = there.flatMap((one, place) => (one === 1 ? [place] : []));
      const of = (place: number) =>
        kind === 'ids'
          ? (values.data[row * LENGTH + place] ?? Number.NaN)
          : Array.from(values.data.slice((row * LENGTH + place) * SIZE, (row * LENGTH + place + 1) * SIZE));
      const expected = naiveEncoder(weights, own, { values: places.map(of), places });
      for (let place = 0; place < LENGTH; place++) {
        const start = (row * LENGTH + place) * base.width;
        const received = Array.from(tokens?.data.slice(start, start + base.width) ?? []);
        const wanted = expected[places.indexOf(place)] ?? Array<number>(base.width).fill(0);
        const apart = Math.max(...received.map((one, i) => Math.abs(one - (wanted[i] ?? Number.NaN))));
        expect([row, place, received.length, apart < 1e-5]).toEqual([row, place, base.width, true]);
      }
    }
  });
});

const bytes = (tensors: HostTensors): Record<string, string> =>
  Object.fromEntries(
    Object.entries(tensors).map(([name, { data }]) => [
      name,
      Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex'),
    ]),
  );

/** What may stand where nothing is: no id at all, numbers at which products overflow, no numbers. */
const rubbish = fc.constantFrom(0, 1, -7, 1e6, 0.5, 3e38, -3e38, Number.NaN, Number.POSITIVE_INFINITY);

test.each(['onnx', 'cpu'] as const)(
  '%s: what stands where nothing is changes no byte of outputs, loss or gradients',
  async (engine) => {
    for (const kind of ['ids', 'vectors'] as const) {
      const isIds = kind === 'ids';
      const options = isIds ? { ...base, vocabulary: VOCABULARY, padding: 2 } : base;
      const made = encoderStep({ options, shape: isIds ? [LENGTH] : [LENGTH, SIZE], isMasked: true });
      const weights = noisy(made.weights, 7);
      const [count, size] = [ROWS * LENGTH, isIds ? 1 : SIZE];
      const next = noise(11);
      const real = Array.from({ length: count * size }, () => (isIds ? Math.floor((next() + 1) * 4.5) : next()));
      const filled = (given: readonly number[]) =>
        runEncoder(engine, made, weights, {
          mask,
          values: float(
            real.map((value, i) => (mask.data[Math.floor(i / size)] === 1 ? value : (given[i] ?? Number.NaN))),
            isIds ? [ROWS, LENGTH] : [ROWS, LENGTH, SIZE],
          ),
        });
      const plain = await filled(Array<number>(count * size).fill(0));
      const numbers = Object.values(plain).flatMap(({ data }) => [...data]);
      expect(numbers.every(Number.isFinite)).toBe(true);
      expect(numbers.some((one) => one !== 0)).toBe(true);
      const expected = bytes(plain);
      await fc.assert(
        fc.asyncProperty(fc.array(rubbish, { minLength: count * size, maxLength: count * size }), async (given) => {
          expect(bytes(await filled(given))).toEqual(expected);
        }),
        { numRuns: engine === 'cpu' ? 8 : 25 },
      );
    }
  },
);

test.each(['onnx', 'cpu', 'wasm'] as const)(
  '%s: the mask of ids is that of their padding; rows of padding alone are zeros',
  async (engine) => {
    const options = { ...base, vocabulary: VOCABULARY, padding: 3 };
    const [own, given] = [false, true].map((isMasked) => encoderStep({ options, shape: [LENGTH], isMasked }));
    if (own === undefined || given === undefined) throw new Error('both were made');
    const weights = noisy(own.weights, 13);
    const ids = THERE.flatMap((there, row) =>
      there.map((one, place) => (one === 1 ? ([0, 4, 8, 1][(row + place) % 4] ?? 0) : 3)),
    );
    const values = float(ids, [ROWS, LENGTH]);
    const found = await runEncoder(engine, own, weights, { values });
    expect(bytes(found)).toEqual(bytes(await runEncoder(engine, given, weights, { values, mask })));
    const last = found.tokens?.data.slice(3 * LENGTH * base.width) ?? [];
    expect([...last].map((one) => one === 0)).toEqual(Array<boolean>(LENGTH * base.width).fill(true));
    // No token that is not there has a gradient: id 3 stands for nothing, ids 2, 5, 6 and 7 do not occur.
    const slopes = found['gradient/encoder/tokens/embeddings']?.data ?? [];
    const moved = Array.from({ length: VOCABULARY }, (_, id) =>
      [...slopes.slice(id * base.width, (id + 1) * base.width)].some((one) => one !== 0),
    );
    expect(moved).toEqual([true, true, false, false, true, false, false, false, true]);
  },
);

test.each(['onnx', 'cpu', 'wasm'] as const)(
  '%s: rows of padding alone give finite zeros everywhere',
  async (engine) => {
    const made = encoderStep({ options: { ...base, vocabulary: VOCABULARY }, shape: [LENGTH], isMasked: false });
    const found = await runEncoder(engine, made, noisy(made.weights, 17), {
      values: float(Array(12).fill(0), [2, LENGTH]),
    });
    for (const [name, { data }] of Object.entries(found))
      expect([name, data.every((one) => one === 0)]).toEqual([name, true]);
  },
);

test('ids as int32 and float32 give the same bytes', async () => {
  const made = encoderStep({ options: { ...base, vocabulary: VOCABULARY }, shape: [LENGTH], isMasked: false });
  const ids = [1, 2, 3, 0, 0, 0, 8, 7, 6, 5, 4, 0];
  const [a, b] = [
    await runEncoder('onnx', made, made.weights, { values: int(ids, [2, LENGTH]) }),
    await runEncoder('onnx', made, made.weights, { values: float(ids, [2, LENGTH]) }),
  ];
  expect(bytes(a)).toEqual(bytes(b));
});
