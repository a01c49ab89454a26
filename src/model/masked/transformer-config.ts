/** @file Options that encoder and decoder share, and the parts that both are built of. */
import { flag, number, wholeNumber } from '../../options.js';
import type { tf } from '../../tf.js';
import { shapeText, wrongShape } from './layer-config.js';
import type { OptionalMaskConfig } from './masked-layer.js';
import { type Activation, type ActivationIdentifier, activationOf } from './tfjs-classes.js';
import {
  type AddWeight,
  type Affine,
  affine,
  type Dropping,
  dropped,
  type Initialisers,
  initialisersOf,
  type Norm,
  norm,
  normalise,
  type ProjectionConfig,
  project,
} from './transformer-parts.js';
import { writtenInitialisers } from './written-initialisers.js';

type LayerConfig = NonNullable<ConstructorParameters<typeof tf.layers.Layer>[0]>;

export interface TransformerLayerConfig extends LayerConfig, ProjectionConfig, OptionalMaskConfig {
  readonly dtype?: tf.DataType;
  /** PyTorch's `nhead`. */
  readonly numHeads: number;
  /** Width between the two feed-forward layers, PyTorch's `dim_feedforward`. Default: 2048. */
  readonly feedForwardSize?: number;
  /** Share dropped in training: attention weights, what each part gives, and between the feed-forward layers. Default: 0.1. */
  readonly dropout?: number;
  /** Between the feed-forward layers. Default: `'relu'`. */
  readonly activation?: ActivationIdentifier;
  /** Added to variances. Default: 1e-5. */
  readonly epsilon?: number;
  /** Normalise before each part (as GPT-2) and not after its residual (as the paper). Default: false. */
  readonly normFirst?: boolean;
  /** Whether no position sees a later one by self-attention. Default: false. */
  readonly causal?: boolean;
  /** Whether the last of the inputs is an attention mask. Default: false. */
  readonly attentionMask?: boolean;
}

/** The options as they are used. */
export interface TransformerOptions {
  readonly numHeads: number;
  readonly feedForwardSize: number;
  readonly dropout: number;
  readonly activation: Activation;
  readonly epsilon: number;
  readonly normFirst: boolean;
  readonly causal: boolean;
  readonly attentionMask: boolean;
  readonly initialisers: Initialisers;
}

export function transformerOptions(name: string, config: TransformerLayerConfig): TransformerOptions {
  const at = (option: string): string => `${name}.${option}`;
  return {
    numHeads: wholeNumber({ least: 1 }).read(config.numHeads, at('numHeads')),
    feedForwardSize: wholeNumber({ least: 1 }).read(config.feedForwardSize ?? 2048, at('feedForwardSize')),
    dropout: number({ least: 0, below: 1 }).read(config.dropout ?? 0.1, at('dropout')),
    activation: activationOf(config.activation ?? 'relu'),
    epsilon: number({ above: 0 }).read(config.epsilon ?? 1e-5, at('epsilon')),
    normFirst: flag.read(config.normFirst ?? false, at('normFirst')),
    causal: flag.read(config.causal ?? false, at('causal')),
    attentionMask: flag.read(config.attentionMask ?? false, at('attentionMask')),
    initialisers: initialisersOf(config),
  };
}

/** `undefined` while the base class makes the layer and asks for the names of its options. */
export function writtenOptions(own: TransformerOptions | undefined): tf.serialization.ConfigDict {
  return {
    numHeads: own?.numHeads ?? null,
    feedForwardSize: own?.feedForwardSize ?? null,
    dropout: own?.dropout ?? null,
    activation: own?.activation.getClassName() ?? null,
    epsilon: own?.epsilon ?? null,
    normFirst: own?.normFirst ?? null,
    causal: own?.causal ?? null,
    attentionMask: own?.attentionMask ?? null,
    ...writtenInitialisers(own?.initialisers),
  };
}

/**
 * The size of `[batch, steps, size]`, which the heads divide.
 *
 * @throws HeadgateError `WRONG_SHAPE`
 */
export function requireSize(layer: tf.layers.Layer, shape: tf.Shape | undefined, numHeads: number): number {
  const size = shape?.[2];
  if (shape?.length === 3 && typeof size === 'number' && size % numHeads === 0) return size;
  throw wrongShape(layer, {
    problem: 'the heads must divide the size of each step',
    expected: `[batch, steps, a multiple of numHeads, ${numHeads}]`,
    received: shape === undefined ? 'no input' : shapeText(shape),
    mend: 'Choose another `numHeads`.',
  });
}

export interface FeedForward {
  readonly first: Affine;
  readonly second: Affine;
}

export function feedForward(add: AddWeight, size: number, own: TransformerOptions): FeedForward {
  return {
    first: affine(add, 'feed_forward_1', [size, own.feedForwardSize], own.initialisers),
    second: affine(add, 'feed_forward_2', [own.feedForwardSize, size], own.initialisers),
  };
}

export function norms(add: AddWeight, count: number, size: number, { epsilon }: TransformerOptions): Norm[] {
  return Array.from({ length: count }, (_, i) => norm(add, `norm_${i + 1}`, size, epsilon));
}

/** linear → activation → dropout → linear. */
export function fed(
  x: tf.Tensor,
  { first, second }: FeedForward,
  { activation }: TransformerOptions,
  drop: (x: tf.Tensor) => tf.Tensor,
): tf.Tensor {
  return project(drop(activation.apply(project(x, first))), second);
}

/** One part with its residual: `norm(x + dropout(part(x)))`, or `x + dropout(part(norm(x)))` where the norm comes first. */
export function withResidual(
  x: tf.Tensor,
  own: Norm,
  { normFirst }: TransformerOptions,
  drop: (x: tf.Tensor) => tf.Tensor,
  part: (x: tf.Tensor) => tf.Tensor,
): tf.Tensor {
  return normFirst ? x.add(drop(part(normalise(x, own)))) : normalise(x.add(drop(part(x))), own);
}

/** The layer's dropout during one call. */
export function dropping(layer: Dropping, rate: number, training: boolean): (x: tf.Tensor) => tf.Tensor {
  return (x) => dropped(layer, x, rate, training);
}
