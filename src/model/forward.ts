/** @file The network as a pure function of its state: whole, or part by part. */
import type { StepRandom, Tensors } from '../engine/engine.js';
import type { FlowGraph } from '../flow/graph.js';
import { tf } from '../tf.js';
import type { SymbolicTensors } from './backbone.js';
import { type LayerVariable, withBound } from './binding.js';
import { withFrozenAverages } from './frozen.js';
import type { FusedHead } from './heads.js';
import { layersWithin } from './layers.js';
import { compute, type Part } from './parts.js';
import { laneLogits } from './pathways/lane-logits.js';
import { type Lane, seenBy } from './pathways/lanes.js';
import { scaledInputs } from './scaling.js';
import { releaseMasks, type Streams, withStepRandom } from './stochastic.js';
import { type HeldTensor, ownersOf } from './tensors.js';

export interface ForwardArguments {
  /** Every tensor of the network by name. */
  readonly state: Tensors;
  /** By input name, `[batch, ...shape]`, as the batch brings them: raw. */
  readonly inputs: Tensors;
  /** How the raw inputs become numbers for the layers. */
  readonly specs: FlowGraph['inputs'];
  /** The generator of a training step; null for inference. */
  readonly random: StepRandom | null;
  /**
   * What stands between the weights and the layers (masks, positions, averages): the value that the layers read in
   * place of the state's, of the same shape. It is asked once for each tensor. Default: the state's own.
   */
  readonly effective?: Effective | undefined;
  /**
   * Indices in flow order of the tasks whose logits are wanted; those of others may be 0, and the lanes of which nobody
   * is wanted are not computed. Default: all.
   */
  readonly tasks?: ReadonlySet<number> | null | undefined;
  /**
   * By feature, int32 `[n]`: the instances whose logits are wanted, where these are not all; the logits are of these, in
   * their order.
   */
  readonly chosen?: ReadonlyMap<string, tf.Tensor1D> | undefined;
  /** Names of tensors that rest: where they are averages, layers normalise by them, also in training. */
  readonly resting?: ReadonlySet<string> | undefined;
}

export type Effective = (tensorName: string, value: tf.Tensor) => tf.Tensor;

export interface ForwardResult {
  /** By feature, `[instances, layout.featureUnits]`: one instance a row, or one for each position of each row, or those chosen. */
  readonly logits: ReadonlyMap<string, tf.Tensor2D>;
  /**
   * New values of tensors that the forward pass itself updates (moving averages); only while training. They are
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

export interface Forward {
  /** A pure function; it may be differentiated with respect to `state`. */
  readonly forward: (step: ForwardArguments) => ForwardResult;
  /** One part, for inference. `inputs` by the names that the part reads; `given` by the names that it gives. */
  readonly forwardPart: (part: Part, step: Omit<ForwardArguments, 'random'>) => PartResult;
  /**
   * Values of symbolic tensors of the backbone in inference, as `tasks` see it; without `tasks` as those without a
   * pathway do, else the first lane's.
   */
  readonly probe: (
    wanted: readonly tf.SymbolicTensor[],
    step: Omit<ForwardArguments, 'random'>,
  ) => readonly tf.Tensor[];
}

export interface ForwardParts {
  readonly trunk: tf.LayersModel;
  /** What the trunk gives, in its order. */
  readonly outputs: readonly tf.SymbolicTensor[];
  readonly heads: readonly FusedHead[];
  readonly inputs: SymbolicTensors;
  readonly features: SymbolicTensors;
  /** What layers hold. */
  readonly tensors: readonly HeldTensor[];
  /** What the state holds besides that lanes read, by name. */
  readonly others: readonly string[];
  readonly lanes: readonly Lane[];
  readonly streams: Streams;
}

