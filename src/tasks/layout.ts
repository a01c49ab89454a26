/** @file Where each task's label elements and logits lie. Tasks that can run as one lie side by side. */
import type { Flow, FlowTask } from '../flow/flow.js';
import type { Learnt } from './filled.js';
import type { TaskKind } from './kind.js';

/**
 * A task's place in the label matrix `[rows, width]`. Passes walk its *instances*, rows × positions, row by row: instance
 * `row * positions + position`.
 */
export interface TaskSlot {
  readonly task: FlowTask<TaskKind>;
  /** Index of the task in flow order; also its place in per-task vectors such as counts and losses. */
  readonly index: number;
  /** The axes along which it answers, as messages name them; null for one answer a row. */
  readonly axis: string | null;
  /** The lengths of these axes; none for one answer a row. */
  readonly shape: readonly number[];
  /** Answers a row: the product of the lengths; 1 without. */
  readonly positions: number;
  /** First of its answers among those of a row, in flow order: its place in `[rows, answers]`. */
  readonly answer: number;
  /** First column in the label matrix. */
  readonly offset: number;
  /** Elements of one label. */
  readonly width: number;
  /** Its columns in the label matrix, `[positions, width]`. */
  readonly columns: number;
  /**
   * The loss of the task's best constant answer, as far as it was learnt; else 1. Losses are reported, and added up, in
   * this unit.
   */
  readonly lossUnit: number;
  /** The weights were fit or loaded, and no label of the task ever counted: its head is as it was drawn. */
  readonly neverTrained: boolean;
}

/** Sibling tasks whose loss is one call: same feature and same `lossKey`. Their columns are adjacent, in this order. */
export interface LossGroup {
  readonly feature: string;
  readonly slots: readonly TaskSlot[];
  /** Of each of the group's tasks: a feature is read along one axis. */
  readonly positions: number;
  /** First logit column among the logits of this feature. */
  readonly unitOffset: number;
  /** Logits and label elements of one answer of each of the group's tasks. */
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
  /** Answers of all tasks together in one row. */
  readonly answers: number;
  /** Logit columns read from each feature, at each position: the fused head's units. */
  readonly featureUnits: ReadonlyMap<string, number>;
  readonly slot: (path: string) => TaskSlot;
}

/**
 * Groups tasks by feature, then by `lossKey`, each in order of first appearance.
 *
 * @param learnt by task path, of the tasks of which a label has counted in a fit; null where there was none
 */
export function layoutOf(flow: Flow<TaskKind>, learnt: Learnt['tasks'] | null = null): Layout {
  const byFeature = new Map<string, Map<string, FlowTask<TaskKind>[]>>();
  for (const task of flow.tasks) {
    const groups = byFeature.get(task.feature) ?? new Map<string, FlowTask<TaskKind>[]>();
    byFeature.set(task.feature, groups);
    const key = task.kind.lossKey === null ? `alone:${task.path}` : `key:${task.kind.lossKey}`;
    groups.set(key, [...(groups.get(key) ?? []), task]);
  }
  const places = placesOf(flow);
  const groups: LossGroup[] = [];
  const featureUnits = new Map<string, number>();
  let offset = 0;
  for (const [feature, members] of byFeature) {
    let unitOffset = 0;
    for (const tasks of members.values()) {
      const groupOffset = offset;
      const slots = tasks.map((task): TaskSlot => {
        const { kind, axis, shape, positions } = task;
        const columns = positions * kind.width;
        offset += columns;
        const place = places.get(task) ?? missingSlot(task.path);
        const lossUnit = learnt?.get(task.path)?.lossUnit ?? 1; // as documented
        const neverTrained = learnt !== null && !learnt.has(task.path);
        const width = { offset: offset - columns, width: kind.width, columns };
        return { task, ...place, axis, shape, positions, ...width, lossUnit, neverTrained };
      });
      const { kind, positions } = tasks[0] as FlowTask<TaskKind>; // a group has at least one task
      const { units, width } = kind;
      groups.push({ feature, slots, positions, unitOffset, units, width, offset: groupOffset });
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
    answers: slots.reduce((sum, { positions }) => sum + positions, 0),
    featureUnits,
    slot: (path) => byPath.get(path) ?? byPath.get(flow.task(path).path) ?? missingSlot(path),
  };
}

/** By task: its place in flow order, and that of its first answer. */
function placesOf({ tasks }: Flow<TaskKind>): ReadonlyMap<FlowTask<TaskKind>, Pick<TaskSlot, 'index' | 'answer'>> {
  let next = 0;
  return new Map(
    tasks.map((task, index) => {
      next += task.positions;
      return [task, { index, answer: next - task.positions }];
    }),
  );
}

/** First element of the label of a task's instance, in a matrix `[rows, layout.width]`. */
export function labelStart(layout: Pick<Layout, 'width'>, slot: TaskSlot, instance: number): number {
  const { positions, offset, width } = slot;
  if (positions === 1) return instance * layout.width + offset;
  const row = Math.floor(instance / positions);
  return row * layout.width + offset + (instance - row * positions) * width;
}

/** The same layout with losses as the kinds give them. */
export function withoutLossUnits(layout: Layout): Layout {
  return layoutOf(layout.flow);
}

/** The weights that the tasks were declared with, in flow order. */
export function declaredWeights(layout: Layout): readonly number[] {
  return layout.slots.map(({ task }) => task.kind.weight);
}

function missingSlot(path: string): never {
  throw new Error(`no slot for ${path}: the layout was made for another flow`);
}
