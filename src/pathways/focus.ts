/** @file What may move when some tasks are trained and the others shall stay as they are, to the bit. */
import type { Network } from '../model/network.js';
import { type BoundPathway, copyName, wholeName } from '../model/pathways/bound.js';
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
  network: Pick<Network, 'held' | 'tensors' | 'units' | 'lanes'>,
  pathways: readonly BoundPathway[],
  tasks: ReadonlySet<number>,
): Focus {
  const units = pathways.some((one) => one.units !== null) ? network.units() : null;
  const whole = network.lanes.find(({ isWhole }) => isWhole);
  const views: Views = { pathways, units, ofWhole: new Set(whole?.own.keys()) };
  const resting = new Set<string>();
  const open = new Map<string, Uint8Array>();
  for (const tensor of network.held) {
    if (tensor.part === 'head') {
      // Columns rest where no label of theirs counts; a head of others alone is not even computed.
      if (!ownersOf(tensor.owners).some((task) => tasks.has(task))) resting.add(tensor.name);
      continue;
    }
    const moving = movable(tensor, views, tasks);
    const seen = seenByOthers(tensor, views, tasks);
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
  if (whole?.tasks.some((task) => !tasks.has(task))) for (const tensor of views.ofWhole) resting.add(wholeName(tensor));
  return { tasks, resting, open };
}

/** Who sees what. */
interface Views {
  readonly pathways: readonly BoundPathway[];
  readonly units: PathwayUnits | null;
  /** Tensors of which tasks without a pathway have one of their own. */
  readonly ofWhole: ReadonlySet<string>;
}

/** 1 for what the tasks train; null for nothing. */
function movable(tensor: HeldTensor, views: Views, tasks: ReadonlySet<number>): Uint8Array | null {
  const readers = ownersOf(tensor.owners).filter((task) => tasks.has(task));
  const masks = readers.map((task) => {
    const pathway = pathwayOf(views.pathways, task);
    const seen = seenOf(tensor, pathway, views);
    return seen === null ? null : (pathway?.trains.get(tensor.name) ?? seen);
  });
  return united(tensor, masks);
}

/** 1 for what tasks besides see; null for nothing. */
function seenByOthers(tensor: HeldTensor, views: Views, tasks: ReadonlySet<number>): Uint8Array | 'all' | null {
  const others = ownersOf(tensor.owners).filter((task) => !tasks.has(task));
  const masks = others.map((task) => seenOf(tensor, pathwayOf(views.pathways, task), views));
  if (masks.includes('all')) return 'all';
  return united(tensor, masks);
}

/** 1 for what is seen of the network's own tensor; null for nothing of it. */
function seenOf(tensor: HeldTensor, pathway: BoundPathway | null, views: Views): Uint8Array | 'all' | null {
  if (pathway === null) return views.ofWhole.has(tensor.name) ? null : 'all';
  if (pathway.copies.includes(tensor.name)) return null;
  const { reads, units } = pathway;
  return (units === null ? reads.get(tensor.name) : unitReads(tensor, units, views.units)) ?? 'all';
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
