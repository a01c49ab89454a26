/** @file A model anew, of smaller layers: new instances throughout, with the weights of the units that are left. */
import type { LayerVariable } from '../../model/binding.js';
import { childrenOf, isContainer, nodeOf } from '../../model/layers.js';
import { ownVariables } from '../../model/tensors.js';
import type { UnitTrace } from '../../model/units/graph.js';
import { tf } from '../../tf.js';
import { type Configuration, type Resize, resizedConfiguration } from './configuration.js';
import type { Folds } from './fold.js';
import { type MovedWeight, moveWeights } from './move-weights.js';
import { notRebuilt } from './not-rebuilt.js';

type Layer = tf.layers.Layer;
type Symbols = readonly tf.SymbolicTensor[];

export interface Plan {
  readonly trace: UnitTrace;
  /** By unit. */
  readonly isGone: readonly boolean[];
  readonly folds: Folds;
}

export interface Rebuilt {
  readonly model: tf.LayersModel;
  /** The new layer of each old one. */
  readonly layers: ReadonlyMap<Layer, Layer>;
  /** Where each parameter of the new layers came from. */
  readonly moves: ReadonlyMap<LayerVariable, MovedWeight>;
}

/**
 * The same graph of layers, of the same names. The old model is not changed.
 *
 * @throws HeadgateError `LAYER_NOT_REBUILT` for a layer whose class does not make it again from its own configuration
 */
export function rebuild(model: tf.LayersModel, plan: Plan): Rebuilt {
  const layers = new Map<Layer, Layer>();
  const moves = new Map<LayerVariable, MovedWeight>();
  const inputs = model.inputs.map((input) => inputLike(input, input.shape));
  try {
    const rebuilt = modelLike(model, inputs, { ...plan, layers });
    const pairs = [...layers].filter(([old]) => !isContainer(old));
    for (const [old, made] of pairs) moveWeights(old, made, { ...plan, graph: plan.trace.graph }, moves);
    return { model: rebuilt, layers: layers.set(model, rebuilt), moves };
  } catch (error) {
    for (const variable of new Set([...layers.values()].flatMap((made) => made.weights))) variable.dispose();
    throw error;
  }
}

interface Work extends Plan {
  readonly layers: Map<Layer, Layer>;
}

function inputLike(input: tf.SymbolicTensor, shape: readonly (number | null)[]): tf.SymbolicTensor {
  return tf.input({ batchShape: [...shape], name: input.sourceLayer.name, dtype: input.dtype });
}

function modelLike(old: tf.LayersModel, inputs: Symbols, work: Work): tf.LayersModel {
  const known = new Map(old.inputs.map((symbol, i) => [symbol, inputs[i] as tf.SymbolicTensor])); // one for each
  const outputs = applied(old.outputs, known, work);
  const made = tf.model({ name: old.name, inputs: [...inputs], outputs: [...outputs] });
  if (!old.trainable) made.trainable = false;
  return made;
}

function applied(symbols: Symbols, known: Map<tf.SymbolicTensor, tf.SymbolicTensor>, work: Work): Symbols {
  const newOf = (symbol: tf.SymbolicTensor): tf.SymbolicTensor => {
    const found = known.get(symbol);
    if (found === undefined) throw new Error(`${symbol.name} was not reached`);
    return found;
  };
  const pending = [...symbols].reverse();
  for (let symbol = pending.at(-1); symbol !== undefined; symbol = pending.at(-1)) {
    const node = nodeOf(symbol);
    const missing = known.has(symbol) ? [] : node.inputTensors.filter((input) => !known.has(input));
    if (missing.length > 0) {
      pending.push(...missing.reverse());
      continue;
    }
    pending.pop();
    if (known.has(symbol)) continue;
    const inputs = node.inputTensors.map(newOf);
    const layer = layerLike(
      symbol.sourceLayer,
      inputs.map(({ shape }) => shape),
      work,
    );
    const { initialState: _, constants: __, ...rest } = node.callArgs ?? {}; // states are among the inputs
    // Of one input, or of several; as many outputs as the old layer gave.
    const given = layer.apply(inputs.length === 1 ? (inputs[0] as tf.SymbolicTensor) : inputs, rest);
    const outputs = [given as tf.SymbolicTensor | tf.SymbolicTensor[]].flat(); // of symbolic inputs
    for (const [i, output] of node.outputTensors.entries()) known.set(output, outputs[i] as tf.SymbolicTensor);
  }
  return symbols.map(newOf);
}

/** Each layer once, also where it is called in several places. */
function layerLike(old: Layer, shapes: readonly tf.Shape[], work: Work): Layer {
  const known = work.layers.get(old);
  if (known !== undefined) return known;
  const made = isContainer(old) ? nestedLike(old, shapes, work) : smaller(old, shapes, work);
  work.layers.set(old, made);
  return made;
}

function nestedLike(old: tf.LayersModel, shapes: readonly tf.Shape[], work: Work): tf.LayersModel {
  return modelLike(
    old,
    old.inputs.map((input, i) => inputLike(input, [input.shape[0] ?? null, ...(shapes[i] ?? []).slice(1)])),
    work,
  );
}

function smaller(old: Layer, shapes: readonly tf.Shape[], work: Work): Layer {
  const config = resizedConfiguration(old, resizeOf(old, work));
  if (old.getClassName() === 'TimeDistributed') {
    const inner: Layer = Reflect.get(old, 'layer');
    config.layer = layerLike(
      inner,
      shapes.map(([batch = null, , ...rest]) => [batch, ...rest]),
      work,
    );
    return ready(constructed(old, config), old);
  }
  return ready(fromConfiguration(old, config), old);
}

/** What initialisers would draw is overwritten. */
function ready(made: Layer, old: Layer): Layer {
  made.setFastWeightInitDuringBuild(true);
  if (!old.trainable) made.trainable = false;
  return made;
}

function resizeOf(old: Layer, { trace, isGone, folds }: Work): Resize {
  const left = (units: Iterable<number>): number => [...units].filter((unit) => unit < 0 || !isGone[unit]).length;
  const maker = trace.makers.find(({ layer }) => layer === old);
  const [output] = trace.calls.find(({ layer }) => layer === old)?.outputs ?? [];
  const holders = [old, ...childrenOf(old).map(({ layer }) => layer)];
  const hasFold = holders.some((layer) => ownVariables(layer).some(([variable]) => folds.has(variable)));
  return {
    units: maker === undefined ? null : left(maker.units),
    needsBias: hasFold && !isContainer(old),
    channels:
      old.getClassName() === 'Reshape' && output !== undefined && output.units.length > 0
        ? { axis: output.axis, size: left(output.units) }
        : null,
  };
}

interface LayerClass {
  new (config: Configuration): Layer;
  fromConfig: (cls: LayerClass, config: Configuration) => Layer;
}

const classOf = (layer: Layer): LayerClass => layer.constructor as unknown as LayerClass; // as every class of layers

function fromConfiguration(old: Layer, config: Configuration): Layer {
  const cls = classOf(old);
  return attempted(old, () => cls.fromConfig(cls, config));
}

function constructed(old: Layer, config: Configuration): Layer {
  return attempted(old, () => new (classOf(old))(config));
}

function attempted(old: Layer, make: () => Layer): Layer {
  try {
    return make();
  } catch (cause) {
    throw notRebuilt(old, cause instanceof Error ? cause.message : String(cause), cause);
  }
}
