/** @file FlowGraph -> network: the backbone, one fused head for each feature, and the `tf.LayersModel` over both. */

import { onBackend } from '../engine/backend.js';
import type { HostTensors, StepRandom, Tensors } from '../engine/engine.js';
import { withHostRandom } from '../engine/host-random.js';
import { registerLayers } from '../engine/layers/register.js';
import { didYouMean, HeadgateError } from '../errors.js';
import type { Flow } from '../flow/flow.js';
import { uniforms } from '../random.js';
import type { TaskKind } from '../tasks/kind.js';
import type { Layout } from '../tasks/layout.js';
import { tf } from '../tf.js';
import { assign, withBound } from './binding.js';
import { restFrozenAverages } from './frozen.js';
import { layerName } from './layer-name.js';
import { layersBehind, layersWithin } from './layers.js';
import { namedVariables, type Parameter, readParameters, trainableVariables } from './parameters.js';
import { compute, type Part, type Parts, planParts } from './parts.js';
import { type RowMixing, rowMixing } from './rows.js';
import { scaledInputs } from './scaling.js';
import { releaseMasks, useStepRandom, withStepRandom } from './stochastic.js';
import { UnitSlice } from './unit-slice.js';

export type SymbolicTensors = Readonly<Record<string, tf.SymbolicTensor>>;
export type Backbone = (inputs: SymbolicTensors) => SymbolicTensors;

export interface ForwardArguments {
  /** Every parameter by name. */
  readonly state: Tensors;
  /** By input name, `[batch, ...shape]`, as the batch brings them: raw. */
  readonly inputs: Tensors;
  /** The generator of a training step; null for inference. */
  readonly random: StepRandom | null;
  /** What the layers see of a state tensor, a function of its value; by default the value itself. */
  readonly effective?: Effective | undefined;
}

export type Effective = (tensorName: string, value: tf.Tensor) => tf.Tensor;

export interface ForwardResult {
  /** By feature, `[batch, layout.featureUnits]`. */
  readonly logits: ReadonlyMap<string, tf.Tensor2D>;
  /**
   * New values of parameters that the forward pass itself updates (moving averages); only while training. They are
   * kept outside every scope: the caller disposes them.
   */
  readonly updates: Tensors;
  /** Sum of the layers' regularisation losses; null when there are none. */
  readonly regularisation: tf.Scalar | null;
}

export interface PartResult {
  readonly logits: ReadonlyMap<string, tf.Tensor2D>;
  readonly given: Tensors;
}

export interface Network {
  readonly parameters: readonly Parameter[];
  /** Outputs are logits by task path, in flow order. It shares its weights with the network. */
  readonly model: tf.LayersModel;
  readonly rowMixing: RowMixing;
  /** A pure function; it may be differentiated with respect to `state`. */
  readonly forward: (step: ForwardArguments) => ForwardResult;
  /** How to run branches on the rows that need them; null when every row needs everything. */
  readonly parts: Parts | null;
  /** One part, for inference. `inputs` by the names that the part reads; `given` by the names that it gives. */
  readonly forwardPart: (part: Part, step: Omit<ForwardArguments, 'random'>) => PartResult;
  /** The values held by `model` now. */
  readonly read: () => HostTensors;
  /** Puts values into `model`. */
  readonly write: (values: HostTensors) => void;
  readonly dispose: () => void;
}

export interface NetworkOptions {
  readonly flow: Flow<TaskKind>;
  readonly layout: Layout;
  readonly backbone: Backbone;
  /** Seed of the initial weights. */
  readonly seed: number;
}

/**
 * Builds the network on the cpu backend; engines move it elsewhere.
 *
 * @throws HeadgateError `UNKNOWN_FEATURE` when the flow reads a feature that the backbone does not give,
 *   `FEATURE_SHAPE` when a feature is not `[batch, size]`.
 */
export function buildNetwork({ flow, layout, backbone, seed }: NetworkOptions): Network {
  // tfjs seeds its initialisers from Math.random, so that is where the seed must enter.
  return onBackend('cpu', () => withHostRandom({ seed, counter: 0 }, () => assemble(flow, layout, backbone, seed)));
}