export function forwardOf(parts: ForwardParts): Forward {
  const { trunk, heads, inputs, features, tensors, others, lanes, streams } = parts;
  const layers = layersWithin(trunk);
  // Asked of each layer itself: models do not pass on their layers' penalties, nor recurrent layers their cells'.
  const penalties = [...new Set(layers.flatMap((layer) => layer.losses))];
  const frozenAverages = withFrozenAverages(layers);
  const place = placesOf(parts);
  const nameOf = new Map(tensors.map((tensor) => [tensor.variable, tensor.name]));
  const readers = new Map(tensors.map(({ name, owners }) => [name, ownersOf(owners)]));
  const readBy = (name: string, { tasks }: Lane): boolean =>
    lanes.length === 1 || (readers.get(name) ?? []).some((task) => tasks.includes(task));

  /** What stands between the state and the layers; each tensor is asked for once. */
  const effectiveState = ({ state, effective }: Pick<ForwardArguments, 'state' | 'effective'>): Tensors => {
    const all = [...tensors.map(({ name }) => name), ...others];
    return Object.fromEntries(
      all.map((name) => [name, effective?.(name, tensorAt(state, name)) ?? tensorAt(state, name)]),
    );
  };

  const withLane = <T>(
    lane: Lane | null,
    state: Tensors,
    written: Parameters<typeof withBound>[1],
    run: () => T,
  ): T => {
    const bindings = tensors.map(({ name, variable }) => ({
      variable,
      tensor: lane === null ? tensorAt(state, name) : seenBy(lane, name, state),
    }));
    try {
      return withBound(bindings, written, run);
    } finally {
      releaseMasks(layers);
    }
  };

  const forward = (step: ForwardArguments): ForwardResult => {
    const { inputs: batch, random, tasks = null, resting = new Set(), chosen } = step;
    const rests = (lane: Lane) => (layer: tf.layers.Layer) =>
      (layer.weights as LayerVariable[]).some((variable) => {
        const name = nameOf.get(variable);
        return name !== undefined && resting.has(lane.own.get(name) ?? name);
      });
    const state = effectiveState(step);
    const updates: Record<string, tf.Tensor> = {};
    const dropped: tf.Tensor[] = [];
    const wanted = tasks === null ? lanes : lanes.filter((lane) => lane.tasks.some((task) => tasks.has(task)));
    const scaled = scaledInputs(step.specs, inputs, batch);
    const given = Object.keys(inputs).map((name) => tensorAt(scaled, name));
    const runLane = (lane: Lane): LaneResult => {
      const written = (variable: object, value: tf.Tensor): void => {
        const name = nameOf.get(variable as HeldTensor['variable']); // it is one of those bound
        if (name === undefined) throw new Error('a layer wrote to a variable that is not bound');
        // A lane runs all layers; averages of those that its tasks do not read are another lane's.
        if (readBy(name, lane)) updates[lane.own.get(name) ?? name] = value;
        else dropped.push(value);
      };
      let regularisation: tf.Scalar | null = null;
      const run = (): LaneResult => {
        const values = [trunk.apply(given, { training: random !== null })].flat() as tf.Tensor[]; // values in, values out
        const instances = new Map(
          heads.map((head) => [head.feature, picked(head, instancesOf(head, values[place(head.feature)]), chosen)]),
        );
        const logits = new Map<string, tf.Tensor2D>();
        if (lanes.length === 1) {
          for (const head of heads) logits.set(head.feature, applied(head, instances.get(head.feature)));
          if (random !== null) regularisation = penaltiesOf();
        }
        return { lane, instances, logits, regularisation };
      };
      return withLane(lane, state, written, () =>
        random === null ? run() : frozenAverages(() => withStepRandom(random, streams, run), rests(lane)),
      );
    };
    try {
      const results = wanted.map(runLane);
      const [only] = results;
      if (lanes.length === 1 && only !== undefined) {
        return { logits: only.logits, updates, regularisation: only.regularisation };
      }
      // Penalties are of the weights as they are, once, however many lanes read them.
      const regularisation = random === null ? null : withLane(null, state, () => {}, penaltiesOf);
      return { logits: laneLogits(heads, results, state), updates, regularisation };
    } catch (error) {
      for (const value of Object.values(updates)) value.dispose();
      throw error;
    } finally {
      tf.dispose(dropped);
    }
  };

  const penaltiesOf = (): tf.Scalar | null =>
    penalties.length === 0 ? null : penalties.map((penalty) => penalty()).reduce((a, b) => a.add(b));

  const forwardPart = (part: Part, step: Omit<ForwardArguments, 'random'>): PartResult => {
    const wanted = part.features.map((name) => featureOf(features, name));
    const [lane = null] = lanes; // parts are of networks with one
    return withLane(
      lane,
      effectiveState(step),
      () => {},
      (): PartResult => {
        const scaled = scaledInputs(step.specs, inputs, step.inputs);
        const given = new Map([...part.reads].map(([name, symbol]) => [symbol, tensorAt(scaled, name)]));
        const values = compute([...wanted, ...part.gives.values()], given);
        const logits = part.features.map((name, i): [string, tf.Tensor2D] => [
          name,
          applied(headOf(heads, name), instancesOf(headOf(heads, name), values[i])),
        ]);
        const gives = [...part.gives.keys()].map((name, i): [string, tf.Tensor] => {
          const value = values[wanted.length + i];
          if (value === undefined) throw new Error(`the part did not compute ${name}`);
          return [name, value];
        });
        return { logits: new Map(logits), given: Object.fromEntries(gives) };
      },
    );
  };

  const probe: Forward['probe'] = (wanted, step) => {
    const { tasks } = step;
    const isAsked = (lane: Lane): boolean => (tasks ? lane.tasks.some((task) => tasks.has(task)) : lane.isWhole);
    const lane = lanes.find(isAsked) ?? lanes[0] ?? null;
    return withLane(
      lane,
      effectiveState(step),
      () => {},
      () => {
        const scaled = scaledInputs(step.specs, inputs, step.inputs);
        const given = new Map(Object.entries(inputs).map(([name, symbol]) => [symbol, tensorAt(scaled, name)]));
        return compute(wanted, given);
      },
    );
  };

  return { forward, forwardPart, probe };
}

