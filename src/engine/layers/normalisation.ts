/**
 * @file Batch and layer normalisation, where tfjs's own calls fail or tile: batch normalisation without scale or centre
 * reads a weight that is not there, along another axis than the last it cannot be differentiated, and above rank 4 it is
 * not written; layer normalisation tiles its statistics over every row and position.
 */
import { tf } from '../../tf.js';
import { sumTo } from '../gradients/broadcast.js';
import type { Call } from './call.js';

interface Variable {
  read(): tf.Tensor;
  write(value: tf.Tensor): unknown;
}

/** The fields of tfjs's class that are read here. */
interface BatchNormalization {
  readonly axis: number;
  readonly epsilon: number;
  readonly momentum: number;
  readonly gamma?: Variable | null;
  readonly beta?: Variable | null;
  readonly movingMean: Variable;
  readonly movingVariance: Variable;
}

interface LayerNormalization {
  readonly axis: readonly number[];
  readonly epsilon: number;
  readonly gamma: Variable | null;
  readonly beta: Variable | null;
}

interface Statistics {
  readonly mean: tf.Tensor;
  readonly variance: tf.Tensor;
}

/** (x - mean) / √(variance + ε) · scale + offset, all broadcast (Ioffe & Szegedy, ICML 2015). */
function normalise(
  x: tf.Tensor,
  { mean, variance }: Statistics,
  epsilon: number,
  scale: tf.Tensor | null,
  offset: tf.Tensor | null,
): tf.Tensor {
  const normal = x.sub(mean).mul(variance.add(epsilon).rsqrt());
  const scaled = scale === null ? normal : normal.mul(scale);
  return offset === null ? scaled : scaled.add(offset);
}

/** The shape in which weights of the axes `kept` meet `x`. */
function shapeAlong(x: tf.Tensor, kept: readonly number[]): number[] {
  return x.shape.map((size, axis) => (kept.includes(axis) ? size : 1));
}

export function batchNormalization(original: Call): Call {
  return function call(this: tf.layers.Layer, inputs, kwargs) {
    const layer = this as unknown as BatchNormalization; // registered for this class
    const x = [inputs].flat()[0] as tf.Tensor; // the layer takes one tensor
    const along = layer.axis < 0 ? layer.axis + x.rank : layer.axis;
    const isPlain = along === x.rank - 1 && x.rank <= 4 && layer.gamma && layer.beta;
    if (isPlain) return original.call(this, inputs, kwargs);
    return tf.tidy(() => {
      const shape = shapeAlong(x, [along]);
      const read = (variable: Variable | null | undefined): tf.Tensor | null => variable?.read().reshape(shape) ?? null;
      const others = x.shape.map((_, axis) => axis).filter((axis) => axis !== along);
      if (!kwargs.training) {
        const moving = { mean: layer.movingMean.read(), variance: layer.movingVariance.read() };
        const broadcast = { mean: moving.mean.reshape(shape), variance: moving.variance.reshape(shape) };
        return normalise(x, broadcast, layer.epsilon, read(layer.gamma), read(layer.beta));
      }
      const { mean, variance } = tf.moments(x, others, true);
      follow(layer.movingMean, mean, layer.momentum);
      follow(layer.movingVariance, variance, layer.momentum);
      return normalise(x, { mean, variance }, layer.epsilon, read(layer.gamma), read(layer.beta));
    });
  };
}

/** A moving average takes its step towards `value`, as tfjs writes it. */
function follow(average: Variable, value: tf.Tensor, momentum: number): void {
  tf.tidy(() => {
    const before = average.read();
    average.write(before.sub(before.sub(value.reshape(before.shape)).mul(1 - momentum)));
  });
}

/** What layer normalisation does to the numbers that it normalised. */
export interface Affine {
  readonly gamma: tf.Tensor | null;
  readonly beta: tf.Tensor | null;
}

/**
 * Layer normalisation over `axes` (Ba, Kiros & Hinton, 2016): y = n·γ + β with n = (x - mean)·r, r = 1 / √(variance + ε). Its
 * gradient, of g = dy·γ, is r·(g - mean g - n·mean(g·n)): fewer passes over memory than the gradients of the formula's parts.
 *
 * @param affine shaped so that they meet `x`
 */
export function layerNormalised(x: tf.Tensor, axes: readonly number[], epsilon: number, affine: Affine): tf.Tensor {
  const along = [...axes];
  const { gamma, beta } = affine;
  const given = [x, gamma, beta].filter((one) => one !== null);
  return tf.customGrad((...inputs) => {
    // tfjs types these as a union: the tensors come first, the function that saves them last
    const [values, save] = [inputs.slice(0, -1) as tf.Tensor[], inputs.at(-1) as tf.GradSaveFunc];
    const own = values[0] as tf.Tensor; // `given`
    const centred = own.sub(own.mean(along, true));
    const factor = centred.square().mean(along, true).add(epsilon).rsqrt();
    const normal = centred.mul(factor);
    const [scale, offset] = [
      gamma === null ? null : (values[1] as tf.Tensor),
      beta === null ? null : (values.at(-1) as tf.Tensor),
    ];
    save([normal, factor, ...(scale === null ? [] : [scale])]);
    const scaled = scale === null ? normal : normal.mul(scale);
    return {
      value: offset === null ? scaled : scaled.add(offset),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [n, r, kept] = saved as [tf.Tensor, tf.Tensor, tf.Tensor?]; // as they were saved
        const g = kept === undefined ? dy : dy.mul(kept);
        const slope = g
          .sub(g.mean(along, true))
          .sub(n.mul(g.mul(n).mean(along, true)))
          .mul(r);
        const slopes = [slope];
        if (gamma !== null) slopes.push(sumTo(dy.mul(n), gamma.shape));
        if (beta !== null) slopes.push(sumTo(dy, beta.shape));
        return slopes;
      },
    };
  })(...given);
}

export function layerNormalization(): Call {
  return function call(this: tf.layers.Layer, inputs) {
    const layer = this as unknown as LayerNormalization; // registered for this class
    const x = [inputs].flat()[0] as tf.Tensor; // the layer takes one tensor
    return tf.tidy(() => {
      const shape = shapeAlong(x, layer.axis);
      const read = (variable: Variable | null): tf.Tensor | null => variable?.read().reshape(shape) ?? null;
      return layerNormalised(x, layer.axis, layer.epsilon, { gamma: read(layer.gamma), beta: read(layer.beta) });
    });
  };
}
