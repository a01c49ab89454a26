/** @file A model with the same weights and other layers: masked ones in place of plain ones, or the other way round. */
import { invalidOption, listOf, optional, readOptions, text, withDefault } from '../../options.js';
import { tf } from '../../tf.js';
import { assign } from '../binding.js';
import { childrenOf, layersWithin } from '../layers.js';
import './custom-objects.js'; // a model is made again from registered classes
import { requireModel, requireNames } from './mask-targets.js';
import { isMaskedLayer } from './masked-layer.js';
import { effectiveWeight } from './weight-view.js';

/** Plain layer -> the same with masks. */
const MASKED: Readonly<Record<string, string>> = {
  Dense: 'MaskedDense',
  Conv1D: 'MaskedConv1D',
  Conv2D: 'MaskedConv2D',
  Conv3D: 'MaskedConv3D',
  Conv2DTranspose: 'MaskedConv2DTranspose',
  DepthwiseConv2D: 'MaskedDepthwiseConv2D',
  MultiDense: 'MultiMaskedDense',
  MultiConv2D: 'MultiMaskedConv2D',
  MultiConv3D: 'MultiMaskedConv3D',
};
const PLAIN: Readonly<Record<string, string>> = Object.fromEntries(Object.entries(MASKED).map(([a, b]) => [b, a]));

/** A layer in a model's configuration. */
interface Written {
  readonly className: string;
  readonly config: Readonly<Record<string, unknown>>;
}

/**
 * A new model without masks: `MaskedDense` becomes `tf.layers.dense`, `MultiMaskedConv2D` becomes `MultiConv2D`, and so
 * on, attention and transformer layers become themselves with `masked: false`; nested models, too. Weights are what the
 * masked layers compute with, weight ⊙ mask, so that the outputs are the same to the bit. Names, frozen layers and all
 * options stay; the new model is not compiled, the given one is left as it is.
 *
 * @throws HeadgateError `INVALID_OPTIONS` for anything but a model of layers
 * @example
 * const x = tf.input({ shape: [8] });
 * const model = tf.model({ inputs: x, outputs: new MaskedDense({ units: 1 }).apply(x) as tf.SymbolicTensor });
 * const plain = removeLayerMasks(model);
 */
export function removeLayerMasks(model: tf.LayersModel): tf.LayersModel {
  requireModel(model, 'removeLayerMasks');
  return converted(model, ({ className, config: { maskInitializer: _, ...config } }) => {
    const plain = PLAIN[className];
    if (plain !== undefined) return { className: plain, config };
    return 'masked' in config ? { className, config: { ...config, masked: false } } : null;
  });
}

export interface AddLayerMasksOptions {
  /** Names of the layers that get masks, at any depth; default: all that can. */
  readonly include?: readonly string[] | undefined;
  /** Names of layers that get none, such as the heads. */
  readonly exclude?: readonly string[] | undefined;
}

/**
 * A new model with masks of ones: dense, convolution, Multi and unmasked attention layers become their masked twins,
 * with the same weights, names and options; nested models, too. The new model is not compiled, the given one is left as
 * it is.
 *
 * @throws HeadgateError `UNKNOWN_LAYER` for a name that no layer has, `INVALID_OPTIONS` at `layer.option` for an option
 *   that the masked twin does not have or tfjs does not write: none is lost in silence
 * @example
 * const x = tf.input({ shape: [8] });
 * const model = tf.model({ inputs: x, outputs: tf.layers.dense({ units: 1 }).apply(x) as tf.SymbolicTensor });
 * maskModel(addLayerMasks(model), { sparsity: 0.5, method: 'magnitude' });
 */
