/** @file Indices that name no place: refused with the same words by every engine, before anything of the step counts. */
import { describe, expect, test } from 'vitest';
import type { Step, Tensors } from '../../src/engine/engine.js';
import { createOnnxEngine } from '../../src/engine/onnx/engine.js';
import { registerOnnxBackend } from '../../src/engine/onnx/lazy/register.js';
import { createEngine } from '../../src/engine/select.js';
import { tf } from '../../src/tf.js';
import { errorOf, float, int, numbers } from './host.js';
import { ENGINES, type EngineName, type Expression, runOp } from './run-op.js';

const table = (): tf.Tensor2D => tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2]);

interface Case {
  readonly f: Expression;
  /** Data and shape of the indices: all right, and not. */
  readonly right: readonly number[];
  readonly wrong: readonly (readonly [number[], expected: string, received: string])[];
  readonly shape?: readonly number[];
}

const rows: Case['wrong'] = [
  [[0, -1, 2], 'an index from 0 to 2', '-1'],
  [[0, 1, 3], 'an index from 0 to 2', '3'],
  [[-2147483648, 1, 0], 'an index from 0 to 2', '-2147483648'],
  [[2147483647, 1, 0], 'an index from 0 to 2', '2147483647'],
];
const places: Case['wrong'] = [
  [[0, 0, 2, 2], 'an index from 0 to 1', '2'], // inside, if one only counts on
  [[0, 1, -1, 1], 'an index from 0 to 2', '-1'],
  [[0, 1, 3, 1], 'an index from 0 to 2', '3'],
];

const cases: Readonly<Record<string, Case>> = {
  GatherV2: { f: (i) => tf.gather(table(), i), right: [2, 0, 1], wrong: rows },
  'GatherV2 on axis 1': {
    f: (i) => tf.gather(table(), i, 1),
    right: [0, 1, 1],
    wrong: [[[0, 2, 1], 'an index from 0 to 1', '2']],
  },
  'GatherV2 by batch': {
    f: (i) => tf.gather(table(), i.reshape([3, 1]), 1, 1),
    right: [0, 1, 1],
    wrong: [
      [[0, 2, 1], 'an index from 0 to 1', '2'],
      [[-1, 0, 1], 'an index from 0 to 1', '-1'],
    ],
  },
  GatherNd: { f: (i) => tf.gatherND(table(), i), right: [0, 0, 2, 1], shape: [2, 2], wrong: places },
  ScatterNd: {
    f: (i) => tf.scatterND(i, tf.tensor1d([5, 6]), [3, 2]),
    right: [0, 0, 2, 1],
    shape: [2, 2],
    wrong: places,
  },
  TensorScatterUpdate: {
    f: (i) => tf.tensorScatterUpdate(table(), i, tf.tensor1d([5, 6])),
    right: [0, 0, 2, 1],
    shape: [2, 2],
    wrong: places,
  },
  SparseToDense: {
    f: (i) => tf.sparseToDense(i, tf.tensor1d([5, 6]), [3, 2], 0),
    right: [0, 0, 2, 1],
    shape: [2, 2],
    wrong: places,
  },
  CropAndResize: {
    f: (i) => tf.image.cropAndResize(tf.ones([2, 3, 3, 1]), tf.tensor2d([0, 0, 1, 1], [1, 4]), i, [2, 2]),
    right: [1],
    wrong: [
      [[2], 'an index from 0 to 1', '2'],
      [[-1], 'an index from 0 to 1', '-1'],
    ],
  },
  DenseBincount: {
    f: (i) => tf.denseBincount(i, tf.tensor1d([]), 3),
    right: [0, 7, 2],
    wrong: [[[0, -1, 2], 'an index of at least 0', '-1']],
  },
};

/** Kernels that tfjs has not for wasm. */
const absent: Partial<Record<EngineName, readonly string[]>> = { wasm: ['TensorScatterUpdate'] };

