/** @file A model's pathways as files have them, and back. */
import type { SavedPathway, SavedPathways } from '../../deploy/saved-pathways.js';
import type { HostTensors } from '../../engine/engine.js';
import type { Network } from '../../model/network.js';
import type { ElementMasks } from '../../model/pathways/bound.js';
import { unitReads } from '../../model/pathways/unit-masks.js';
import type { HeldTensor } from '../../model/tensors.js';
import { type Mask, packMask, unpackMask } from '../../pathways/masks/mask.js';
import type { Pathway } from '../../pathways/pathway.js';

type Seen = Pick<Network, 'held' | 'units' | 'lanes'>;

/** Null where there are none. */
export function savedPathways(pathways: readonly Pathway[], network: Seen): SavedPathways | null {
  if (pathways.length === 0) return null;
  const shapes = new Map(network.held.map(({ name, shape }) => [name, shape]));
  const packed = (masks: ElementMasks): ReadonlyMap<string, Mask> =>
    new Map([...masks].map(([name, values]) => [name, packMask(name, shapes.get(name) ?? [], values)]));
  const list = pathways.map(({ name, tasks, copies, reads, trains, units }): SavedPathway => {
    const groups =
      units === null
        ? null
        : new Map(
            network.units().groups.map(({ name: group, units: own }) => {
              return [
                group,
                packMask(
                  group,
                  [own.length],
                  Array.from(own, (unit) => units[unit] ?? 0),
                ),
              ];
            }),
          );
    return { name, tasks, copies, reads: packed(reads), trains: packed(trains), units: groups };
  });
  return { list, live: liveMasks(pathways, network) };
}

/** What anybody sees, of the backbone's tensors of which nobody sees all. */
export function liveMasks(pathways: readonly Pathway[], network: Seen): ReadonlyMap<string, Mask> {
  const live = new Map<string, Mask>();
  if (network.lanes.length > 1 && network.lanes.some(({ isWhole }) => isWhole)) return live;
  for (const tensor of network.held.filter(({ part }) => part === 'backbone')) {
    const masks = pathways
      .filter(({ copies }) => !copies.includes(tensor.name))
      .map((pathway) => readsOf(tensor, pathway, network));
    if (masks.length === 0 || masks.includes(null)) continue;
    const any = Uint8Array.from({ length: masks[0]?.length ?? 0 }, (_, i) =>
      masks.some((one) => one?.[i] === 1) ? 1 : 0,
    );
    if (any.includes(0)) live.set(tensor.name, packMask(tensor.name, tensor.shape, any));
  }
  return live;
}

function readsOf(tensor: HeldTensor, { reads, units }: Pathway, network: Seen): Uint8Array | null {
  return reads.get(tensor.name) ?? (units === null ? null : (unitReads(tensor, units, network.units()) ?? null));
}

/** What was saved has been compared with the network. */
export function pathwaysFrom(saved: SavedPathways | null, network: Pick<Network, 'units'>): readonly Pathway[] {
  const unpacked = (masks: ReadonlyMap<string, Mask>): ElementMasks =>
    new Map([...masks].map(([name, mask]) => [name, unpackMask(mask)]));
  return (saved?.list ?? []).map(({ name, tasks, copies, reads, trains, units: groups }): Pathway => {
    let units: Uint8Array | null = null;
    if (groups !== null) {
      const graph = network.units();
      units = new Uint8Array(graph.count);
      for (const group of graph.groups) {
        const mask = groups.get(group.name);
        const values = mask === undefined ? new Uint8Array(0) : unpackMask(mask);
        for (const [i, unit] of group.units.entries()) units[unit] = values[i] ?? 0;
      }
    }
    return { name, tasks, copies, reads: unpacked(reads), trains: unpacked(trains), units };
  });
}

/** Loaded weights with the drawn ones where nobody sees any: a task that is added later begins there. */
export function withDrawn(
  weights: HostTensors,
  { live }: Pick<SavedPathways, 'live'>,
  drawn: HostTensors,
): HostTensors {
  const next: Record<string, HostTensors[string]> = { ...weights };
  for (const [name, mask] of live) {
    const [loaded, own] = [weights[name], drawn[name]];
    if (loaded === undefined || own === undefined) throw new Error(`there is no weight ${name}`);
    const values = unpackMask(mask);
    const data = loaded.data.slice();
    values.forEach((value, i) => {
      if (value === 0) data[i] = own.data[i] as number; // one shape
    });
    next[name] = { ...loaded, data } as HostTensors[string]; // the same kind of array
  }
  return next;
}
