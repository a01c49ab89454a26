import { expect, test, vi } from 'vitest';
import type { HostTensor } from '../../../src/engine/engine.js';
import { kernels } from '../../../src/engine/onnx/kernels/index.js';
import { tf } from '../../../src/tf.js';
import { bool, float, int, noise, noisy } from './helpers.js';
import { type Case, type Expression, expectParity } from './parity.js';

const cases: Case[] = [];
const add = (name: string, inputs: readonly HostTensor[], f: Expression, tolerance?: number): void => {
  cases.push(tolerance === undefined ? { name, inputs, f } : { name, inputs, f, tolerance });
};
/** The value and the gradients of Σ f × weights, so that every output element matters differently. */
const withGradients =
  (f: (...inputs: tf.Tensor[]) => tf.Tensor): Expression =>
  (...inputs: tf.Tensor[]) => {
    const weighted = (...values: tf.Tensor[]): tf.Scalar => {
      const y = f(...values);
      const weights = tf.cos(tf.range(0, y.size, 1, 'float32')).reshape(y.shape);
      return tf.sum(tf.mul(y, weights));
    };
    return [f(...inputs), ...tf.grads(weighted)(inputs)];
  };
const both = (
  name: string,
  inputs: readonly HostTensor[],
  f: (...inputs: never[]) => tf.Tensor,
  tolerance?: number,
): void => add(`${name} and gradient`, inputs, withGradients(f as (...inputs: tf.Tensor[]) => tf.Tensor), tolerance);

