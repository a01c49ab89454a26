/**
 * @file Runs a model on probes, layer by layer, and finds which channels are the same whatever the inputs are. That a
 * channel depends on no input is read off the weights; its value is what the layers themselves compute.
 */
import type { LayerVariable } from '../../model/binding.js';
import { isContainer, layersWithin, nodeOf } from '../../model/layers.js';
import { tf } from '../../tf.js';
import * as dependence from './dependence.js';
import { constantAt, type Dependence, type Known, measured } from './known.js';

type Layer = tf.layers.Layer;
type Depends = dependence.Depends;

const each = (depends: Depends, names: string): Record<string, Depends> =>
  Object.fromEntries(names.split(' ').map((name) => [name, depends]));

/** By the name of the class. All channels of other layers may depend on the inputs. */
const DEPENDS: ReadonlyMap<string, Depends> = new Map(
  Object.entries({
    ...each(dependence.kernelled(false), 'Dense DropConnectDense Conv1D Conv2D Conv3D'),
    ...each(dependence.kernelled(true), 'Conv2DTranspose Conv3DTranspose'),
    Embedding: dependence.embedding,
    DepthwiseConv2D: dependence.depthwise,
    SeparableConv2D: dependence.separable,
    ...each(dependence.recurrent, 'SimpleRNN GRU LSTM'),
    TimeDistributed: dependence.timeDistributed,
    Activation: dependence.activation,
    BatchNormalization: dependence.batchNormalisation,
    ...each(dependence.passed, 'ReLU LeakyReLU ELU ThresholdedReLU PReLU Rescaling'),
    ...each(dependence.passed, 'Dropout SpatialDropout1D AlphaDropout GaussianDropout GaussianNoise'),
    ...each(dependence.positions, 'MaxPooling1D MaxPooling2D MaxPooling3D'),
    ...each(dependence.positions, 'AveragePooling1D AveragePooling2D AveragePooling3D'),
    ...each(dependence.positions, 'ZeroPadding2D Cropping2D UpSampling2D'),
    ...each(dependence.globalPooling, 'GlobalAveragePooling1D GlobalAveragePooling2D'),
    ...each(dependence.globalPooling, 'GlobalMaxPooling1D GlobalMaxPooling2D'),
    RepeatVector: dependence.repeatVector,
    Permute: dependence.permute,
    ...each(dependence.reshaped, 'Flatten Reshape'),
    ...each(dependence.merged, 'Add Average Maximum Minimum Multiply'),
    Concatenate: dependence.concatenated,
    HeadgateUnitSlice: dependence.sliced,
  }),
);

/** What a kernel reads, over all calls of its layer. */
export interface Reading {
  /** By row: the value that it always reads; null where there is none. */
  readonly constants: readonly (number | null)[];
  /** By row: what it reads on average over the probes. */
  readonly means: readonly number[];
  readonly unfoldable: dependence.Unfoldable | null;
  /** Calls that this is over. */
  readonly calls: number;
}

export interface Constants {
  readonly readings: ReadonlyMap<LayerVariable, Reading>;
  /** By output of the model. */
  readonly outputs: readonly Known[];
}

/** Values that channels of a layer are given in place of their own: null where they keep theirs. */
export type Instead = (layer: Layer) => readonly (number | null)[] | null;

interface State {
  readonly tensor: tf.Tensor;
  readonly known: Known;
}

/** @param probes one tensor for each input of the model, all of as many rows */
export function findConstants(model: tf.LayersModel, probes: readonly tf.Tensor[], instead: Instead): Constants {
  const readings = new Map<LayerVariable, Reading>();
  const note = (noted: dependence.Noted): void => {
    readings.set(noted.kernel, joined(readings.get(noted.kernel), noted));
  };
  // What a layer reads at one call is not known of what it reads at another.
  const unknown = new Set<LayerVariable>();
  const leave = (layer: Layer): void => {
    for (const inner of layersWithin(layer)) for (const variable of inner.weights) unknown.add(variable);
  };
  // Where an input has no fixed size, what differs from position to position differs from size to size.
  const isOpen = model.inputs.some(({ shape }) => shape.slice(1).includes(null));
  let outputs: readonly Known[] = [];
  tf.tidy(() => {
    const given = model.inputs.map((symbol, i): [tf.SymbolicTensor, State] => {
      const tensor = probes[i];
      if (tensor === undefined) throw new Error(`no probe for the input ${symbol.name}`);
      return [symbol, { tensor, known: knownOf(tensor, dependent(tensor.shape), isOpen) }];
    });
    outputs = evaluate(model.outputs, new Map(given), { note, leave, instead, isOpen }).map(({ known }) => known);
  });
  for (const variable of unknown) readings.delete(variable);
  return { readings, outputs };
}

