/** @file Values of layers, and small models, for the tests of this folder. */
import { tf } from '../../../src/tf.js';

export type Nested = number | readonly Nested[];

/** Of what an eager call gives, one tensor or several. */
export function values(given: object): number[] {
  const tensors = Array.isArray(given) ? given : [given];
  return tensors.flatMap((one: tf.Tensor) => [...one.dataSync()]);
}

export function numbers(nested: Nested): number[] {
  return typeof nested === 'number' ? [nested] : nested.flatMap(numbers);
}

export function tensor(nested: Nested, shape?: number[]): tf.Tensor {
  return tf.tensor(nested as tf.TensorLike, shape); // tfjs wants arrays that it might write to
}

/** The same numbers within float32's rounding of a few operations. */
export function near(actual: readonly number[], expected: readonly number[], digits = 5): boolean {
  return actual.length === expected.length && actual.every((x, i) => Math.abs(x - Number(expected[i])) < 10 ** -digits);
}

/** A model as files hold it: its topology as JSON text, its weights as bytes. */
export async function saved(model: tf.LayersModel): Promise<tf.io.ModelArtifacts> {
  let artifacts: tf.io.ModelArtifacts = {};
  await model.save(
    tf.io.withSaveHandler(async (given) => {
      artifacts = { ...given, modelTopology: JSON.parse(JSON.stringify(given.modelTopology)) };
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    }),
  );
  return artifacts;
}

export async function savedAndLoaded(model: tf.LayersModel): Promise<tf.LayersModel> {
  return tf.loadLayersModel(tf.io.fromMemory(await saved(model)));
}
