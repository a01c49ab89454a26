/** @file Differentiable tfjs ops with the shapes to try them on, for comparing one backend with another. */
import { tf } from '../../src/tf.js';

export interface OpCase {
  readonly name: string;
  readonly f: (...inputs: tf.Tensor[]) => tf.Tensor;
  readonly shapes: readonly (readonly number[])[];
  /** Of the inputs' values. Default: normal, both signs. `positive`: in [0.5, 2.5). `unit`: in (-0.9, 0.9). */
  readonly values?: 'positive' | 'unit';
}

type T4 = tf.Tensor4D;
type T5 = tf.Tensor5D;

const unary: readonly (keyof typeof tf & string)[] = [
  'abs',
  'ceil',
  'cos',
  'cosh',
  'elu',
  'erf',
  'exp',
  'expm1',
  'floor',
  'neg',
  'reciprocal',
  'relu',
  'relu6',
  'round',
  'selu',
  'sigmoid',
  'sign',
  'sin',
  'sinh',
  'softplus',
  'square',
  'step',
  'tanh',
  'logSigmoid',
  'leakyRelu',
  'softmax',
  'logSoftmax',
  'asinh',
  'atan',
  'sum',
  'mean',
  'max',
  'min',
  'logSumExp',
  'onesLike',
  'zerosLike',
  'clone',
];
const positive: readonly (keyof typeof tf & string)[] = ['log', 'log1p', 'rsqrt', 'sqrt', 'prod', 'tan'];
const unit: readonly (keyof typeof tf & string)[] = ['acos', 'asin', 'atanh'];
/** tfjs sums their gradients over the axes that were broadcast. */
const broadcast: readonly (keyof typeof tf & string)[] = ['add', 'sub', 'mul', 'div', 'atan2', 'mod', 'floorDiv'];
/** It does not for these, on any backend. */
const binary: readonly (keyof typeof tf & string)[] = [
  ...broadcast,
  'maximum',
  'minimum',
  'squaredDifference',
  'prelu',
];

const call = (name: string): OpCase['f'] => Reflect.get(tf, name);

/** Ops of one kind each. */
export const elementwiseCases: readonly OpCase[] = [
  ...unary.map((name) => ({ name, f: call(name), shapes: [[3, 5]] })),
  ...positive.map((name) => ({ name, f: call(name), shapes: [[3, 5]], values: 'positive' as const })),
  ...unit.map((name) => ({ name, f: call(name), shapes: [[3, 5]], values: 'unit' as const })),
  ...binary.map((name) => ({
    name,
    f: call(name),
    shapes: [
      [3, 5],
      [3, 5],
    ],
  })),
  ...broadcast.flatMap((name) =>
    [
      [[2, 3, 4], [4]],
      [
        [3, 1],
        [1, 4],
      ],
      [[2, 3], []],
    ].map((shapes) => ({
      name: `${name} ${JSON.stringify(shapes)}`,
      f: call(name),
      shapes,
    })),
  ),
  { name: 'pow', f: (x, y) => tf.pow(x, y as tf.Tensor), shapes: [[3, 5], [5]], values: 'positive' },
  { name: 'acosh', f: (x) => tf.acosh(x.add(1)), shapes: [[3, 5]], values: 'positive' },
  { name: 'clipByValue', f: (x) => tf.clipByValue(x, -0.5, 0.5), shapes: [[3, 5]] },
  {
    name: 'where',
    f: (x, y) => tf.where(tf.tensor1d([1, 0, 1, 1, 0], 'bool').tile([3]).reshape([3, 5]), x, y as tf.Tensor),
    shapes: [
      [3, 5],
      [3, 5],
    ],
  },
  { name: 'sum axis 1', f: (x) => tf.sum(x, 1), shapes: [[2, 3, 4]] },
  { name: 'sum axes 0 2 kept', f: (x) => tf.sum(x, [0, 2], true), shapes: [[2, 3, 4]] },
  { name: 'mean axis 0', f: (x) => tf.mean(x, 0), shapes: [[2, 3, 4]] },
  { name: 'max axis 1', f: (x) => tf.max(x, 1), shapes: [[2, 3, 4]] },
  { name: 'min axis 2', f: (x) => tf.min(x, 2), shapes: [[2, 3, 4]] },
  { name: 'prod axis 1', f: (x) => tf.prod(x, 1), shapes: [[2, 3, 4]], values: 'positive' },
  { name: 'cumsum', f: (x) => tf.cumsum(x, 1), shapes: [[2, 5]] },
  { name: 'cumsum exclusive reverse', f: (x) => tf.cumsum(x, 1, true, true), shapes: [[2, 5]] },
  { name: 'moments', f: (x) => tf.moments(x, [0]).variance, shapes: [[4, 3]] },
  { name: 'norm', f: (x) => tf.norm(x), shapes: [[4, 3]] },
];

