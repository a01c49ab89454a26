/** @file What attention, encoder and decoder layers are made of: projections, normalisation, feed-forward, dropout. */
import { layerNormalised } from '../../engine/layers/normalisation.js';
import { tf } from '../../tf.js';
import { type AttentionOptions, attend, mergeHeads, splitHeads } from './attention.js';
import { type Initializer, type InitializerIdentifier, initializerOf } from './tfjs-classes.js';

/** Adds a weight to the layer that is being built. */
export type AddWeight = (name: string, shape: number[], initializer: Initializer) => tf.LayerVariable;

export interface Affine {
  readonly kernel: tf.LayerVariable;
  readonly bias: tf.LayerVariable | null;
}

export interface Initialisers {
  readonly kernel: Initializer;
  /** Null for no biases. */
  readonly bias: Initializer | null;
}

/** Options of every layer here. */
export interface ProjectionConfig {
  /** Default: true. */
  readonly useBias?: boolean;
  /** Default: `'glorotUniform'`. */
  readonly kernelInitializer?: InitializerIdentifier;
  /** Default: `'zeros'`. */
  readonly biasInitializer?: InitializerIdentifier;
}

export function initialisersOf({ useBias = true, ...config }: ProjectionConfig): Initialisers {
  return {
    kernel: initializerOf(config.kernelInitializer ?? 'glorotUniform'),
    bias: useBias ? initializerOf(config.biasInitializer ?? 'zeros') : null,
  };
}

export function affine(add: AddWeight, name: string, [from, to]: readonly [number, number], own: Initialisers): Affine {
  const kernel = add(`${name}_kernel`, [from, to], own.kernel);
  return { kernel, bias: own.bias === null ? null : add(`${name}_bias`, [to], own.bias) };
}

/** `[batch, steps, from]` -> `[batch, steps, to]`, as one matrix product. */
export function project(x: tf.Tensor, { kernel, bias }: Affine): tf.Tensor {
  const weights = kernel.read();
  const [from = 0, to = 0] = weights.shape;
  const y = tf.matMul(x.reshape<tf.Tensor2D>([-1, from]), weights as tf.Tensor2D); // of `affine`
  const moved = bias === null ? y : y.add(bias.read());
  return moved.reshape([...x.shape.slice(0, -1), to]);
}

export interface Projections {
  readonly query: Affine;
  readonly key: Affine;
  readonly value: Affine;
  readonly output: Affine;
}

/** Sizes of the last axes. */
export interface AttentionSizes {
  readonly query: number;
  readonly key: number;
  readonly value: number;
  /** Of all heads together. */
  readonly inner: number;
}

export function projections(add: AddWeight, prefix: string, sizes: AttentionSizes, own: Initialisers): Projections {
  return {
    query: affine(add, `${prefix}query`, [sizes.query, sizes.inner], own),
    key: affine(add, `${prefix}key`, [sizes.key, sizes.inner], own),
    value: affine(add, `${prefix}value`, [sizes.value, sizes.inner], own),
    output: affine(add, `${prefix}output`, [sizes.inner, sizes.query], own),
  };
}

export interface Attended {
  readonly query: tf.Tensor;
  readonly key: tf.Tensor;
  readonly value: tf.Tensor;
}

/** Multi-head attention, scores scaled by 1/√d of one head. */
export function multiHead(
  given: Attended,
  { query, key, value, output }: Projections,
  heads: number,
  options: Omit<AttentionOptions, 'scale'>,
): tf.Tensor {
  const [q, k, v] = [
    splitHeads(project(given.query, query), heads),
    splitHeads(project(given.key, key), heads),
    splitHeads(project(given.value, value), heads),
  ];
  const scale = 1 / Math.sqrt(q.shape.at(-1) ?? 1);
  return project(mergeHeads(attend(q, k, v, { ...options, scale })), output);
}

export interface Norm {
  readonly gamma: tf.LayerVariable;
  readonly beta: tf.LayerVariable;
  readonly epsilon: number;
}

export function norm(add: AddWeight, name: string, size: number, epsilon: number): Norm {
  return {
    gamma: add(`${name}_gamma`, [size], tf.initializers.ones()),
    beta: add(`${name}_beta`, [size], tf.initializers.zeros()),
    epsilon,
  };
}

/** Layer normalisation over the last axis (Ba et al., 2016). */
export function normalise(x: tf.Tensor, { gamma, beta, epsilon }: Norm): tf.Tensor {
  return layerNormalised(x, [x.rank - 1], epsilon, { gamma: gamma.read(), beta: beta.read() });
}

/** A layer that draws noise: a Headgate project sets `dropoutFunc`, so that a step draws from its own generator. */
export interface Dropping {
  dropoutFunc: ((x: tf.Tensor, rate: number) => tf.Tensor) | null;
}

/** In training only. */
export function dropped(layer: Dropping, x: tf.Tensor, rate: number, training: boolean): tf.Tensor {
  if (!training || rate === 0) return x;
  return layer.dropoutFunc === null ? tf.dropout(x, rate) : layer.dropoutFunc(x, rate);
}
