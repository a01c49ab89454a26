/** @file What may move when some tasks are trained and the others shall stay as they are, to the bit. */
import type { Network } from '../model/network.js';
import { type BoundPathway, copyName } from '../model/pathways/bound.js';
import { type PathwayUnits, unitReads } from '../model/pathways/unit-masks.js';
import { type HeldTensor, ownersOf } from '../model/tensors.js';
import type { Focus } from '../train/focus.js';

/**
 * Everything that a task outside of `tasks` sees rests: its head, its pathway, and all of the backbone where it has none.
 *
 * @param tasks indices in flow order
 * @param pathways that the network has
 */
export function focusOn(
  network: Pick<Network, 'held' | 'tensors' | 'units'>,
  pathways: readonly BoundPathway[],
  tasks: ReadonlySet<number>,
): Focus {
  const units = pathways.some((one) => one.units !== null) ? network.units() : null;
  const resting = new Set<string>();
  const open = new Map<string, Uint8Array>();
  for (const tensor of network.held) {
    if (tensor.part === 'head') continue; // its columns rest where no label of theirs counts
    const moving = movable(tensor, pathways, tasks, units);
    const seen = seenByOthers(tensor, pathways, tasks, units);
    const size = tensor.shape.reduce((product, length) => product * length, 1);
    if (moving === null || seen === 'all') {
      resting.add(tensor.name);
      continue;
    }
    const left = Uint8Array.from({ length: size }, (_, i) => ((moving[i] ?? 1) && !(seen?.[i] === 1) ? 1 : 0));
    if (!left.includes(1)) resting.add(tensor.name);
    else if (moving.some((value, i) => value === 1 && left[i] === 0)) open.set(tensor.name, left);
  }
  for (const { name, tasks: own, copies } of pathways) {
    const isOthers = own.some((task) => !tasks.has(task));
    if (isOthers) for (const tensor of copies) resting.add(copyName(name, tensor));
  }
  return { tasks, resting, open };
}

/** 1 for what the tasks train; null for nothing. */
function movable(
  tensor: HeldTensor,
  pathways: readonly BoundPathway[],
  tasks: ReadonlySet<number>,
  units: PathwayUnits | null,
): Uint8Array | null {
  const readers = ownersOf(tensor.owners).filter((task) => tasks.has(task));
  const masks = readers.map((task) => {
    const pathway = pathwayOf(pathways, task);
    if (pathway === null) return 'all';
    if (pathway.copies.includes(tensor.name)) return null;
    return pathway.trains.get(tensor.name) ?? readsOf(tensor, pathway, units) ?? 'all';
  });
  return united(tensor, masks);
}

/** 1 for what tasks besides see; null for nothing. */
function seenByOthers(
  tensor: HeldTensor,
  pathways: readonly BoundPathway[],
  tasks: ReadonlySet<number>,
  units: PathwayUnits | null,
): Uint8Array | 'all' | null {
  const others = ownersOf(tensor.owners).filter((task) => !tasks.has(task));
  const masks = others.map((task) => {
    const pathway = pathwayOf(pathways, task);
    if (pathway === null) return 'all';
    if (pathway.copies.includes(tensor.name)) return null;
    return readsOf(tensor, pathway, units) ?? 'all';
  });
  if (masks.includes('all')) return 'all';
  return united(tensor, masks);
}

function readsOf(tensor: HeldTensor, pathway: BoundPathway, units: PathwayUnits | null): Uint8Array | undefined {
  return pathway.units === null ? pathway.reads.get(tensor.name) : unitReads(tensor, pathway.units, units);
}

function pathwayOf(pathways: readonly BoundPathway[], task: number): BoundPathway | null {
  return pathways.find((pathway) => pathway.tasks.includes(task)) ?? null;
}

function united({ shape }: HeldTensor, masks: readonly (Uint8Array | 'all' | null)[]): Uint8Array | null {
  const distinct = [...new Set(masks)].filter((mask) => mask !== null);
  if (distinct.length === 0) return null;
  const all = new Uint8Array(shape.reduce((product, length) => product * length, 1));
  for (const mask of distinct) {
    if (mask === 'all') return all.fill(1);
    for (let i = 0; i < all.length; i++) if (mask[i] === 1) all[i] = 1;
  }
  return all;
}