interface LaneResult {
  readonly lane: Lane;
  /** By feature, `[instances, size]`. */
  readonly instances: ReadonlyMap<string, tf.Tensor2D>;
  /** Where the lane is the only one. */
  readonly logits: ReadonlyMap<string, tf.Tensor2D>;
  readonly regularisation: tf.Scalar | null;
}

/** Where the trunk's output for a feature stands; two features may be one tensor. */
function placesOf({ features, outputs, heads }: ForwardParts): (feature: string) => number {
  const places = new Map(heads.map(({ feature }) => [feature, outputs.indexOf(featureOf(features, feature))]));
  return (feature) => {
    const place = places.get(feature);
    if (place === undefined) throw new Error(`no head reads ${feature}`);
    return place;
  };
}

/** One vector an instance: a row, or each position of each row. */
function instancesOf({ feature }: FusedHead, value: tf.Tensor | undefined): tf.Tensor2D {
  if (value === undefined) throw new Error(`the trunk gave no ${feature}`);
  const [size] = value.shape.slice(-1);
  return (value.rank === 2 ? value : value.reshape([-1, Number(size)])) as tf.Tensor2D; // the rank was just seen to
}

function picked({ feature }: FusedHead, all: tf.Tensor2D, chosen: ForwardArguments['chosen']): tf.Tensor2D {
  const own = chosen?.get(feature);
  return own === undefined ? all : all.gather(own);
}

function applied({ feature, layer }: FusedHead, instances: tf.Tensor2D | undefined): tf.Tensor2D {
  if (instances === undefined) throw new Error(`the trunk gave no ${feature}`);
  return layer.apply(instances) as tf.Tensor2D; // a dense layer on one vector an instance
}

function headOf(heads: readonly FusedHead[], feature: string): FusedHead {
  const head = heads.find((candidate) => candidate.feature === feature);
  if (head === undefined) throw new Error(`no head reads ${feature}`);
  return head;
}

function featureOf(features: SymbolicTensors, name: string): tf.SymbolicTensor {
  const feature = features[name];
  if (feature === undefined) throw new Error(`the backbone gave no ${name}`);
  return feature;
}

function tensorAt(tensors: Tensors, name: string): tf.Tensor {
  const tensor = tensors[name];
  if (tensor === undefined) throw new Error(`the step was not given ${name}`);
  return tensor;
}
