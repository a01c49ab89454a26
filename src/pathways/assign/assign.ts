/** @file Finds pathways: scores each kernel for each of them, and lets them choose, one after another. */
import { HeadgateError, listed } from '../../errors.js';
import type { Flow } from '../../flow/flow.js';
import type { Network } from '../../model/network.js';
import { areComputedAtOnce, unitReads } from '../../model/pathways/unit-masks.js';
import type { HeldTensor } from '../../model/tensors.js';
import type { UnitGraph, UnitGroup } from '../../model/units/graph.js';
import { anyOf } from '../../train/name-patterns.js';
import type { Pathway } from '../pathway.js';
import { type Reach, reachOf, unitReach } from '../reach.js';
import { sizeOf } from '../shape.js';
import { type ScoreFacts, scoresOf } from './scores.js';
import type { Settings } from './settings.js';
import { chooseUnits, noUnits } from './units.js';
import { type Candidate, chooseWeights } from './weights.js';

export interface AssignFacts extends ScoreFacts {
  readonly flow: Pick<Flow, 'tasks'>;
  readonly network: Pick<Network, 'held' | 'units'>;
  readonly existing: readonly Pathway[];
  /** New pathways in the order in which they choose: by name, paths of their tasks. */
  readonly ways: ReadonlyMap<string, readonly string[]>;
}

const BACKBONE = 'backbone/';

/** The kernels that pathways may mask. @throws HeadgateError `NOTHING_TO_MASK` where there are none */
export function kernelsOf({ held }: Pick<Network, 'held'>, { include, exclude }: Settings): readonly HeldTensor[] {
  const all = held.filter(({ part, role, trainable }) => part === 'backbone' && role === 'kernel' && trainable);
  const [isIn, isOut] = [include === null ? () => true : anyOf(include, '/'), anyOf(exclude, '/')];
  const kernels = all.filter(({ name }) => {
    const layer = name.slice(BACKBONE.length);
    return isIn(layer) && !isOut(layer);
  });
  if (kernels.length > 0) return kernels;
  throw new HeadgateError({
    code: 'NOTHING_TO_MASK',
    path: 'pathways',
    problem: 'no kernel of the backbone is left for pathways to mask',
    expected: `some of ${listed(all.map(({ name }) => name.slice(BACKBONE.length)))}`,
    received: 'none of them',
    mend: 'Change `include` and `exclude`; frozen layers take no part.',
  });
}

/**
 * The new pathways; nothing has changed yet.
 *
 * @throws HeadgateError `NOTHING_TO_MASK`, `CAPACITY_EXHAUSTED`
 */
export function assignPathways(facts: AssignFacts): readonly Pathway[] {
  const { flow, network, settings, existing, ways } = facts;
  const kernels = kernelsOf(network, settings);
  const made: Pathway[] = [];
  for (const [name, tasks] of ways) {
    const before = [...existing, ...made];
    const isRead = reachOf(tasks, flow);
    const scores = new Map(kernelsRead(name, kernels, isRead).map((kernel) => [kernel, scoresOf(kernel, name, facts)]));
    const choice = { name, tasks, before, scores, network, settings, isRead };
    made.push(settings.granularity === 'unit' ? ofUnits(choice) : withoutUnread(ofWeights(choice), kernels));
  }
  if (settings.granularity !== 'unit') return made;
  return withCopiesWhereNeeded(facts, made);
}

/** @throws HeadgateError `NOTHING_TO_MASK` where a pathway's tasks read none of them */
export function kernelsRead(pathway: string, kernels: readonly HeldTensor[], isRead: Reach): readonly HeldTensor[] {
  const own = kernels.filter(isRead);
  if (own.length > 0) return own;
  throw new HeadgateError({
    code: 'NOTHING_TO_MASK',
    path: `pathways.${pathway}`,
    problem: 'its tasks read none of the kernels that pathways may mask',
    expected: `a layer on their way, besides ${listed(kernels.map(({ name }) => name.slice(BACKBONE.length)))}`,
    received: 'none',
    mend: 'Change `include` and `exclude`, or let these tasks be without a pathway.',
  });
}

