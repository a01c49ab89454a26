/** @file Median time of a compiled training step: dense, tiny and convolutional networks with Adam. */
import type { HostTensors, Step, Tensors } from '../src/engine/engine.js';
import { createOnnxEngine } from '../src/engine/onnx/engine.js';
import { printGraph } from '../src/engine/onnx/print.js';
import { tf } from '../src/tf.js';

interface Case {
  readonly name: string;
  readonly batch: number;
  readonly input: readonly number[];
  readonly classes: number;
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  readonly logits: (x: tf.Tensor, weights: Tensors) => tf.Tensor;
}

function dense(name: string, batch: number, sizes: readonly number[]): Case {
  const layers = sizes.slice(1);
  const shapes = Object.fromEntries(
    layers.flatMap((units, i) => [
      [`${i}/kernel`, [sizes[i] ?? 1, units]],
      [`${i}/bias`, [units]],
    ]),
  );
  const weight = (weights: Tensors, key: string): tf.Tensor => weights[key] ?? tf.scalar(0);
  return {
    name,
    batch,
    input: sizes.slice(0, 1),
    classes: sizes.at(-1) ?? 1,
    shapes,
    logits: (x, weights) =>
      layers.reduce<tf.Tensor>(
        (h, _, i) =>
          tf.fused.matMul({
            a: h as tf.Tensor2D,
            b: weight(weights, `${i}/kernel`) as tf.Tensor2D,
            bias: weight(weights, `${i}/bias`),
            activation: i + 1 < layers.length ? 'relu' : 'linear',
          }),
        x,
      ),
  };
}

/** 3 → 32 → 64 → 128, each 3×3 convolution followed by relu and 2×2 pooling; then a dense layer. */
function convolutional(batch: number, side: number): Case {
  const channels = [3, 32, 64, 128];
  const shapes: Record<string, number[]> = {};
  channels.slice(1).forEach((out, i) => {
    shapes[`${i}/kernel`] = [3, 3, channels[i] ?? 1, out];
    shapes[`${i}/bias`] = [out];
  });
  shapes['head'] = [(side / 8) ** 2 * 128, 10];
  return {
    name: `conv 3-32-64-128 ${side}x${side} batch ${batch}`,
    batch,
    input: [side, side, 3],
    classes: 10,
    shapes,
    logits: (x, weights) => {
      let h = x as tf.Tensor4D;
      for (let i = 0; i < 3; i++) {
        const kernel = weights[`${i}/kernel`] as tf.Tensor4D;
        const bias = weights[`${i}/bias`] as tf.Tensor1D;
        h = tf.maxPool(tf.relu(tf.add(tf.conv2d(h, kernel, 1, 'same'), bias)) as tf.Tensor4D, 2, 2, 'same');
      }
      return tf.matMul(h.reshape([batch, -1]), weights['head'] as tf.Tensor2D);
    },
  };
}

/** Adam's step with bias correction folded into the rate: what `src/train` does for one parameter. */
function trainingStep({ name, shapes, logits }: Case): Step {
  return {
    name,
    run: ({ state, batch }) => {
      const names = Object.keys(shapes);
      const weights = names.map((key) => state[key] as tf.Tensor);
      const loss = (...values: tf.Tensor[]): tf.Scalar => {
        const output = logits(
          batch['x'] as tf.Tensor,
          Object.fromEntries(names.map((key, i) => [key, values[i]])) as Tensors,
        );
        return tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(output), batch['y'] as tf.Tensor), 1)));
      };
      const { value, grads } = tf.valueAndGrads(loss)(weights);
      const next: Record<string, tf.Tensor> = {};
      const count = (state['t'] as tf.Tensor).add(1);
      next['t'] = count;
      const root = tf.sqrt(tf.sub(1, tf.pow(0.999, count)));
      const rate = tf.div(tf.mul(root, 1e-3), tf.sub(1, tf.pow(0.9, count)));
      names.forEach((key, i) => {
        const g = grads[i] as tf.Tensor;
        const m = tf.add(tf.mul(state[`${key}/m`] as tf.Tensor, 0.9), tf.mul(g, 0.1));
        const v = tf.add(tf.mul(state[`${key}/v`] as tf.Tensor, 0.999), tf.mul(tf.square(g), 0.001));
        next[`${key}/m`] = m;
        next[`${key}/v`] = v;
        const change = tf.div(tf.mul(m, rate), tf.add(tf.sqrt(v), tf.mul(root, 1e-8)));
        next[key] = tf.sub(weights[i] as tf.Tensor, change);
      });
      return { state: next, outputs: { loss: value } };
    },
  };
}

