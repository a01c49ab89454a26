/** @file FlowGraph -> network: the backbone, one fused head for each feature, and the `tf.LayersModel` over both. */

import { onBackend } from '../engine/backend.js';
import type { HostTensors } from '../engine/engine.js';
import { withHostRandom } from '../engine/host-random.js';
import { registerLayers } from '../engine/layers/register.js';
import type { Flow } from '../flow/flow.js';
import type { TaskKind } from '../tasks/kind.js';
import type { Layout } from '../tasks/layout.js';
import { tf } from '../tf.js';
import { type Backbone, type BuiltBackbone, layersRead, runBackbone, type SymbolicTensors } from './backbone.js';
import { earlierNames } from './earlier-names.js';
import { type Fingerprint, fingerprintOf } from './fingerprint.js';
import { type Forward, forwardOf } from './forward.js';
import { type FusedHead, fusedHead } from './heads.js';
import { layerName } from './layer-name.js';
import { layersWithin } from './layers.js';
import { type Parts, planParts } from './parts.js';
import { type BoundTensors, bindPathways } from './pathways/bind.js';
import type { BoundPathway } from './pathways/bound.js';
import { type Lane, wholeLane } from './pathways/lanes.js';
import { type RowMixing, rowMixing } from './rows.js';
import { type Streams, useStepRandom } from './stochastic.js';
import { createStore, type ParameterStore, parametersOf, readTensors, writeTensors } from './store.js';
import { backboneNames, type HeldTensor, type NetworkTensor, trunkTensors } from './tensors.js';
import { UnitSlice } from './unit-slice.js';
import { type UnitGraph, unitGraph } from './units/graph.js';

export type { Backbone, SymbolicTensors } from './backbone.js';
export type { Effective, ForwardArguments, ForwardResult, PartResult } from './forward.js';

