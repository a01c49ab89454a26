/**
 * @file What tfjs's own kernels refuse, with their words: shapes that do not go together. tfjs leaves these checks to
 * the backends, and a graph recorded without them would fail far from the call, or not at all.
 */
import { tf } from '../../../tf.js';
import type { Value } from '../graph.js';
import type { Kernel } from '../kernel.js';

type Check = (inputs: readonly tf.TensorInfo[], attributes: unknown) => void;

const { backend_util, broadcast_util, gather_util, slice_util, util } = tf;

const broadcasting = [
  ...[tf.Add, tf.Sub, tf.Multiply, tf.RealDiv, tf.FloorDiv, tf.Mod, tf.Pow, tf.Atan2, tf.SquaredDifference],
  ...[tf.Maximum, tf.Minimum, tf.BitwiseAnd, tf.LogicalAnd, tf.LogicalOr],
  ...[tf.Equal, tf.NotEqual, tf.Greater, tf.GreaterEqual, tf.Less, tf.LessEqual],
];

const checkBroadcast: Check = ([a, b]) => {
  if (a !== undefined && b !== undefined) broadcast_util.assertAndGetBroadcastShape(a.shape, b.shape);
};

/** Reason for the assertions in what follows: the kernel's name decides what its attributes are. */
const checkProduct: Check = ([a, b], attributes) => {
  if (a === undefined || b === undefined) return;
  const { transposeA, transposeB } = attributes as tf.BatchMatMulAttrs;
  broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const [left, right] = [a.shape.at(transposeA ? -2 : -1), b.shape.at(transposeB ? -1 : -2)];
  util.assert(
    a.shape.length >= 2 && b.shape.length >= 2 && left === right,
    () =>
      `Error in matMul: inner shapes (${left}) and (${right}) of Tensors with shapes ${a.shape} and ${b.shape} ` +
      `and transposeA=${transposeA} and transposeB=${transposeB} must match.`,
  );
};

const checks = new Map<string, Check>([
  ...broadcasting.map((name) => [name, checkBroadcast] as const),
  [tf.BatchMatMul, checkProduct],
  [tf._FusedMatMul, checkProduct],
  [
    tf.Concat,
    (parts, attributes) => {
      const { axis } = attributes as tf.ConcatAttrs;
      const [along = 0] = util.parseAxisParam(axis, parts[0]?.shape ?? []);
      backend_util.assertParamsConsistent(
        parts.map(({ shape }) => shape),
        along,
      );
    },
  ],
  [
    tf.Pack,
    ([first, ...rest]) => {
      for (const { shape, dtype } of rest) {
        util.assertShapesMatch(first?.shape ?? [], shape, 'All tensors passed to stack must have matching shapes');
        util.assert(dtype === first?.dtype, () => 'All tensors passed to stack must have matching dtypes');
      }
    },
  ],
  [
    tf.ExpandDims,
    ([x], attributes) => {
      const { dim } = attributes as tf.ExpandDimsAttrs;
      const rank = x?.shape.length ?? 0;
      util.assert(-rank - 1 <= dim && dim <= rank, () => `Axis must be in the interval [${-rank - 1}, ${rank}]`);
    },
  ],
  [
    tf.Slice,
    ([x], attributes) => {
      if (x === undefined) return;
      const { begin, size } = attributes as tf.SliceAttrs;
      const [starts = [], sizes = []] = slice_util.parseSliceParams(x, begin, size);
      slice_util.assertParamsValid(x, starts, sizes);
      util.assert(
        starts.every((start) => start >= 0),
        () => 'slice() does not support negative begin indexing.',
      );
    },
  ],
  [
    tf.SplitV,
    ([x], attributes) => {
      if (x === undefined) return;
      const { numOrSizeSplits, axis } = attributes as tf.SplitVAttrs;
      const [along = 0] = util.parseAxisParam(axis, x.shape);
      // A copy: the function fills in what -1 stands for.
      const sizes = typeof numOrSizeSplits === 'number' ? numOrSizeSplits : [...numOrSizeSplits];
      backend_util.prepareSplitSize(asTensor(x), sizes, along);
    },
  ],
  [
    tf.GatherV2,
    ([x, indices], attributes) => {
      if (x === undefined || indices === undefined) return;
      const { axis, batchDims } = attributes as tf.GatherV2Attrs;
      const [along = 0] = util.parseAxisParam(axis, x.shape);
      backend_util.segment_util.collectGatherOpShapeInfo(x, indices, along, batchDims ?? 0);
    },
  ],
  [
    tf.GatherNd,
    ([params, indices]) => {
      if (params !== undefined && indices !== undefined) gather_util.prepareAndValidate(params, indices);
    },
  ],
  [
    tf.Einsum,
    (operands, attributes) => {
      const { equation } = attributes as tf.EinsumAttrs;
      const { allDims, idDims } = backend_util.decodeEinsumEquation(equation, operands.length);
      backend_util.checkEinsumDimSizes(allDims.length, idDims, operands.map(asTensor));
    },
  ],
  [
    tf.MaxPoolWithArgmax,
    ([x]) => {
      const rank = x?.shape.length;
      util.assert(rank === 4, () => `Error in maxPool: input must be rank 4 but got rank ${rank}.`);
    },
  ],
]);

/** The kernel, with the check of its inputs in front. */
export function checked(kernel: Kernel): Kernel {
  const check = checks.get(kernel.name);
  if (check === undefined) return kernel;
  return {
    name: kernel.name,
    build: (g, inputs, attributes) => {
      check(Object.values(inputs).map(infoOf), attributes);
      return kernel.build(g, inputs, attributes);
    },
  };
}

function infoOf({ shape, type }: Value): tf.TensorInfo {
  const isOwn = type === 'float32' || type === 'int32' || type === 'bool';
  return { dataId: {}, shape: [...shape], dtype: isOwn ? type : 'int32' };
}

/** tfjs declares a tensor where it reads only the shape. */
function asTensor(info: tf.TensorInfo): tf.Tensor {
  return info as unknown as tf.Tensor;
}
