/** @file A training step with a convolution, an embedding and dense layers, in plain ops over named state. */
import type { HostTensor, HostTensors, Step } from '../../src/engine/engine.js';
import { normals, uniforms } from '../../src/random.js';
import { tf } from '../../src/tf.js';

const ROWS = 6;
const shapes = {
  filter: [3, 3, 2, 4],
  depthwise: [3, 3, 4, 2],
  table: [5, 3],
  kernel: [2 * 2 * 8 + 3, 7],
  bias: [7],
  head: [7, 1],
} as const;

type Name = keyof typeof shapes;
const names = Object.keys(shapes) as Name[]; // its own keys

export function modelState(): HostTensors {
  return Object.fromEntries(names.map((name) => [name, normal(shapes[name], `state/${name}`, 0, 0.5)]));
}

export function modelBatch(counter: number): HostTensors {
  const choices = uniforms({ seed: 2, counter, stream: 'ids' }, ROWS);
  return {
    image: normal([ROWS, 8, 8, 2], 'image', counter, 1),
    ids: { shape: [ROWS], dtype: 'int32', data: Int32Array.from(choices, (u) => Math.floor(u * 5)) },
    target: normal([ROWS, 1], 'target', counter, 1),
  };
}

/** Outputs the loss and every gradient; dropout comes from the step's own generator. */
export function modelStep(learningRate: number): Step {
  return {
    name: 'train',
    run: ({ state, batch, random }) => {
      const loss = (...weights: tf.Tensor[]): tf.Scalar => {
        const w = Object.fromEntries(names.map((name, i) => [name, weights[i]])) as Record<Name, tf.Tensor>;
        const convolved = tf.relu(tf.conv2d(batch.image as tf.Tensor4D, w.filter as tf.Tensor4D, 2, 'same'));
        const depthwise = tf.depthwiseConv2d(convolved, w.depthwise as tf.Tensor4D, 1, 'same');
        const pooled = tf.maxPool(tf.tanh(depthwise), 2, 2, 'valid');
        const embedded = tf.gather(w.table, (batch.ids as tf.Tensor1D).toInt());
        const features = tf.concat([pooled.reshape([ROWS, -1]), embedded], 1);
        const hidden = tf.sigmoid(features.matMul(w.kernel).add(w.bias));
        const kept = random.uniform(hidden.shape, 'dropout').greaterEqual(0.25).toFloat();
        const output = hidden.mul(kept).div(0.75).matMul(w.head);
        return tf.mean(tf.squaredDifference(output, batch.target as tf.Tensor));
      };
      const before = names.map((name) => state[name] as tf.Tensor);
      const { value, grads } = tf.valueAndGrads(loss)(before);
      const next = names.map((name, i) => [
        name,
        (before[i] as tf.Tensor).sub((grads[i] as tf.Tensor).mul(learningRate)),
      ]);
      return {
        state: Object.fromEntries(next),
        outputs: { loss: value, ...Object.fromEntries(names.map((name, i) => [`gradient/${name}`, grads[i]])) },
      };
    },
  };
}

function normal(shape: readonly number[], stream: string, counter: number, scale: number): HostTensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return { shape, dtype: 'float32', data: normals({ seed: 1, counter, stream }, size).map((value) => value * scale) };
}
