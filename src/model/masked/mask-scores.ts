/** @file How much each weight matters: by its magnitude, or by the gradient of a loss. */
import { HeadgateError } from '../../errors.js';
import { invalidOption } from '../../options.js';
import { tf } from '../../tf.js';
import { withBound } from '../binding.js';
import type { MaskTarget } from './mask-targets.js';
import { effectiveWeight } from './weight-view.js';

/** What `model.compile` takes as `loss`. */
export type Loss = tf.ModelCompileArgs['loss'];

/** Data and loss by whose gradient weights are scored. */
export interface GradientOptions {
  readonly x?: tf.Tensor | readonly tf.Tensor[] | undefined;
  readonly y?: tf.Tensor | readonly tf.Tensor[] | undefined;
  readonly loss?: Loss | undefined;
}

/** By target, |weight ⊙ mask|: what is masked counts as 0, whatever is stored there. */
export function magnitudes(targets: readonly MaskTarget[]): Float32Array[] {
  return tf.tidy(() =>
    targets.map(({ weight, mask }) => Float32Array.from(effectiveWeight(weight, mask).abs().dataSync())),
  );
}

/**
 * By target, |∂ loss / ∂ weight|: of the sum of all outputs' losses over all rows, in inference mode. Under a mask it
 * is 0.
 *
 * @throws HeadgateError `INVALID_OPTIONS` without `x`, `y`, or a loss of `options` or of the compiled model,
 *   `LENGTH_MISMATCH` for another number of inputs or outputs
 */
export function gradientSizes(
  model: tf.LayersModel,
  targets: readonly MaskTarget[],
  { x, y, loss }: GradientOptions,
  path: string,
): Float32Array[] {
  const inputs = tensorsOf(x, model.inputs.length, `${path}.x`);
  const labels = tensorsOf(y, model.outputs.length, `${path}.y`);
  const losses = lossesOf(model, loss, path);
  const variables = targets.map(({ weight }) => weight);
  const total = (...weights: tf.Tensor[]): tf.Scalar => {
    const bindings = variables.map((variable, i) => ({ variable, tensor: weights[i] ?? variable.read() }));
    return withBound(bindings, refuseWrite, () => {
      const given = [model.apply(inputs, { training: false })].flat() as tf.Tensor[]; // values in, values out
      const terms = given.map((prediction, i) => {
        const label = labels[i];
        const lossOf = losses[i];
        if (label === undefined || lossOf === undefined) throw new Error(`no label or loss for output ${i}`);
        return lossOf(likePrediction(label, prediction), prediction).sum<tf.Scalar>();
      });
      // A weight that no output depends on has a gradient of 0; tfjs would find none and fail.
      const reached = weights.map((weight) => weight.sum<tf.Scalar>().mul<tf.Scalar>(0));
      return tf.addN([...terms, ...reached]);
    });
  };
  return tf.tidy(() => {
    const gradients = tf.grads(total)(variables.map((variable) => variable.read()));
    return gradients.map((gradient) => Float32Array.from(gradient.abs().dataSync()));
  });
}

function refuseWrite(): never {
  throw new Error('a layer changed its weights in inference');
}

function tensorsOf(given: GradientOptions['x'], count: number, path: string): tf.Tensor[] {
  const tensors = given instanceof tf.Tensor ? [given] : [...(given ?? [])];
  if (given === undefined || !tensors.every((one) => one instanceof tf.Tensor)) {
    throw invalidOption(path, given, {
      expected: `${count === 1 ? 'a tensor' : `a list of ${count} tensors`}, by which the method 'gradients' scores`,
    });
  }
  if (tensors.length === count) return tensors;
  throw new HeadgateError({
    code: 'LENGTH_MISMATCH',
    path,
    problem: 'there is one tensor for each input of the model, and one for each output',
    expected: `${count}`,
    received: `${tensors.length}`,
  });
}

/** `[rows]` for predictions `[rows, 1]`: tfjs would broadcast one against the other, each row with every label. */
function likePrediction(label: tf.Tensor, prediction: tf.Tensor): tf.Tensor {
  return label.rank === prediction.rank - 1 && prediction.shape.at(-1) === 1 ? label.expandDims(-1) : label;
}

/** As `compile` reads them, whether a name, a function, a list or a record, without compiling the user's model. */
function lossesOf(model: tf.LayersModel, loss: Loss | undefined, path: string): tf.LayersModel['lossFunctions'] {
  if (loss === undefined) {
    if ((model.lossFunctions ?? []).length > 0) return model.lossFunctions;
    throw invalidOption(`${path}.loss`, loss, {
      expected: 'what `model.compile` takes as loss',
      problem: "the model is not compiled, and the method 'gradients' needs a loss",
    });
  }
  const optimizer = tf.train.sgd(1);
  try {
    const shell = tf.model({ name: 'scored', inputs: model.inputs, outputs: model.outputs });
    shell.compile({ optimizer, loss });
    return shell.lossFunctions;
  } catch (cause) {
    const expected = 'what `model.compile` takes as loss';
    const error = invalidOption(`${path}.loss`, loss, {
      expected,
      problem: cause instanceof Error ? cause.message : '',
    });
    throw new HeadgateError({ ...error }, { cause });
  } finally {
    optimizer.dispose();
  }
}
