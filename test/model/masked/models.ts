/** @file Models of masked layers with known weights, for tests. */
import { MaskedDense } from '../../../src/model/masked/masked-dense.js';
import { MultiMaskedDense } from '../../../src/model/masked/multi-masked-dense.js';
import { tf } from '../../../src/tf.js';
import { type Nested, tensor } from './layers.js';

/** One MultiMaskedDense, `trunk`, whose outputs are the model's; kernel `[tasks, inputs, units]`. */
export function multiModel(
  kernel: Nested,
  bias: Nested,
): { readonly model: tf.LayersModel; readonly trunk: MultiMaskedDense } {
  const [weights, offsets] = [tensor(kernel), tensor(bias)];
  const [tasks = 0, width = 0, units = 0] = weights.shape;
  const inputs = Array.from({ length: tasks }, () => tf.input({ shape: [width] }));
  const trunk = new MultiMaskedDense({ units, name: 'trunk' });
  const outputs = [trunk.apply(inputs)].flat() as tf.SymbolicTensor[]; // of symbolic inputs
  trunk.setWeights([weights, offsets, ...trunk.getWeights().slice(2)]);
  return { model: tf.model({ inputs, outputs }), trunk };
}

/** `x -> stem -> head`, both MaskedDense, with weights that a seed draws. */
export function denseModel(
  width = 4,
  units = 6,
): { readonly model: tf.LayersModel; readonly stem: MaskedDense; readonly head: MaskedDense } {
  const seeded = (seed: number) => tf.initializers.randomNormal({ seed });
  const x = tf.input({ shape: [width] });
  const stem = new MaskedDense({
    units,
    name: 'stem',
    activation: 'tanh',
    kernelInitializer: seeded(1),
    biasInitializer: seeded(2),
  });
  const head = new MaskedDense({ units: 1, name: 'head', kernelInitializer: seeded(3) });
  const model = tf.model({ inputs: x, outputs: head.apply(stem.apply(x)) as tf.SymbolicTensor }); // of a symbolic input
  return { model, stem, head };
}

/** The masks of a layer, in the order of `setMasks`. */
export function masksOf(layer: MaskedDense | MultiMaskedDense): number[][] {
  return layer.maskedWeights.map(({ mask }) => [...mask.read().dataSync()]);
}
