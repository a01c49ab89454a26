/**
 * @file What a backbone computes, apart from its weights: each use of a layer with its class, its settings and what it
 * reads. Two backbones of equal fingerprints and equal weights give equal features.
 */
import type { tf } from '../tf.js';
import { childrenOf, isContainer, nodeOf } from './layers.js';
import { type BackboneNames, ownVariables } from './tensors.js';

type Layer = tf.layers.Layer;
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** One use of a layer. Noise layers do nothing in inference and are left out: what reads them reads what they read. */
export interface LayerPrint {
  /** For messages; a layer may be renamed. */
  readonly path: string;
  readonly class: string;
  /** Settings that its values depend on, without names, initialisers, penalties and constraints. */
  readonly config: Json;
  /** Uses that it reads, by place in the list, with the place among their outputs. */
  readonly reads: readonly (readonly [use: number, output: number])[];
  /** Names of the parameters that it holds itself. */
  readonly parameters: readonly string[];
  /** The layers inside. */
  readonly inner: readonly LayerPrint[];
}

export interface Fingerprint {
  readonly uses: readonly LayerPrint[];
  /** By feature, the use that gives it and the place among its outputs. */
  readonly features: Readonly<Record<string, readonly [use: number, output: number]>>;
}

/** @param features those that tasks read */
export function fingerprintOf(features: ReadonlyMap<string, tf.SymbolicTensor>, names: BackboneNames): Fingerprint {
  // Whatever order a backbone gives them in.
  const sorted = [...features].sort(([a], [b]) => (a < b ? -1 : 1));
  const walk = walkUses(
    sorted.map(([, tensor]) => tensor),
    { ...names, inputName: (layer) => layer.name },
  );
  return { uses: walk.uses, features: Object.fromEntries(sorted.map(([name], i) => [name, at(walk.outputs, i)])) };
}

interface Walk extends BackboneNames {
  /** What tells one input of the model that is walked from another. */
  readonly inputName: (layer: Layer) => string;
}

type Place = readonly [use: number, output: number];

/** Noise for training; nothing in inference. */
const NOISE = new Set(['Dropout', 'SpatialDropout1D', 'AlphaDropout', 'GaussianDropout', 'GaussianNoise']);

function walkUses(
  tensors: readonly tf.SymbolicTensor[],
  walk: Walk,
): { readonly uses: readonly LayerPrint[]; readonly outputs: readonly Place[] } {
  const uses: LayerPrint[] = [];
  const places = new Map<tf.SymbolicTensor, Place>();
  const pending = [...tensors].reverse();
  for (let tensor = pending.at(-1); tensor !== undefined; tensor = pending.at(-1)) {
    if (places.has(tensor)) {
      pending.pop();
      continue;
    }
    const layer = tensor.sourceLayer;
    const node = nodeOf(tensor);
    const inputs = layer.getClassName() === 'InputLayer' ? [] : node.inputTensors;
    const missing = inputs.filter((input) => !places.has(input));
    if (missing.length > 0) {
      pending.push(...missing.reverse());
      continue;
    }
    const reads = inputs.map((input) => placeOf(places, input));
    if (NOISE.has(layer.getClassName())) {
      places.set(tensor, at(reads, 0));
      continue;
    }
    for (const [i, output] of node.outputTensors.entries()) places.set(output, [uses.length, i]);
    uses.push({ ...printOf(layer, walk), reads });
  }
  return { uses, outputs: tensors.map((tensor) => placeOf(places, tensor)) };
}

function printOf(layer: Layer, walk: Walk): Omit<LayerPrint, 'reads'> {
  const name = layer.getClassName();
  const path = walk.paths.get(layer) ?? layer.name; // inputs of nested models have no path of their own
  if (name === 'InputLayer') {
    return { path, class: name, config: { input: walk.inputName(layer) }, parameters: [], inner: [] };
  }
  if (isContainer(layer)) {
    const inputs: readonly Layer[] = layer.inputs.map((input) => input.sourceLayer);
    const inputName = (inner: Layer): string => String(inputs.indexOf(inner));
    const { uses, outputs } = walkUses(layer.outputs, { ...walk, inputName });
    return { path, class: 'model', config: { outputs }, parameters: [], inner: uses };
  }
  const inner = childrenOf(layer).map((child): LayerPrint => ({ ...printOf(child.layer, walk), reads: [] }));
  const parameters = ownVariables(layer).map(([variable]) => walk.names.get(variable)?.name ?? variable.originalName);
  return { path, class: name, config: settings(layer), parameters, inner };
}

/** Of any layer: what it is called, how its weights begin and are held, and layers inside, which are printed apart. */
const OF_ANY =
  /^(name|trainable|dtype|inputDType|batchSize|batchInputShape|inputShape|weights|activityRegularizer|layers?|cells?|inputLayers|outputLayers)$|(Initializer|Regularizer|Constraint)$/;
/** Of tfjs's own and ours: what matters in training alone, or to how fast it runs. */
const OF_CLASS: Readonly<Record<string, RegExp>> = {
  BatchNormalization: /^momentum$/,
  ...Object.fromEntries(
    [
      'PositionalEncoding',
      'MaskedMultiHeadAttention',
      'MaskedTransformerEncoderLayer',
      'MaskedTransformerDecoderLayer',
    ].map((name) => [name, /^dropout$/]),
  ),
  ...Object.fromEntries(
    ['SimpleRNN', 'GRU', 'LSTM', 'ConvLSTM2D', 'RNN'].flatMap((name) => [
      [name, /^(dropout|recurrentDropout|implementation|unroll|unitForgetBias)$/],
      [`${name}Cell`, /^(dropout|recurrentDropout|implementation|unroll|unitForgetBias)$/],
    ]),
  ),
};

function settings(layer: Layer): Json {
  const ofClass = OF_CLASS[layer.getClassName()];
  const fields = Object.entries(layer.getConfig()).filter(([key]) => !OF_ANY.test(key) && !ofClass?.test(key));
  return plain(Object.fromEntries(fields));
}

/** JSON with sorted keys, whatever a layer's configuration holds; numbers that JSON has not as text. */
function plain(value: unknown): Json {
  if (value === null || value === undefined) return null;
  if (typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object') return typeof value; // the text of a function depends on who compiled it
  const entries = Object.entries(value).filter(([, part]) => part !== undefined && part !== null);
  return Object.fromEntries(
    entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, part]): [string, Json] => [key, plain(part)]),
  );
}

function placeOf(places: ReadonlyMap<tf.SymbolicTensor, Place>, tensor: tf.SymbolicTensor): Place {
  const place = places.get(tensor);
  if (place === undefined) throw new Error(`${tensor.name} was not reached`);
  return place;
}

function at<T>(values: readonly T[], index: number): T {
  const value = values[index];
  if (value === undefined) throw new Error(`there is no element ${index}`);
  return value;
}