function assemble(flow: Flow<TaskKind>, layout: Layout, backbone: Backbone, seed: number): Network {
  registerLayers();
  const inputs: Record<string, tf.SymbolicTensor> = Object.create(null);
  const inputNames = new Set<string>();
  for (const [name, spec] of Object.entries(flow.graph.inputs))
    inputs[name] = tf.input({ shape: [...spec.shape], name: layerName(name, inputNames) });
  const features = backbone(inputs);
  checkFeatures(flow, features);

  const featureNames = [...layout.featureUnits.keys()];
  const trunk = tf.model({
    inputs: Object.values(inputs),
    outputs: featureNames.map((name) => passThrough(features[name] as tf.SymbolicTensor, Object.values(inputs))),
  });
  const streams = useStepRandom(trunk);
  restFrozenAverages(trunk);
  const layers = layersWithin(trunk);
  // Asked of each layer itself: models do not pass on their layers' penalties, nor recurrent layers their cells'.
  const penalties = [...new Set(layers.flatMap((layer) => layer.losses))];
  const taken = new Set(layers.map((layer) => layer.name));
  const heads = featureNames.map((name) => fusedHead(name, features[name] as tf.SymbolicTensor, layout, seed, taken));

  const parameters = [
    ...trunkParameters(trunk, features, layout),
    ...heads.flatMap((head) => headParameters(head, layout)),
  ];
  const model = pathModel(flow, layout, inputs, heads, taken);

  const withState = <T>(
    { state, effective = (_, value) => value }: Pick<ForwardArguments, 'state' | 'effective'>,
    written: Parameters<typeof withBound>[1],
    f: () => T,
  ): T => {
    const bindings = parameters.map(({ name, variable }) => ({
      variable,
      tensor: effective(name, state[name] as tf.Tensor),
    }));
    try {
      return withBound(bindings, written, f);
    } finally {
      releaseMasks(layers);
    }
  };
  const nameOf = new Map(parameters.map((parameter) => [parameter.variable, parameter.name]));

  const forward = ({ state, inputs: batch, random, effective }: ForwardArguments): ForwardResult => {
    const updates: Record<string, tf.Tensor> = {};
    const logits = new Map<string, tf.Tensor2D>();
    let regularisation: tf.Scalar | null = null;
    const run = (): void => {
      const scaled = scaledInputs(flow.graph.inputs, inputs, batch);
      const given = Object.keys(inputs).map((name) => scaled[name] as tf.Tensor);
      const outputs = [trunk.apply(given, { training: random !== null })].flat();
      heads.forEach((head, i) => {
        logits.set(head.feature, head.layer.apply(outputs[i] as tf.Tensor) as tf.Tensor2D);
      });
      if (random !== null && penalties.length > 0)
        regularisation = penalties.map((penalty) => penalty()).reduce((a, b) => a.add(b));
    };
    try {
      withState(
        { state, effective },
        (variable, value) => {
          updates[nameOf.get(variable) ?? ''] = value;
        },
        () => (random === null ? run() : withStepRandom(random, streams, run)),
      );
    } catch (error) {
      tf.dispose(Object.values(updates));
      throw error;
    }
    return { logits, updates, regularisation };
  };

  const forwardPart = (
    part: Part,
    { state, inputs: batch, effective }: Omit<ForwardArguments, 'random'>,
  ): PartResult => {
    const symbols = [...part.features.map((name) => features[name] as tf.SymbolicTensor), ...part.gives.values()];
    const compose = (): PartResult => {
      const scaled = scaledInputs(flow.graph.inputs, inputs, batch);
      const given = new Map([...part.reads].map(([name, symbol]) => [symbol, scaled[name] as tf.Tensor]));
      const values = compute(symbols, given);
      const logits = part.features.map((name, i): [string, tf.Tensor2D] => {
        const head = heads.find((candidate) => candidate.feature === name) as FusedHead;
        return [name, head.layer.apply(values[i] as tf.Tensor) as tf.Tensor2D];
      });
      const gives = [...part.gives.keys()].map((name, i) => [name, values[part.features.length + i] as tf.Tensor]);
      return { logits: new Map(logits), given: Object.fromEntries(gives) };
    };
    return withState({ state, effective }, () => {}, compose);
  };

  return {
    parameters,
    model,
    rowMixing: rowMixing(trunk),
    forward,
    parts: planParts(
      flow,
      new Map(Object.entries(inputs)),
      new Map(featureNames.map((name) => [name, features[name] as tf.SymbolicTensor])),
    ),
    forwardPart,
    read: () => onBackend('cpu', () => readParameters(parameters)),
    write: (values) =>
      onBackend('cpu', () => {
        for (const { name, variable } of parameters) {
          const value = values[name];
          if (value === undefined) continue;
          tf.tidy(() => assign(variable, tf.tensor(value.data, [...value.shape], value.dtype)));
        }
      }),
    dispose: () => {
      for (const variable of ownVariables(model, inputs)) variable.dispose();
    },
  };
}

