/** @file Arithmetic and functions of one element. Integers follow JavaScript's rules, as tfjs's cpu kernels do. */
import type { Builder } from '../builder.js';
import type { ElementType, Value } from '../graph.js';
import { type Kernel, kernel } from '../kernel.js';
import * as o from '../ops.js';
import { elu, expm1, log1p, selu, sigmoid } from './precise.js';

/** Computes in `type` and returns to the type of the input, as tfjs stores every result in its input's type. */
export function within(g: Builder, x: Value, type: ElementType, f: (x: Value) => Value): Value {
  return o.cast(g, f(o.cast(g, x, type)), x.type);
}

/** A function of a real number; integers pass through float32 and are cut off on their way back. */
function real(name: string, f: (g: Builder, x: Value) => Value): Kernel {
  return kernel<'x'>(name, (g, { x }) => toTypeOf(g, f(g, o.cast(g, x, 'float32')), x));
}

const realOp = (name: string, op = name): Kernel => real(name, (g, x) => o.unary(g, op, x));

function toTypeOf(g: Builder, result: Value, x: Value): Value {
  return x.type === 'int32' ? toInt32(g, result) : o.cast(g, result, x.type);
}

/** JavaScript's truncation, NaN and what does not fit becoming 0; ONNX leaves those undefined. */
export function toInt32(g: Builder, x: Value): Value {
  if (x.type !== 'float32' && x.type !== 'float64') return o.cast(g, x, 'int32');
  const fits = o.less(g, o.unary(g, 'Abs', x), 2 ** 31);
  return o.cast(g, o.where(g, fits, x, 0), 'int32');
}

/** A function that integers have too. bool counts as int32. */
function numeric(name: string, f: (g: Builder, x: Value) => Value): Kernel {
  return kernel<'x'>(name, (g, { x }) => (x.type === 'bool' ? within(g, x, 'int32', (y) => f(g, y)) : f(g, x)));
}

/** Leaves whole numbers as they are. */
const rounding = (name: string): Kernel =>
  kernel<'x'>(name, (g, { x }) => (x.type === 'float32' ? o.unary(g, name, x) : x));

export function upcast(a: ElementType, b: ElementType): ElementType {
  if (a === 'float32' || b === 'float32') return 'float32';
  return a === 'int32' || b === 'int32' ? 'int32' : 'bool';
}

/** Two operands of one type; bool counts as int32 and comes back as bool. */
function arithmetic(name: string, f: (g: Builder, a: Value, b: Value) => Value): Kernel {
  return kernel<'a' | 'b'>(name, (g, { a, b }) => {
    const type = upcast(a.type, b.type);
    const working = type === 'bool' ? 'int32' : type;
    return o.cast(g, f(g, o.cast(g, a, working), o.cast(g, b, working)), type);
  });
}

/** Exact for int32 and safe for a zero divisor, which ends the process in ONNX Runtime's integer division. */
function inFloat64(g: Builder, a: Value, b: Value, f: (a: Value, b: Value) => Value): Value {
  return toInt32(g, f(o.cast(g, a, 'float64'), o.cast(g, b, 'float64')));
}

export function relu(g: Builder, x: Value): Value {
  return o.unary(g, 'Relu', x);
}

/** 1 / (1 + e^-x) and friends, by the names that tfjs's fused kernels use. */
export function activate(
  g: Builder,
  x: Value,
  activation: string,
  preluAlpha: Value | undefined,
  leakyAlpha: number | undefined,
): Value {
  switch (activation) {
    case 'linear':
      return x;
    case 'relu':
      return relu(g, x);
    case 'relu6':
      return o.clip(g, x, 0, 6);
    case 'sigmoid':
      return sigmoid(g, x);
    case 'elu':
      return elu(g, x);
    case 'leakyrelu':
      return o.leakyRelu(g, x, leakyAlpha ?? 0.2);
    case 'prelu':
      if (preluAlpha !== undefined) return prelu(g, x, preluAlpha);
  }
  throw new TypeError(`tfjs knows no fused activation '${activation}'`);
}

