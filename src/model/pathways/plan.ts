/** @file Pathways -> lanes: what is computed at once, which masks that takes, and who owns what. */

import type { HeldTensor, NetworkTensor, Ownership } from '../tensors.js';
import { ownersOf } from '../tensors.js';
import { type BoundPathway, copyName, isMerged, readsName, storedName, trainsName, wholeName } from './bound.js';
import { type Lane, type LaneMask, wholeLane } from './lanes.js';
import { cellsOf, hasUnits, headReads, mergedReads, type PathwayUnits, unitReads } from './unit-masks.js';

export interface LanePlan {
  readonly lanes: readonly Lane[];
  /** By name, of each of the network's tensors: who owns it now, and its mask. */
  readonly tensors: ReadonlyMap<string, Pick<NetworkTensor, 'owners' | 'mask'>>;
  /** Masks that the state keeps, by name. */
  readonly masks: ReadonlyMap<string, { readonly shape: readonly number[]; readonly values: Uint8Array }>;
  /** Tensors that pathways have of their own: the state's name -> whose, and the tensor that it stands for. */
  readonly copies: ReadonlyMap<string, { readonly of: string; readonly owners: Ownership }>;
}

export interface PlanFacts {
  readonly pathways: readonly BoundPathway[];
  /** Of the backbone. */
  readonly trunk: readonly HeldTensor[];
  readonly heads: readonly HeldTensor[];
  /** Number of tasks. */
  readonly tasks: number;
  /** Which units the backbone has; needed where pathways consist of units. */
  readonly units: PathwayUnits | null;
  /** True where masks will change: pathways that are equal by chance have masks of their own all the same. */
  readonly apart?: boolean;
}

/** A lane while it is planned. */
interface Draft {
  readonly name: string;
  readonly tasks: readonly number[];
  readonly isWhole: boolean;
  /** The pathways that it computes at once; none for the backbone as it is. */
  readonly pathways: readonly BoundPathway[];
  readonly reads: ReadonlyMap<string, Uint8Array>;
  readonly trains: ReadonlyMap<string, Uint8Array>;
  readonly copies: ReadonlySet<string>;
}

/** Pathways of units without tensors of their own are one lane; every other pathway is a lane, and so are other tasks. */
export function planLanes(facts: PlanFacts): LanePlan {
  const drafts = draftsOf(facts);
  const masks = new Map<string, { shape: readonly number[]; values: Uint8Array }>();
  const tensors = new Map<string, Pick<NetworkTensor, 'owners' | 'mask'>>();
  const laneMasks = drafts.map(() => new Map<string, LaneMask>());
  for (const tensor of facts.trunk) {
    const readers = drafts.filter(({ copies }) => !copies.has(tensor.name));
    const keep = (name: string, values: Uint8Array): string => {
      masks.set(name, { shape: tensor.shape, values });
      return name;
    };
    const shared = sharedMask(readers, tensor.name, facts.apart ?? false);
    if (shared === 'several') {
      for (const draft of readers) {
        const reads = draft.reads.get(tensor.name);
        if (reads === undefined) continue;
        const trains = draft.trains.get(tensor.name);
        laneMasks[drafts.indexOf(draft)]?.set(tensor.name, {
          reads: keep(readsName(draft.name, tensor.name), reads),
          trains: trains === undefined ? null : keep(trainsName(draft.name, tensor.name), trains),
        });
      }
    }
    const mask = shared === 'several' || shared === null ? null : keep(storedName(tensor.name), shared);
    tensors.set(tensor.name, { owners: ownership({ tensor, readers, facts, keep }), mask });
  }
  for (const head of facts.heads) tensors.set(head.name, { owners: head.owners, mask: headMask(head, facts, masks) });
  const copies = new Map<string, { of: string; owners: Ownership }>();
  for (const { name, tasks, copies: own } of facts.pathways) {
    for (const tensor of facts.trunk.filter((one) => own.includes(one.name))) {
      const owners = ownersOf(tensor.owners).filter((task) => tasks.includes(task));
      copies.set(copyName(name, tensor.name), { of: tensor.name, owners: { by: 'tasks', tasks: owners } });
    }
  }
  const whole = drafts.find(({ isWhole }) => isWhole);
  for (const tensor of facts.trunk.filter(({ name }) => whole?.copies.has(name))) {
    const owners = ownersOf(tensor.owners).filter((task) => whole?.tasks.includes(task));
    copies.set(wholeName(tensor.name), { of: tensor.name, owners: { by: 'tasks', tasks: owners } });
  }
  const lanes = drafts.map(
    ({ name, tasks, isWhole, copies: own }, i): Lane => ({
      ...{ name, tasks, isWhole },
      own: new Map([...own].map((tensor) => [tensor, isWhole ? wholeName(tensor) : copyName(name, tensor)])),
      masks: laneMasks[i] as Map<string, LaneMask>, // one each
    }),
  );
  return { lanes, tensors, masks, copies };
}

