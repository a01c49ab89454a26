/** @file The tensors that a training step keeps for the network: what each is, who owns it, and how layers hold it. */
import type { DataType } from '../engine/engine.js';
import { dataTypeOf } from '../engine/host-tensor.js';
import { HeadgateError } from '../errors.js';
import type { Layout } from '../tasks/layout.js';
import type { tf } from '../tf.js';
import type { LayerVariable } from './binding.js';
import { layerPaths } from './layer-names.js';
import { childrenOf, layersBehind, layersWithin } from './layers.js';

type Layer = tf.layers.Layer;

/** Which tasks own a tensor (rule 5: it rests when none of its owners has a counted label in the batch). */
export type Ownership =
  /** Every element is owned by the same tasks (indices in flow order). */
  | { readonly by: 'tasks'; readonly tasks: readonly number[] }
  /** Columns of a fused head: `columns[j]` is the task that owns the last axis's element j. */
  | { readonly by: 'column'; readonly columns: readonly number[] }
  /** Cells of a grid of this shape that broadcasts over the tensor: `cells[i]` are the tasks that own the i-th. */
  | {
      readonly by: 'cells';
      /** Equal for grids with equal cells. */
      readonly key: string;
      readonly shape: readonly number[];
      readonly cells: readonly (readonly number[])[];
    }
  /** Elements: the tasks of each own those where its mask, a tensor of the state of this shape, is 1; null: all. */
  | {
      readonly by: 'masks';
      readonly of: readonly { readonly tasks: readonly number[]; readonly mask: string | null }[];
    };

/** The tasks that own any element, in flow order. */
export function ownersOf(owners: Ownership): readonly number[] {
  const { by } = owners;
  if (by === 'tasks') return owners.tasks;
  if (by === 'column') return owners.columns;
  const tasks = by === 'cells' ? owners.cells.flat() : owners.of.flatMap((one) => one.tasks);
  return [...new Set(tasks)].sort((a, b) => a - b);
}

export type Role =
  /** Multiplies what a layer reads. */
  | 'kernel'
  /** Is added. */
  | 'bias'
  /** Multiplies what a layer gives, element by element. */
  | 'scale'
  /** Kept by the layer itself, not trained: moving means and variances. */
  | 'average'
  /** Zeros and ones, of pathways. */
  | 'mask';

/**
 * One tensor of the step's state. Of the backbone's, each is one parameter; a head's holds the parameters of all tasks
 * that read the feature (see `store.ts`).
 */
export interface NetworkTensor {
  /** Stable across processes: `backbone/stem/kernel`, `backbone/dense.2/bias`, `head/<feature>/kernel`. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: DataType;
  readonly role: Role;
  /** False for frozen layers, moving averages, and tensors that no task reads. */
  readonly trainable: boolean;
  readonly part: 'backbone' | 'head';
  readonly owners: Ownership;
  /** The tensor of the state that is 0 where this one is 0 for good; null where every element may be anything. */
  readonly mask: string | null;
  /** The layer's own, which reads this tensor while the network runs; null for what lives in the state alone. */
  readonly variable: LayerVariable | null;
  /** The layer's constraint (max-norm, non-negative, …), applied after each update; null for none. */
  readonly constraint: ((value: tf.Tensor) => tf.Tensor) | null;
}

/** A tensor that a layer holds. */
export interface HeldTensor extends NetworkTensor {
  readonly variable: LayerVariable;
}

/** The variables of the trunk, each once: layers that stand in several places have one set of weights. */
export function trunkTensors(
  trunk: tf.LayersModel,
  features: Readonly<Record<string, tf.SymbolicTensor>>,
  layout: Layout,
  { names }: BackboneNames,
): HeldTensor[] {
  const readers = readersOf(features, layout);
  const holders = holdersWithin(trunk);
  const variables = new Set(trunk.layers.flatMap((layer): LayerVariable[] => layer.weights));
  return [...variables].map((variable) => {
    const { name, role } = names.get(variable) ?? nameless(variable);
    const heldBy = holders.get(variable) ?? nameless(variable);
    return {
      name,
      role,
      shape: variable.shape.map(Number),
      dtype: dataTypeOf(name, variable),
      // Asked anew for each fit: layers may be frozen and released between fits.
      get trainable() {
        return isTrainable(heldBy, variable);
      },
      part: 'backbone',
      owners: {
        by: 'tasks',
        tasks: layout.slots.map((slot) => slot.index).filter((i) => readers.get(variable)?.has(i)),
      },
      mask: null,
      variable,
      constraint: constraintOf(variable),
    };
  });
}

