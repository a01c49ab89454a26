/** @file Trains a network whose products are split among threads, and prints a digest of its weights. */
import { createHash } from 'node:crypto';
import type { HostTensors, Step } from '../../src/engine/engine.js';
import { createEngine } from '../../src/engine/select.js';
import { threadsOf } from '../../src/engine/threads.js';
import { normals } from '../../src/random.js';
import { tf } from '../../src/tf.js';

function normal(shape: readonly [number, number], stream: string): HostTensors[string] {
  const values = normals({ seed: 1, counter: 0, stream }, shape[0] * shape[1]);
  return { shape, dtype: 'float32', data: values.map((value) => value / 20) };
}

const step: Step = {
  name: 'train',
  run: ({ state, batch }) => {
    const { a, b } = state as Record<'a' | 'b', tf.Tensor2D>;
    const loss = (...[first, second]: tf.Tensor[]): tf.Scalar =>
      tf
        .tanh(tf.matMul(batch.x as tf.Tensor2D, first as tf.Tensor2D))
        .matMul(second as tf.Tensor2D)
        .square()
        .mean();
    const { value, grads } = tf.valueAndGrads(loss)([a, b]);
    const [da, db] = grads as [tf.Tensor, tf.Tensor];
    return { state: { a: a.sub(da.mul(0.1)), b: b.sub(db.mul(0.1)) }, outputs: { loss: value } };
  },
};

const engine = await createEngine('onnx');
const state = await engine.createState({ a: normal([768, 128], 'a'), b: normal([128, 64], 'b') });
const compiled = engine.compile(step);
const batch = { x: normal([32, 768], 'x') };
for (let counter = 0; counter < 5; counter++) await compiled.run(state, batch, { seed: 1, counter });
const digest = createHash('sha256');
for (const { data } of Object.values(await state.read())) digest.update(data);
process.stdout.write(JSON.stringify({ threads: threadsOf(undefined), weights: digest.digest('hex') }));
