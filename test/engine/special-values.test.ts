/**
 * @file Numbers that are no ordinary ones: NaN, infinities, -0, the ends of the range, and no numbers at all. Every engine
 * gives what is right, and all of them the same.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { tf } from '../../src/tf.js';
import { errorOf, float, numbers } from './host.js';
import { ENGINES, type Expression, runOp } from './run-op.js';

const NaN_ = Number.NaN;
const { POSITIVE_INFINITY: inf, NEGATIVE_INFINITY: low } = Number;
const image: Expression = (x: tf.Tensor) => x.reshape([1, 2, 4, 1]);
const x8 = [NaN_, inf, low, 0, 1, -1, 7, -100];
/** A NaN whose sign bit is set, as processors make them of inf - inf. */
const made: Expression = (x: tf.Tensor) => tf.sub(tf.mul(x, inf), tf.mul(x, inf));

const kept: Readonly<Record<string, readonly [f: Expression, expected: readonly number[]]>> = {
  relu: [tf.relu, [NaN_, inf, 0, 0, 1, 0, 7, 0]],
  'relu of inf - inf': [(x) => tf.relu(made(x)), x8.map(() => NaN_)],
  relu6: [tf.relu6, [NaN_, 6, 0, 0, 1, 0, 6, 0]],
  leakyRelu: [(x) => tf.leakyRelu(x, 0.5), [NaN_, inf, low, 0, 1, -0.5, 7, -50]],
  prelu: [(x) => tf.prelu(x, 0.5), [NaN_, inf, low, 0, 1, -0.5, 7, -50]],
  'prelu with NaN': [(x) => tf.prelu(x, NaN_), [NaN_, inf, NaN_, 0, 1, NaN_, 7, NaN_]],
  elu: [tf.elu, [NaN_, inf, -1, 0, 1, Math.fround(Math.expm1(-1)), 7, -1]],
  clipByValue: [(x) => tf.clipByValue(x, -2, 3), [NaN_, 3, -2, 0, 1, -1, 3, -2]],
  sign: [tf.sign, [0, 1, -1, 0, 1, -1, 1, -1]],
  'sign of small numbers': [(x) => tf.sign(tf.mul(x, 1e-38)), [0, 1, -1, 0, 1, -1, 1, -1]],
  maximum: [(x) => tf.maximum(x, 0), [NaN_, inf, 0, 0, 1, 0, 7, 0]],
  'maximum with NaN': [(x) => tf.maximum(x, NaN_), x8.map(() => NaN_)],
  minimum: [(x) => tf.minimum(x, 0), [NaN_, 0, low, 0, 0, -1, 0, -100]],
  'minimum of a broadcast': [
    (x) => tf.minimum(x.reshape([8, 1]).slice([0, 0], [4, 1]), tf.tensor1d([NaN_, 2])),
    [NaN_, NaN_, NaN_, 2, NaN_, low, NaN_, 0],
  ],
  max: [tf.max, [NaN_]],
  min: [tf.min, [NaN_]],
  'max of rows': [(x) => tf.max(x.reshape([4, 2]), 1), [NaN_, 0, 1, 7]],
  'argMax, which starts with the first': [(x) => tf.argMax(x.reshape([2, 4]), 1), [0, 2]],
  'argMax, which passes NaN over': [(x) => tf.argMax(tf.reverse(x).reshape([2, 4]), 1), [1, 2]],
  'topk values': [(x) => tf.topk(x.reshape([2, 4]), 2).values, [NaN_, inf, 7, 1]],
  'topk places': [(x) => tf.topk(x.reshape([2, 4]), 2).indices, [0, 1, 2, 0]],
  maxPool: [(x) => tf.maxPool(image(tf.maximum(x, -200)) as tf.Tensor4D, 2, 1, 'valid'), [NaN_, inf, 7]],
  'maxPool of the last': [
    (x) => tf.maxPool(image(tf.reverse(tf.maximum(x, -200))) as tf.Tensor4D, 2, 1, 'valid'),
    [7, inf, NaN_],
  ],
  'maxPool of -inf': [
    (x) => tf.maxPool(tf.mul(image(x), 0).add(low) as tf.Tensor4D, 1, 1, 'valid'),
    [...[NaN_, NaN_, NaN_], ...[low, low, low, low, low]],
  ],
  avgPool: [(x) => tf.avgPool(image(x) as tf.Tensor4D, 2, 1, 'valid'), [NaN_, NaN_, low]],
  'comparisons with NaN': [
    (x) => tf.stack([tf.less(x, NaN_), tf.greaterEqual(x, NaN_), tf.equal(x, x)]).slice([0, 0], [3, 2]),
    [0, 0, 0, 0, 0, 1],
  ],
  softmax: [(x) => tf.softmax(x.reshape([4, 2]) as tf.Tensor2D).slice([0, 0], [2, 2]), [NaN_, NaN_, 0, 1]],
  'pow of 1': [(x) => tf.pow(1, x), x8.map(() => 1)],
  'relu behind a product': [
    (x) => tf.fused.matMul({ a: x.reshape([8, 1]), b: tf.ones([1, 1]), activation: 'relu' }),
    [NaN_, inf, 0, 0, 1, 0, 7, 0],
  ],
  'relu6 behind a convolution': [
    (x) => {
      const filter = tf.ones<tf.Rank.R4>([1, 1, 1, 1]);
      return tf.fused.conv2d({ x: image(x) as tf.Tensor4D, filter, strides: 1, pad: 'valid', activation: 'relu6' });
    },
    [NaN_, 6, 0, 0, 1, 0, 6, 0],
  ],
  'a convolution of channels': [
    (x) => tf.depthwiseConv2d(image(x) as tf.Tensor4D, tf.ones([1, 1, 1, 2]), 1, 'valid').slice([0, 0, 0, 1]),
    x8,
  ],
  'elu behind a convolution of channels': [
    (x) => {
      const bias = tf.tensor1d([1]);
      const filter = tf.ones<tf.Rank.R4>([1, 1, 1, 1]);
      const options = { x: image(x) as tf.Tensor4D, filter, strides: 1, pad: 'valid', bias } as const;
      return tf.fused.depthwiseConv2d({ ...options, activation: 'elu' });
    },
    [NaN_, inf, -1, 1, 2, 0, 8, -1],
  ],
};

