/**
 * @file Functions against float64, over the whole range of float32, on every engine: relative errors, not absolute ones.
 * docs/engines.md has the table of what is said here.
 */
import { describe, expect, test } from 'vitest';
import { tf } from '../../src/tf.js';
import { erf, neighbours, sigmoid, softplus, wholeRange, worstRelative } from './float32.js';
import { ENGINES, type EngineName, type Expression, runOp } from './run-op.js';

/** The least normal float32: results below it may become 0 where an engine says so. */
const LEAST = 2 ** -126;
/** One unit of the subnormal numbers. */
const UNIT = 2 ** -149;

interface Case {
  readonly f: Expression;
  readonly exact: (x: number) => number;
  /** Of the relative error. Default: 2.5e-7, two units in the last place. */
  readonly bound?: Partial<Record<EngineName, number>>;
  /** Absolute errors that do not count. Default: one subnormal unit. */
  readonly slack?: Partial<Record<EngineName, number>>;
}

const scale = 1.0507009873554805;
const pair: Expression = (x: tf.Tensor1D) => tf.stack([x, tf.zerosLike(x)], 1);
const first: Expression = (y: tf.Tensor) => y.slice([0, 0], [-1, 1]).reshape([-1]);
/** The gradient of the sum of `f`. */
const slopeOf =
  (f: Expression): Expression =>
  (x: tf.Tensor) =>
    tf.grad((y: tf.Tensor) => tf.sum(f(y)))(x);
const column: Expression = (x: tf.Tensor) => x.reshape([-1, 1]);
const nothing = { onnx: LEAST, wasm: LEAST };

const cases: Readonly<Record<string, Case>> = {
  sigmoid: { f: tf.sigmoid, exact: sigmoid, slack: nothing },
  'sigmoid in a fused dense': {
    f: (x) => tf.fused.matMul({ a: column(x) as tf.Tensor2D, b: tf.ones([1, 1]), activation: 'sigmoid' }),
    exact: sigmoid,
    slack: nothing,
  },
  tanh: { f: tf.tanh, exact: Math.tanh, bound: { onnx: 3.5e-7 }, slack: { onnx: 128 * UNIT } },
  softplus: { f: tf.softplus, exact: softplus, bound: { wasm: 5e-7, cpu: 5e-7 } },
  logSigmoid: { f: tf.logSigmoid, exact: (x) => -softplus(-x), bound: { onnx: 3e-7, wasm: 5e-7, cpu: 5e-7 } },
  erf: { f: tf.erf, exact: erf },
  exp: { f: tf.exp, exact: Math.exp },
  expm1: { f: tf.expm1, exact: Math.expm1, bound: { onnx: 5e-7 }, slack: { onnx: 256 * UNIT } },
  log: { f: tf.log, exact: Math.log },
  log1p: { f: tf.log1p, exact: Math.log1p, bound: { onnx: 3e-7 } },
  elu: {
    f: tf.elu,
    exact: (x) => (x > 0 ? x : Math.expm1(x)),
    bound: { onnx: 5e-7 },
    slack: { onnx: 256 * UNIT },
  },
  'elu in a fused dense': {
    f: (x) => tf.fused.matMul({ a: column(x) as tf.Tensor2D, b: tf.ones([1, 1]), activation: 'elu' }),
    exact: (x) => (x > 0 ? x : Math.expm1(x)),
    bound: { onnx: 5e-7 },
    slack: { onnx: 256 * UNIT },
  },
  selu: {
    f: tf.selu,
    exact: (x) => (x > 0 ? scale * x : scale * 1.6732632423543772 * Math.expm1(x)),
    bound: { onnx: 6e-7 },
    slack: { onnx: 512 * UNIT },
  },
  sin: { f: tf.sin, exact: Math.sin },
  cos: { f: tf.cos, exact: Math.cos },
  tan: { f: tf.tan, exact: Math.tan },
  asin: { f: tf.asin, exact: Math.asin, bound: { onnx: 5e-7 } },
  acos: { f: tf.acos, exact: Math.acos, bound: { onnx: 5e-7 } },
  atan: { f: tf.atan, exact: Math.atan },
  sinh: { f: tf.sinh, exact: Math.sinh },
  cosh: { f: tf.cosh, exact: Math.cosh },
  asinh: { f: tf.asinh, exact: Math.asinh },
  acosh: { f: tf.acosh, exact: Math.acosh },
  atanh: { f: tf.atanh, exact: Math.atanh },
  sqrt: { f: tf.sqrt, exact: Math.sqrt },
  rsqrt: { f: tf.rsqrt, exact: (x) => 1 / Math.sqrt(x) },
  reciprocal: { f: tf.reciprocal, exact: (x) => 1 / x },
  'pow 2.5': { f: (x) => tf.pow(x, 2.5), exact: (x) => x ** 2.5 },
  'pow -3': { f: (x) => tf.pow(x, -3), exact: (x) => x ** -3 },
  '1.5 to a power': { f: (x) => tf.pow(1.5, x), exact: (x) => 1.5 ** x },
  'softmax of two': {
    // Infinity less itself is NaN on every engine, as in the formula.
    f: (x) => first(tf.softmax(pair(x) as tf.Tensor2D)),
    exact: (x) => (x === Number.POSITIVE_INFINITY ? Number.NaN : sigmoid(x)),
    bound: { wasm: 3e-7 },
    slack: { onnx: LEAST, wasm: LEAST },
  },
  'slope of sigmoid': {
    f: slopeOf(tf.sigmoid),
    exact: (x) => Math.exp(-Math.abs(x)) * sigmoid(Math.abs(x)) ** 2,
    bound: { onnx: 4e-7, wasm: 4e-7, cpu: 4e-7 },
    slack: { onnx: LEAST, wasm: LEAST, cpu: LEAST },
  },
  'slope of tanh': {
    f: slopeOf(tf.tanh),
    exact: (x) => 4 * Math.exp(-2 * Math.abs(x)) * sigmoid(2 * Math.abs(x)) ** 2,
    bound: { onnx: 4e-7, wasm: 4e-7, cpu: 4e-7 },
    slack: { onnx: LEAST, wasm: LEAST, cpu: LEAST },
  },
  'slope of elu': { f: slopeOf(tf.elu), exact: (x) => Math.exp(Math.min(x, 0)) },
  'slope of selu': {
    f: slopeOf(tf.selu),
    exact: (x) => (x > 0 ? scale : scale * 1.6732632423543772 * Math.exp(x)),
    slack: { onnx: 2 * UNIT, wasm: 2 * UNIT, cpu: 2 * UNIT },
  },
  'slope of softplus': { f: slopeOf(tf.softplus), exact: sigmoid, slack: nothing },
  'slope of log1p': { f: slopeOf(tf.log1p), exact: (x) => 1 / (1 + x) },
  'slope of expm1': { f: slopeOf(tf.expm1), exact: Math.exp },
};

