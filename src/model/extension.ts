/** @file What stands between the weights and the layers that read them: masks, positions, averages. */
import type { HostTensors, Tensors } from '../engine/engine.js';
import type { tf } from '../tf.js';
import type { Effective } from './network.js';

/**
 * A hook into the training step and into inference. All functions are traced into the step: they may read tensors and
 * compute with them, not look at their values. `own` are the extension's tensors by their own names.
 */
export interface Extension {
  /** Part of the names that its tensors have in the state: `extension/<name>/<tensor>`. */
  readonly name: string;
  /** Tensors kept beside the weights, by name, with their first values. */
  readonly tensors: HostTensors;
  /** What the layers see of a weight tensor; gradients pass through it. Default: the tensor itself. */
  readonly effective?: (tensorName: string, value: tf.Tensor, own: Tensors) => tf.Tensor;
  /**
   * Closes elements of a parameter: `open` is 1 where the parameter's owners are trained in this step, else 0 (a scalar,
   * or `[units]`); the result is 0 where the element shall keep its value and its moments, and broadcasts over the
   * parameter. Adam's bias correction goes on counting the steps of `open`.
   */
  readonly gate?: (tensorName: string, open: tf.Tensor, own: Tensors) => tf.Tensor;
  /** Added to the loss; a scalar. `weights` are those being trained, by name. */
  readonly penalty?: (weights: Tensors, own: Tensors) => tf.Scalar;
  /** New values of its own tensors, from the weights after the step. Names left out keep their value. */
  readonly update?: (after: Tensors, own: Tensors) => Tensors;
}

const stateName = ({ name }: Extension, tensor: string): string => `extension/${name}/${tensor}`;

/** The first values of all extensions' tensors, by their names in the state. */
export function extensionTensors(extensions: readonly Extension[]): HostTensors {
  return Object.fromEntries(
    extensions.flatMap((extension) =>
      Object.entries(extension.tensors).map(([name, value]) => [stateName(extension, name), value]),
    ),
  );
}

/** The tensors of one extension among a state, by their own names. */
export function ownTensors(extension: Extension, state: Tensors): Tensors {
  const own: Record<string, tf.Tensor> = {};
  for (const name of Object.keys(extension.tensors)) {
    const tensor = state[stateName(extension, name)];
    if (tensor === undefined) throw new Error(`the state lost ${stateName(extension, name)}`);
    own[name] = tensor;
  }
  return own;
}

/** New values of all extensions' tensors after a step, by their names in the state. */
export function updatedTensors(extensions: readonly Extension[], before: Tensors, after: Tensors): Tensors {
  const next: Record<string, tf.Tensor> = {};
  for (const extension of extensions) {
    const own = extension.update?.(after, ownTensors(extension, before)) ?? {};
    for (const [name, value] of Object.entries(own)) next[stateName(extension, name)] = value;
  }
  return next;
}

/** What the layers see through all extensions, in their order; undefined when none stands between. */
export function effectiveThrough(extensions: readonly Extension[], state: Tensors): Effective | undefined {
  const between = extensions.filter(({ effective }) => effective !== undefined);
  if (between.length === 0) return undefined;
  return (name, value) =>
    between.reduce((seen, extension) => extension.effective?.(name, seen, ownTensors(extension, state)) ?? seen, value);
}
