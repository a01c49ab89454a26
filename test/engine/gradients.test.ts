/**
 * @file Gradients that Headgate brings: on every engine against central differences of the operation, which for a linear
 * operation are exact at any step; and against tfjs's own gradient where that is right.
 */
import { beforeAll, expect, test } from 'vitest';
import type { HostTensor, HostTensors, Step } from '../../src/engine/engine.js';
import { createEngine, type EngineName } from '../../src/engine/select.js';
import { tf } from '../../src/tf.js';
import { float, int, noisy } from './onnx/helpers.js';

// biome-ignore lint/suspicious/noExplicitAny: expressions call tfjs functions of every rank with the same inputs.
type Expression = (...inputs: any[]) => tf.Tensor;

interface Case {
  readonly name: string;
  readonly f: Expression;
  /** Differentiated where they are float32. */
  readonly inputs: readonly HostTensor[];
  /** Of the differences; large where `f` is linear in each input. */
  readonly h?: number;
  readonly tolerance?: number;
}

const cases: Case[] = [];
const linear = (name: string, inputs: readonly HostTensor[], f: Expression): void => {
  cases.push({ name, f, inputs, h: 0.5, tolerance: 1e-4 });
};
const smooth = (name: string, inputs: readonly HostTensor[], f: Expression): void => {
  cases.push({ name, f, inputs, h: 1e-2, tolerance: 1e-2 });
};
/** Linear up to kinks. */
const sharp = (name: string, inputs: readonly HostTensor[], f: Expression): void => {
  cases.push({ name, f, inputs, h: 1e-3, tolerance: 1e-2 });
};
const x = (...shape: number[]): HostTensor => noisy(shape, shape.length + 1);

linear('tile of rank 1', [x(3)], (a) => tf.tile(a, [4]));
linear('tile of rank 2', [x(2, 3)], (a) => tf.tile(a, [3, 2]));
linear('tile of rank 3', [x(2, 1, 3)], (a) => tf.tile(a, [1, 5, 2]));
linear('tile of rank 4', [x(2, 3, 1, 2)], (a) => tf.tile(a, [2, 1, 3, 2]));
linear('tile of rank 5', [x(2, 1, 2, 1, 2)], (a) => tf.tile(a, [2, 2, 1, 2, 2]));
linear('broadcastTo', [x(3, 1)], (a) => tf.broadcastTo(a, [2, 3, 4]));

const picks = (shape: number[], below: number): HostTensor =>
  int(
    shape,
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => (i * 7 + 1) % below),
  );
linear('gather', [x(4, 3), picks([5], 4)], (a, i) => tf.gather(a, i));
linear('gather along axis 1', [x(2, 4, 3), picks([2, 3], 4)], (a, i) => tf.gather(a, i, 1));
linear('gather along the last axis', [x(2, 4, 3), picks([4], 3)], (a, i) => tf.gather(a, i, -1));
linear('gather with one batch axis', [x(3, 4, 2), picks([3, 5], 4)], (a, i) => tf.gather(a, i, 1, 1));
linear('gather with one batch axis, along the last', [x(3, 4, 2), picks([3, 5], 2)], (a, i) => tf.gather(a, i, 2, 1));
linear('gather with two batch axes', [x(2, 3, 4, 2), picks([2, 3, 5], 4)], (a, i) => tf.gather(a, i, 2, 2));
linear('gatherND', [x(3, 4, 2), int([3, 2], [0, 1, 2, 3, 0, 1])], (a, i) => tf.gatherND(a, i));
linear('scatterND', [x(3, 2), int([3, 1], [4, 0, 4])], (a, i) => tf.scatterND(i, a, [5, 2]));

