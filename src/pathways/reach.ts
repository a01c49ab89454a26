/** @file What of the backbone lies on the way of some tasks: layers that lead to features which other heads read do not. */
import type { Flow } from '../flow/flow.js';
import type { LayerVariable } from '../model/binding.js';
import { type HeldTensor, ownersOf } from '../model/tensors.js';
import type { UnitGraph, UnitGroup } from '../model/units/graph.js';

/** Whether one of these tasks reads the tensor. */
export type Reach = (tensor: Pick<HeldTensor, 'owners'>) => boolean;

/** @param paths of tasks of the flow */
export function reachOf(paths: readonly string[], { tasks }: Pick<Flow, 'tasks'>): Reach {
  return readBy(new Set(tasks.flatMap(({ path }, index) => (paths.includes(path) ? [index] : []))));
}

/** @param tasks indices in flow order */
export function readBy(tasks: ReadonlySet<number>): Reach {
  return ({ owners }) => ownersOf(owners).some((task) => tasks.has(task));
}

/** Whether something that makes the group's units is within reach. */
export function unitReach(
  held: readonly HeldTensor[],
  { axes }: Pick<UnitGraph, 'axes'>,
  isRead: Reach,
): (group: UnitGroup) => boolean {
  const made = new Set<number>();
  const makes = (variable: LayerVariable): readonly number[] =>
    (axes.get(variable) ?? []).flatMap(({ role, units }) => (role === 'makes' ? [...units] : []));
  for (const tensor of held) if (isRead(tensor)) for (const unit of makes(tensor.variable)) made.add(unit);
  return ({ units }) => units.some((unit) => made.has(unit));
}
