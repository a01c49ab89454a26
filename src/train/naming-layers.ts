/** @file Says which layer it is that tfjs cannot train. */
import { HeadgateError } from '../errors.js';
import { tf } from '../tf.js';

/**
 * Runs `f`, which differentiates layers. What tfjs throws of a layer, or of an operation that it has no gradient of,
 * comes as an error that names the layer.
 *
 * @throws HeadgateError `LAYER_CANNOT_TRAIN`, or what `f` throws
 */
export function namingLayers<T>(f: () => T): T {
  const { prototype } = tf.layers.Layer;
  const { apply } = prototype;
  /** The layer that first ran a kernel, the innermost one. */
  const runners = new Map<string, string>();
  prototype.apply = function named(this: tf.layers.Layer, inputs, kwargs) {
    const before = tf.engine().state.activeTape?.length ?? 0;
    try {
      return apply.call(this, inputs, kwargs);
    } catch (error) {
      throw error instanceof HeadgateError ? error : cannotTrain(this.name, messageOf(error), error);
    } finally {
      for (const { kernelName } of tf.engine().state.activeTape?.slice(before) ?? []) {
        if (!runners.has(kernelName)) runners.set(kernelName, this.name);
      }
    }
  };
  try {
    return f();
  } catch (error) {
    const [, kernel] = /gradient function not found for (\w+)/.exec(messageOf(error)) ?? [];
    if (kernel === undefined) throw error;
    const layer = runners.get(kernel);
    if (layer === undefined) throw error;
    throw cannotTrain(layer, `tfjs has no gradient of ${kernel}, which the layer makes of something trained`, error);
  } finally {
    prototype.apply = apply;
  }
}

function cannotTrain(layer: string, problem: string, cause: unknown): HeadgateError {
  return new HeadgateError(
    {
      code: 'LAYER_CANNOT_TRAIN',
      path: `layer ${layer}`,
      problem,
      expected: 'layers that tfjs can run and differentiate',
      mend: 'Put the layer in front of everything that is trained, use other options, or write its gradient with tf.customGrad.',
    },
    { cause },
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
