/** @file A smaller network with only what some tasks need: each group's backbone with its heads, compacted. */
import { onBackend } from '../../engine/backend.js';
import type { HostTensor, HostTensors } from '../../engine/engine.js';
import { type LayerVariable, withBound } from '../../model/binding.js';
import { layerName } from '../../model/layer-name.js';
import type { Network } from '../../model/network.js';
import type { BoundPathway } from '../../model/pathways/bound.js';
import { replay } from '../../model/replay.js';
import type { Layout } from '../../tasks/layout.js';
import { tf } from '../../tf.js';
import { type CompactResult, compact } from '../compact/compact.js';
import type { BeforeAfter, CompactReport } from '../compact/report.js';
import { type ExtractGroup, extractGroups } from './groups.js';
import { type BackboneOrigin, backboneOrigin, headOrigins, type Origin } from './origins.js';

export interface ExtractedNetwork {
  /** Inputs by name -> features, of the smaller layers. */
  readonly backbone: (inputs: Readonly<Record<string, tf.SymbolicTensor>>) => Record<string, tf.SymbolicTensor>;
  /** By path of a task: the feature that its head reads. */
  readonly features: ReadonlyMap<string, string>;
  /** Kernels and biases of the heads, by name. */
  readonly heads: HostTensors;
  /** One for each forward pass that the tasks need. */
  readonly reports: readonly CompactReport[];
  /** In the same order, which tasks make it, and where each of its layers' parameters came from. */
  readonly passes: readonly ExtractedPass[];
  /** Where the heads' parameters came from, by name. */
  readonly headOrigins: ReadonlyMap<string, Origin>;
}

export interface ExtractedPass {
  readonly group: ExtractGroup;
  readonly origins: ReadonlyMap<LayerVariable, BackboneOrigin>;
}

interface ExtractFacts {
  readonly network: Network;
  readonly layout: Layout;
  readonly pathways: readonly BoundPathway[];
  /** By the state's names. */
  readonly weights: HostTensors;
  /** Indices in flow order. */
  readonly tasks: readonly number[];
}

/** @throws HeadgateError what `compact` throws */
export function extractNetwork(facts: ExtractFacts): ExtractedNetwork {
  const { network, layout, pathways, tasks } = facts;
  const groups = extractGroups(network, pathways, tasks);
  const naming = namingOf(groups);
  const parts = onBackend('cpu', () => groups.map((group) => extractGroup(facts, group, naming(group))));
  const inputNames = Object.keys(layout.flow.graph.inputs);
  return {
    backbone: (inputs) => {
      const features: Record<string, tf.SymbolicTensor> = {};
      for (const { model, outputs } of parts) {
        const given = new Map(model.inputs.map((symbol, i) => [symbol, inputs[inputNames[i] ?? ''] ?? symbol]));
        const made = replay([...outputs.values()], given);
        for (const [i, name] of [...outputs.keys()].entries()) features[name] = made[i] as tf.SymbolicTensor; // one each
      }
      return features;
    },
    features: new Map(parts.flatMap((part) => [...part.features])),
    heads: Object.assign({}, ...parts.map((part) => part.heads)),
    reports: parts.map(({ report }) => report),
    passes: parts.map(({ pass }) => pass),
    headOrigins: new Map(parts.flatMap((part) => part.headOrigins)),
  };
}

/** Names in a network of several passes: each pass has layers and features of its own. */
interface Naming {
  readonly feature: (name: string) => string;
  readonly layer: (name: string) => string;
}

function namingOf(groups: readonly ExtractGroup[]): (group: ExtractGroup) => Naming {
  const [features, layers] = [new Set<string>(), new Set<string>()];
  const isMerged = ({ name, pathways }: ExtractGroup): boolean => name === '' && pathways.length > 0;
  return (group) => {
    // What is computed at once keeps its names; tasks without a pathway do where nothing else does.
    const isPlain = groups.length === 1 || isMerged(group) || (group.name === '' && !groups.some(isMerged));
    const own = group.name === '' ? 'whole' : group.name;
    if (isPlain) return { feature: (name) => free(name, features), layer: (name) => free(name, layers) };
    return {
      feature: (name) => free(`${name}_${own.replaceAll('.', '_')}`, features),
      layer: (name) => layerName(`${own}_${name}`, layers), // pathways have names of any script
    };
  };
}

function free(name: string, taken: Set<string>): string {
  let own = name;
  while (taken.has(own)) own += '_';
  taken.add(own);
  return own;
}

interface ExtractedPart {
  readonly model: tf.LayersModel;
  /** By feature's name. */
  readonly outputs: ReadonlyMap<string, tf.SymbolicTensor>;
  readonly features: ReadonlyMap<string, string>;
  readonly heads: Readonly<Record<string, HostTensor>>;
  readonly report: CompactReport;
  readonly pass: ExtractedPass;
  readonly headOrigins: readonly (readonly [string, Origin])[];
}