/** Ops that move values. */
export const movementCases: readonly OpCase[] = [
  { name: 'reshape', f: (x) => x.reshape([6, -1]), shapes: [[2, 3, 4]] },
  { name: 'transpose', f: (x) => x.transpose([2, 0, 1]), shapes: [[2, 3, 4]] },
  {
    name: 'concat',
    f: (x, y) => tf.concat([x, y as tf.Tensor], 1),
    shapes: [
      [2, 3],
      [2, 4],
    ],
  },
  {
    name: 'stack',
    f: (x, y) => tf.stack([x, y as tf.Tensor], 1),
    shapes: [
      [2, 3],
      [2, 3],
    ],
  },
  { name: 'unstack', f: (x) => tf.unstack(x, 1)[1] as tf.Tensor, shapes: [[2, 3]] },
  { name: 'split', f: (x) => tf.split(x, [1, 2], 1)[1] as tf.Tensor, shapes: [[2, 3]] },
  { name: 'slice', f: (x) => x.slice([0, 1], [2, 2]), shapes: [[2, 4]] },
  {
    name: 'pad',
    f: (x) =>
      x.pad(
        [
          [1, 0],
          [0, 2],
        ],
        3,
      ),
    shapes: [[2, 3]],
  },
  {
    name: 'mirrorPad',
    f: (x) =>
      tf.mirrorPad(
        x,
        [
          [1, 0],
          [0, 2],
        ],
        'reflect',
      ),
    shapes: [[3, 4]],
  },
  { name: 'tile', f: (x) => x.tile([2, 3]), shapes: [[2, 3]] },
  { name: 'broadcastTo', f: (x) => tf.broadcastTo(x, [4, 2, 3]), shapes: [[2, 3]] },
  { name: 'reverse', f: (x) => x.reverse(1), shapes: [[2, 3, 2]] },
  { name: 'gather', f: (x) => tf.gather(x, tf.tensor1d([2, 0, 2, 1], 'int32')), shapes: [[3, 4]] },
  {
    name: 'gather axis 1',
    f: (x) =>
      tf.gather(
        x,
        tf.tensor2d(
          [
            [2, 0],
            [2, 1],
          ],
          [2, 2],
          'int32',
        ),
        1,
      ),
    shapes: [[2, 3, 2]],
  },
  { name: 'expandDims', f: (x) => x.expandDims(1), shapes: [[2, 3]] },
  {
    name: 'spaceToBatchND',
    f: (x) =>
      tf.spaceToBatchND(
        x,
        [2, 2],
        [
          [0, 0],
          [2, 0],
        ],
      ),
    shapes: [[2, 2, 4, 3]],
  },
  {
    name: 'batchToSpaceND',
    f: (x) =>
      tf.batchToSpaceND(
        x,
        [2, 2],
        [
          [0, 0],
          [1, 0],
        ],
      ),
    shapes: [[4, 2, 3, 2]],
  },
];

const strides = [1, 2, 3] as const;
const paddings = ['same', 'valid'] as const;