function draftsOf({ pathways, trunk, tasks, units }: PlanFacts): readonly Draft[] {
  const together = pathways.filter(isMerged);
  const drafts: Draft[] = [];
  if (together.length > 0) {
    // What lies along units alone (biases, scales) needs no mask: where nobody has the unit, nobody reads it.
    const kernels = trunk.filter(({ role }) => role === 'kernel');
    const reads = mergedReads(kernels, together, units);
    const all = together.flatMap((one) => one.tasks).sort((a, b) => a - b);
    const none = { trains: new Map(), copies: new Set<string>() };
    drafts.push({ name: '', tasks: all, isWhole: false, pathways: together, reads, ...none });
  }
  for (const pathway of pathways) {
    if (isMerged(pathway)) continue;
    const { name, reads, trains, copies } = pathway;
    const own = { tasks: pathway.tasks, pathways: [pathway], reads, trains, copies: new Set(copies) };
    drafts.push({ name, isWhole: false, ...own });
  }
  const others = withoutPathway(pathways, tasks);
  if (others.length > 0) {
    const copies = new Set(wholeTensors(pathways, trunk, tasks));
    const none = { pathways: [], reads: new Map(), trains: new Map() };
    drafts.push({ name: '', tasks: others, isWhole: true, ...none, copies });
  }
  return drafts;
}

function withoutPathway(pathways: readonly BoundPathway[], tasks: number): readonly number[] {
  const inOne = new Set(pathways.flatMap((one) => one.tasks));
  return wholeLane(tasks).tasks.filter((task) => !inOne.has(task));
}

/**
 * The moving averages that tasks without a pathway have of their own: they normalise what the whole backbone gives, the
 * pathways that are computed at once what their units give, and one average cannot be of both.
 *
 * @param tasks number of tasks
 */
export function wholeTensors(
  pathways: readonly BoundPathway[],
  trunk: readonly Pick<HeldTensor, 'name' | 'role' | 'owners'>[],
  tasks: number,
): readonly string[] {
  const [ofUnits, others] = [pathways.filter(isMerged).flatMap((one) => one.tasks), withoutPathway(pathways, tasks)];
  return trunk
    .filter(({ role, owners }) => {
      const readers = ownersOf(owners);
      const isReadBy = (of: readonly number[]): boolean => of.some((task) => readers.includes(task));
      return role === 'average' && isReadBy(ofUnits) && isReadBy(others);
    })
    .map(({ name }) => name);
}

/** The one mask through which all readers see the tensor, null where they see it whole, or `several`. */
function sharedMask(readers: readonly Draft[], tensor: string, apart: boolean): Uint8Array | null | 'several' {
  const [first, ...others] = readers;
  if (apart && others.length > 0 && readers.some(({ reads }) => reads.has(tensor))) return 'several';
  const mask = first?.reads.get(tensor) ?? null;
  const isOne = readers.every(({ trains }) => !trains.has(tensor)) || readers.length === 1;
  const isSame = others.every(({ reads }) => {
    const other = reads.get(tensor) ?? null;
    return mask === null || other === null ? mask === other : Buffer.compare(mask, other) === 0;
  });
  return isOne && isSame ? mask : 'several';
}

interface OwnershipFacts {
  readonly tensor: HeldTensor;
  readonly readers: readonly Draft[];
  readonly facts: PlanFacts;
  /** Keeps a mask under this name. */
  readonly keep: (name: string, values: Uint8Array) => string;
}

function ownership({ tensor, readers, facts, keep }: OwnershipFacts): Ownership {
  const readBy = new Set(ownersOf(tensor.owners));
  const reading = (tasks: readonly number[]): number[] =>
    tasks.filter((task) => readBy.has(task)).sort((a, b) => a - b);
  // Beside others, pathways of units own their elements also of what all of them together see whole.
  const isOfUnits = ({ pathways }: Draft): boolean =>
    pathways.some(({ units }) => units !== null) && hasUnits(tensor, facts.units);
  const isWhole = readers.every(
    (draft) => !draft.reads.has(tensor.name) && !draft.trains.has(tensor.name) && !isOfUnits(draft),
  );
  const [only] = readers;
  // Of one pathway as of several: a bias of a unit that nobody has rests too.
  if (only?.pathways.some(isMerged) && readers.length === 1 && facts.units !== null) {
    const cells = cellsOf(tensor, only.pathways, facts.units, reading);
    if (cells !== null) return cells;
  }
  if (isWhole) return { by: 'tasks', tasks: reading(readers.flatMap(({ tasks }) => tasks)) };
  if (only !== undefined && readers.length === 1 && only.pathways.length === 1 && !only.trains.has(tensor.name)) {
    return { by: 'tasks', tasks: reading(only.tasks) };
  }
  const of = readers.flatMap((draft) => {
    if (draft.pathways.length === 0) return [{ tasks: reading(draft.tasks), mask: null }];
    return draft.pathways.map((pathway) => {
      const reads =
        pathway.units === null ? pathway.reads.get(tensor.name) : unitReads(tensor, pathway.units, facts.units);
      const trained = pathway.trains.get(tensor.name) ?? reads ?? null;
      const name = pathway.trains.has(tensor.name) ? trainsName : readsName;
      const mask = trained === null ? null : keep(name(pathway.name, tensor.name), trained);
      return { tasks: reading(pathway.tasks), mask };
    });
  });
  return { by: 'masks', of };
}

/** Rows of a head that are no unit of its task's pathway stay 0: who reads the head is one task. */
function headMask(
  head: HeldTensor,
  { pathways, units }: PlanFacts,
  masks: Map<string, { shape: readonly number[]; values: Uint8Array }>,
): string | null {
  if (units === null || head.role !== 'kernel') return null;
  const values = headReads(head, pathways, units);
  if (values === null) return null;
  masks.set(storedName(head.name), { shape: head.shape, values });
  return storedName(head.name);
}