/**
 * The variables of the layers that were made with this network. Pretrained models that the backbone took over are
 * their owner's: `model.dispose()` would dispose them, and fail where two networks share one.
 */
function ownVariables(model: tf.LayersModel, inputs: SymbolicTensors): tf.LayerVariable[] {
  // Layers are numbered as they are made, and the inputs were made first.
  const first = Math.min(...Object.values(inputs).map((input) => input.sourceLayer.id));
  const earlier = new Set(layersWithin(model).flatMap((layer) => (layer.id < first ? layer.weights : [])));
  return model.weights.filter((variable) => !earlier.has(variable));
}

interface FusedHead {
  readonly feature: string;
  readonly layer: tf.layers.Layer;
  /** `[batch, units]` */
  readonly logits: tf.SymbolicTensor;
}

/** One product for all tasks that read `feature`. Each task's columns are drawn from its own path's stream. */
function fusedHead(
  feature: string,
  input: tf.SymbolicTensor,
  layout: Layout,
  seed: number,
  taken: Set<string>,
): FusedHead {
  const units = layout.featureUnits.get(feature) ?? 0;
  const layer = tf.layers.dense({ units, name: layerName(`head_${feature}`, taken), kernelInitializer: 'zeros' });
  const logits = layer.apply(input) as tf.SymbolicTensor;
  const size = input.shape[1] as number;
  const kernel = new Float32Array(size * units);
  for (const group of layout.groups) {
    if (group.feature !== feature) continue;
    for (const [k, slot] of group.slots.entries()) {
      // Glorot & Bengio, AISTATS 2010, as if the task's head stood alone.
      const limit = Math.sqrt(6 / (size + group.units));
      const draws = uniforms({ seed, stream: `head/${slot.task.path}`, counter: 0 }, size * group.units);
      for (let row = 0; row < size; row++) {
        for (let unit = 0; unit < group.units; unit++) {
          const column = group.unitOffset + k * group.units + unit;
          kernel[row * units + column] = ((draws[row * group.units + unit] as number) * 2 - 1) * limit;
        }
      }
    }
  }
  tf.tidy(() => layer.setWeights([tf.tensor2d(kernel, [size, units]), tf.zeros([units])]));
  return { feature, layer, logits };
}

/** A model whose output is its input needs a layer between them; everything else passes as it is. */
function passThrough(tensor: tf.SymbolicTensor, inputs: readonly tf.SymbolicTensor[]): tf.SymbolicTensor {
  if (!inputs.includes(tensor)) return tensor;
  return tf.layers.activation({ activation: 'linear' }).apply(tensor) as tf.SymbolicTensor;
}