/** Convolutions, pooling, resizing and normalisation of images and volumes. */
export const imageCases: readonly OpCase[] = [
  ...strides.flatMap((stride) =>
    [
      ...paddings,
      [
        [0, 0],
        [2, 0],
        [1, 3],
        [0, 0],
      ],
    ].map((pad) => ({
      name: `conv2d stride ${stride} pad ${JSON.stringify(pad)}`,
      f: (x: tf.Tensor, filter?: tf.Tensor) => tf.conv2d(x as T4, filter as T4, stride, pad as 'same'),
      shapes: [
        [2, 8, 7, 3],
        [3, 2, 3, 4],
      ],
    })),
  ),
  // A padding given as one number needs a square filter: tfjs sizes both axes by the filter's height.
  ...strides.map((stride) => ({
    name: `conv2d stride ${stride} pad 1`,
    f: (x: tf.Tensor, filter?: tf.Tensor) => tf.conv2d(x as T4, filter as T4, stride, 1),
    shapes: [
      [2, 8, 7, 3],
      [3, 3, 3, 4],
    ],
  })),
  {
    name: 'conv2d 1x1',
    f: (x, w) => tf.conv2d(x as T4, w as T4, 1, 'same'),
    shapes: [
      [2, 5, 4, 3],
      [1, 1, 3, 4],
    ],
  },
  {
    name: 'conv2d 1x1 pad 2',
    f: (x, w) => tf.conv2d(x as T4, w as T4, 2, 2),
    shapes: [
      [2, 5, 4, 3],
      [1, 1, 3, 4],
    ],
  },
  {
    name: 'conv2d strides 2 1',
    f: (x, w) => tf.conv2d(x as T4, w as T4, [2, 1], 'same'),
    shapes: [
      [2, 6, 5, 3],
      [3, 3, 3, 4],
    ],
  },
  {
    name: 'conv1d',
    f: (x, w) => tf.conv1d(x as tf.Tensor3D, w as tf.Tensor3D, 2, 'same'),
    shapes: [
      [2, 7, 3],
      [3, 3, 4],
    ],
  },
  {
    name: 'conv2dTranspose',
    f: (x, w) => tf.conv2dTranspose(x as T4, w as T4, [2, 8, 6, 3], 2, 'same'),
    shapes: [
      [2, 4, 3, 4],
      [3, 3, 3, 4],
    ],
  },
  ...strides.flatMap((stride) =>
    paddings.flatMap((pad) =>
      [1, 2].map((multiplier) => ({
        name: `depthwiseConv2d stride ${stride} pad ${pad} multiplier ${multiplier}`,
        f: (x: tf.Tensor, w?: tf.Tensor) => tf.depthwiseConv2d(x as T4, w as T4, stride, pad),
        shapes: [
          [2, 7, 6, 3],
          [3, 2, 3, multiplier],
        ],
      })),
    ),
  ),
  {
    name: 'separableConv2d',
    f: (x, d, p) => tf.separableConv2d(x as T4, d as T4, p as T4, 1, 'same'),
    shapes: [
      [2, 5, 6, 3],
      [3, 3, 3, 2],
      [1, 1, 6, 4],
    ],
  },
  {
    name: 'conv3d',
    f: (x, w) => tf.conv3d(x as T5, w as T5, 1, 'same'),
    shapes: [
      [2, 4, 5, 3, 2],
      [3, 2, 3, 2, 3],
    ],
  },
  {
    name: 'conv3d stride 2',
    f: (x, w) => tf.conv3d(x as T5, w as T5, 2, 'valid'),
    shapes: [
      [2, 4, 5, 3, 2],
      [2, 2, 2, 2, 3],
    ],
  },
  ...[1, 2].flatMap((stride) =>
    paddings.flatMap((pad): OpCase[] => [
      { name: `maxPool ${stride} ${pad}`, f: (x) => tf.maxPool(x as T4, 3, stride, pad), shapes: [[2, 6, 5, 3]] },
      { name: `avgPool ${stride} ${pad}`, f: (x) => tf.avgPool(x as T4, 3, stride, pad), shapes: [[2, 6, 5, 3]] },
      {
        name: `maxPool3d ${stride} ${pad}`,
        f: (x) => tf.maxPool3d(x as T5, 2, stride, pad),
        shapes: [[2, 4, 5, 3, 2]],
      },
      {
        name: `avgPool3d ${stride} ${pad}`,
        f: (x) => tf.avgPool3d(x as T5, 2, stride, pad),
        shapes: [[2, 4, 5, 3, 2]],
      },
    ]),
  ),
  { name: 'maxPool of zeros', f: (x) => tf.maxPool(x.mul(0) as T4, 2, 2, 'same'), shapes: [[1, 4, 4, 2]] },
  { name: 'maxPool3d of zeros', f: (x) => tf.maxPool3d(x.mul(0) as T5, 2, 2, 'same'), shapes: [[1, 2, 4, 4, 2]] },
  { name: 'resizeBilinear', f: (x) => tf.image.resizeBilinear(x as T4, [7, 6]), shapes: [[2, 4, 3, 2]] },
  { name: 'resizeBilinear corners', f: (x) => tf.image.resizeBilinear(x as T4, [3, 5], true), shapes: [[2, 4, 3, 2]] },
  { name: 'resizeNearestNeighbor', f: (x) => tf.image.resizeNearestNeighbor(x as T4, [8, 6]), shapes: [[2, 4, 3, 2]] },
  { name: 'localResponseNormalization', f: (x) => tf.localResponseNormalization(x as T4, 2), shapes: [[2, 3, 3, 5]] },
  {
    name: 'batchNorm',
    f: (x, mean, offset, scale) =>
      tf.batchNorm(x, mean as tf.Tensor, tf.tensor1d([0.5, 1, 2]), offset as tf.Tensor, scale as tf.Tensor),
    shapes: [[4, 5, 3], [3], [3], [3]],
  },
  {
    name: 'dilation2d',
    f: (x, w) => tf.dilation2d(x as T4, w as tf.Tensor3D, 1, 'same'),
    shapes: [
      [2, 5, 4, 3],
      [2, 2, 3],
    ],
  },
  {
    name: 'conv2d stride 4 wider than the filter',
    f: (x, w) => tf.conv2d(x as T4, w as T4, 4, 'same'),
    shapes: [
      [2, 8, 7, 3],
      [2, 2, 3, 4],
    ],
  },
  {
    name: 'resizeNearestNeighbor corners',
    f: (x) => tf.image.resizeNearestNeighbor(x as T4, [3, 7], true),
    shapes: [[2, 4, 3, 2]],
  },
];