function extractGroup(facts: ExtractFacts, group: ExtractGroup, naming: Naming): ExtractedPart {
  const { network, layout } = facts;
  const slots = group.tasks.map((task) => layout.slots[task]).filter((slot) => slot !== undefined);
  const read = [...network.features].filter(([name]) => slots.some(({ task }) => task.feature === name));
  const heads = read.map(([name, symbol]) => headOf(name, symbol, slots, facts));
  const full = tf.model({ inputs: network.model.inputs, outputs: heads.map((head) => head.logits) });
  const bindings = network.held
    .filter(({ part }) => part === 'backbone')
    .map(({ name, variable }) => ({ variable, tensor: seenWeights(name, group, facts.weights) }));
  try {
    // Whoever asks the layers for their weights is given what the tasks see.
    const { model, report, moves } = withBound(bindings, refuseWrite, () => compact(full));
    for (const layer of model.layers) layer.name = naming.layer(layer.name);
    const outputs = new Map<string, tf.SymbolicTensor>();
    const features = new Map<string, string>();
    const weights: Record<string, HostTensor> = {};
    const origins: (readonly [string, Origin])[] = [];
    for (const [i, head] of heads.entries()) {
      const logits = model.outputs[i] as tf.SymbolicTensor; // one each
      const feature = naming.feature(head.feature);
      const node = logits.sourceLayer.inboundNodes[logits.nodeIndex];
      outputs.set(feature, node?.inputTensors[0] as tf.SymbolicTensor); // a dense layer reads one
      const [kernel, bias] = logits.sourceLayer.getWeights().map(hostOf);
      if (kernel === undefined || bias === undefined) throw new Error('a head lost its weights');
      const rows = rowsOf(logits.sourceLayer, moves, head.rows);
      for (const { path, start, units } of head.columns) {
        origins.push(...headOrigins(path, units, rows));
        features.set(path, feature);
        weights[`head/${path}/kernel`] = columns(kernel, start, units);
        weights[`head/${path}/bias`] = columns(bias, start, units);
      }
    }
    const pass = { group, origins: originsOf(moves, group, network) };
    return { model, outputs, features, heads: weights, report, pass, headOrigins: origins };
  } finally {
    tf.dispose(bindings.map(({ tensor }) => tensor));
    for (const head of heads) head.layer.dispose();
  }
}

function originsOf(
  moves: CompactResult['moves'],
  group: ExtractGroup,
  { held }: Network,
): ReadonlyMap<LayerVariable, BackboneOrigin> {
  const names = new Map(held.filter(({ part }) => part === 'backbone').map(({ name, variable }) => [variable, name]));
  return new Map(
    [...moves].flatMap(([variable, moved]) => {
      const origin = backboneOrigin(moved, names, group);
      return origin === null ? [] : [[variable, origin] as const];
    }),
  );
}

/** Of the features that a head reads, those that are left. */
function rowsOf(head: tf.layers.Layer, moves: CompactResult['moves'], rows: number): Int32Array {
  const [kernel] = head.weights as LayerVariable[]; // as the binding sees them
  const left = (kernel && moves.get(kernel)?.left) ?? [];
  return left.find(({ axis }) => axis === 0)?.indices ?? Int32Array.from({ length: rows }, (_, i) => i);
}

function refuseWrite(): never {
  throw new Error('a layer wrote to its weights while it was read');
}

/** Those of the tasks' columns alone, as a layer of its own. */
function headOf(
  feature: string,
  symbol: tf.SymbolicTensor,
  slots: readonly Layout['slots'][number][],
  { network, weights }: ExtractFacts,
) {
  const own = slots.filter(({ task }) => task.feature === feature);
  const store = network.store.split(weights);
  let start = 0;
  const parts = own.map(({ task }) => {
    const kernel = store[`head/${task.path}/kernel`];
    const bias = store[`head/${task.path}/bias`];
    if (kernel === undefined || bias === undefined) throw new Error(`there is no head of ${task.path}`);
    const units = bias.data.length;
    start += units;
    return { path: task.path, kernel, bias, units, start: start - units };
  });
  const layer = tf.layers.dense({ units: start, name: `heads_${feature}` });
  const logits = layer.apply(symbol) as tf.SymbolicTensor; // of one symbol
  const tensors = parts.map(({ kernel, bias }) => [tensorOf(kernel), tensorOf(bias)] as const);
  tf.tidy(() =>
    layer.setWeights([
      tf.concat(
        tensors.map(([kernel]) => kernel),
        -1,
      ),
      tf.concat(
        tensors.map(([, bias]) => bias),
        -1,
      ),
    ]),
  );
  tf.dispose(tensors.flat());
  return {
    feature,
    layer,
    logits,
    rows: Number(symbol.shape.at(-1)),
    columns: parts.map(({ path, units, start: first }) => ({ path, units, start: first })),
  };
}

function seenWeights(name: string, { reads, own }: ExtractGroup, weights: HostTensors): tf.Tensor {
  const value = weights[own.get(name) ?? name];
  if (value === undefined) throw new Error(`there is no weight ${name}`);
  const mask = reads.get(name);
  if (mask === undefined) return tensorOf(value);
  return tensorOf({ ...value, data: Float32Array.from(value.data, (one, i) => (mask[i] === 1 ? one : 0)) });
}

const tensorOf = ({ data, shape, dtype }: HostTensor): tf.Tensor => tf.tensor(data, [...shape], dtype);

function hostOf(tensor: tf.Tensor): HostTensor {
  return { shape: tensor.shape, dtype: 'float32', data: tensor.dataSync<'float32'>().slice() };
}

function columns({ shape, data }: HostTensor, start: number, units: number): HostTensor {
  const width = Number(shape.at(-1));
  const rows = data.length / width;
  const own = new Float32Array(rows * units);
  for (let row = 0; row < rows; row++)
    own.set(data.subarray(row * width + start, row * width + start + units), row * units);
  return { shape: [...shape.slice(0, -1), units], dtype: 'float32', data: own };
}

/** The figures of all parts together. */
export function summed(
  reports: readonly CompactReport[],
  figure: 'units' | 'parameters' | 'bytes' | 'multiplyAdds',
): BeforeAfter {
  return {
    before: Math.max(...reports.map((report) => report[figure].before)),
    after: reports.reduce((sum, report) => sum + report[figure].after, 0),
  };
}