function trunkParameters(trunk: tf.LayersModel, features: SymbolicTensors, layout: Layout): Parameter[] {
  const behind = new Map(
    [...layout.featureUnits.keys()].map((name) => [name, layersBehind(features[name] as tf.SymbolicTensor)]),
  );
  return trunk.layers.flatMap((layer, index) => {
    const tasks = layout.slots.filter((slot) => behind.get(slot.task.feature)?.has(layer)).map((slot) => slot.index);
    return namedVariables(layer, `backbone/${String(index).padStart(2, '0')}`).map(({ name, variable }) => ({
      name,
      shape: variable.shape.map(Number),
      // Asked anew for each fit: layers may be frozen and released between fits.
      get trainable() {
        return trainableVariables(layer).has(variable);
      },
      part: 'backbone' as const,
      owners: { by: 'tasks' as const, tasks },
      variable,
      constraint: constraintOf(variable),
    }));
  });
}

function headParameters(head: FusedHead, layout: Layout): Parameter[] {
  const columns = layout.groups
    .filter((group) => group.feature === head.feature)
    .flatMap((group) => group.slots.flatMap((slot) => Array<number>(group.units).fill(slot.index)));
  return head.layer.weights.map((variable) => ({
    name: `head/${head.feature}/${variable.originalName.split('/').at(-1)}`,
    shape: variable.shape.map(Number),
    trainable: true,
    part: 'head',
    owners: { by: 'column', columns },
    variable,
    constraint: null,
  }));
}

function constraintOf(variable: object): Parameter['constraint'] {
  const constraint: unknown = Reflect.get(variable, 'constraint');
  if (typeof constraint !== 'object' || constraint === null || !('apply' in constraint)) return null;
  const { apply } = constraint;
  if (typeof apply !== 'function') return null;
  return (value) => apply.call(constraint, value);
}

function pathModel(
  flow: Flow<TaskKind>,
  layout: Layout,
  inputs: SymbolicTensors,
  heads: readonly FusedHead[],
  taken: Set<string>,
): tf.LayersModel {
  const outputs = flow.tasks.map((task) => {
    const group = layout.groups.find((candidate) => candidate.slots.some((slot) => slot.task.path === task.path));
    const head = heads.find((candidate) => candidate.feature === task.feature);
    if (group === undefined || head === undefined) throw new Error(`no head for ${task.path}`);
    const position = group.slots.findIndex((slot) => slot.task.path === task.path);
    const slice = new UnitSlice({
      name: layerName(task.path, taken),
      start: group.unitOffset + position * group.units,
      units: group.units,
    });
    return slice.apply(head.logits) as tf.SymbolicTensor;
  });
  return tf.model({ name: layerName(flow.graph.name, new Set()), inputs: Object.values(inputs), outputs });
}

function checkFeatures(flow: Flow<TaskKind>, features: SymbolicTensors): void {
  const known = Object.keys(features);
  for (const task of flow.tasks) {
    const feature = Object.hasOwn(features, task.feature) ? features[task.feature] : undefined;
    if (feature === undefined) {
      throw new HeadgateError({
        code: 'UNKNOWN_FEATURE',
        path: task.path,
        problem: `the task reads the feature "${task.feature}", which the backbone does not give`,
        expected: `one of ${known.map((name) => `"${name}"`).join(', ')}`,
        received: `"${task.feature}"`,
        suggestion: didYouMean(task.feature, known),
        mend: 'Return the feature from `backbone`, or read another one.',
      });
    }
    if (!(feature instanceof tf.SymbolicTensor)) {
      throw new HeadgateError({
        code: 'FEATURE_SHAPE',
        path: `features.${task.feature}`,
        problem: 'the backbone must give one symbolic tensor for each feature',
        expected: 'what `layer.apply(input)` gives for one input',
        received: Array.isArray(feature) ? 'an array' : typeof feature,
        mend: 'Return the tensors themselves, not arrays of them or their values.',
      });
    }
    if (feature.shape.length !== 2 || typeof feature.shape[1] !== 'number') {
      throw new HeadgateError({
        code: 'FEATURE_SHAPE',
        path: `features.${task.feature}`,
        problem: `the head of "${task.path}" needs one vector a row`,
        expected: '[batch, size]',
        received: `[${feature.shape.map((n) => n ?? 'batch').join(', ')}]`,
        mend: 'End the backbone with `tf.layers.flatten()` or a pooling layer.',
      });
    }
  }
}