export interface Network extends Forward {
  /** What a step keeps for the network. */
  readonly tensors: readonly NetworkTensor[];
  /** The same values as people and files name them. */
  readonly store: ParameterStore;
  /** Outputs are logits by task path, in flow order. It shares its weights with the network. */
  readonly model: tf.LayersModel;
  /** The layers of the backbone, for files: weights are of use to no others. */
  readonly fingerprint: Fingerprint;
  /** What 0.1.0 called the backbone's parameters -> what they are called now. */
  readonly earlierNames: ReadonlyMap<string, string>;
  readonly rowMixing: RowMixing;
  /** The forward passes of the backbone that a step makes; one where there are no pathways. */
  readonly lanes: readonly Lane[];
  /** The layers' tensors as they are without pathways: of the backbone, then of the heads. */
  readonly held: readonly HeldTensor[];
  /** By feature that tasks read. */
  readonly features: ReadonlyMap<string, tf.SymbolicTensor>;
  /** Which units the backbone has. */
  readonly units: () => UnitGraph;
  /** The weights of a network of the same declaration that was drawn by another seed, by the state's names. */
  readonly drawnAnew: (seed: number) => HostTensors;
  /**
   * The same layers and weights, seen through pathways. `values` are those of tensors that pathways have of their own, by
   * the state's names; those that are left out begin as the backbone's. `apart`: which masks there are does not depend on
   * what they are, since they will change; default false.
   */
  readonly withPathways: (pathways: readonly BoundPathway[], values: HostTensors, apart?: boolean) => Network;
  /** How to run branches on the rows that need them; null when every row needs everything. */
  readonly parts: Parts | null;
  /** The values of `tensors` held by `model` now; copies. */
  readonly read: () => HostTensors;
  /** Puts values of `tensors` into `model`: all are checked before the first is written. */
  readonly write: (values: HostTensors) => void;
  readonly dispose: () => void;
  /** Releases what pathways added; the layers stay. */
  readonly disposePathways: () => void;
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
 * @throws HeadgateError `DUPLICATE_PARAMETER` when two parameters would have one name; and see `runBackbone`
 */
export function buildNetwork(options: NetworkOptions): Network {
  // tfjs seeds its initialisers from Math.random, so that is where the seed must enter.
  return onBackend('cpu', () => withHostRandom({ seed: options.seed, counter: 0 }, () => assemble(options)));
}

function assemble({ flow, layout, backbone, seed }: NetworkOptions): Network {
  registerLayers();
  const built = runBackbone(flow, backbone);
  const { inputs } = built;
  const features = featuresRead(built, layout);
  const outputs = [...new Set(features.values())];
  const trunk = tf.model({
    inputs: Object.values(inputs),
    outputs: outputs.map((tensor) => passThrough(tensor, Object.values(inputs))),
  });
  const taken = new Set([...layersRead(flow, built)].map((layer) => layer.name));
  const heads = [...features].map(([name, tensor]) =>
    fusedHead(name, tensor, layout, { name: layerName(`head_${name}`, taken), seed }),
  );
  const names = backboneNames(built.features);
  const backboneTensors = trunkTensors(trunk, built.features, layout, names);
  const streams = useStepRandom(trunk);
  const held: Held = { backbone: backboneTensors, heads };
  const model = pathModel(flow, inputs, heads, taken);
  const base: NetworkBase = {
    ...{ flow, layout, trunk, outputs, inputs, streams, held, model, features },
    fingerprint: fingerprintOf(features, names),
    earlierNames: earlierNames(trunk, backboneTensors),
    rowMixing: rowMixing(trunk),
    parts: planParts(flow, new Map(Object.entries(inputs)), features),
    units: once(() => unitGraph(Object.fromEntries(features))),
    drawnAnew: (other) => {
      const network = buildNetwork({ flow, layout, backbone, seed: other });
      const values = network.read();
      network.dispose();
      return values;
    },
  };
  return networkOf(base, null);
}

interface Held {
  readonly backbone: readonly HeldTensor[];
  readonly heads: readonly FusedHead[];
}

/** What a network is whatever its pathways are. */
interface NetworkBase
  extends Pick<Network, 'model' | 'fingerprint' | 'earlierNames' | 'rowMixing' | 'parts' | 'units' | 'drawnAnew'> {
  readonly flow: Flow<TaskKind>;
  readonly layout: Layout;
  readonly trunk: tf.LayersModel;
  readonly outputs: readonly tf.SymbolicTensor[];
  readonly inputs: SymbolicTensors;
  readonly features: ReadonlyMap<string, tf.SymbolicTensor>;
  readonly streams: Streams;
  readonly held: Held;
}

/** @param bound null: without pathways */
function networkOf(base: NetworkBase, bound: BoundTensors | null): Network {
  const { layout, inputs, held, model, features } = base;
  const { heads } = held;
  const backbone = bound?.backbone ?? held.backbone;
  const headTensors = heads.flatMap((head) => head.tensors);
  const tensors = [...backbone, ...(bound?.heads ?? headTensors), ...(bound?.others ?? [])];
  const named = [...backbone, ...(bound?.copies ?? [])];
  const store = createStore(tensors, parametersOf(named, heads, layout));
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const lanes = bound?.lanes ?? [wholeLane(layout.slots.length)];
  const isPlain = lanes.length === 1;
  const layersHold = [...held.backbone, ...headTensors];
  return {
    ...forwardOf({
      ...{ trunk: base.trunk, outputs: base.outputs, heads, inputs, lanes, streams: base.streams },
      features: Object.fromEntries(features),
      tensors: layersHold,
      others: bound?.others.map(({ name }) => name) ?? [],
    }),
    tensors,
    lanes,
    held: layersHold,
    features,
    drawnAnew: base.drawnAnew,
    store: {
      parameters: store.parameters,
      read: () => onBackend('cpu', store.read),
      split: store.split,
      join: store.join,
      write: (values) => onBackend('cpu', () => store.write(values)),
      version: store.version,
    },
    model,
    fingerprint: base.fingerprint,
    earlierNames: base.earlierNames,
    rowMixing: base.rowMixing,
    units: base.units,
    parts: isPlain ? base.parts : null,
    withPathways: (pathways, values, apart = false) =>
      onBackend('cpu', () => networkOf(base, bindPathways({ ...held, ...boundFacts(base), apart }, pathways, values))),
    read: () => onBackend('cpu', () => readTensors(tensors)),
    write: (values) => onBackend('cpu', () => writeTensors(byName, values)),
    dispose: () => {
      bound?.dispose();
      // A user may have disposed of a layer already.
      for (const variable of ownVariables(model, inputs)) if (!isDisposed(variable)) variable.dispose();
    },
    disposePathways: () => bound?.dispose(),
  };
}

function boundFacts({ layout, units }: NetworkBase): { tasks: number; units: () => UnitGraph } {
  return { tasks: layout.slots.length, units };
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** In the order of the layout. */
function featuresRead({ features }: BuiltBackbone, layout: Layout): ReadonlyMap<string, tf.SymbolicTensor> {
  return new Map(
    [...layout.featureUnits.keys()].map((name) => {
      const tensor = features[name];
      if (tensor === undefined) throw new Error(`the backbone gave no ${name}`); // it was checked
      return [name, tensor];
    }),
  );
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

function isDisposed(variable: tf.LayerVariable): boolean {
  try {
    variable.read();
    return false;
  } catch {
    return true; // it has no other way to say so
  }
}

/** A model whose output is its input needs a layer between them; everything else passes as it is. */
function passThrough(tensor: tf.SymbolicTensor, inputs: readonly tf.SymbolicTensor[]): tf.SymbolicTensor {
  if (!inputs.includes(tensor)) return tensor;
  return tf.layers.activation({ activation: 'linear' }).apply(tensor) as tf.SymbolicTensor; // of one symbolic input
}

function pathModel(
  flow: Flow<TaskKind>,
  inputs: SymbolicTensors,
  heads: readonly FusedHead[],
  taken: Set<string>,
): tf.LayersModel {
  const logits = new Map(
    heads.flatMap((head) =>
      head.tasks.map(({ slot, start, units }) => {
        const slice = new UnitSlice({ name: layerName(slot.task.path, taken), start, units });
        return [slot.task.path, slice.apply(head.logits) as tf.SymbolicTensor] as const; // of one symbolic input
      }),
    ),
  );
  const outputs = flow.tasks.map(({ path }) => {
    const output = logits.get(path);
    if (output === undefined) throw new Error(`no head for ${path}`);
    return output;
  });
  return tf.model({ name: layerName(flow.graph.name, new Set()), inputs: Object.values(inputs), outputs });
}