/** By variable, the flow-order indices of the tasks whose features it takes part in. */
function readersOf(
  features: Readonly<Record<string, tf.SymbolicTensor>>,
  layout: Layout,
): ReadonlyMap<LayerVariable, ReadonlySet<number>> {
  const readers = new Map<LayerVariable, Set<number>>();
  for (const feature of layout.featureUnits.keys()) {
    const tensor = features[feature];
    if (tensor === undefined) continue; // `runBackbone` has refused it
    const tasks = layout.slots.filter((slot) => slot.task.feature === feature);
    const variables = new Set([...layersBehind(tensor)].flatMap((layer): LayerVariable[] => layer.weights));
    for (const variable of variables) {
      const known = readers.get(variable) ?? new Set();
      readers.set(variable, known);
      for (const { index } of tasks) known.add(index);
    }
  }
  return readers;
}

export interface BackboneNames {
  readonly paths: ReadonlyMap<Layer, string>;
  readonly names: ReadonlyMap<LayerVariable, { readonly name: string; readonly role: Role }>;
}

/**
 * Names of all layers and variables behind the features, also of those that no task reads: a task that starts to read
 * them renames none.
 *
 * @throws HeadgateError `DUPLICATE_PARAMETER`
 */
export function backboneNames(features: Readonly<Record<string, tf.SymbolicTensor>>): BackboneNames {
  const names = new Map<LayerVariable, { name: string; role: Role }>();
  const holders = new Map<string, Layer>();
  const paths = layerPaths(Object.values(features));
  for (const [layer, path] of paths) {
    for (const [variable, last] of ownVariables(layer)) {
      if (names.has(variable)) continue;
      const name = `backbone/${path}/${last}`;
      const other = holders.get(name);
      if (other !== undefined) throw duplicateName(name, layer, other);
      holders.set(name, layer);
      names.set(variable, { name, role: roleOf(layer, variable, last) });
    }
  }
  return { paths, names };
}

/** The variables that are a layer's own and not those of layers inside it, with their last names, all different. */
export function ownVariables(layer: Layer): [LayerVariable, string][] {
  const inner = new Set(childrenOf(layer).flatMap((child): LayerVariable[] => child.layer.weights));
  const numbers = new Map<string, number>();
  return (layer.weights as LayerVariable[])
    .filter((variable) => !inner.has(variable))
    .map((variable) => {
      const last = variable.originalName.split('/').at(-1) ?? variable.originalName;
      const number = (numbers.get(last) ?? 0) + 1;
      numbers.set(last, number);
      return [variable, number === 1 ? last : `${last}.${number}`];
    });
}

function roleOf(layer: Layer, variable: LayerVariable, last: string): Role {
  const resting: unknown = Reflect.get(layer, '_nonTrainableWeights');
  if (Array.isArray(resting) && resting.includes(variable)) return 'average';
  // A layer of several parts names them before it: `self_attention_query_bias`.
  const kind = last.slice(last.lastIndexOf('_') + 1);
  if (kind === 'bias' || kind === 'beta') return 'bias';
  return kind === 'gamma' || kind === 'alpha' ? 'scale' : 'kernel';
}

/** By variable, the layers that hold it, at any depth. */
function holdersWithin(trunk: tf.LayersModel): ReadonlyMap<LayerVariable, readonly Layer[]> {
  const holders = new Map<LayerVariable, Layer[]>();
  for (const layer of layersWithin(trunk)) {
    if (layer === trunk) continue; // it is ours, and nobody freezes it
    for (const variable of layer.weights) holders.set(variable, [...(holders.get(variable) ?? []), layer]);
  }
  return holders;
}

/** False where a layer that holds the variable, at any depth, is frozen, or its own kind keeps it out of training. */
function isTrainable(holders: readonly Layer[], variable: LayerVariable): boolean {
  return (
    holders.every((layer) => layer.trainable) &&
    holders.some((layer) => (layer.trainableWeights as LayerVariable[]).includes(variable))
  );
}

function constraintOf(variable: object): NetworkTensor['constraint'] {
  const constraint: unknown = Reflect.get(variable, 'constraint');
  if (typeof constraint !== 'object' || constraint === null || !('apply' in constraint)) return null;
  const { apply } = constraint;
  if (typeof apply !== 'function') return null;
  return (value) => apply.call(constraint, value);
}

function nameless(variable: LayerVariable): never {
  throw new Error(`no layer behind the features holds ${variable.originalName}`);
}

function duplicateName(name: string, layer: Layer, other: Layer): HeadgateError {
  return new HeadgateError({
    code: 'DUPLICATE_PARAMETER',
    path: name,
    problem: 'two parameters of the backbone would have this name',
    expected: 'layers whose names make different paths',
    received: `the layers "${other.name}" and "${layer.name}"`,
    mend: 'Give one of the layers another `name`.',
  });
}
