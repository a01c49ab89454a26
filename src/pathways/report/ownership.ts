/** @file How much of each layer which pathway has, and how much two of them share: the figures of the report. */
import type { Network } from '../../model/network.js';
import { unitReads } from '../../model/pathways/unit-masks.js';
import type { HeldTensor } from '../../model/tensors.js';
import type { Pathway } from '../pathway.js';

export interface LayerOwnership {
  /** Name of the kernel in the backbone: `stem/kernel`. */
  readonly kernel: string;
  readonly size: number;
  /** By pathway, the share of the kernel's elements that it sees. */
  readonly seen: ReadonlyMap<string, number>;
  /** Share that nobody sees. */
  readonly free: number;
  /** By pathway, of the units that the kernel makes: 1 for those that it has some incoming weight of. */
  readonly units: ReadonlyMap<string, Uint8Array>;
}

export interface Ownership {
  readonly layers: readonly LayerOwnership[];
  /** `overlap[i][j]`: elements that pathways i and j both see, in parts of those that either sees; 1 for i = j. */
  readonly overlap: readonly (readonly number[])[];
  /** Parameters of the backbone that a pathway sees, its own vectors among them, in parts of all. */
  readonly density: ReadonlyMap<string, number>;
}

/** @param pathways that the network has */
export function ownershipOf(network: Pick<Network, 'held' | 'units'>, pathways: readonly Pathway[]): Ownership {
  const graph = pathways.some(({ units }) => units !== null) ? network.units() : null;
  const backbone = network.held.filter(({ part }) => part === 'backbone');
  const kernels = backbone.filter(({ role }) => role === 'kernel');
  const seen = new Map(
    kernels.map((kernel) => [kernel, pathways.map((pathway) => readsOf(kernel, pathway, graph))] as const),
  );
  const layers = kernels.map((kernel): LayerOwnership => {
    const masks = seen.get(kernel) ?? [];
    const size = sizeOf(kernel);
    const isFree = (i: number): boolean => masks.every((mask) => mask !== null && mask[i] === 0);
    return {
      kernel: kernel.name.slice('backbone/'.length),
      size,
      seen: byName(pathways, (_, p) => share(masks[p] ?? null, size)),
      free: masks.length === 0 ? 0 : countWhere(size, isFree) / size,
      units: byName(pathways, (_, p) => unitsOf(kernel, masks[p] ?? null)),
    };
  });
  const overlap = pathways.map((_, a) =>
    pathways.map((__, b) => {
      let [both, either] = [0, 0];
      for (const [kernel, masks] of seen) {
        const [one, other] = [masks[a] ?? null, masks[b] ?? null];
        const size = sizeOf(kernel);
        for (let i = 0; i < size; i++) {
          const [isOne, isOther] = [one === null || one[i] === 1, other === null || other[i] === 1];
          if (isOne && isOther) both++;
          if (isOne || isOther) either++;
        }
      }
      return either === 0 ? 1 : both / either;
    }),
  );
  const total = backbone.reduce((sum, tensor) => sum + sizeOf(tensor), 0);
  const density = byName(pathways, (pathway) => {
    const own = backbone.reduce((sum, tensor) => {
      const mask = readsOf(tensor, pathway, graph);
      return sum + (mask === null ? sizeOf(tensor) : countWhere(mask.length, (i) => mask[i] === 1));
    }, 0);
    return own / Math.max(1, total);
  });
  return { layers, overlap, density };
}

function readsOf(
  tensor: HeldTensor,
  { reads, units }: Pathway,
  graph: ReturnType<Network['units']> | null,
): Uint8Array | null {
  return reads.get(tensor.name) ?? (units === null ? null : (unitReads(tensor, units, graph) ?? null));
}

/** By unit of the last axis: 1 where it has an incoming weight. */
function unitsOf({ shape }: HeldTensor, mask: Uint8Array | null): Uint8Array {
  const count = Number(shape.at(-1) ?? 1);
  const units = new Uint8Array(count);
  if (mask === null) return units.fill(1);
  mask.forEach((value, i) => {
    if (value === 1) units[i % count] = 1;
  });
  return units;
}

const sizeOf = ({ shape }: HeldTensor): number => shape.reduce((product, length) => product * length, 1);

function share(mask: Uint8Array | null, size: number): number {
  return mask === null || size === 0 ? 1 : countWhere(size, (i) => mask[i] === 1) / size;
}

function countWhere(size: number, holds: (i: number) => boolean): number {
  let count = 0;
  for (let i = 0; i < size; i++) if (holds(i)) count++;
  return count;
}

function byName<T>(pathways: readonly Pathway[], of: (pathway: Pathway, index: number) => T): ReadonlyMap<string, T> {
  return new Map(pathways.map((pathway, index) => [pathway.name, of(pathway, index)]));
}
