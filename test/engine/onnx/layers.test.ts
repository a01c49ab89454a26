/**
 * @file Every layer of tfjs-layers, with its options, trains five steps of gradient descent on every engine with the
 * losses of plain tfjs on its cpu backend; what plain tfjs cannot train, or trains wrongly, is held to its numerical
 * gradient instead.
 */
import { beforeAll, expect, test } from 'vitest';
import type { HostTensors } from '../../../src/engine/engine.js';
import { layersWithin } from '../../../src/engine/layers/within.js';
import { createEngine, type EngineName } from '../../../src/engine/select.js';
import { tf } from '../../../src/tf.js';
import { eager, noisy } from './helpers.js';
import { cases } from './layer-cases.js';
import { type TrainedModel, trainedModel } from './layer-step.js';

const STEPS = 5;
const [ROWS, POSITIONS] = [3, 5];

interface Trained {
  readonly losses: readonly number[];
  readonly state: HostTensors;
}

/** By case: what plain tfjs makes of it, or what it says. */
const plain = new Map<string, Trained | Error>();

async function trainEagerly({ step, state, input }: TrainedModel): Promise<Trained> {
  const losses: number[] = [];
  let current = state;
  for (let counter = 0; counter < STEPS; counter++) {
    const made = await eager(step, current, { x: input });
    losses.push(made.outputs.loss?.data[0] ?? Number.NaN);
    current = made.state;
  }
  return { losses, state: current };
}

beforeAll(async () => {
  // Before any engine is made, so that tfjs still has its own gradients, kernels and layers.
  await tf.setBackend('cpu');
  expect(tf.getGradient(tf.Einsum)).toBeUndefined();
  for (const kase of cases) {
    let made: TrainedModel | undefined;
    const train = async (): Promise<Trained> => {
      made = trainedModel(kase, ROWS, POSITIONS);
      return trainEagerly(made);
    };
    plain.set(kase.name, await train().catch((error: Error) => error));
    made?.model.dispose();
  }
}, 120_000);

async function trainOn(name: EngineName, { step, state, input }: TrainedModel): Promise<Trained> {
  const engine = await createEngine(name);
  const compiled = engine.compile(step);
  const live = await engine.createState(state);
  const losses: number[] = [];
  for (let counter = 0; counter < STEPS; counter++) {
    const outputs = await compiled.run(live, { x: input }, { seed: 1, counter });
    losses.push(outputs.loss?.data[0] ?? Number.NaN);
  }
  const trained = { losses, state: await live.read() };
  compiled.dispose();
  live.dispose();
  return trained;
}

function expectClose(received: Trained, expected: Trained, start: HostTensors): void {
  const worst = Math.max(
    ...expected.losses.map((loss, i) => Math.abs((received.losses[i] ?? 0) - loss) / Math.abs(loss)),
  );
  expect([received.losses, expected.losses, worst < 1e-4]).toEqual([received.losses, expected.losses, true]);
  // Weights are compared by how far they have moved, which is small beside the weights themselves.
  for (const [name, { data }] of Object.entries(expected.state)) {
    const before = start[name]?.data ?? [];
    const moved = Math.max(...Array.from(data, (value, i) => Math.abs(value - (before[i] ?? 0))));
    const off = Array.from(received.state[name]?.data ?? [], (value, i) => Math.abs(value - (data[i] ?? 0)));
    expect([name, Math.max(...off) < 2e-3 * moved + 2e-6, Math.max(...off), moved]).toEqual([
      name,
      true,
      Math.max(...off),
      moved,
    ]);
  }
}

const engines: readonly EngineName[] = ['onnx', 'wasm', 'cpu'];
test.each(engines.flatMap((engine) => cases.map((kase) => [engine, kase.name, kase] as const)))(
  '%s: %s',
  async (engine, name, kase) => {
    await tf.setBackend('cpu');
    const made = trainedModel(kase, ROWS, POSITIONS);
    const reference = plain.get(name);
    const isOracle = reference !== undefined && !(reference instanceof Error) && !(name in wrongInPlainTfjs);
    const received = await trainOn(engine, made);
    if (isOracle) expectClose(received, reference, made.state);
    else if (engine === 'cpu') expectNumericalGradient(made);
    else expectClose(received, await trainOn('cpu', made), made.state);
    made.model.dispose();
  },
);

const NEAREST = 'its gradient of nearest resizing reads the wrong pixels';
const BORDERS = 'its gradient of average pooling divides by the whole window at the borders';
const SIDES = 'its gradient of max pooling of volumes counts width as height';
/** Plain tfjs trains these with wrong numbers: why. */
const wrongInPlainTfjs: Readonly<Record<string, string>> = {
  'upSampling2d nearest': NEAREST,
  'upSampling2d channels first': NEAREST,
  'averagePooling1d same': BORDERS,
  'averagePooling1d same overlapping': BORDERS,
  'averagePooling2d same overlapping': BORDERS,
  'averagePooling3d same overlapping': BORDERS,
  'averagePooling3d same apart along one axis': BORDERS,
  'maxPooling3d valid apart along one axis': SIDES,
  'maxPooling3d same apart along one axis': SIDES,
};