interface Walk {
  readonly note: (noted: dependence.Noted) => void;
  /** Nothing is known of what a layer, and those inside it, read. */
  readonly leave: (layer: Layer) => void;
  readonly instead: Instead;
  readonly isOpen: boolean;
}

function evaluate(symbols: readonly tf.SymbolicTensor[], states: Map<tf.SymbolicTensor, State>, walk: Walk): State[] {
  const stateOf = (symbol: tf.SymbolicTensor): State => {
    const state = states.get(symbol);
    if (state === undefined) throw new Error(`${symbol.name} was not reached`);
    return state;
  };
  const pending = [...symbols].reverse();
  for (let symbol = pending.at(-1); symbol !== undefined; symbol = pending.at(-1)) {
    const node = nodeOf(symbol);
    const missing = states.has(symbol) ? [] : node.inputTensors.filter((input) => !states.has(input));
    if (missing.length > 0) {
      pending.push(...missing.reverse());
      continue;
    }
    pending.pop();
    if (states.has(symbol)) continue;
    const found = called(symbol.sourceLayer, node.inputTensors.map(stateOf), walk);
    for (const [i, output] of node.outputTensors.entries()) {
      const state = found[i];
      if (state !== undefined) states.set(output, state);
    }
  }
  return symbols.map(stateOf);
}

function called(layer: Layer, inputs: readonly State[], walk: Walk): readonly State[] {
  if (isContainer(layer)) {
    const given = layer.inputs.map((symbol, i): [tf.SymbolicTensor, State | undefined] => [symbol, inputs[i]]);
    const states = new Map(given.flatMap(([symbol, state]) => (state === undefined ? [] : [[symbol, state] as const])));
    return evaluate(layer.outputs, states, walk);
  }
  const [first, ...rest] = inputs.map(({ tensor }) => tensor);
  if (first === undefined) throw new Error(`the layer ${layer.name} reads nothing`);
  const outputs = [layer.apply(rest.length === 0 ? first : [first, ...rest]) as tf.Tensor | tf.Tensor[]].flat(); // of tensors
  const found = dependenceOf({
    layer,
    inputs: inputs.map(({ known }) => known),
    shapes: outputs.map((tensor) => tensor.shape),
    outputs,
    note: walk.note,
  });
  if (found === null) walk.leave(layer);
  return outputs.map((tensor, i) => replaced(tensor, found?.[i] ?? dependent(tensor.shape), layer, walk));
}

function dependenceOf(evaluated: Omit<dependence.Evaluated, 'inner'>): readonly Dependence[] | null {
  const inner = (own: Omit<dependence.Evaluated, 'note' | 'inner'>) => dependenceOf({ ...own, note: evaluated.note });
  return DEPENDS.get(evaluated.layer.getClassName())?.({ ...evaluated, inner }) ?? null;
}

const dependent = (shape: readonly number[]): Dependence => ({
  axis: shape.length - 1,
  independent: Array<boolean>(shape.at(-1) ?? 1).fill(false),
});

function replaced(tensor: tf.Tensor, own: Dependence, layer: Layer, { instead, isOpen }: Walk): State {
  const values = instead(layer);
  if (values === null || values.every((value) => value === null))
    return { tensor, known: knownOf(tensor, own, isOpen) };
  const line = tensor.shape.map((size, axis) => (axis === own.axis ? size : 1));
  const kept = values.map((value) => (value === null ? 1 : 0));
  const given = values.map((value) => value ?? 0);
  const changed = tensor.mul(tf.tensor(kept, line)).add(tf.tensor(given, line));
  const independent = own.independent.map((is, i) => is || (values[i] ?? null) !== null);
  return { tensor: changed, known: knownOf(changed, { axis: own.axis, independent }, isOpen) };
}

function knownOf(tensor: tf.Tensor, { axis, independent }: Dependence, isOpen: boolean): Known {
  const { uniform, means } = measured(tensor, axis);
  const own = isOpen ? independent.map((is, i) => is && !!uniform[i]) : independent;
  return { axis, independent: own, rank: tensor.rank, uniform, means };
}

/** A row reads a constant if it does at each call, the same. */
function joined(before: Reading | undefined, { input, unfoldable }: dependence.Noted): Reading {
  const constants = input.means.map((_, i) => constantAt({ ...input, axis: 0, rank: 0 }, i));
  if (before === undefined) return { constants, means: [...input.means], unfoldable, calls: 1 };
  const calls = before.calls + 1;
  return {
    constants: constants.map((value, i) => (before.constants[i] === value ? value : null)),
    means: input.means.map((mean, i) => ((before.means[i] ?? 0) * before.calls + mean) / calls),
    unfoldable: before.unfoldable ?? unfoldable,
    calls,
  };
}