function initial({ shapes }: Case): HostTensors {
  let seed = 1;
  const random = (): number => {
    seed = (Math.imul(seed, 1664525) + 1013904223) | 0;
    return (seed >>> 8) / 2 ** 24 - 0.5;
  };
  const values: Record<string, HostTensors[string]> = { t: { shape: [], dtype: 'float32', data: new Float32Array(1) } };
  for (const [key, shape] of Object.entries(shapes)) {
    const size = shape.reduce((a, b) => a * b, 1);
    const fan = size / (shape.at(-1) ?? 1);
    const scale = shape.length > 1 ? 2 * Math.sqrt(6 / fan) : 0;
    values[key] = { shape, dtype: 'float32', data: Float32Array.from({ length: size }, () => random() * scale) };
    for (const slot of ['m', 'v']) values[`${key}/${slot}`] = { shape, dtype: 'float32', data: new Float32Array(size) };
  }
  return values;
}

function batchOf({ batch, input, classes }: Case): HostTensors {
  const size = batch * input.reduce((a, b) => a * b, 1);
  const y = new Float32Array(batch * classes);
  for (let row = 0; row < batch; row++) y[row * classes + (row % classes)] = 1;
  return {
    x: {
      shape: [batch, ...input],
      dtype: 'float32',
      data: Float32Array.from({ length: size }, (_, i) => Math.sin(i * 0.37)),
    },
    y: { shape: [batch, classes], dtype: 'float32', data: y },
  };
}

async function show(kase: Case): Promise<void> {
  const engine = createOnnxEngine();
  console.log(printGraph(await engine.compile(trainingStep(kase)).graph(initial(kase), batchOf(kase))));
}

async function measure(kase: Case, steps: number): Promise<void> {
  const engine = createOnnxEngine();
  const state = await engine.createState(initial(kase));
  const step = engine.compile(trainingStep(kase));
  const batch = batchOf(kase);
  const times: number[] = [];
  const losses: number[] = [];
  for (let counter = 0; counter < steps; counter++) {
    const start = performance.now();
    const { loss } = await step.run(state, batch, { seed: 1, counter });
    times.push(performance.now() - start);
    losses.push(loss?.data[0] ?? Number.NaN);
  }
  const [first = 0, ...rest] = times;
  rest.sort((a, b) => a - b);
  const at = (share: number): string => (rest[Math.floor(rest.length * share)] ?? 0).toFixed(2);
  console.log(
    `${kase.name}: first ${first.toFixed(0)} ms, median ${at(0.5)} ms, fastest tenth ${at(0.1)} ms; losses ${losses
      .slice(0, 3)
      .map((loss) => loss.toFixed(5))
      .join(' ')} … ${(losses.at(-1) ?? 0).toFixed(5)}`,
  );
  await engine.dispose();
}

const print = process.argv.includes('--print');
const wanted = process.argv.slice(2).filter((word) => word !== '--print');
const cases: readonly (readonly [string, Case, number])[] = [
  ['dense', dense('dense 784-1000-800-400-10 batch 256', 256, [784, 1000, 800, 400, 10]), 40],
  ['tiny', dense('tiny 256-64-2 batch 64', 64, [256, 64, 2]), 300],
  ['conv', convolutional(32, 64), 15],
];
for (const [key, kase, steps] of cases)
  if (wanted.length === 0 || wanted.includes(key)) await (print ? show(kase) : measure(kase, steps));
