/** @file Which of some tasks see one backbone, and what of it they see. */
import type { Network } from '../../model/network.js';
import { type BoundPathway, copyName, isMerged } from '../../model/pathways/bound.js';
import { mergedReads } from '../../model/pathways/unit-masks.js';
import type { HeldTensor } from '../../model/tensors.js';

/** Tasks whose features one forward pass makes. */
export interface ExtractGroup {
  /** Of its pathway; empty for what is computed at once, and for the whole backbone. */
  readonly name: string;
  /** Indices in flow order. */
  readonly tasks: readonly number[];
  /** Those of the tasks; none for tasks that see the whole backbone. */
  readonly pathways: readonly BoundPathway[];
  /** By tensor of the backbone: 1 for what they see. */
  readonly reads: ReadonlyMap<string, Uint8Array>;
  /** By tensor of the backbone: the state's tensor that they see instead. */
  readonly own: ReadonlyMap<string, string>;
}

export function extractGroups(
  network: Pick<Network, 'held' | 'units' | 'lanes'>,
  pathways: readonly BoundPathway[],
  tasks: readonly number[],
): readonly ExtractGroup[] {
  const trunk: readonly HeldTensor[] = network.held.filter(({ part }) => part === 'backbone');
  const wanted = pathways.filter((pathway) => pathway.tasks.some((task) => tasks.includes(task)));
  const ofTasks = (own: readonly number[]): number[] => own.filter((task) => tasks.includes(task));
  const groups: ExtractGroup[] = [];
  const together = wanted.filter(isMerged);
  if (together.length > 0) {
    const reads = mergedReads(trunk, together, network.units());
    const own = ofTasks(together.flatMap((one) => one.tasks));
    groups.push({ name: '', tasks: own, pathways: together, reads, own: new Map() });
  }
  for (const pathway of wanted.filter((one) => !isMerged(one))) {
    const { name, reads, copies } = pathway;
    const own = new Map(copies.map((tensor) => [tensor, copyName(name, tensor)]));
    groups.push({ name, tasks: ofTasks(pathway.tasks), pathways: [pathway], reads, own });
  }
  const inOne = new Set(wanted.flatMap((one) => one.tasks));
  const others = tasks.filter((task) => !inOne.has(task));
  if (others.length > 0) {
    const own = network.lanes.find(({ isWhole }) => isWhole)?.own ?? new Map<string, string>();
    groups.push({ name: '', tasks: others, pathways: [], reads: new Map(), own });
  }
  return groups;
}
