/** @file The weights of a model that are to be masked. */
import { didYouMean, HeadgateError, listed, show } from '../../errors.js';
import { tf } from '../../tf.js';
import { layersWithin } from '../layers.js';
import { isMaskedLayer, type MaskedLayer, type MaskedWeight } from './masked-layer.js';
import { isMultiLayer } from './multi-layer.js';

export interface MaskTarget extends MaskedWeight {
  readonly layer: MaskedLayer;
  /** Number of tasks whose parts lie behind one another in the weight; 1 for layers of one input. */
  readonly tasks: number;
}

export interface TargetOptions {
  readonly biases: boolean;
  readonly include: readonly string[] | undefined;
  readonly exclude: readonly string[];
}

/**
 * Masked layers at any depth, in the model's order, and what they mask.
 *
 * @param path the function that is called, for messages
 * @throws HeadgateError `UNKNOWN_LAYER` for a name of `include` or `exclude` that no layer has, `NOTHING_TO_MASK`
 */
export function maskTargets(model: tf.LayersModel, options: TargetOptions, path: string): MaskTarget[] {
  const layers = layersWithin(model);
  requireNames(layers, options.include ?? [], `${path}.include`);
  requireNames(layers, options.exclude, `${path}.exclude`);
  const isWanted = (name: string): boolean =>
    (options.include?.includes(name) ?? true) && !options.exclude.includes(name);
  const masked = layers.filter(isMaskedLayer).filter((layer) => isWanted(layer.name));
  const targets = masked.flatMap((layer) =>
    layer.maskedWeights
      .filter(({ name }) => options.biases || !name.endsWith('bias'))
      .map((one) => ({ ...one, layer, tasks: isMultiLayer(layer) ? layer.taskCount : 1 })),
  );
  if (targets.length > 0) return targets;
  throw new HeadgateError({
    code: 'NOTHING_TO_MASK',
    path,
    problem: 'no layer of the model that is wanted has masks',
    expected: 'MaskedDense, MultiMaskedConv2D or another masked layer',
    received: listed(new Set(layers.map((layer) => layer.getClassName()))),
    mend: 'Build the model of masked layers, or make one by `addLayerMasks(model)`.',
  });
}

/** @throws HeadgateError `UNKNOWN_LAYER` */
export function requireNames(layers: readonly tf.layers.Layer[], names: readonly string[], path: string): void {
  const known = layers.map((layer) => layer.name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new HeadgateError({
    code: 'UNKNOWN_LAYER',
    path,
    problem: 'the model has no layer of this name, at any depth',
    expected: `some of: ${listed(known)}`,
    received: show(unknown),
    suggestion: didYouMean(unknown, known),
  });
}

/** @throws HeadgateError `INVALID_OPTIONS` for anything but a model of layers */
export function requireModel(model: unknown, path: string): asserts model is tf.LayersModel {
  if (model instanceof tf.LayersModel) return;
  throw new HeadgateError({
    code: 'INVALID_OPTIONS',
    path: `${path}.model`,
    problem: 'it is no model of layers',
    expected: 'what `tf.model`, `tf.sequential` or `tf.loadLayersModel` gives',
    received: show(model),
  });
}