describe.each(ENGINES)('%s', (engine) => {
  const present = Object.entries(cases).filter(([name]) => !absent[engine]?.includes(name));

  test.each(present)('%s', async (name, { f, right, wrong, shape }) => {
    expect(numbers(await runOp(engine, f, [int(right, shape)]))).toEqual(
      numbers(await runOp('cpu', f, [int(right, shape)])),
    );
    for (const [indices, expected, received] of wrong) {
      const error = await errorOf(() => runOp(engine, f, [int(indices, shape)]));
      expect([error.code, error.path, error.expected, error.received]).toEqual([
        'INDEX_OUT_OF_RANGE',
        name.split(' ')[0],
        expected,
        received,
      ]);
    }
  });

  test('known while the step is made, they are refused too', async () => {
    const error = await errorOf(() => runOp(engine, (x) => tf.gather(x, tf.tensor1d([4], 'int32')), [float([1, 2])]));
    expect([error.code, error.received]).toEqual(['INDEX_OUT_OF_RANGE', '4']);
    const empty = await errorOf(() => runOp(engine, (i) => tf.gather(tf.zeros([0, 2]), i), [int([0])]));
    expect([empty.code, empty.received]).toEqual(['INDEX_OUT_OF_RANGE', '0']);
    expect(numbers(await runOp(engine, (i) => tf.gather(table(), i), [int([])]))).toEqual([]);
  });

  test('what lies outside lights no place of a one-hot, and falls into no segment', async () => {
    const lit = await runOp(engine, (i) => tf.oneHot(i, 3), [int([-1, 1, 3])]);
    expect(numbers(lit)).toEqual([0, 0, 0, 0, 1, 0, 0, 0, 0]);
    const sums = await runOp(engine, (i) => tf.unsortedSegmentSum(tf.tensor1d([1, 2, 4]), i, 2), [int([-1, 1, 2])]);
    expect(numbers(sums)).toEqual([0, 2]);
  });

  test('a step with a wrong index leaves its state as it was, and shows nobody its outputs', async () => {
    const made = await createEngine(engine);
    const state = await made.createState({ weights: float([1, 2, 3, 4, 5, 6], [3, 2]), steps: int([0]) });
    const compiled = made.compile(embeddingStep);
    const seen: unknown[] = [];
    const run = (ids: number[]): Promise<unknown> =>
      compiled.run(state, { ids: int(ids) }, { seed: 1, counter: 0 }, (outputs) => void seen.push(outputs));
    const error = await errorOf(() => run([0, 9]));
    expect([error.code, error.expected, error.received]).toEqual(['INDEX_OUT_OF_RANGE', 'an index from 0 to 2', '9']);
    expect(seen).toEqual([]);
    expect(numbers((await state.read()).weights)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(numbers((await state.read()).steps)).toEqual([0]);
    await run([0, 0]);
    expect(numbers((await state.read()).weights)).toEqual([-1, 0, 3, 4, 5, 6]);
    expect(numbers((await state.read()).steps)).toEqual([1]);
    compiled.dispose();
    state.dispose();
  });
});

/** Rows that are read twice fall by 2. */
const embeddingStep: Step = {
  name: 'embedding',
  run: ({ state, batch }) => {
    const { weights, steps } = state as { weights: tf.Tensor2D; steps: tf.Tensor };
    const read = (w: tf.Tensor): tf.Scalar => tf.sum(tf.gather(w, batch.ids as tf.Tensor1D));
    const { value, grad } = tf.valueAndGrad(read)(weights);
    return {
      state: { weights: tf.sub(weights, grad), steps: tf.add(steps, tf.scalar(1, 'int32')) } as Tensors,
      outputs: { value },
    };
  },
};

test('the compiled engine names the layer, and two layers are told apart', async () => {
  const lookUp = (layer: tf.layers.Layer, table: tf.Tensor2D, ids: tf.Tensor): tf.Tensor => {
    Object.assign(layer, { call: () => tf.gather(table, ids as tf.Tensor1D) });
    return layer.apply(ids) as tf.Tensor; // of one tensor
  };
  const f: Expression = (city, street) => {
    const small = lookUp(tf.layers.activation({ name: 'city', activation: 'linear' }), tf.zeros([3, 2]), city);
    return small.add(lookUp(tf.layers.activation({ name: 'street', activation: 'linear' }), tf.zeros([5, 2]), street));
  };
  const where = async (city: number, street: number): Promise<string> =>
    (await errorOf(() => runOp('onnx', f, [int([city]), int([street])]))).path;
  expect(await where(0, 5)).toBe('GatherV2 in layer street');
  expect(await where(4, 4)).toBe('GatherV2 in layer city');
});

test('a step without indices brings out nothing to look at, and one with them two numbers each', async () => {
  const engine = createOnnxEngine({ threads: 1 });
  const specs = { x: { shape: [4, 2], dtype: 'float32' as const }, i: { shape: [100], dtype: 'int32' as const } };
  const outputsOf = async (f: (batch: Tensors) => tf.Tensor): Promise<string[]> => {
    const step = engine.compile({ name: 'f', run: ({ batch }) => ({ state: {}, outputs: { y: f(batch) } }) });
    const { outputs } = await step.graph({}, specs);
    return outputs.map(({ name, value }) => `${name} ${value.type}[${value.shape.join()}]`);
  };
  expect(await outputsOf(({ x }) => tf.exp(x as tf.Tensor))).toEqual(['output/y float32[4,2]']);
  const twice = ({ x, i }: Tensors): tf.Tensor =>
    tf.add(tf.gather(x as tf.Tensor, i as tf.Tensor1D), tf.gather(tf.neg(x as tf.Tensor), i as tf.Tensor1D));
  expect(await outputsOf(twice)).toEqual(['output/y float32[100,2]', 'check/indices int32[4]']);
});

test('the tfjs backend onnx refuses where the operation is called', async () => {
  registerOnnxBackend();
  const before = tf.getBackend();
  await tf.setBackend('onnx');
  try {
    const error = await errorOf(() => tf.gather(tf.tensor1d([1, 2, 3]), tf.tensor1d([0, -1], 'int32')));
    expect([error.code, error.received]).toEqual(['INDEX_OUT_OF_RANGE', '-1']);
    const computed = await errorOf(() =>
      tf.gather(tf.tensor1d([1, 2]), tf.tensor1d([1, 1], 'int32').add(tf.scalar(1, 'int32'))),
    );
    expect([computed.code, computed.received]).toEqual(['INDEX_OUT_OF_RANGE', '2']);
  } finally {
    await tf.setBackend(before);
  }
});
