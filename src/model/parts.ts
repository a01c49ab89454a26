/**
 * @file Gated inference: a network cut into what every row needs and the branches that only some rows need, so that
 * a branch runs on those rows alone.
 */

import { predicatesIn } from '../flow/conditions.js';
import type { Flow, FlowTask } from '../flow/flow.js';
import type { TaskKind } from '../tasks/kind.js';
import type { tf } from '../tf.js';
import { layersBehind, layersWithin, nodeOf } from './layers.js';

export interface Part {
  readonly name: string;
  /** Backbone features that it computes. */
  readonly features: readonly string[];
  /** What it is given, by name. */
  readonly reads: ReadonlyMap<string, tf.SymbolicTensor>;
  /** What it hands to later parts besides its features, by name. */
  readonly gives: ReadonlyMap<string, tf.SymbolicTensor>;
}

export interface Parts {
  /** Runs on every row. */
  readonly trunk: Part;
  /** Each reads the network's inputs or what the trunk gives, and asks only about tasks of parts before it. */
  readonly branches: readonly Part[];
}

/**
 * A feature is a branch when every task that reads it has a condition, and those conditions ask about tasks of
 * features before it. Null when nothing can be cut off, or when the layers pass masks or states beside their tensors.
 */
export function planParts(
  flow: Flow<TaskKind>,
  inputs: ReadonlyMap<string, tf.SymbolicTensor>,
  features: ReadonlyMap<string, tf.SymbolicTensor>,
): Parts | null {
  const order = branchOrder(flow, [...features.keys()]);
  const shared = [...features.keys()].filter((name) => !order.includes(name));
  if (order.length === 0 || [...features.values()].some((tensor) => !isPlain(tensor))) return null;

  const sharedLayers = new Set(shared.flatMap((name) => [...layersBehind(features.get(name) as tf.SymbolicTensor)]));
  const inputNames = new Map([...inputs].map(([name, tensor]) => [tensor, name]));
  const gives = new Map<string, tf.SymbolicTensor>();
  const nameOf = (tensor: tf.SymbolicTensor): string => {
    const input = inputNames.get(tensor);
    if (input !== undefined) return input;
    const name = `cut ${tensor.name}`;
    gives.set(name, tensor);
    return name;
  };
  const branches = order.map((feature): Part => {
    const cuts = cutsBehind(features.get(feature) as tf.SymbolicTensor, sharedLayers, inputNames);
    return {
      name: feature,
      features: [feature],
      reads: new Map(cuts.map((cut) => [nameOf(cut), cut])),
      gives: new Map(),
    };
  });
  return { trunk: { name: 'trunk', features: shared, reads: inputs, gives }, branches };
}

/** Features that can wait, each after those that the conditions of its tasks depend on. */
function branchOrder(flow: Flow<TaskKind>, features: readonly string[]): string[] {
  const asked = new Map(features.map((feature) => [feature, askedFeatures(flow, feature)]));
  let candidates = features.filter((feature) => asked.get(feature) !== null);
  for (;;) {
    const order: string[] = [];
    const ready = (feature: string): boolean =>
      [...(asked.get(feature) ?? [])].every((other) => !candidates.includes(other) || order.includes(other));
    for (let found = true; found; ) {
      const next = candidates.find((feature) => !order.includes(feature) && ready(feature));
      found = next !== undefined;
      if (next !== undefined) order.push(next);
    }
    if (order.length === candidates.length) return order;
    // What waits for itself runs with the trunk; others may have waited for it.
    candidates = order;
  }
}

/** The features whose tasks are asked before `feature` is needed; null when it is needed at once. */
function askedFeatures(flow: Flow<TaskKind>, feature: string): ReadonlySet<string> | null {
  const readers = flow.tasks.filter((task) => task.feature === feature);
  const asked = new Set(readers.flatMap((task) => askedBy(flow, task)));
  return readers.some((task) => task.condition === null) || asked.has(feature) ? null : asked;
}

function askedBy(flow: Flow<TaskKind>, task: FlowTask<TaskKind>): string[] {
  return predicatesIn(task.condition).map((node) => flow.task(node.path).feature);
}

/** The tensors at which a walk from `tensor` backwards first meets the shared layers or an input. */
function cutsBehind(
  tensor: tf.SymbolicTensor,
  shared: ReadonlySet<tf.layers.Layer>,
  inputs: ReadonlyMap<tf.SymbolicTensor, string>,
): tf.SymbolicTensor[] {
  const cuts = new Set<tf.SymbolicTensor>();
  const seen = new Set<tf.SymbolicTensor>();
  const pending = [tensor];
  for (let current = pending.pop(); current !== undefined; current = pending.pop()) {
    if (seen.has(current)) continue;
    seen.add(current);
    if (inputs.has(current) || shared.has(current.sourceLayer)) cuts.add(current);
    else pending.push(...nodeOf(current).inputTensors);
  }
  return [...cuts];
}

/** Masks and initial states travel beside the tensors, where `compute` does not see them. */
function isPlain(tensor: tf.SymbolicTensor): boolean {
  return [...layersBehind(tensor)].every((layer) => {
    const makesMask = layersWithin(layer).some(
      (one) => one.getClassName() === 'Masking' || Reflect.get(one, 'maskZero'),
    );
    const hasArguments = layer.inboundNodes.some((node) => Object.keys(Reflect.get(node, 'callArgs') ?? {}).length > 0);
    return !makesMask && !hasArguments;
  });
}

/** The values of symbolic tensors, from those of others. Inference: no layer is told that it trains. */
export function compute(
  wanted: readonly tf.SymbolicTensor[],
  given: ReadonlyMap<tf.SymbolicTensor, tf.Tensor>,
): tf.Tensor[] {
  const known = new Map(given);
  const evaluate = (symbol: tf.SymbolicTensor): tf.Tensor => {
    const value = known.get(symbol);
    if (value !== undefined) return value;
    const node = nodeOf(symbol);
    const inputs = node.inputTensors.map(evaluate);
    const outputs = [symbol.sourceLayer.apply(inputs.length === 1 ? (inputs[0] as tf.Tensor) : inputs)].flat();
    for (const [i, output] of node.outputTensors.entries()) known.set(output, outputs[i] as tf.Tensor);
    return known.get(symbol) as tf.Tensor;
  };
  return wanted.map(evaluate);
}