const special = float([9], [0, -0, 1, -1, 0.5, -2.5, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
const reals = noisy([3, 4], 1, 3);
const positive = float(
  [3, 4],
  noisy([3, 4], 2).data.map((x) => Math.abs(x) + 0.1),
);
const small = noisy([3, 4], 3, 0.9);
const integers = int([6], [-7, -2, 0, 3, 5, 1000]);
const flags = bool([4], [1, 0, 1, 1]);

// Functions of one element: values (special ones too), integers, gradients.
const unary = [
  'abs',
  'ceil',
  'elu',
  'exp',
  'expm1',
  'floor',
  'neg',
  'relu',
  'relu6',
  'round',
  'selu',
  'sigmoid',
] as const;
const unaryMore = [
  'sign',
  'softplus',
  'square',
  'tanh',
  'sin',
  'cos',
  'tan',
  'atan',
  'sinh',
  'cosh',
  'asinh',
  'erf',
  'step',
] as const;
for (const name of [...unary, ...unaryMore]) {
  both(name, [reals], (x: tf.Tensor) => tf[name](x));
}
for (const name of ['abs', 'neg', 'sign', 'relu', 'relu6', 'square', 'step', 'exp'] as const) {
  add(`${name} of integers`, [int([5], [-3, -1, 0, 2, 4])], (x) => tf[name](x));
}
for (const name of ['ceil', 'floor', 'round', 'abs', 'neg', 'relu', 'relu6', 'square', 'step', 'sign'] as const) {
  add(`${name} of special values`, [name === 'sign' ? reals : special], (x) => tf[name](x));
}
add('exp, tanh, sigmoid of special values', [special], (x) => [tf.exp(x), tf.tanh(x), tf.sigmoid(x)]);
for (const name of ['log', 'log1p', 'sqrt', 'rsqrt', 'reciprocal'] as const)
  both(name, [positive], (x: tf.Tensor) => tf[name](x));
for (const name of ['acos', 'asin', 'atanh'] as const) both(name, [small], (x: tf.Tensor) => tf[name](x));
both('acosh', [float([3], [1.5, 2, 9])], (x: tf.Tensor) => tf.acosh(x));
add(
  'log1p and expm1 near 0 and far',
  [float([6], [1e-8, -1e-7, 0, 1e10, Number.POSITIVE_INFINITY, 1e-3])],
  (x) => [tf.log1p(x).mul(1e8), tf.expm1(x.minimum(50))],
  1e-4,
);
both('leakyRelu', [reals], (x: tf.Tensor) => tf.leakyRelu(x, 0.3));
both('prelu', [reals, noisy([4], 5)], (x: tf.Tensor, alpha: tf.Tensor) => tf.prelu(x, alpha));
both('clipByValue', [reals], (x: tf.Tensor) => tf.clipByValue(x, -0.7, 1));
add('clipByValue of integers', [integers], (x) => tf.clipByValue(x, -2, 5));
add('isNaN, isInf, isFinite', [special], (x) => [tf.isNaN(x), tf.isInf(x), tf.isFinite(x)]);
add('round halves to even', [float([6], [0.5, 1.5, 2.5, -0.5, -1.5, -2.5])], (x) => tf.round(x));

// Two operands, broadcast.
for (const name of ['add', 'sub', 'mul', 'div', 'maximum', 'minimum', 'squaredDifference', 'atan2'] as const) {
  both(name, [reals, noisy([3, 4], 7)], (a: tf.Tensor, b: tf.Tensor) => tf[name](a, b));
  add(`${name} broadcast both ways`, [noisy([3, 1], 8), noisy([1, 4], 9)], (a, b) => tf[name](a, b));
}
// tfjs's gradients of maximum, minimum and squaredDifference know no broadcasting.
for (const name of ['add', 'sub', 'mul', 'div', 'atan2'] as const) {
  both(`${name} broadcast`, [noisy([3, 1], 8), noisy([4], 9)], (a: tf.Tensor, b: tf.Tensor) => tf[name](a, b));
}
for (const name of ['add', 'sub', 'mul', 'maximum', 'minimum', 'squaredDifference'] as const) {
  add(`${name} of integers`, [integers, int([6], [3, -2, 7, 0, 5, 8])], (a, b) => tf[name](a, b));
}
add('maximum and minimum with NaN', [special, float([9], [1, 1, Number.NaN, 0, 0, 0, 0, 0, 0])], (a, b) => [
  tf.maximum(a, b),
  tf.minimum(a, b),
]);
const signs = [int([6], [7, -7, 7, -7, 6, 0]), int([6], [2, 2, -2, -2, 3, 5])] as const;
add('floorDiv, mod and div of integers', signs, (a, b) => [tf.floorDiv(a, b), tf.mod(a, b), tf.div(a, b)]);
add('integers divided by zero', [int([3], [5, -5, 0]), int([3], [0, 0, 0])], (a, b) => [
  tf.floorDiv(a, b),
  tf.mod(a, b),
]);
both(
  'mod',
  [float([6], [7.5, -7.5, 7.5, -7.5, 6, 0.5]), float([6], [2, 2, -2, -2, 3, 5])],
  (a: tf.Tensor, b: tf.Tensor) => tf.mod(a, b),
);
add('floorDiv of reals', [float([4], [7.5, -7.5, 7.5, -7.5]), float([4], [2, 2, -2, -2])], (a, b) => tf.floorDiv(a, b));
both('pow', [positive, noisy([3, 4], 9, 2)], (a: tf.Tensor, b: tf.Tensor) => tf.pow(a, b));
add('pow of negative bases', [float([5], [-2, -2, -2, 0, 0]), float([5], [3, 2, -1, 0, -1])], (a, b) => tf.pow(a, b));
add('pow of integers', [int([5], [-2, 2, 3, 2, 0]), int([5], [3, 10, 2, -1, 0])], (a, b) => tf.pow(a, b));
add('add of mixed types', [reals, int([4], [1, 2, 3, 4]), flags], (a, b, c) => [
  tf.add(a, b),
  tf.mul(b, c),
  tf.mul(c, c),
]);
both('addN', [reals, positive, small], (...x: tf.Tensor[]) => tf.addN(x));
add('addN of integers', [integers, integers], (...x) => tf.addN(x));

// Comparison, logic, choice, casts.
for (const name of ['equal', 'notEqual', 'greater', 'greaterEqual', 'less', 'lessEqual'] as const) {
  add(name, [float([5], [1, 2, Number.NaN, 0, -0]), float([5], [1, 3, Number.NaN, -0, 1])], (a, b) => tf[name](a, b));
  add(`${name} of integers and flags`, [integers, int([1], [3]), flags, bool([4], [1, 1, 0, 1])], (a, b, c, d) => [
    tf[name](a, b),
    tf[name](c, d),
  ]);
}
add('logical operations', [flags, bool([4], [0, 0, 1, 1])], (a, b) => [
  tf.logicalAnd(a, b),
  tf.logicalOr(a, b),
  tf.logicalXor(a, b),
  tf.logicalNot(a),
]);
add('bitwiseAnd', [int([3], [12, 7, -1]), int([3], [10, 3, 5])], (a, b) => tf.bitwiseAnd(a, b));
both('where', [reals, positive], (a: tf.Tensor, b: tf.Tensor) =>
  tf.where(tf.tensor2d([[true, false, false, true]], [1, 4]).tile([3, 1]), a, b),
);
add('where of flags and integers', [flags, flags, bool([4], [0, 1, 0, 0]), int([4], [1, 2, 3, 4])], (c, a, b, n) => [
  tf.where(c, a, b),
  tf.where(c, n, tf.zerosLike(n)),
]);
add('casts', [float([6], [1.7, -1.7, 0, 0.2, Number.NaN, Number.POSITIVE_INFINITY]), integers, flags], (x, n, b) => [
  tf.cast(x, 'int32'),
  tf.cast(x, 'bool'),
  tf.cast(n, 'float32'),
  tf.cast(n, 'bool'),
  tf.cast(b, 'int32'),
  tf.cast(b, 'float32'),
]);

// Reductions, running sums, softmax.
const cube = noisy([2, 3, 4], 11, 2);
for (const name of ['sum', 'mean', 'max', 'min', 'prod'] as const) {
  both(`${name} of everything`, [cube], (x: tf.Tensor) => tf[name](x));
  both(`${name} over the middle`, [cube], (x: tf.Tensor) => tf[name](x, 1));
  both(`${name} over two axes, kept`, [cube], (x: tf.Tensor) => tf[name](x, [0, 2], true));
  both(`${name} of a scalar`, [float([], [3])], (x: tf.Tensor) => tf[name](x));
}
for (const name of ['sum', 'max', 'min', 'prod', 'mean'] as const) {
  add(`${name} of integers and flags`, [int([2, 3], [1, -2, 3, 4, 5, -6]), flags], (x, b) =>
    name === 'max' || name === 'min' ? [tf[name](x, 1)] : [tf[name](x, 1), tf[name](b)],
  );
}
add('all and any', [bool([2, 3], [1, 1, 1, 0, 1, 0])], (x) => [tf.all(x), tf.all(x, 1), tf.any(x, 0, true), tf.any(x)]);
add('argMax and argMin, the first of equals', [float([2, 4], [1, 3, 3, 2, 5, 0, 0, 5])], (x) => [
  tf.argMax(x, 1),
  tf.argMin(x, 1),
  tf.argMax(x, 0),
  tf.argMin(x),
]);
for (const [exclusive, reverse] of [
  [false, false],
  [true, false],
  [false, true],
  [true, true],
] as const) {
  both(`cumsum exclusive=${exclusive} reverse=${reverse}`, [cube], (x: tf.Tensor) =>
    tf.cumsum(x, 2, exclusive, reverse),
  );
  add(`cumprod exclusive=${exclusive} reverse=${reverse}`, [cube, int([5], [1, 2, 3, 4, 5])], (x, n) => [
    tf.cumprod(x, 2, exclusive, reverse),
    tf.cumsum(n, 0, exclusive, reverse),
  ]);
}
both('softmax', [cube], (x: tf.Tensor) => tf.softmax(x));
both('logSoftmax', [cube], (x: tf.Tensor) => tf.logSoftmax(x));
both('logSumExp', [cube], (x: tf.Tensor) => tf.logSumExp(x, 2));
add('moments and norm', [cube], (x) => [
  tf.moments(x, [0, 2]).variance,
  tf.norm(x, 'euclidean', [1, 2]),
  tf.norm(x, 1, 0),
  tf.norm(x, Number.POSITIVE_INFINITY),
]);

// Shape.
both('reshape, expandDims, squeeze', [cube], (x: tf.Tensor) => tf.expandDims(tf.squeeze(tf.reshape(x, [6, 1, -1])), 1));
both('transpose', [cube], (x: tf.Tensor) => tf.transpose(x, [2, 0, 1]));
both('concat', [cube, noisy([2, 1, 4], 12)], (a: tf.Tensor3D, b: tf.Tensor3D) => tf.concat([a, b], 1));
add('concat with an empty part', [float([0, 2], []), float([1, 2], [1, 2])], (a, b) => tf.concat([a, b], 0));
both('stack and unstack', [reals, positive], (a: tf.Tensor, b: tf.Tensor) =>
  tf.stack(tf.unstack(tf.stack([a, b], -1), 1).reverse(), 0),
);
both('split', [cube], (x: tf.Tensor) => {
  const [first, second] = tf.split(x, 2, 2) as [tf.Tensor, tf.Tensor];
  const [top, rest] = tf.split(x, [1, 2], 1) as [tf.Tensor, tf.Tensor];
  return tf.concat([first, second.mul(2), top.slice([0, 0, 0], [2, 1, 2]), rest.slice([0, 0, 1], [2, 2, 2])], 1);
});
both('slice', [cube], (x: tf.Tensor) => tf.slice(x, [0, 1, 1], [2, -1, 2]));
add('slice of flags to nothing', [flags], (x) => [tf.slice(x, [1], [2]), tf.slice(x, [1], [0])]);
add('stridedSlice', [cube], (x) => [
  tf.stridedSlice(x, [0, 2, 3], [2, 0, 0], [1, -1, -2]),
  tf.stridedSlice(x, [0, 0, 0], [2, 3, 4], [1, 2, 3]),
  tf.stridedSlice(x, [1, 0], [2, 2], [1, 1], 0, 0, 0, 0, 3),
  tf.stridedSlice(x, [3, 2], [-5, 0], [-1, -1], 1, 1),
  tf.stridedSlice(x, [0, 1, 0], [1, 2, 2], [1, 1, 1], 0, 0, 2, 1, 0),
]);
both('pad', [cube], (x: tf.Tensor3D) =>
  tf.pad(
    x,
    [
      [1, 0],
      [0, 2],
      [1, 1],
    ],
    0,
  ),
);
add('pad with a value, of integers and flags', [reals, integers, flags], (x, n, b) => [
  tf.pad(
    x,
    [
      [1, 1],
      [0, 2],
    ],
    3.5,
  ),
  tf.pad(n, [[2, 0]], -1),
  tf.pad(b, [[1, 1]]),
]);
both('mirrorPad', [reals], (x: tf.Tensor2D) =>
  tf.add(
    tf.mirrorPad(
      x,
      [
        [2, 1],
        [1, 3],
      ],
      'reflect',
    ),
    tf.mirrorPad(
      x,
      [
        [2, 1],
        [1, 3],
      ],
      'symmetric',
    ),
  ),
);
both('tile and broadcastTo', [noisy([1, 3], 13)], (x: tf.Tensor2D) =>
  tf.add(tf.tile(x, [4, 2]), tf.tile(tf.broadcastTo(x, [4, 3]), [1, 2])),
);
both('reverse', [cube], (x: tf.Tensor3D) => tf.add(tf.reverse(x, [0, 2]), tf.reverse(x, -1)));
add('reverse of a scalar', [float([], [2])], (x) => tf.reverse(x));
both('batchToSpaceND and spaceToBatchND', [noisy([1, 4, 6, 2], 14)], (x: tf.Tensor4D) =>
  tf.batchToSpaceND(
    tf.spaceToBatchND(
      x,
      [2, 3],
      [
        [1, 1],
        [0, 3],
      ],
    ),
    [3, 2],
    [
      [0, 1],
      [1, 0],
    ],
  ),
);
add('depthToSpace', [noisy([2, 2, 3, 8], 15)], (x) => tf.depthToSpace(x, 2));
add('flipLeftRight', [noisy([2, 3, 4, 2], 16)], (x) => tf.image.flipLeftRight(x));

// Creation.
add('constants', [reals], (x) => [
  tf.zerosLike(x),
  tf.onesLike(x),
  tf.fill([2, 2], 7),
  tf.ones([2], 'int32'),
  tf.zeros([1], 'bool'),
  tf.range(5, 0, -2),
  tf.range(0, 1, 0.1),
  tf.linspace(0, 1, 5),
  tf.eye(3),
  tf.scalar(3).add(x),
  tf.tensor1d([1, 2, 3, 4], 'int32').add(1),
]);
add('diag', [float([3], [1, 2, 3]), flags], (x, b) => [tf.diag(x), tf.diag(b)]);

// Indexing.
const table = noisy([5, 3], 17);
both('gather', [table], (x: tf.Tensor) =>
  tf.gather(
    x,
    tf.tensor2d(
      [
        [4, 0],
        [4, 1],
      ],
      [2, 2],
      'int32',
    ),
  ),
);
both('gather of an axis', [table], (x: tf.Tensor) => tf.gather(x, tf.tensor1d([2, 0, 2, 1], 'int32'), 1));
add('gather by a batch', [noisy([2, 4, 3], 18), int([2, 2], [3, 0, 1, 1])], (x, i) => [
  tf.gather(x, i, 1, 1),
  tf.gather(x, i.mod(tf.scalar(3, 'int32')), 2, 1),
]);
add('gatherND', [table, int([2, 2], [4, 1, 0, 2]), int([2, 1], [3, 1])], (x, i, j) => [
  tf.gatherND(x, i),
  tf.gatherND(x, j),
]);
add(
  'scatterND adds repeated indices',
  [int([4, 1], [1, 3, 1, 0]), noisy([4, 2], 19), int([4], [1, 2, 3, 4])],
  (i, u, n) => [tf.scatterND(i, u, [5, 2]), tf.scatterND(i, n, [5])],
);
add('tensorScatterUpdate', [table, int([2, 1], [4, 0]), noisy([2, 3], 20)], (x, i, u) =>
  tf.tensorScatterUpdate(x, i, u),
);
add('sparseToDense', [int([3], [0, 4, 2]), float([3], [1, 2, 3]), int([2, 2], [0, 1, 2, 0])], (i, v, at) => [
  tf.sparseToDense(i, v, [6], tf.scalar(-1)),
  tf.sparseToDense(at, tf.scalar(7), [3, 2], tf.scalar(0)),
]);
both('unsortedSegmentSum', [noisy([6, 2], 21)], (x: tf.Tensor) =>
  tf.unsortedSegmentSum(x, tf.tensor1d([2, 0, 2, 5, 1, 0], 'int32'), 6),
);
add('unsortedSegmentSum leaves out unknown segments', [noisy([4, 2], 22), int([4], [0, -1, 9, 0])], (x, i) =>
  tf.unsortedSegmentSum(x, i, 2),
);
add('oneHot', [int([2, 3], [0, 1, 2, 3, -1, 7])], (i) => [
  tf.oneHot(i, 4),
  tf.oneHot(i, 3, 0.9, 0.1, 'float32'),
  tf.oneHot(i, 3, 1, 0, 'bool'),
]);
add(
  'bincount and denseBincount',
  [int([5], [0, 1, 1, 4, 9]), float([5], [1, 2, 3, 4, 5]), int([2, 3], [0, 1, 1, 2, 2, 2])],
  (x, w, m) => [
    tf.bincount(x, w, 5),
    tf.bincount(x, tf.tensor1d([]), 5),
    tf.denseBincount(m, tf.tensor2d([], [0, 0]) as never, 4),
    tf.denseBincount(m, tf.tensor2d([], [0, 0]) as never, 4, true),
  ],
);
add('topk', [float([2, 5], [3, 1, 4, 1, 5, 9, 2, 6, 5, 3]), int([4], [4, 1, 3, 2])], (x, n) => [
  tf.topk(x, 3).values,
  tf.topk(x, 3).indices,
  tf.topk(n, 2).values,
  tf.topk(n, 2).indices,
]);
both('topk values', [float([2, 5], [3, 1, 4, 1.5, 5, 9, 2, 6, 5, 3])], (x: tf.Tensor) => tf.max(x, 1));
add('searchSorted', [float([2, 4], [0, 3, 9, 10, 1, 2, 2, 5]), float([2, 3], [3, 0, 11, 2, 3, 0])], (s, v) => [
  tf.searchSorted(s, v, 'left'),
  tf.searchSorted(s, v, 'right'),
  tf.lowerBound(s, v),
  tf.upperBound(s, v),
]);
add('confusion matrix, inTopK words', [int([4], [0, 1, 2, 1]), int([4], [0, 2, 2, 1])], (a, b) =>
  tf.math.confusionMatrix(a, b, 3),
);

// Products.
for (const [transposeA, transposeB] of [
  [false, false],
  [true, false],
  [false, true],
  [true, true],
] as const) {
  const a = noisy(transposeA ? [3, 2] : [2, 3], 23);
  const b = noisy(transposeB ? [4, 3] : [3, 4], 24);
  both(`matMul transposeA=${transposeA} transposeB=${transposeB}`, [a, b], (x: tf.Tensor2D, y: tf.Tensor2D) =>
    tf.matMul(x, y, transposeA, transposeB),
  );
  const stack = (t: HostTensor, seed: number): HostTensor => noisy([5, ...t.shape], seed);
  both(
    `stacked matMul transposeA=${transposeA} transposeB=${transposeB}`,
    [stack(a, 25), stack(b, 26)],
    (x: tf.Tensor3D, y: tf.Tensor3D) => tf.matMul(x, y, transposeA, transposeB),
  );
}
add('matMul of one matrix with many', [noisy([1, 2, 3], 27), noisy([4, 3, 2], 28)], (x, y) => tf.matMul(x, y));
both('dot, outerProduct', [noisy([3], 29), noisy([3], 30)], (x: tf.Tensor1D, y: tf.Tensor1D) =>
  tf.add(tf.dot(x, y), tf.outerProduct(x, y)),
);
for (const activation of ['linear', 'relu', 'relu6', 'sigmoid', 'elu', 'leakyrelu', 'prelu'] as const) {
  add(
    `fused matMul with ${activation}`,
    [noisy([2, 3], 31), noisy([3, 4], 32), noisy([4], 33), noisy([4], 34)],
    (a, b, bias, preluActivationWeights) =>
      tf.fused.matMul({
        a,
        b,
        bias,
        activation,
        ...(activation === 'prelu' ? { preluActivationWeights } : {}),
        leakyreluAlpha: 0.3,
      }),
  );
}
both(
  'fused matMul with relu',
  [noisy([2, 3], 35), noisy([3, 4], 36), noisy([4], 37)],
  (a: tf.Tensor2D, b: tf.Tensor2D, bias: tf.Tensor) => tf.fused.matMul({ a, b, bias, activation: 'linear' }),
);
add('einsum', [noisy([2, 3, 4], 38), noisy([4, 5], 39), noisy([2, 3, 4], 40)], (a, b, c) => [
  tf.einsum('bij,jk->bik', a, b),
  tf.einsum('bij->ji', a),
  tf.einsum('bij,bkj->bik', a, c),
  tf.einsum('ij->', b),
]);
add('matMul of integers', [int([2, 2], [1, 2, 3, 4]), int([2, 2], [5, 6, 7, 8])], (a, b) => tf.matMul(a, b));

// Convolutions.
const picture = noisy([2, 7, 6, 3], 41);
for (const [strides, pad, dilations] of [
  [1, 'same', 1],
  [1, 'valid', 1],
  [2, 'same', 1],
  [2, 'valid', 1],
  [[2, 1], 'valid', 1],
  [1, 1, 1],
  [3, 'same', 1],
] as const) {
  const tag = `strides ${strides} pad ${pad} dilations ${dilations}`;
  both(`conv2d ${tag}`, [picture, noisy([3, 2, 3, 4], 42)], (x: tf.Tensor4D, w: tf.Tensor4D) =>
    tf.conv2d(x, w, strides as never, pad, 'NHWC', dilations as never),
  );
  // tfjs's own depthwise gradient knows equal strides only.
  if (typeof strides === 'number')
    both(`depthwiseConv2d ${tag}`, [picture, noisy([3, 2, 3, 2], 43)], (x: tf.Tensor4D, w: tf.Tensor4D) =>
      tf.depthwiseConv2d(x, w, strides as never, pad, 'NHWC', dilations as never),
    );
}
// tfjs has no gradients of dilated convolutions.
add('dilated convolutions', [picture, noisy([3, 2, 3, 4], 42), noisy([3, 2, 3, 2], 43)], (x, w, d) => [
  tf.conv2d(x, w, 1, 'same', 'NHWC', 2),
  tf.conv2d(x, w, 1, 'valid', 'NHWC', [2, 1]),
  tf.depthwiseConv2d(x, d, 1, 'same', 'NHWC', 2),
]);
both('conv2d with a number for padding', [picture, noisy([3, 3, 3, 4], 42)], (x: tf.Tensor4D, w: tf.Tensor4D) =>
  tf.conv2d(x, w, 1, 0),
);
both('conv2d 1x1', [picture, noisy([1, 1, 3, 4], 44)], (x: tf.Tensor4D, w: tf.Tensor4D) => tf.conv2d(x, w, 1, 'same'));
both('depthwiseConv2d of one multiplier', [picture, noisy([3, 3, 3, 1], 44)], (x: tf.Tensor4D, w: tf.Tensor4D) =>
  tf.depthwiseConv2d(x, w, 1, 'same'),
);
add('conv2d with explicit padding and rounding', [picture, noisy([3, 3, 3, 2], 45)], (x, w) => [
  tf.conv2d(x, w, 1, [
    [0, 0],
    [1, 2],
    [0, 3],
    [0, 0],
  ]),
  tf.conv2d(x, w, 2, 1, 'NHWC', 1, 'ceil'),
  tf.conv2d(x, w, 2, 1, 'NHWC', 1, 'floor'),
]);
both('conv2d channels first', [noisy([2, 3, 6, 5], 46), noisy([3, 3, 3, 2], 47)], (x: tf.Tensor4D, w: tf.Tensor4D) =>
  tf.conv2d(x, w, 1, 'same', 'NCHW'),
);
both('conv1d', [noisy([2, 9, 3], 48), noisy([3, 3, 4], 49)], (x: tf.Tensor3D, w: tf.Tensor3D) =>
  tf.conv1d(x, w, 2, 'same'),
);
both('conv2dTranspose', [noisy([2, 3, 4, 2], 50), noisy([3, 3, 5, 2], 51)], (x: tf.Tensor4D, w: tf.Tensor4D) =>
  tf.conv2dTranspose(x, w, [2, 6, 8, 5], 2, 'same'),
);
both('conv3d', [noisy([1, 4, 5, 3, 2], 52), noisy([2, 3, 2, 2, 3], 53)], (x: tf.Tensor5D, w: tf.Tensor5D) =>
  tf.conv3d(x, w, 1, 'same'),
);
both(
  'conv3d with strides',
  [noisy([1, 4, 5, 4, 2], 54), noisy([2, 3, 2, 2, 3], 55)],
  (x: tf.Tensor5D, w: tf.Tensor5D) => tf.conv3d(x, w, [2, 1, 2], 'valid'),
);
add('conv3dTranspose', [noisy([1, 2, 2, 3, 2], 56), noisy([2, 2, 2, 3, 2], 57)], (x, w) =>
  tf.conv3dTranspose(x, w, [1, 4, 4, 6, 3], 2, 'same'),
);
both(
  'separableConv2d',
  [picture, noisy([3, 3, 3, 2], 58), noisy([1, 1, 6, 4], 59)],
  (x: tf.Tensor4D, d: tf.Tensor4D, p: tf.Tensor4D) => tf.separableConv2d(x, d, p, 1, 'same'),
);
for (const activation of ['relu', 'sigmoid', 'prelu'] as const) {
  add(
    `fused convolutions with ${activation}`,
    [picture, noisy([3, 3, 3, 4], 60), noisy([4], 61), noisy([4], 62), noisy([3, 3, 3, 1], 63), noisy([3], 64)],
    (x, filter, bias, slopes, depthwise, depthwiseBias) => [
      tf.fused.conv2d({
        x,
        filter,
        strides: 1,
        pad: 'same',
        bias,
        activation,
        ...(activation === 'prelu' ? { preluActivationWeights: slopes } : {}),
      }),
      tf.fused.depthwiseConv2d({
        x,
        filter: depthwise,
        strides: 1,
        pad: 'same',
        bias: depthwiseBias,
        ...(activation === 'prelu' ? {} : { activation }),
      }),
    ],
  );
}
both(
  'fused conv2d with bias',
  [picture, noisy([3, 3, 3, 4], 65), noisy([4], 66)],
  (x: tf.Tensor4D, filter: tf.Tensor4D, bias: tf.Tensor) =>
    tf.fused.conv2d({ x, filter, bias, strides: 1, pad: 'same' }),
);

// Pooling; rows of equal values, so that ties matter.
const tied = float(
  [2, 6, 7, 3],
  noisy([2, 6, 7, 3], 67).data.map((x) => Math.max(0, Math.round(x * 3))),
);
for (const [size, strides, pad] of [
  [2, 2, 'valid'],
  [2, 2, 'same'],
  [3, 2, 'same'],
  [3, 1, 'valid'],
  [[2, 3], [3, 4], 'valid'],
  [3, 1, 1],
  [2, 1, 'same'],
] as const) {
  for (const pool of ['maxPool', 'avgPool'] as const) {
    both(`${pool} ${size} strides ${strides} pad ${pad}`, [tied], (x: tf.Tensor4D) =>
      tf[pool](x, size as never, strides as never, pad),
    );
  }
}
both('avgPool of whole windows', [noisy([2, 6, 4, 3], 68)], (x: tf.Tensor4D) => tf.avgPool(x, 2, 2, 'valid'));
// Without ties: in three dimensions tfjs's cpu kernel takes the last of equals, ours the first as in two.
const solid = noisy([1, 4, 5, 4, 2], 69);
for (const [size, strides, pad] of [
  [2, 2, 'valid'],
  [2, 2, 'same'],
  [3, 1, 'same'],
] as const) {
  both(`maxPool3d ${size} strides ${strides} pad ${pad}`, [solid], (x: tf.Tensor5D) =>
    tf.maxPool3d(x, size, strides, pad),
  );
  both(`avgPool3d ${size} strides ${strides} pad ${pad}`, [solid], (x: tf.Tensor5D) =>
    tf.avgPool3d(x, size, strides, pad),
  );
}
add('maxPoolWithArgmax', [picture], (x) => [
  ...(Object.values(tf.maxPoolWithArgmax(x, 2, 2, 'same')) as tf.Tensor[]),
  tf.maxPoolWithArgmax(x, 2, 2, 'valid', true).indexes as tf.Tensor,
]);
add('maxPool with rounding, of integers', [picture, int([1, 3, 3, 1], [1, 5, 2, 7, 3, 4, 9, 8, 6])], (x, n) => [
  tf.maxPool(x, 2, 2, 0, 'ceil'),
  tf.maxPool(n, 2, 1, 'valid'),
]);

// Normalisation, images, dilation.
both(
  'batchNorm',
  [noisy([2, 3, 4, 5], 70), noisy([5], 71), float([5], [1, 2, 0.5, 1, 3]), noisy([5], 72), noisy([5], 73)],
  (x: tf.Tensor4D, m: tf.Tensor1D, v: tf.Tensor1D, b: tf.Tensor1D, s: tf.Tensor1D) => tf.batchNorm(x, m, v, b, s, 1e-3),
);
add('batchNorm without scale and offset', [noisy([3, 4], 74), noisy([4], 75), float([4], [1, 2, 0.5, 1])], (x, m, v) =>
  tf.batchNorm(x, m, v),
);
both('localResponseNormalization', [noisy([1, 2, 3, 6], 76)], (x: tf.Tensor4D) =>
  tf.localResponseNormalization(x, 2, 1.5, 0.7, 0.6),
);
// One square picture: tfjs's cpu gradients mix up width and height, and read the first of a batch alone.
for (const [alignCorners, halfPixelCenters] of [
  [false, false],
  [true, false],
  [false, true],
] as const) {
  for (const size of [
    [6, 5],
    [2, 3],
    [4, 1],
  ] as const) {
    for (const resize of ['resizeBilinear', 'resizeNearestNeighbor'] as const) {
      both(
        `${resize} to ${size} alignCorners=${alignCorners} half=${halfPixelCenters}`,
        [noisy([1, 4, 4, 2], 77)],
        (x: tf.Tensor4D) => tf.image[resize](x, [...size], alignCorners, halfPixelCenters),
      );
    }
  }
}
const boxes = float([3, 4], [0, 0, 1, 1, 0.21, 0.63, 0.72, -0.31, -0.52, 0.13, 1.2, 0.94]);
for (const method of ['bilinear', 'nearest'] as const) {
  add(`cropAndResize ${method}`, [noisy([2, 5, 6, 2], 78), boxes, int([3], [0, 1, 0])], (x, b, i) => [
    tf.image.cropAndResize(x, b, i, [3, 4], method, -1),
    tf.image.cropAndResize(x, b, i, [1, 1], method, 2),
  ]);
  for (const fillMode of ['constant', 'reflect', 'wrap', 'nearest'] as const) {
    add(
      `transform ${method} ${fillMode}`,
      [noisy([1, 5, 6, 2], 79), float([1, 8], [1.1, 0.2, -1.3, -0.1, 0.9, 0.7, 0.01, 0.02])],
      (x, t) => tf.image.transform(x, t, method, fillMode, 0.5, [7, 4]),
      1e-4,
    );
  }
}
add('rotateWithOffset', [noisy([2, 5, 6, 3], 80)], (x) => [
  tf.image.rotateWithOffset(x, 0.7, [1, 2, 3], [0.25, 0.75]),
  tf.image.rotateWithOffset(x, -2),
]);
for (const [strides, pad, dilations] of [
  [1, 'same', 1],
  [2, 'valid', 1],
  [1, 'valid', 2],
] as const) {
  both(
    `dilation2d strides ${strides} pad ${pad} dilations ${dilations}`,
    [noisy([2, 6, 5, 3], 81), noisy([2, 3, 3], 82)],
    (x: tf.Tensor4D, w: tf.Tensor3D) => tf.dilation2d(x, w, strides, pad, dilations),
  );
}

// Nothing of ours asks for it, but a gradient of somebody else's may.
add('elu gradient', [reals], (x) => tf.engine().runKernel(tf.EluGrad, { dy: tf.cos(x), y: tf.elu(x) }));

// Losses and what tfjs builds from kernels.
both('losses', [noisy([4, 3], 83)], (x: tf.Tensor) => {
  const y = tf.abs(tf.cos(tf.range(0, 12, 1, 'float32'))).reshape([4, 3]);
  return tf.addN([
    tf.losses.softmaxCrossEntropy(y, x),
    tf.losses.sigmoidCrossEntropy(y, x),
    tf.losses.huberLoss(y, x),
    tf.losses.meanSquaredError(y, x),
    tf.losses.logLoss(y, tf.sigmoid(x)),
  ]);
});
add('seeded randomness is the same as on cpu', [reals], (x) => [
  tf.randomUniform([3, 4], 0, 1, 'float32', 5).add(x),
  tf.dropout(x, 0.4, undefined, 9),
]);
const next = noise(99);
add(
  'gram-schmidt, qr',
  [
    float(
      [3, 3],
      Array.from({ length: 9 }, () => next()),
    ),
  ],
  (x) => [tf.linalg.gramSchmidt(x) as tf.Tensor, tf.linalg.bandPart(x, 1, 0)],
  1e-4,
);
add(
  'image words',
  [
    float(
      [1, 2, 2, 3],
      Array.from({ length: 12 }, (_, i) => i * 20),
    ),
  ],
  (x) => [tf.image.rgbToGrayscale(x), tf.image.grayscaleToRGB(x.slice([0, 0, 0, 0], [1, 2, 2, 1]))],
);

const used = new Set<string>();
const { runKernel } = tf.engine();
vi.spyOn(tf.engine(), 'runKernel').mockImplementation((name, ...rest) => {
  used.add(name);
  return runKernel.call(tf.engine(), name, ...rest);
});

test.each(cases.map((kase) => [kase.name, kase] as const))('%s', (_, kase) => expectParity(kase));

test('every kernel has a case', () => {
  expect(kernels.map(({ name }) => name).filter((name) => !used.has(name))).toEqual([]);
});