function prelu(g: Builder, x: Value, alpha: Value): Value {
  return o.where(g, o.less(g, x, 0), o.mul(g, alpha, x), x);
}

/**
 * The angle of (x, y) in [-π, π], from atan(y / x) and the signs. Only the signs count where both are infinite, where y is
 * zero (whose sign 1 / y keeps) or where x is.
 */
function atan2(g: Builder, y: Value, x: Value): Value {
  const isNegative = (z: Value): Value => o.or(g, o.less(g, z, 0), o.less(g, o.unary(g, 'Reciprocal', z), 0));
  const endless = o.and(g, o.test(g, 'IsInf', x), o.test(g, 'IsInf', y));
  const signOf = (z: Value): Value => o.where(g, endless, o.unary(g, 'Sign', z), z);
  const ratio = o.unary(g, 'Atan', o.div(g, signOf(y), signOf(x)));
  const half = o.where(g, isNegative(y), -Math.PI, Math.PI);
  const turned = o.add(g, ratio, half);
  const onAxis = o.where(g, o.equal(g, y, 0), y, o.mul(g, o.unary(g, 'Sign', y), Math.PI / 2));
  const straight = o.where(g, o.and(g, o.equal(g, y, 0), isNegative(x)), half, onAxis);
  return o.where(g, o.equal(g, x, 0), straight, o.where(g, o.less(g, x, 0), turned, ratio));
}

/** Remainder with the sign of the divisor. */
function floorMod(g: Builder, a: Value, b: Value): Value {
  if (a.type === 'int32') {
    return inFloat64(g, a, b, (x, y) => o.sub(g, x, o.mul(g, o.unary(g, 'Floor', o.div(g, x, y)), y)));
  }
  // A second remainder, as tfjs takes it, would lose one that is small against the divisor.
  const remainder = fmod(g, a, b);
  const isAcross = o.xor(g, o.less(g, remainder, 0), o.less(g, b, 0));
  const isWhole = o.equal(g, remainder, 0);
  return o.where(g, o.and(g, isAcross, o.unary(g, 'Not', isWhole)), o.add(g, remainder, b), remainder);
}

function fmod(g: Builder, a: Value, b: Value): Value {
  return g.op('Mod', [a, b], a.type, o.broadcast(a.shape, b.shape), { fmod: { kind: 'int', value: 1 } });
}

