import { expect, test } from 'vitest';
import type { Step } from '../../../src/engine/engine.js';
import { optimise } from '../../../src/engine/onnx/passes/index.js';
import { printGraph } from '../../../src/engine/onnx/print.js';
import { type TensorSpecs, traceStep } from '../../../src/engine/onnx/trace.js';
import { tf } from '../../../src/tf.js';

const spec = (...shape: number[]) => ({ shape, dtype: 'float32' as const });

// biome-ignore lint/suspicious/noExplicitAny: expressions call tfjs functions of every rank with the same inputs.
type Expression = (inputs: Record<string, any>) => tf.Tensor | tf.Tensor[];

/** The graph of one expression, before or after the passes. */
function graphOf(f: Expression, batch: TensorSpecs, passes = optimise): string {
  tf.setBackend('cpu');
  const step: Step = {
    name: 'f',
    run: ({ batch: given }) => {
      const made = f(given);
      return { state: {}, outputs: Object.fromEntries([made].flat().map((y, i) => [`y${i}`, y])) };
    },
  };
  return `\n${printGraph(passes(traceStep(step, {}, batch).graph))}\n`;
}

test('as recorded, with the layer of each node', () => {
  const layer = tf.layers.dense({
    units: 2,
    activation: 'relu',
    name: 'hidden',
    useBias: false,
    kernelInitializer: 'ones',
  });
  layer.build([null, 3]);
  const kernel = layer.weights[0]?.read() as tf.Tensor;
  Object.assign(layer.weights[0] as object, { read: () => tf.tensor(kernel.dataSync(), [3, 2]) });
  expect(
    graphOf(
      ({ x }) => layer.apply(x) as tf.Tensor,
      { x: spec(4, 3) },
      (graph) => graph,
    ),
  ).toMatchInlineSnapshot(`
    "
    f(batch/x float32[4,3]) {
      %1 float32[1,4,3] = Reshape(batch/x, [1,4,3])  # hidden
      %2 float32[1,3,2] = Reshape(const float32[3,2], [1,3,2])  # hidden
      %3 float32[4,3] = Reshape(%1, [4,3])  # hidden
      %4 float32[3,2] = Reshape(%2, [3,2])  # hidden
      %5 float32[4,2] = Gemm(%3, %4)  # hidden
      %6 float32[1,4,2] = Reshape(%5, [1,4,2])  # hidden
      %7 float32[1,4,2] = Relu(%6)  # hidden
      %8 float32[4,2] = Reshape(%7, [4,2])  # hidden
      return output/y0=%8
    }
    "
  `);
});

test('nodes and inputs that no output needs go', () => {
  expect(
    graphOf(
      ({ x, y }) => {
        tf.add(x, y);
        return tf.exp(x);
      },
      { x: spec(2), y: spec(2) },
    ),
  ).toMatchInlineSnapshot(`
    "
    f(batch/x float32[2]) {
      %1 float32[2] = Exp(batch/x)
      return output/y0=%1
    }
    "
  `);
});

test('what is known is computed while compiling', () => {
  expect(graphOf(({ x }) => tf.mul(x, tf.sqrt(tf.add(tf.scalar(7), 9))), { x: spec(2) })).toMatchInlineSnapshot(`
    "
    f(batch/x float32[2]) {
      %1 float32[2] = Mul(batch/x, 4)
      return output/y0=%1
    }
    "
  `);
});

test('identities, and chains of reshapes and transposes, go', () => {
  expect(
    graphOf(
      ({ x }) => {
        const same = tf.mul(tf.add(tf.cast(x, 'float32'), 0), 1);
        const turned = tf.transpose(tf.transpose(same, [2, 0, 1]), [1, 2, 0]);
        return tf.reshape(tf.reshape(turned, [6, 4]), [2, 12]);
      },
      { x: spec(2, 3, 4) },
    ),
  ).toMatchInlineSnapshot(`
    "
    f(batch/x float32[2,3,4]) {
      %1 float32[2,12] = Reshape(batch/x, [2,12])
      return output/y0=%1
    }
    "
  `);
});