export function addLayerMasks(model: tf.LayersModel, options: AddLayerMasksOptions = {}): tf.LayersModel {
  requireModel(model, 'addLayerMasks');
  const schema = { include: optional(listOf(text)), exclude: withDefault(listOf(text), []) };
  const { include, exclude } = readOptions('addLayerMasks', schema, options);
  const layers = layersWithin(model);
  requireNames(layers, include ?? [], 'addLayerMasks.include');
  requireNames(layers, exclude, 'addLayerMasks.exclude');
  const isWanted = (name: string): boolean => (include?.includes(name) ?? true) && !exclude.includes(name);
  for (const layer of layers) if (isWanted(layer.name)) refuseMiswritten(layer);
  return converted(model, ({ className, config }) => {
    if (!isWanted(String(config.name))) return null;
    const masked = MASKED[className];
    if (masked !== undefined) return { className: masked, config };
    return config.masked === false ? { className, config: { ...config, masked: true } } : null;
  });
}

/** tfjs writes the regulariser of a depthwise convolution in the place of its constraint. */
function refuseMiswritten(layer: tf.layers.Layer): void {
  if (layer.getClassName() !== 'DepthwiseConv2D') return;
  for (const name of ['depthwiseConstraint', 'depthwiseRegularizer']) {
    const value: unknown = Reflect.get(layer, name);
    if (value === null || value === undefined) continue;
    throw invalidOption(`${layer.name}.${name}`, value, {
      expected: 'a depthwise convolution without it, or one that `exclude` leaves out',
      problem: 'tfjs does not write this option of DepthwiseConv2D as it is, so that it would be lost',
    });
  }
}

function converted(model: tf.LayersModel, change: (layer: Written) => Written | null): tf.LayersModel {
  const Own = model.constructor as typeof tf.LayersModel; // or `tf.Sequential`, which has the same
  const config = rewritten(model.getConfig(), change) as tf.serialization.ConfigDict; // as it was, but for layers
  // The weights are written below: initialisers need not draw them.
  const made = Own.fromConfig(Own as never, config, {}, true) as tf.LayersModel; // tfjs's types want an abstract class
  const copies = layersWithin(made);
  tf.tidy(() => {
    for (const [i, layer] of layersWithin(model).entries()) {
      const copy = copies[i];
      if (copy === undefined) throw new Error(`${layer.name} was not made again`);
      copyWeights(layer, copy);
      if (copy.trainable !== layer.trainable) copy.trainable = layer.trainable;
    }
  });
  return made;
}

/** The configuration with every layer in it, wrapped and nested ones too, as `change` has it; null leaves it. */
function rewritten(value: unknown, change: (layer: Written) => Written | null): unknown {
  if (Array.isArray(value)) return value.map((one) => rewritten(one, change));
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  const own = isWritten(value) ? { ...value, ...change(value) } : value;
  return Object.fromEntries(Object.entries(own).map(([name, part]) => [name, rewritten(part, change)]));
}

function isWritten(value: object): value is Written {
  return 'className' in value && 'config' in value && typeof value.config === 'object' && value.config !== null;
}

/** By name: a layer that gains or loses masks has the others' names, and frozen layers another order. */
function copyWeights(from: tf.layers.Layer, to: tf.layers.Layer): void {
  const given = ownWeights(from);
  const own = ownWeights(to);
  const masks = new Map(isMaskedLayer(from) ? from.maskedWeights.map(({ weight, mask }) => [weight, mask]) : []);
  for (const [name, variable] of own) {
    const source = given.get(name);
    const mask = source && masks.get(source);
    if (source === undefined) {
      assign(variable, tf.onesLike(variable.read())); // a new mask
    } else if (mask !== undefined && !own.has(`${name}_mask`)) {
      assign(variable, effectiveWeight(source, mask));
    } else assign(variable, source.read().clone());
    if (source !== undefined && variable.trainable !== source.trainable) variable.trainable = source.trainable;
  }
}

/** By the last part of its name; those of layers inside are theirs. */
function ownWeights(layer: tf.layers.Layer): Map<string, tf.LayerVariable> {
  const inner = new Set(childrenOf(layer).flatMap((child) => child.layer.weights));
  const own = layer.weights.filter((variable) => !inner.has(variable));
  return new Map(own.map((variable) => [variable.originalName.split('/').at(-1) ?? '', variable]));
}