const nothing = (): tf.Tensor => tf.zeros([2, 0, 3]);
const six = (value: number): number[] => Array.from({ length: 6 }, () => value);
const bools = (): tf.Tensor => tf.cast(nothing(), 'bool');
const ints = (): tf.Tensor => tf.cast(nothing(), 'int32');

const empty: Readonly<Record<string, readonly [f: () => tf.Tensor, expected: readonly number[], shape: number[]]>> = {
  sum: [() => tf.sum(nothing(), 1), six(0), [2, 3]],
  'sum of all': [() => tf.sum(nothing()), [0], []],
  prod: [() => tf.prod(nothing(), 1, true), six(1), [2, 1, 3]],
  max: [() => tf.max(nothing(), 1), six(low), [2, 3]],
  min: [() => tf.min(nothing(), 1), six(inf), [2, 3]],
  'max of integers': [() => tf.max(ints(), 1), six(-(2 ** 31)), [2, 3]],
  'min of integers': [() => tf.min(ints(), 1), six(2 ** 31 - 1), [2, 3]],
  mean: [() => tf.mean(nothing(), 1), six(NaN_), [2, 3]],
  'mean of integers': [() => tf.mean(ints()), [NaN_], []],
  any: [() => tf.any(bools(), 1), six(0), [2, 3]],
  all: [() => tf.all(bools(), 1), six(1), [2, 3]],
  'sum of nothing to nothing': [() => tf.sum(nothing(), 2), [], [2, 0]],
  logSumExp: [() => tf.logSumExp(tf.zeros([2, 0]), 1), [low, low], [2]],
  matMul: [() => tf.matMul(tf.zeros([2, 0]), tf.zeros([0, 3])), six(0), [2, 3]],
  'matMul, transposed': [() => tf.matMul(tf.zeros([0, 2]), tf.zeros([3, 0]), true, true), six(0), [2, 3]],
  'matMul of stacks': [() => tf.matMul(tf.zeros([2, 1, 0]), tf.zeros([2, 0, 3])), six(0), [2, 1, 3]],
  'fused matMul': [
    () =>
      tf.fused.matMul({ a: tf.zeros([1, 0]), b: tf.zeros([0, 3]), bias: tf.tensor1d([1, -2, 3]), activation: 'relu' }),
    [1, 0, 3],
    [1, 3],
  ],
  einsum: [() => tf.einsum('ij,jk->ik', tf.zeros([2, 0]), tf.zeros([0, 3])), six(0), [2, 3]],
  concat: [() => tf.concat([tf.zeros([2, 0]), tf.ones([2, 1]), tf.zeros([2, 0])], 1), [1, 1], [2, 1]],
  'concat of nothing': [() => tf.concat([tf.zeros([2, 0]), tf.zeros([2, 0])], 1), [], [2, 0]],
  softmax: [() => tf.softmax(tf.zeros([2, 0]) as tf.Tensor2D), [], [2, 0]],
  cumsum: [() => tf.cumsum(tf.zeros([2, 0]), 1), [], [2, 0]],
  'argMax of no rows': [() => tf.argMax(tf.zeros([0, 3]), 1), [], [0]],
};