export const elementwise: readonly Kernel[] = [
  ...['Acos', 'Acosh', 'Asin', 'Asinh', 'Atan', 'Atanh', 'Cos', 'Cosh', 'Erf'].map((name) => realOp(name)),
  ...['Log', 'Reciprocal', 'Sin', 'Sinh', 'Softplus', 'Sqrt', 'Tan', 'Tanh'].map((name) => realOp(name)),
  ...['Ceil', 'Floor', 'Round'].map(rounding),
  ...['Abs', 'Neg', 'Relu'].map((name) => numeric(name, (g, x) => o.unary(g, name, x))),
  numeric('Sign', (g, x) => {
    const sign = o.unary(g, 'Sign', x);
    return x.type === 'float32' ? o.where(g, o.test(g, 'IsNaN', x), 0, sign) : sign; // tfjs: NaN has no sign
  }),
  kernel<'x'>('Exp', (g, { x }) => o.unary(g, 'Exp', o.cast(g, x, 'float32'))),
  real('Sigmoid', sigmoid),
  real('Elu', elu),
  real('Selu', selu),
  real('Rsqrt', (g, x) => o.unary(g, 'Reciprocal', o.unary(g, 'Sqrt', x))),
  real('Expm1', expm1),
  real('Log1p', log1p),
  numeric('Relu6', (g, x) => o.clip(g, x, 0, 6)),
  numeric('Square', (g, x) => o.mul(g, x, x)),
  kernel<'x', { readonly alpha: number }>('LeakyRelu', (g, { x }, { alpha }) =>
    o.leakyRelu(g, o.cast(g, x, 'float32'), alpha),
  ),
  kernel<'x' | 'alpha'>('Prelu', (g, { x, alpha }) => prelu(g, o.cast(g, x, 'float32'), o.cast(g, alpha, 'float32'))),
  kernel<'dy' | 'y'>('EluGrad', (g, { dy, y }) => o.mul(g, dy, o.where(g, o.greaterEqual(g, y, 0), 1, o.add(g, y, 1)))),
  kernel<'x', { readonly alpha: number }>('Step', (g, { x }, { alpha }) => {
    const number = x.type === 'bool' ? o.cast(g, x, 'int32') : x;
    const stepped = o.where(g, o.greater(g, number, 0), g.scalar(1, number.type), g.scalar(alpha, number.type));
    return x.type === 'float32' ? o.where(g, o.test(g, 'IsNaN', x), x, stepped) : o.cast(g, stepped, x.type);
  }),
  kernel<'x', { readonly clipValueMin: number; readonly clipValueMax: number }>(
    'ClipByValue',
    (g, { x }, { clipValueMin, clipValueMax }) =>
      x.type === 'int32'
        ? toInt32(g, o.clip(g, o.cast(g, x, 'float64'), clipValueMin, clipValueMax))
        : within(g, x, 'float32', (y) => o.clip(g, y, clipValueMin, clipValueMax)),
  ),
  kernel<'x'>('IsNan', (g, { x }) => o.test(g, 'IsNaN', o.cast(g, x, 'float32'))),
  kernel<'x'>('IsInf', (g, { x }) => o.test(g, 'IsInf', o.cast(g, x, 'float32'))),
  kernel<'x'>('IsFinite', (g, { x }) => {
    const number = o.cast(g, x, 'float32');
    return o.unary(g, 'Not', o.or(g, o.test(g, 'IsNaN', number), o.test(g, 'IsInf', number)));
  }),
  arithmetic('Add', (g, a, b) => o.add(g, a, b)),
  arithmetic('Sub', (g, a, b) => o.sub(g, a, b)),
  arithmetic('Multiply', (g, a, b) => o.mul(g, a, b)),
  arithmetic('Maximum', (g, a, b) => o.maximum(g, a, b)),
  arithmetic('Minimum', (g, a, b) => o.minimum(g, a, b)),
  arithmetic('SquaredDifference', (g, a, b) => {
    const difference = o.sub(g, a, b);
    return o.mul(g, difference, difference);
  }),
  arithmetic('RealDiv', (g, a, b) =>
    a.type === 'int32' ? inFloat64(g, a, b, (x, y) => o.div(g, x, y)) : o.div(g, a, b),
  ),
  arithmetic('Mod', floorMod),
  arithmetic('Pow', (g, a, b) => (a.type === 'int32' ? inFloat64(g, a, b, (x, y) => o.pow(g, x, y)) : o.pow(g, a, b))),
  arithmetic('Atan2', (g, a, b) =>
    a.type === 'int32' ? toInt32(g, atan2(g, o.cast(g, a, 'float32'), o.cast(g, b, 'float32'))) : atan2(g, a, b),
  ),
  kernel<'a' | 'b'>('FloorDiv', (g, { a, b }) => inFloat64(g, a, b, (x, y) => o.unary(g, 'Floor', o.div(g, x, y)))),
  kernel<'x', { readonly dtype: string }>('Cast', (g, { x }, { dtype }) => {
    if (dtype === 'int32') return toInt32(g, x);
    if (dtype === 'float32' || dtype === 'bool') return o.cast(g, x, dtype);
    throw new TypeError(`a step knows float32, int32 and bool, not ${dtype}`);
  }),
];