const sizes = [
  [3, 4, 5],
  [64, 48, 40],
] as const;

/** Products. The larger size takes the path that transposes first. */
export const productCases: readonly OpCase[] = [
  ...sizes.flatMap(([m, k, n]) =>
    [false, true].flatMap((a) =>
      [false, true].flatMap((b): OpCase[] => [
        {
          name: `matMul ${m}x${k}x${n} ${a ? 'T' : ''}${b ? 'T' : ''}`,
          f: (x, y) => tf.matMul(x, y as tf.Tensor, a, b),
          shapes: [a ? [k, m] : [m, k], b ? [n, k] : [k, n]],
        },
        {
          name: `matMul batch of 2, ${m}x${k}x${n} ${a ? 'T' : ''}${b ? 'T' : ''}`,
          f: (x, y) => tf.matMul(x, y as tf.Tensor, a, b),
          shapes: [a ? [2, k, m] : [2, m, k], b ? [2, n, k] : [2, k, n]],
        },
      ]),
    ),
  ),
  { name: 'dot', f: (x, y) => tf.dot(x, y as tf.Tensor), shapes: [[5], [5]] },
  { name: 'outerProduct', f: (x, y) => tf.outerProduct(x as tf.Tensor1D, y as tf.Tensor1D), shapes: [[5], [4]] },
  {
    name: 'fused.matMul relu',
    f: (x, y, bias) =>
      tf.fused.matMul({ a: x as tf.Tensor2D, b: y as tf.Tensor2D, bias: bias as tf.Tensor, activation: 'relu' }),
    shapes: [[4, 3], [3, 5], [5]],
  },
  {
    name: 'fused.conv2d relu',
    f: (x, y, bias) =>
      tf.fused.conv2d({
        x: x as T4,
        filter: y as T4,
        bias: bias as tf.Tensor,
        activation: 'relu',
        strides: 1,
        pad: 'same',
      }),
    shapes: [[2, 4, 4, 3], [3, 3, 3, 5], [5]],
  },
  {
    name: 'unsortedSegmentSum',
    f: (x) => tf.unsortedSegmentSum(x, tf.tensor1d([3, 0, 3, 1, 0], 'int32'), 5),
    shapes: [[5, 2, 3]],
  },
  ...[
    ['ab,bc->ac', [2, 3], [3, 4]],
    ['abcd,aecd->acbe', [2, 3, 2, 4], [2, 3, 2, 4]],
    ['abc,cde->abde', [2, 3, 4], [4, 2, 3]],
    ['abc,ad->b', [2, 3, 4], [2, 5]],
    ['abc->b', [2, 3, 4]],
    ['ab->ba', [2, 3]],
    ['ab,ab->', [2, 3], [2, 3]],
  ].map(
    ([equation, ...shapes]): OpCase => ({
      name: `einsum ${equation}`,
      f: (...inputs) => tf.einsum(String(equation), ...inputs),
      shapes: shapes as number[][], // all but the first
    }),
  ),
];