/** Of what lies on the way of other tasks alone, a pathway of single weights has nothing. */
export function withoutUnread(pathway: Pathway, kernels: readonly HeldTensor[]): Pathway {
  const unread = kernels.filter(({ name }) => !pathway.reads.has(name));
  const nothing = unread.map(({ name, shape }): [string, Uint8Array] => [name, new Uint8Array(sizeOf(shape))]);
  return nothing.length === 0 ? pathway : { ...pathway, reads: new Map([...pathway.reads, ...nothing]) };
}

interface ChoiceFacts {
  readonly name: string;
  readonly tasks: readonly string[];
  readonly before: readonly Pathway[];
  readonly scores: ReadonlyMap<HeldTensor, Float64Array>;
  readonly network: Pick<Network, 'held' | 'units'>;
  readonly settings: Settings;
  readonly isRead: Reach;
}

function ofWeights({ name, tasks, before, scores, network, settings, isRead }: ChoiceFacts): Pathway {
  const candidates = [...scores].map(([tensor, own]): Candidate => {
    const taken = settings.exclusive ? ownedBy(before, tensor, network) : null;
    return { name: tensor.name, shape: tensor.shape, scores: own, taken };
  });
  const own = chooseWeights(name, candidates, settings);
  const copies = vectorsOf(network, isRead);
  if (!settings.readsOthers) return { name, tasks, reads: own, trains: new Map(), units: null, copies };
  const reads = new Map(
    [...scores.keys()].map((tensor) => [tensor.name, either(own.get(tensor.name), ownedBy(before, tensor, network))]),
  );
  return { name, tasks, reads, trains: own, units: null, copies };
}

function ofUnits({ name, tasks, before, scores, network, settings, isRead }: ChoiceFacts): Pathway {
  const graph = network.units();
  const isReached = unitReach(network.held, graph, isRead);
  const isShared = (group: UnitGroup): boolean =>
    group.fixed !== null || (isReached(group) && !isMasked(group, [...scores.keys()], graph));
  const isOpen = (group: UnitGroup): boolean => !isShared(group) && isReached(group);
  if (!graph.groups.some(isOpen)) {
    throw noUnits(
      graph,
      [...scores.keys()].map(({ name }) => name.slice(BACKBONE.length)),
    );
  }
  const taken = settings.exclusive ? takenUnits(before, network, graph) : new Uint8Array(graph.count);
  const byVariable = [...scores].map(([tensor, own]) => [tensor.variable, own] as const);
  const chosen = chooseUnits(
    name,
    {
      ...{ graph, taken, isOpen },
      scores: new Map(byVariable),
      shapes: new Map([...scores.keys()].map(({ variable, shape }) => [variable, shape])),
    },
    settings,
  );
  const own = withShared(chosen, graph, isShared);
  if (!settings.readsOthers) return { name, tasks, reads: new Map(), trains: new Map(), units: own, copies: [] };
  const units = either(own, takenUnits(before, network, graph));
  for (const { units: unread } of graph.groups.filter((group) => !isShared(group) && !isReached(group))) {
    for (const unit of unread) units[unit] = 0;
  }
  const trains = new Map<string, Uint8Array>();
  for (const tensor of network.held) {
    const mask = tensor.part === 'backbone' ? trainedWith(tensor, own, units, graph) : null;
    if (mask !== null) trains.set(tensor.name, mask);
  }
  const reads = new Map<string, Uint8Array>();
  for (const tensor of network.held) {
    const mask = tensor.part === 'backbone' ? unitReads(tensor, units, graph) : undefined;
    if (mask !== undefined) reads.set(tensor.name, mask);
  }
  return { name, tasks, reads, trains, units, copies: vectorsOf(network, isRead) };
}

/** Of what the units are computed of, what they see of other units they train as well; those units themselves not. */
function trainedWith(tensor: HeldTensor, own: Uint8Array, units: Uint8Array, graph: UnitGraph): Uint8Array | null {
  const axes = graph.axes.get(tensor.variable) ?? [];
  const making = axes.filter(({ role }) => role === 'makes');
  if (making.length === 0) return null;
  const isOwn = unitReads(tensor, own, { ...graph, axes: new Map([[tensor.variable, making]]) });
  const isSeen = unitReads(tensor, units, graph);
  return isOwn === undefined ? null : isOwn.map((value, i) => (value === 1 && isSeen?.[i] === 1 ? 1 : 0));
}