describe.each(ENGINES)('%s', (engine) => {
  test.each(Object.entries(kept))('%s', async (_, [f, expected]) => {
    const received = numbers(await runOp(engine, f, [float(x8)]));
    // Zeros by their value, not their sign.
    expect(received.map((x) => x + 0)).toEqual(expected);
  });

  test.each(Object.entries(empty))('%s over nothing', async (_, [f, expected, shape]) => {
    // Memory that kernels may find again.
    if (engine === 'wasm') tf.tidy(() => void tf.fill([64], 123.5).add(1));
    const received = await runOp(engine, f);
    expect([numbers(received), received.shape]).toEqual([expected, shape]);
  });

  test.each(['argMax', 'argMin'] as const)('%s over nothing is refused', async (name) => {
    const error = await errorOf(() => runOp(engine, () => tf[name](nothing(), 1)));
    expect([error.code, error.received]).toEqual(['EMPTY_AXIS', 'a tensor of shape [2,0,3]']);
  });

  test('a remainder that is small against its divisor is not lost, and has its sign', async () => {
    const f: Expression = (a, b) => tf.mod(a, b);
    const made = await runOp(engine, f, [float([3e-8, -3e-8, 5, -5, 6, -6, 5]), float([-2.5, 7, 3, 3, -3, 3, low])]);
    expect(numbers(made).map((x) => x + 0)).toEqual([-2.5, 7, 2, 1, 0, 0, low]);
  });

  test('whole quotients are int32', async () => {
    const made = await runOp(engine, (a, b) => tf.floorDiv(a, b), [float([7, -7, 1e-38]), float([2, 2, -2.5])]);
    expect([made.dtype, numbers(made)]).toEqual(['int32', [3, -4, -1]]);
  });
});

type Names = Readonly<Record<string, Expression>>;
const unaries: Names = Object.fromEntries(
  (
    [
      ...([
        'abs',
        'neg',
        'ceil',
        'floor',
        'round',
        'sign',
        'relu',
        'relu6',
        'elu',
        'selu',
        'leakyRelu',
        'sigmoid',
      ] as const),
      ...([
        'tanh',
        'softplus',
        'logSigmoid',
        'erf',
        'exp',
        'expm1',
        'log',
        'log1p',
        'sqrt',
        'rsqrt',
        'square',
      ] as const),
      ...(['reciprocal', 'sin', 'cos', 'tan', 'asin', 'acos', 'atan', 'sinh', 'cosh', 'asinh', 'acosh'] as const),
      ...(['atanh', 'step', 'isNaN', 'isInf', 'isFinite', 'max', 'min', 'argMax', 'argMin'] as const),
    ] as const
  ).map((name) => [name, Reflect.get(tf, name)]),
);
const binaries: Names = Object.fromEntries(
  (
    [
      ...(['add', 'sub', 'mul', 'div', 'divNoNan', 'maximum', 'minimum', 'mod', 'pow', 'atan2'] as const),
      ...(['squaredDifference', 'equal', 'notEqual', 'greater', 'greaterEqual', 'less', 'lessEqual'] as const),
    ] as const
  ).map((name) => [name, Reflect.get(tf, name)]),
);
const rowwise: Names = {
  'max of rows': (x) => tf.max(x.reshape([2, -1]), 1),
  'min of columns': (x) => tf.min(x.reshape([2, -1]), 0),
  'argMax of rows': (x) => tf.argMax(x.reshape([2, -1]), 1),
  'argMin of columns': (x) => tf.argMin(x.reshape([2, -1]), 0),
  'topk of rows': (x) => tf.topk(x.reshape([2, -1]), 3).values,
  'softmax of rows': (x) => tf.softmax(x.reshape([2, -1])),
  'any of rows': (x) => tf.any(tf.cast(x.reshape([2, -1]), 'bool'), 1),
};

const number = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(NaN_, inf, low, 0, -0, 1e-38, -1e-38, 1e38, -1e38, 1, -1, 2 ** -149) },
  { weight: 1, arbitrary: fc.float({ noNaN: true, noDefaultInfinity: true }) },
  { weight: 2, arbitrary: fc.integer({ min: -400, max: 400 }).map((i) => Math.fround(i / 8)) },
);
const vectors = fc.tuple(
  fc.array(number, { minLength: 8, maxLength: 8 }),
  fc.array(number, { minLength: 8, maxLength: 8 }),
);

/** Same NaNs and infinities; numbers to 2e-6, or to the least normal number. */
function disagreement(received: readonly number[], expected: readonly number[]): string | null {
  for (const [i, want] of expected.entries()) {
    const got = received[i] as number;
    if (Object.is(got, want) || got === want) continue;
    const off = Math.abs(got - want);
    if (!(off <= Math.max(2e-6 * Math.abs(want), 2 ** -126))) return `[${i}]: ${got} for ${want}`;
  }
  return null;
}

test.each(Object.entries({ ...unaries, ...binaries, ...rowwise }))('every engine agrees on %s', async (name, f) => {
  await fc.assert(
    fc.asyncProperty(vectors, async ([a, b]) => {
      const inputs = name in binaries ? [float(a), float(b)] : [float(a)];
      const expected = numbers(await runOp('cpu', f, inputs));
      for (const engine of ['onnx', 'wasm'] as const) {
        const off = disagreement(numbers(await runOp(engine, f, inputs)), expected);
        expect(off, `${engine} of ${inputs.map((tensor) => `[${numbers(tensor).join()}]`).join(' and ')}`).toBeNull();
      }
    }),
    { numRuns: 15, seed: 6 },
  );
});