test('equal expressions are computed once', () => {
  expect(
    graphOf(({ x, y }) => tf.add(tf.exp(tf.mul(x, y)), tf.log(tf.mul(x, y))), { x: spec(3), y: spec(3) }),
  ).toMatchInlineSnapshot(`
    "
    f(batch/x float32[3], batch/y float32[3]) {
      %1 float32[3] = Mul(batch/x, batch/y)
      %2 float32[3] = Exp(%1)
      %3 float32[3] = Log(%1)
      %4 float32[3] = Add(%2, %3)
      return output/y0=%4
    }
    "
  `);
});

test('a filled tensor broadcasts instead of being made', () => {
  expect(
    graphOf(({ x }) => tf.add(tf.mul(x, tf.fill([30, 30], 2)), tf.onesLike(x)), { x: spec(30, 30) }),
  ).toMatchInlineSnapshot(`
    "
    f(batch/x float32[30,30]) {
      %1 float32[30,30] = Mul(batch/x, 2)
      %2 float32[30,30] = Add(%1, 1)
      return output/y0=%2
    }
    "
  `);
});

test('a product and its bias are one Gemm', () => {
  expect(
    graphOf(({ x, w, b }) => tf.relu(tf.add(tf.matMul(x, w), b)), { x: spec(4, 3), w: spec(3, 2), b: spec(2) }),
  ).toMatchInlineSnapshot(`
    "
    f(batch/x float32[4,3], batch/w float32[3,2], batch/b float32[2]) {
      %1 float32[4,2] = Gemm(batch/x, batch/w, batch/b)
      %2 float32[4,2] = Relu(%1)
      return output/y0=%2
    }
    "
  `);
});

test('a product that was given a leading one takes its bias too', () => {
  expect(
    graphOf(({ x, w, b }) => tf.add(tf.matMul(x, w).reshape([1, 4, 2]), b), {
      x: spec(4, 30),
      w: spec(30, 2),
      b: spec(1, 1, 2),
    }),
  ).toMatchInlineSnapshot(`
    "
    f(batch/x float32[4,30], batch/w float32[30,2], batch/b float32[1,1,2]) {
      %1 float32[1,2] = Reshape(batch/b, [1,2])
      %2 float32[4,2] = Gemm(batch/x, batch/w, %1)
      %3 float32[1,4,2] = Reshape(%2, [1,4,2])
      return output/y0=%3
    }
    "
  `);
});

