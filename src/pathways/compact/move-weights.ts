/** @file The weights of a layer for the smaller one that takes its place. */
import { assign, type LayerVariable } from '../../model/binding.js';
import { childrenOf, isContainer } from '../../model/layers.js';
import { ownVariables } from '../../model/tensors.js';
import type { UnitGraph } from '../../model/units/graph.js';
import { tf } from '../../tf.js';
import type { Folds } from './fold.js';
import { notRebuilt } from './not-rebuilt.js';

type Layer = tf.layers.Layer;

/** Where a parameter of the smaller model came from. */
export interface MovedWeight {
  /** The old model's; null for a bias that its layer had not. */
  readonly source: LayerVariable | null;
  /** Of the axes that stand for units, the old indices that are left, in order. */
  readonly left: readonly { readonly axis: number; readonly indices: Int32Array }[];
}

export interface Move {
  readonly graph: UnitGraph;
  /** By unit. */
  readonly isGone: readonly boolean[];
  readonly folds: Folds;
}

/**
 * Of the layer itself, and of the cells and layers that a wrapper holds.
 *
 * @param moves is told where each parameter came from
 * @throws HeadgateError `LAYER_NOT_REBUILT` when the layers do not have the same weights
 */
export function moveWeights(
  old: Layer,
  made: Layer,
  move: Move,
  moves: Map<LayerVariable, MovedWeight> = new Map(),
): void {
  const before = new Map(ownVariables(old).map(([variable, name]) => [name, variable]));
  const after = new Map(ownVariables(made).map(([variable, name]) => [name, variable]));
  const lost = [...before.keys()].find((name) => !after.has(name));
  if (lost !== undefined) throw notRebuilt(old, `no weight "${lost}"`);
  const folded = [...before.values()].find((variable) => move.folds.has(variable)) ?? null;
  for (const [name, target] of after) {
    const source = before.get(name) ?? null;
    tf.tidy(() => assign(target, movedValue(old, { name, source, folded }, move)));
    moves.set(target, { source, left: source === null ? [] : leftOf(source, move) });
  }
  if (isContainer(old)) return;
  const children = childrenOf(made);
  for (const [i, { layer }] of childrenOf(old).entries()) {
    const child = children[i]?.layer;
    if (child !== undefined && !isContainer(layer)) moveWeights(layer, child, move, moves);
  }
}

interface Source {
  readonly name: string;
  /** Null for a bias that the layer had not. */
  readonly source: LayerVariable | null;
  /** The layer's kernel whose rows went into its bias; null where none did. */
  readonly folded: LayerVariable | null;
}

function movedValue(old: Layer, { name, source, folded }: Source, move: Move): tf.Tensor {
  const { graph, folds } = move;
  const fold = name === 'bias' && folded !== null ? folds.get(folded) : undefined;
  if (source === null) {
    const makes = folded && graph.axes.get(folded)?.find(({ role }) => role === 'makes');
    if (fold === undefined || !makes) throw notRebuilt(old, `a weight that it had not: "${name}"`);
    return tf.tensor1d(Float32Array.from(fold)).gather(tf.tensor1d(staying(makes.units, move), 'int32'));
  }
  let value = source.read();
  if (fold !== undefined) {
    const sums = value.dataSync();
    value = tf.tensor(
      Float32Array.from(fold, (sum, i) => sum + (sums[i] ?? 0)),
      value.shape,
    );
  }
  for (const { axis, indices } of leftOf(source, move)) value = value.gather(tf.tensor1d(indices, 'int32'), axis);
  return value;
}

function leftOf(source: LayerVariable, move: Move): MovedWeight['left'] {
  return (move.graph.axes.get(source) ?? []).map(({ axis, units }) => ({ axis, indices: staying(units, move) }));
}

function staying(units: Int32Array, { isGone }: Move): Int32Array {
  return Int32Array.from([...units.keys()].filter((i) => (units[i] ?? -1) < 0 || !isGone[units[i] ?? -1]));
}