for (const exclusive of [false, true]) {
  for (const reverse of [false, true]) {
    const how = `${exclusive ? ' exclusive' : ''}${reverse ? ' reverse' : ''}`;
    for (const axis of [0, 1, 2]) {
      linear(`cumsum along axis ${axis}${how}`, [x(3, 4, 2)], (a) => tf.cumsum(a, axis, exclusive, reverse));
    }
  }
}
smooth('prod along axis 0', [x(3, 4)], (a) => tf.prod(a, 0));
smooth('prod along all axes', [x(3, 2)], (a) => tf.prod(a));
for (const mode of ['reflect', 'symmetric'] as const) {
  linear(`mirrorPad ${mode}`, [x(3, 4)], (a) =>
    tf.mirrorPad(
      a,
      [
        [2, 1],
        [0, 3],
      ],
      mode,
    ),
  );
}
const positive = (...shape: number[]): HostTensor => {
  const { data } = x(...shape);
  return float(
    shape,
    Array.from(data, (v) => 1 + Math.abs(v)),
  );
};
const statistics = (...shape: number[]): HostTensor[] => [
  x(2, 3, 2, 4),
  x(...shape),
  positive(...shape),
  noisy(shape, 31),
  noisy(shape, 32),
];
for (const shape of [[4], [1, 3, 1, 1], [2, 1, 2, 1], [2, 3, 2, 4]]) {
  smooth(`batchNorm with statistics [${shape}]`, statistics(...shape), (a, mean, variance, offset, scale) =>
    tf.batchNorm(a, mean, variance, offset, scale, 1e-3),
  );
}
for (const pad of ['valid', 'same'] as const) {
  linear(`conv2d ${pad} dilated`, [x(2, 6, 7, 2), x(2, 3, 2, 3)], (a, w) => tf.conv2d(a, w, 1, pad, 'NHWC', [3, 2]));
  linear(`depthwiseConv2d ${pad} dilated`, [x(2, 6, 5, 2), x(2, 2, 2, 3)], (a, w) =>
    tf.depthwiseConv2d(a, w, 1, pad, 'NHWC', [2, 3]),
  );
  linear(`conv3d ${pad} dilated`, [x(1, 3, 5, 4, 2), x(2, 2, 2, 2, 2)], (a, w) =>
    tf.conv3d(a, w, 1, pad, 'NDHWC', [1, 3, 2]),
  );
  linear(`conv3dTranspose ${pad}`, [x(1, 2, 3, 2, 2), x(2, 2, 2, 3, 2)], (a, w) =>
    tf.conv3dTranspose(a, w, [1, 4, 6, 4, 3], 2, pad),
  );
}
linear('conv1d dilated', [x(2, 7, 2), x(3, 2, 2)], (a, w) => tf.conv1d(a, w, 1, 'same', 'NWC', 2));
for (const method of ['bilinear', 'nearest'] as const) {
  const boxes = [0.1, 0.2, 0.9, 0.8, -0.2, 0, 0.6, 1.3];
  linear(`cropAndResize ${method}`, [x(2, 5, 6, 3)], (a) =>
    tf.image.cropAndResize(a, tf.tensor2d(boxes, [2, 4]), tf.tensor1d([1, 0], 'int32'), [4, 3], method),
  );
  linear(`cropAndResize ${method} to one pixel`, [x(2, 5, 6, 3)], (a) =>
    tf.image.cropAndResize(a, tf.tensor2d(boxes, [2, 4]), tf.tensor1d([1, 1], 'int32'), [1, 1], method),
  );
}
linear('where', [x(2, 3), noisy([2, 3], 40)], (a, b) => tf.where(tf.greater(tf.range(0, 3), 1), a, b));
smooth('squaredDifference that broadcasts', [x(3, 4), x(3, 1)], (a, b) => tf.squaredDifference(a, b));
sharp('maximum that broadcasts', [x(3, 4), noisy([4], 41)], (a, b) => tf.maximum(a, b));
sharp(
  'minimum that broadcasts',
  [float([3, 1], [0.5, -0.25, 0.1]), float([3, 4], [1, 0, 0.25, -1, 1, 0, -0.5, -1, 1, 0, 0.3, -1])],
  (a, b) => tf.minimum(a, b),
);
smooth('comparisons', [x(3, 4)], (a) => {
  const far = tf
    .logicalAnd(tf.greater(a, 10), tf.notEqual(a, 3))
    .logicalOr(tf.less(a, -9).logicalXor(tf.lessEqual(a, 8)));
  return a.mul(far.logicalNot().toFloat()).add(a.mul(tf.any(tf.equal(a, 7), 1, true).toFloat()));
});

const weighted = (y: tf.Tensor): tf.Scalar => y.mul(tf.cos(tf.range(0, y.size)).reshape(y.shape)).sum();

const upload = ({ data, shape, dtype }: HostTensor): tf.Tensor => tf.tensor(data.slice(), [...shape], dtype);

function difference({ f, inputs, h = 0 }: Case, input: number, at: number): number {
  const value = (by: number): number =>
    tf.tidy(() => {
      const given = inputs.map((tensor, i) => {
        if (i !== input) return upload(tensor);
        const data = Float32Array.from(tensor.data);
        data[at] = (data[at] ?? 0) + by;
        return upload({ ...tensor, data });
      });
      return weighted(f(...given)).dataSync()[0] ?? Number.NaN;
    });
  return (value(h) - value(-h)) / (2 * h);
}

