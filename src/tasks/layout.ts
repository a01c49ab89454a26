/** @file Where each task's label elements and logits lie. Tasks that can run as one lie side by side. */
import type { Flow, FlowTask } from '../flow/flow.js';
import type { TaskKind } from './kind.js';

/** A task's place in the label matrix `[rows, width]`. */
export interface TaskSlot {
  readonly task: FlowTask<TaskKind>;
  /** Index of the task in flow order; also its place in per-task vectors such as counts and losses. */
  readonly index: number;
  /** First column in the label matrix, and the number of columns. */
  readonly offset: number;
  readonly width: number;
}

/** Sibling tasks whose loss is one call: same feature and same `lossKey`. Their columns are adjacent, in this order. */
export interface LossGroup {
  readonly feature: string;
  readonly slots: readonly TaskSlot[];
  /** First logit column among the logits of this feature. */
  readonly unitOffset: number;
  /** Logits and label elements of each of the group's tasks. */
  readonly units: number;
  readonly width: number;
  /** First label column of the group. */
  readonly offset: number;
}

export interface Layout {
  readonly flow: Flow<TaskKind>;
  /** In flow order. */
  readonly slots: readonly TaskSlot[];
  readonly groups: readonly LossGroup[];
  /** Total label columns. */
  readonly width: number;
  /** Logit columns read from each feature: the fused head's units. */
  readonly featureUnits: ReadonlyMap<string, number>;
  readonly slot: (path: string) => TaskSlot;
}

/** Groups tasks by feature, then by `lossKey`, each in order of first appearance. */
export function layoutOf(flow: Flow<TaskKind>): Layout {
  const byFeature = new Map<string, Map<string, FlowTask<TaskKind>[]>>();
  for (const task of flow.tasks) {
    const groups = byFeature.get(task.feature) ?? new Map<string, FlowTask<TaskKind>[]>();
    byFeature.set(task.feature, groups);
    const key = task.kind.lossKey === null ? `alone:${task.path}` : `key:${task.kind.lossKey}`;
    groups.set(key, [...(groups.get(key) ?? []), task]);
  }
  const index = new Map(flow.tasks.map((task, i) => [task, i]));
  const groups: LossGroup[] = [];
  const featureUnits = new Map<string, number>();
  let offset = 0;
  for (const [feature, members] of byFeature) {
    let unitOffset = 0;
    for (const tasks of members.values()) {
      const groupOffset = offset;
      const slots = tasks.map((task) => {
        const slot = { task, index: index.get(task) ?? missingSlot(task.path), offset, width: task.kind.width };
        offset += task.kind.width;
        return slot;
      });
      const { units, width } = (tasks[0] as FlowTask<TaskKind>).kind; // a group has at least one task
      groups.push({ feature, slots, unitOffset, units, width, offset: groupOffset });
      unitOffset += units * tasks.length;
    }
    featureUnits.set(feature, unitOffset);
  }
  const slots = groups.flatMap((group) => group.slots).sort((a, b) => a.index - b.index);
  const byPath = new Map(slots.map((slot) => [slot.task.path, slot]));
  return {
    flow,
    slots,
    groups,
    width: offset,
    featureUnits,
    slot: (path) => byPath.get(path) ?? byPath.get(flow.task(path).path) ?? missingSlot(path),
  };
}

/** The weights that the tasks were declared with, in flow order. */
export function declaredWeights(layout: Layout): readonly number[] {
  return layout.slots.map(({ task }) => task.kind.weight);
}

function missingSlot(path: string): never {
  throw new Error(`no slot for ${path}: the layout was made for another flow`);
}