/** Biases, scales and averages that are read: small, and of no use to two pathways that see different weights. */
export function vectorsOf({ held }: Pick<Network, 'held'>, isRead: Reach): readonly string[] {
  const vectors = held.filter((tensor) => tensor.part === 'backbone' && tensor.role !== 'kernel' && isRead(tensor));
  return vectors.map(({ name }) => name);
}

/** Pathways of units that cannot be computed at once have vectors of their own, as those of single weights. */
export function withCopiesWhereNeeded(
  { flow, network, existing }: Pick<AssignFacts, 'flow' | 'network' | 'existing'>,
  made: readonly Pathway[],
): readonly Pathway[] {
  const trunk = network.held.filter(({ part }) => part === 'backbone');
  const together: Uint8Array[] = existing.flatMap(({ units, copies }) =>
    units !== null && copies.length === 0 ? [units] : [],
  );
  return made.map((pathway) => {
    if (pathway.units === null || pathway.copies.length > 0) return pathway;
    if (areComputedAtOnce(trunk, [...together, pathway.units], network.units())) {
      together.push(pathway.units);
      return pathway;
    }
    const graph = network.units();
    const reads = new Map<string, Uint8Array>();
    for (const tensor of trunk) {
      const mask = unitReads(tensor, pathway.units, graph);
      if (mask !== undefined) reads.set(tensor.name, mask);
    }
    return { ...pathway, reads, copies: vectorsOf(network, reachOf(pathway.tasks, flow)) };
  });
}

function isMasked(group: UnitGroup, kernels: readonly HeldTensor[], graph: UnitGraph): boolean {
  const own = new Set(group.units);
  return kernels.some(({ variable }) =>
    (graph.axes.get(variable) ?? []).some(({ role, units }) => role === 'makes' && units.some((unit) => own.has(unit))),
  );
}

function withShared(chosen: Uint8Array, { groups }: UnitGraph, isShared: (group: UnitGroup) => boolean): Uint8Array {
  const units = chosen.slice();
  for (const group of groups) if (isShared(group)) for (const unit of group.units) units[unit] = 1;
  return units;
}

/** Units of which others train a weight. */
function takenUnits(before: readonly Pathway[], network: Pick<Network, 'held'>, graph: UnitGraph): Uint8Array {
  const taken = new Uint8Array(graph.count);
  for (const tensor of network.held) {
    const making = graph.axes.get(tensor.variable)?.find(({ role }) => role === 'makes');
    if (making === undefined || tensor.role !== 'kernel') continue;
    const owned = ownedElements(before, tensor, graph);
    if (owned === null) continue;
    const inner = tensor.shape.slice(making.axis + 1).reduce((product, length) => product * length, 1);
    const length = tensor.shape[making.axis] ?? 1;
    owned.forEach((value, i) => {
      const unit = making.units[Math.floor(i / inner) % length] ?? -1;
      if (value === 1 && unit >= 0) taken[unit] = 1;
    });
  }
  return taken;
}

function ownedBy(before: readonly Pathway[], tensor: HeldTensor, network: Pick<Network, 'units'>): Uint8Array | null {
  return ownedElements(before, tensor, before.some(({ units }) => units !== null) ? network.units() : null);
}

/** 1 for the elements that a pathway trains; null where none does. */
export function ownedElements(
  pathways: readonly Pathway[],
  tensor: HeldTensor,
  graph: UnitGraph | null,
): Uint8Array | null {
  const masks = pathways.flatMap((pathway) => {
    const own =
      pathway.trains.get(tensor.name) ??
      pathway.reads.get(tensor.name) ??
      (pathway.units === null ? undefined : unitReads(tensor, pathway.units, graph));
    return own === undefined ? [] : [own];
  });
  return masks.length === 0 ? null : masks.reduce((all, one) => either(all, one));
}

function either(a: Uint8Array | undefined, b: Uint8Array | null): Uint8Array {
  if (a === undefined) throw new Error('nothing was chosen of a kernel');
  return b === null ? a : a.map((value, i) => (value === 1 || b[i] === 1 ? 1 : 0));
}
