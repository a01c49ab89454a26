/**
 * @file Functions whose operators in ONNX Runtime are precise in absolute terms only, or that it lacks, from operators that
 * are precise in relative terms. `Sigmoid` is a multiple of 2^-24, and not monotone; `Elu` and `Selu` subtract 1 from e^x.
 * test/engine/precision.test.ts holds each to its bound.
 */
import type { Builder } from '../builder.js';
import type { Value } from '../graph.js';
import * as o from '../ops.js';

/**
 * 1 / (1 + e^-x). Each of its steps is monotone but `Exp`, which falls back by one unit in the last place here and there for
 * arguments between -1/4 and 0. There -x is taken as 3 - (x + 3), a multiple of 2^-22, and so no two different arguments
 * are near enough for it to show; below -3 the detour is exact. Results below 2^-128 become 0.
 */
export function sigmoid(g: Builder, x: Value): Value {
  const negative = o.sub(g, 3, o.add(g, x, 3));
  return o.unary(g, 'Reciprocal', o.add(g, o.unary(g, 'Exp', negative), 1));
}

/** e^x - 1 without cancellation near 0: tanh(x/2) × (e^x + 1). */
export function expm1(g: Builder, x: Value): Value {
  return o.mul(g, o.unary(g, 'Tanh', o.mul(g, x, 0.5)), o.add(g, o.unary(g, 'Exp', x), 1));
}

/** x above 0, e^x - 1 below (Clevert, Unterthiner, Hochreiter, 2015). */
export function elu(g: Builder, x: Value): Value {
  return o.add(g, o.unary(g, 'Relu', x), expm1(g, o.minimum(g, x, 0)));
}

/** `elu` with the two slopes of Klambauer et al., 2017. */
export function selu(g: Builder, x: Value): Value {
  const above = o.mul(g, o.unary(g, 'Relu', x), SELU_SCALE);
  return o.add(g, above, o.mul(g, expm1(g, o.minimum(g, x, 0)), SELU_SCALE * SELU_ALPHA));
}

const SELU_SCALE = 1.0507009873554805;
const SELU_ALPHA = 1.6732632423543772;

/** log(1 + x), Kahan's way (HP-15C Advanced Functions Handbook, 1982): log(u) × x / (u - 1) where u = 1 + x is not 1. */
export function log1p(g: Builder, x: Value): Value {
  const u = o.add(g, x, 1);
  const logarithm = o.unary(g, 'Log', u);
  const corrected = o.mul(g, logarithm, o.div(g, x, o.sub(g, u, 1)));
  const unchanged = o.equal(g, u, 1);
  return o.where(g, unchanged, x, o.where(g, o.equal(g, u, x), logarithm, corrected));
}