const xs = wholeRange();
const input = { shape: [xs.length], dtype: 'float32' as const, data: xs };

describe.each(ENGINES)('%s', (engine) => {
  test.each(Object.entries(cases))('%s', async (_, { f, exact, bound, slack }) => {
    const { data } = await runOp(engine, f, [input]);
    const worst = worstRelative(xs, data, exact, slack?.[engine] ?? UNIT);
    expect(worst.error, `worst at ${worst.at}`).toBeLessThanOrEqual(bound?.[engine] ?? 2.5e-7);
  });

  test('logits that are apart have probabilities that are apart', async () => {
    const logits = Float32Array.from({ length: 61 }, (_, i) => -30 + i / 5);
    const { data } = await runOp(engine, tf.sigmoid, [{ shape: [61], dtype: 'float32', data: logits }]);
    expect(new Set(data).size).toBe(61);
    expect((data[60] as number) / sigmoid(-18)).toBeCloseTo(1, 6);
  });
});

// Where ONNX Runtime's exponential falls back by a unit, and where its own sigmoid is a staircase with steps down. That of
// wasm falls back by a unit between 1/2 and 4 (docs/engines.md).
describe.each(['onnx', 'cpu'] as const)('the sigmoid on %s is monotone', (engine) => {
  test.each([0.0617, 0.0312, 0.125, -0.0617, -17.98, -30, 3, 12])('from %d on', async (start) => {
    const data = neighbours(start, 2 ** 18);
    const made = await runOp(engine, tf.sigmoid, [{ shape: [data.length], dtype: 'float32', data }]);
    expect(made.data.findIndex((y, i) => i > 0 && y < (made.data[i - 1] as number))).toBe(-1);
  });
});
