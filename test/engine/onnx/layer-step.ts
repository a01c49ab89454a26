/** @file A training step over all of a layers model's weights, and its starting state. */
import type { HostTensor, HostTensors, Step } from '../../../src/engine/engine.js';
import { type LayerVariable, withBound } from '../../../src/model/binding.js';
import { tf } from '../../../src/tf.js';
import { float, host, noisy } from './helpers.js';
import type { LayerCase } from './layer-cases.js';

export interface TrainedModel {
  readonly model: tf.LayersModel;
  readonly step: Step;
  readonly state: HostTensors;
  /** The batch's only tensor, `x`. */
  readonly input: HostTensor;
  /** Loss of a state, by tfjs on its current backend. */
  readonly loss: (state: HostTensors) => number;
  /** Gradients by state name. */
  readonly gradients: (state: HostTensors) => HostTensors;
}

type Tensors = Readonly<Record<string, tf.Tensor>>;

export function trainedModel(kase: LayerCase, rows: number, positions: number): TrainedModel {
  const input = kase.input(rows, positions);
  const x = tf.input({ shape: input.shape.slice(1), dtype: input.dtype });
  const model = tf.model({ inputs: x, outputs: kase.build(x) });
  return { model, input, ...stepFor(model, input) };
}

/** Descends on Σ (prediction × cos(position) - 1)² / size, over all of the model's weights. */
function stepFor(model: tf.LayersModel, input: HostTensor): Omit<TrainedModel, 'model' | 'input'> {
  // Reason for the assertion: tfjs-layers declares `val` and the rest of a LayerVariable as protected parts of its API.
  const variables = model.weights as unknown as (LayerVariable & { trainable: boolean })[];
  const trainable = variables.filter((variable) => variable.trainable);
  const key = (variable: LayerVariable): string => `w${variables.indexOf(variable as (typeof variables)[number])}`;
  const state: Record<string, HostTensor> = {};
  variables.forEach((variable, i) => {
    const { shape } = host(variable.read());
    // Larger than most initialisers, and never 0, so that every path carries a gradient; variances stay positive.
    const { data } = noisy(shape, 100 + i, 0.4);
    state[key(variable)] = float(shape, variable.trainable ? data : data.map((v) => 1 + Math.abs(v)));
  });
  const lossOf = (
    given: Tensors,
    x: tf.Tensor,
    next: Record<string, tf.Tensor>,
    values: readonly tf.Tensor[],
  ): tf.Scalar => {
    const bindings = variables.map((variable) => {
      const index = trainable.indexOf(variable);
      return { variable, tensor: (index < 0 ? given[key(variable)] : values[index]) as tf.Tensor };
    });
    const written = (variable: LayerVariable, value: tf.Tensor): void => {
      next[key(variable)] = tf.keep(value);
    };
    const predicted = withBound(bindings, written, () => model.apply(x, { training: true }) as tf.Tensor);
    const weights = tf.cos(tf.range(0, predicted.size, 1, 'float32')).reshape(predicted.shape);
    return tf.mean(tf.square(tf.sub(tf.mul(predicted, weights), 1)));
  };
  const run: Step['run'] = ({ state: given, batch }) => {
    const next: Record<string, tf.Tensor> = {};
    const loss = (...values: tf.Tensor[]): tf.Scalar => lossOf(given, batch.x as tf.Tensor, next, values);
    if (trainable.length === 0) return { state: next, outputs: { loss: loss() } };
    const { value, grads } = tf.valueAndGrads(loss)(trainable.map((variable) => given[key(variable)] as tf.Tensor));
    trainable.forEach((variable, i) => {
      next[key(variable)] = tf.sub(given[key(variable)] as tf.Tensor, tf.mul(grads[i] as tf.Tensor, 0.1));
    });
    return { state: next, outputs: { loss: value } };
  };
  const upload = ({ data, shape, dtype }: HostTensor): tf.Tensor => tf.tensor(data.slice(), [...shape], dtype);
  const evaluate = <T>(values: HostTensors, f: (given: Tensors, x: tf.Tensor) => T): T => {
    let result: T | undefined;
    tf.tidy(() => {
      const given = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, upload(value)]));
      result = f(given, upload(input));
    });
    return result as T; // tidy is synchronous
  };
  return {
    state,
    step: { name: 'train', run },
    loss: (values) =>
      evaluate(values, (given, x) => {
        const weights = trainable.map((variable) => given[key(variable)] as tf.Tensor);
        return lossOf(given, x, {}, weights).dataSync()[0] ?? Number.NaN;
      }),
    gradients: (values) =>
      evaluate(values, (given, x) => {
        const weights = trainable.map((variable) => given[key(variable)] as tf.Tensor);
        const { grads } = tf.valueAndGrads((...tensors: tf.Tensor[]) => lossOf(given, x, {}, tensors))(weights);
        return Object.fromEntries(trainable.map((variable, i) => [key(variable), host(grads[i] as tf.Tensor)]));
      }),
  };
}
