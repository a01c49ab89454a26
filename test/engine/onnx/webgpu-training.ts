/** @file Trains a small convolutional network and prints its losses as JSON; the device is HEADGATE_EXECUTION_PROVIDERS. */
import type { HostTensors, Step } from '../../../src/engine/engine.js';
import { createOnnxEngine } from '../../../src/engine/onnx/engine.js';
import { tf } from '../../../src/tf.js';
import { float, noisy } from './helpers.js';

const step: Step = {
  name: 'train',
  run: ({ state, batch }) => {
    const loss = (kernel: tf.Tensor, head: tf.Tensor): tf.Scalar => {
      const h = tf.maxPool(
        tf.relu(tf.conv2d(batch.x as tf.Tensor4D, kernel as tf.Tensor4D, 1, 'same')) as tf.Tensor4D,
        2,
        2,
        'same',
      );
      return tf.losses.softmaxCrossEntropy(batch.y as tf.Tensor, tf.matMul(h.reshape([4, -1]), head as tf.Tensor2D));
    };
    const weights = [state.kernel, state.head] as [tf.Tensor, tf.Tensor];
    const { value, grads } = tf.valueAndGrads(loss as (...values: tf.Tensor[]) => tf.Scalar)(weights);
    const next = weights.map((weight, i) => tf.sub(weight, tf.mul(grads[i] as tf.Tensor, 0.1)));
    return { state: { kernel: next[0] as tf.Tensor, head: next[1] as tf.Tensor }, outputs: { loss: value } };
  },
};

const engine = createOnnxEngine();
const state = await engine.createState({ kernel: noisy([3, 3, 2, 4], 1, 0.5), head: noisy([64, 3], 2, 0.3) });
const batch: HostTensors = { x: noisy([4, 8, 8, 2], 3), y: float([4, 3], [1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0]) };
const compiled = engine.compile(step);
const losses: number[] = [];
for (let counter = 0; counter < 5; counter++) {
  const { loss } = await compiled.run(state, batch, { seed: 1, counter });
  losses.push(loss?.data[0] ?? Number.NaN);
}
console.log(JSON.stringify(losses));
await engine.dispose();