/** Central differences of the loss along random directions, one for each weight. */
function expectNumericalGradient({ loss, gradients, state }: TrainedModel): void {
  const slopes = gradients(state);
  for (const [i, [name, { data }]] of Object.entries(slopes).entries()) {
    const weight = state[name];
    if (weight === undefined) throw new Error(name);
    const direction = noisy(weight.shape, 900 + i).data;
    const moved = (by: number): HostTensors => ({
      ...state,
      [name]: { ...weight, data: Float32Array.from(weight.data, (v, at) => v + by * (direction[at] ?? 0)) },
    });
    const analytical = Array.from(data).reduce((sum, slope, at) => sum + slope * (direction[at] ?? 0), 0);
    // Float32 rounds the loss away at small steps, and a kink may lie within a large one: one of them must agree.
    const numerical = [8e-3, 2e-3, 5e-4].map((h) => (loss(moved(h)) - loss(moved(-h))) / (2 * h));
    const scale = Math.max(Math.abs(analytical), 0.01);
    const agrees = numerical.some((value) => Math.abs(value - analytical) / scale < 0.02);
    expect([name, numerical, analytical, agrees]).toEqual([name, numerical, analytical, true]);
  }
}

test('what plain tfjs cannot train', () => {
  const failing = [...plain].filter(([, result]) => result instanceof Error).map(([name]) => name);
  expect(failing).toMatchInlineSnapshot(`
    [
      "softmax over axis 1",
      "thresholdedReLU",
      "thresholdedReLU of a picture",
      "masking",
      "centerCrop",
      "centerCrop that enlarges",
      "resizing bilinear",
      "upSampling2d bilinear",
      "resizing nearest",
      "conv1d valid dilated",
      "conv1d same dilated",
      "conv1d causal",
      "conv1d causal dilated",
      "conv1d causal with strides",
      "conv2d valid linear dilated",
      "conv2d valid relu dilated",
      "conv2d valid tanh dilated",
      "conv2d valid channels first, dilated",
      "conv3d valid dilated",
      "conv3dTranspose valid",
      "conv3dTranspose valid channels first",
      "separableConv2d valid dilated",
      "separableConv2d valid channels first",
      "conv2d same linear dilated",
      "conv2d same relu dilated",
      "conv2d same tanh dilated",
      "conv2d same channels first, dilated",
      "conv3d same dilated",
      "conv3dTranspose same",
      "conv3dTranspose same channels first",
      "separableConv2d same dilated",
      "separableConv2d same channels first",
      "conv2d dilated without bias",
      "conv3dTranspose without bias",
      "batchNormalization of vectors without scale",
      "batchNormalization of vectors without centre",
      "batchNormalization of vectors without either",
      "layerNormalization of vectors without scale",
      "layerNormalization of vectors without center",
      "layerNormalization of vectors without center, without scale",
      "batchNormalization of sequences without scale",
      "batchNormalization of sequences without centre",
      "batchNormalization of sequences without either",
      "batchNormalization of sequences along axis 1",
      "batchNormalization of sequences along axis 1 without scale",
      "layerNormalization of sequences without scale",
      "layerNormalization of sequences without center",
      "layerNormalization of sequences without center, without scale",
      "batchNormalization of pictures without scale",
      "batchNormalization of pictures without centre",
      "batchNormalization of pictures without either",
      "batchNormalization of pictures along axis 1",
      "batchNormalization of pictures along axis 1 without scale",
      "batchNormalization of pictures along axis 2",
      "batchNormalization of pictures along axis 2 without scale",
      "layerNormalization of pictures without scale",
      "layerNormalization of pictures without center",
      "layerNormalization of pictures without center, without scale",
      "batchNormalization of solids",
      "batchNormalization of solids along axis 1",
      "layerNormalization of solids",
      "batchNormalization that is frozen",
      "timeDistributed batchNormalization",
      "tile, gather, cumsum, broadcastTo",
      "transformer encoder of a sequence, sinusoidal, and a masked mean",
    ]
  `);
});

/** Noise has test/model/stochastic.test.ts; the others read values, which test/train/naming-layers.test.ts holds. */
const APART = [
  'AlphaDropout',
  'GaussianDropout',
  'GaussianNoise',
  'SpatialDropout1D',
  'CategoryEncoding',
  'RandomWidth',
];

test('every layer that tfjs brings is in the table', () => {
  const used = new Set<string>();
  for (const kase of cases) {
    const { model } = trainedModel(kase, ROWS, POSITIONS);
    for (const layer of layersWithin(model)) used.add(layer.getClassName());
    model.dispose();
  }
  const { classNameMap } = tf.serialization.SerializationMap.getMap();
  const brought = Object.entries(classNameMap).flatMap(([name, [layer]]) =>
    layer !== undefined && layer.prototype instanceof tf.layers.Layer ? [name] : [],
  );
  // A model is made of layers.
  expect(brought.filter((name) => !used.has(name)).sort()).toEqual([...APART, 'Functional'].sort());
});