function stepOf({ f, inputs }: Case): Step {
  const floats = inputs.flatMap(({ dtype }, i) => (dtype === 'float32' ? [i] : []));
  return {
    name: 'gradient',
    run: ({ batch }) => {
      const all = inputs.map((_, i) => batch[`x${i}`] as tf.Tensor);
      const of = (...values: tf.Tensor[]): tf.Scalar =>
        weighted(f(...all.map((tensor, i) => values[floats.indexOf(i)] ?? tensor)));
      const slopes = tf.grads(of)(floats.map((i) => all[i] as tf.Tensor));
      return { state: {}, outputs: Object.fromEntries(slopes.map((slope, k) => [`d${floats[k]}`, slope])) };
    },
  };
}

const original = new Map<string, tf.GradConfig>();
beforeAll(async () => {
  // Before any engine is made.
  await tf.setBackend('cpu');
  for (const name of [tf.Tile, tf.GatherV2]) original.set(name, tf.getGradient(name) as tf.GradConfig);
});

const engines: readonly EngineName[] = ['onnx', 'wasm', 'cpu'];
test.each(engines.flatMap((engine) => cases.map((kase) => [engine, kase.name, kase] as const)))(
  '%s: %s',
  async (name, _, kase) => {
    const engine = await createEngine(name);
    const step = engine.compile(stepOf(kase));
    const state = await engine.createState({});
    const batch: HostTensors = Object.fromEntries(kase.inputs.map((tensor, i) => [`x${i}`, tensor]));
    const slopes = await step.run(state, batch, { seed: 1, counter: 0 });
    step.dispose();
    await createEngine('cpu'); // its kernels are right where those of plain tfjs are not
    await tf.setBackend('cpu');
    for (const [i, { data, dtype }] of kase.inputs.entries()) {
      if (dtype !== 'float32') continue;
      const expected = Array.from(data, (_, at) => difference(kase, i, at));
      const worst = Math.max(...expected.map((value, at) => Math.abs(value - (slopes[`d${i}`]?.data[at] ?? 0))));
      expect([i, worst <= (kase.tolerance ?? 0), worst]).toEqual([i, true, worst]);
    }
  },
);

test('tile and gather give what the gradients of tfjs gave', async () => {
  await tf.setBackend('cpu');
  await createEngine('cpu');
  const compare = (name: string, dy: tf.Tensor, saved: tf.Tensor[], attributes: tf.NamedAttrMap): void => {
    const slopes = [original.get(name), tf.getGradient(name)].map((gradient) => {
      const { x: slope } = (gradient as tf.GradConfig).gradFunc(dy, saved, attributes);
      return Array.from((slope as () => tf.Tensor)().dataSync());
    });
    expect(slopes[1]).toEqual(slopes[0]?.map((value) => expect.closeTo(value, 5)));
    expect(tf.getGradient(name)).not.toBe(original.get(name));
  };
  compare(tf.Tile, upload(x(4, 3, 4)), [upload(x(2, 3, 1))], { reps: [2, 1, 4] });
  const indices = tf.tensor2d([3, 0, 1, 1], [2, 2], 'int32');
  compare(tf.GatherV2, upload(x(2, 2, 2, 2)), [upload(x(2, 4, 2)), indices], { axis: 1, batchDims: 0 });
});

test.each(engines)(
  '%s: where gives exactly 0 to what is not chosen, also for infinite and NaN slopes',
  async (name) => {
    const engine = await createEngine(name);
    const step = engine.compile({
      name: 'where',
      run: ({ batch }) => {
        const given = batch.a as tf.Tensor;
        // The slope that comes back is 1 / 0 or 0 / 0 where `a` is not chosen.
        const f = (a: tf.Tensor): tf.Tensor =>
          tf
            .where(a.greater(1), a, tf.zerosLike(a))
            .mul(batch.slope as tf.Tensor)
            .sum();
        return { state: {}, outputs: { slope: tf.grad(f)(given) } };
      },
    });
    const state = await engine.createState({});
    const batch = {
      a: float([4], [0, 1, 2, 3]),
      slope: float([4], [Number.NaN, Number.POSITIVE_INFINITY, 5, Number.NaN]),
    };
    const { slope } = await step.run(state, batch, { seed: 1, counter: 0 });
    expect(Array.from(slope?.data ?? [])).toEqual([0, 0, 5, Number.NaN]);
  },
);
