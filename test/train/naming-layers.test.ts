/** @file What cannot be trained is refused by the name of its layer, on every engine. */
import { expect, test } from 'vitest';
import type { EngineName } from '../../src/engine/select.js';
import { binary, Project, sgd, tensor } from '../../src/index.js';
import { tf } from '../../src/tf.js';
import { bench } from '../support/training.js';

/** Sorts each row: tfjs has no gradient of TopK. */
class Sorted extends tf.layers.Layer {
  static className = 'TestSorted';
  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const x = [inputs].flat()[0] as tf.Tensor2D;
    return tf.topk(x, x.shape[1]).values;
  }
  override computeOutputShape(shape: tf.Shape | tf.Shape[]): tf.Shape {
    return shape as tf.Shape; // one input
  }
}

class Failing extends Sorted {
  static override className = 'TestFailing';
  override call(): tf.Tensor {
    throw new RangeError('seven is too many');
  }
}

async function train(engine: EngineName, shape: readonly number[], hidden: (x: tf.SymbolicTensor) => unknown) {
  const backbone = ({ x }: Readonly<Record<string, tf.SymbolicTensor>>) => ({
    features: hidden(x as tf.SymbolicTensor) as tf.SymbolicTensor,
  });
  const { resolved } = new Project({
    name: 'naming',
    inputs: { x: tensor({ shape }) },
    tasks: { a: binary() },
    backbone,
  }).flow('full', (task, x) => [task.a(x.features)]);
  const size = shape.reduce((a, b) => a * b, 1);
  const run = await bench({ flow: resolved, backbone, optimizer: sgd(), engine });
  return run.step([{ x: Array.from({ length: size }, (_, i) => i % 3), a: true }]);
}

const dense = (x: unknown): unknown => tf.layers.dense({ units: 3 }).apply(x as tf.SymbolicTensor);

test.each(['onnx', 'wasm', 'cpu'] as const)('%s: the layer is named', async (engine) => {
  await expect(
    train(engine, [2], (x) => new Sorted({ name: 'sorted' }).apply(dense(x) as tf.SymbolicTensor)),
  ).rejects.toMatchObject({ code: 'LAYER_CANNOT_TRAIN', path: 'layer sorted', problem: expect.stringMatching('TopK') });
  await expect(
    train(engine, [2], (x) => new Failing({ name: 'failing' }).apply(dense(x) as tf.SymbolicTensor)),
  ).rejects.toMatchObject({
    code: 'LAYER_CANNOT_TRAIN',
    path: 'layer failing',
    problem: 'seven is too many',
    cause: expect.any(RangeError),
  });
  // In front of what is trained it needs no gradient.
  const outputs = await train(engine, [2], (x) => dense(new Sorted({}).apply(x)));
  expect(outputs.loss?.data[0]).toBeGreaterThan(0);
});

test('onnx: a layer that reads values is named', async () => {
  const encoded = (x: tf.SymbolicTensor) =>
    tf.layers.categoryEncoding({ numTokens: 4, outputMode: 'multiHot', name: 'codes' }).apply(x);
  await expect(train('onnx', [2], encoded)).rejects.toMatchObject({ code: 'DATA_READ_IN_STEP', path: 'layer codes' });
  const widened = (x: tf.SymbolicTensor) =>
    tf.layers.flatten().apply(tf.layers.randomWidth({ factor: 0.3, name: 'wide' }).apply(x) as tf.SymbolicTensor);
  await expect(
    train('onnx', [4, 4, 1], (x) =>
      dense(tf.layers.reshape({ targetShape: [16] }).apply(widened(x) as tf.SymbolicTensor)),
    ),
  ).rejects.toMatchObject({ path: 'layer wide' });
});