test('a convolutional network has transposes at its ends only, and masks at pooled size', () => {
  const loss = (x: tf.Tensor4D, w1: tf.Tensor4D, b1: tf.Tensor, w2: tf.Tensor4D): tf.Scalar => {
    const first = tf.maxPool(tf.relu(tf.add(tf.conv2d(x, w1, 1, 'same'), b1)) as tf.Tensor4D, 2, 2, 'same');
    return tf.sum(tf.relu(tf.conv2d(first, w2, 1, 'valid')));
  };
  const text = graphOf(
    ({ x, w1, b1, w2 }) => {
      const { value, grads } = tf.valueAndGrads(loss as never)([x, w1, b1, w2]);
      return [value, ...grads.slice(1)];
    },
    { x: spec(2, 20, 20, 3), w1: spec(3, 3, 3, 4), b1: spec(4), w2: spec(1, 1, 4, 5) },
  );
  expect(text.match(/Transpose\(.*perm=\[0,3,1,2\]/g)).toEqual(['Transpose(batch/x) perm=[0,3,1,2]']);
  expect(text.match(/perm=\[0,2,3,1\]/g)).toBeNull();
  expect(text).toMatchInlineSnapshot(`
    "
    f(batch/x float32[2,20,20,3], batch/w1 float32[3,3,3,4], batch/b1 float32[4], batch/w2 float32[1,1,4,5]) {
      %1 float32[2,3,20,20] = Transpose(batch/x) perm=[0,3,1,2]
      %2 float32[4,3,3,3] = Transpose(batch/w1) perm=[3,2,0,1]
      %3 float32[4,1,1] = Reshape(batch/b1, [4,1,1])
      %4 float32[4] = Reshape(%3, [4])
      %5 float32[2,4,20,20] = Conv(%1, %2, %4) kernel_shape=[3,3] strides=[1,1] dilations=[1,1] pads=[1,1,1,1] group=1
      %6 float32[2,4,20,20] = Relu(%5)
      %7 float32[2,4,10,10] = AveragePool(%6) kernel_shape=[2,2] strides=[2,2] dilations=[1,1] pads=[0,0,0,0]
      %8 bool[2,4,10,10] = IsNaN(%7)
      %9 float32[2,4,10,10], %10 int64[2,4,10,10] = MaxPool(%6) kernel_shape=[2,2] strides=[2,2] dilations=[1,1] pads=[0,0,0,0]
      %11 float32[2,4,10,10] = Where(%8, NaN, %9)
      %12 float32[5,4,1,1] = Transpose(batch/w2) perm=[3,2,0,1]
      %13 float32[2,5,10,10] = Conv(%11, %12) kernel_shape=[1,1] strides=[1,1] dilations=[1,1] pads=[0,0,0,0] group=1
      %14 float32[2,5,10,10] = Relu(%13)
      %15 float32[] = ReduceSum(%14, [0,1,2,3]) keepdims=0
      %16 bool[2,5,10,10] = Greater(%14, 0)
      %17 float32[2,5,10,10] = Cast(%16) to=1
      %18 float32[4,5,1,1] = Transpose(batch/w2) perm=[2,3,0,1]
      %19 float32[2,4,10,10] = Conv(%17, %18) kernel_shape=[1,1] strides=[1,1] dilations=[1,1] pads=[0,0,0,0] group=1
      %20 float32[2,4,100] = Reshape(%11, [2,4,100])
      %21 float32[2,5,100] = Reshape(%17, [2,5,100])
      %22 float32[2,100,4] = Transpose(%20) perm=[0,2,1]
      %23 float32[2,5,4] = MatMul(%21, %22)
      %24 float32[5,4] = ReduceSum(%23, [0]) keepdims=0
      %25 float32[5,1,1,4] = Reshape(%24, [5,1,1,4])
      %26 float32[1,1,4,5] = Transpose(%25) perm=[1,2,3,0]
      %27 bool[2,4,10,10] = Greater(%9, 0)
      %28 float32[2,4,10,10] = Cast(%27) to=1
      %29 float32[2,4,10,10] = Mul(%19, %28)
      %30 float32[2,4,20,20] = MaxUnpool(%29, %10, [2,4,20,20]) kernel_shape=[2,2] strides=[2,2] pads=[0,0,0,0]
      %31 float32[4] = ReduceSum(%29, [0,2,3]) keepdims=0
      %32 float32[2,3,23,22] = Pad(%1, const int64[8])
      %33 float32[2,3,506] = Reshape(%32, [2,3,506])
      %34 float32[2,3,440] = Slice(%33, [0], [440], [2])
      %35 float32[2,3,440] = Slice(%33, [1], [441], [2])
      %36 float32[2,3,440] = Slice(%33, [2], [442], [2])
      %37 float32[2,3,440] = Slice(%33, [22], [462], [2])
      %38 float32[2,3,440] = Slice(%33, [23], [463], [2])
      %39 float32[2,3,440] = Slice(%33, [24], [464], [2])
      %40 float32[2,3,440] = Slice(%33, [44], [484], [2])
      %41 float32[2,3,440] = Slice(%33, [45], [485], [2])
      %42 float32[2,3,440] = Slice(%33, [46], [486], [2])
      %43 float32[2,4,20,22] = Pad(%30, const int64[8])
      %44 float32[2,4,440] = Reshape(%43, [2,4,440])
      %45 float32[2,27,440] = Concat(%34, %35, %36, %37, %38, %39, %40, %41, %42) axis=1
      %46 float32[2,440,27] = Transpose(%45) perm=[0,2,1]
      %47 float32[2,4,27] = MatMul(%44, %46)
      %48 float32[4,27] = ReduceSum(%47, [0]) keepdims=0
      %49 float32[4,3,3,3] = Reshape(%48, [4,3,3,3])
      %50 float32[3,3,3,4] = Transpose(%49) perm=[1,2,3,0]
      return output/y0=%15, output/y1=%50, output/y2=%31, output/y3=%26
    }
    "
  `);
});

test('a number takes the rank of what it meets where the last axis is 1, but for the bounds of Clip', () => {
  expect(graphOf(({ x }) => x.exp().add(0.5).clipByValue(0, 1), { x: spec(4, 3, 1) })).toMatchInlineSnapshot(`
    "
    f(batch/x float32[4,3,1]) {
      %1 float32[4,3,1] = Exp(batch/x)
      %2 float32[4,3,1] = Add(%1, [0.5])
      %3 float32[4,3,1] = Clip(%2, 0, 1)
      return output/y0=%3
    }
    "
  `);
});
