/** @file What masks are made of: the kernels that tasks read, which weights of them may stay, and how many do. */
import { HeadgateError, listed } from '../../errors.js';
import type { Network } from '../../model/network.js';
import { type HeldTensor, ownersOf } from '../../model/tensors.js';
import { permutation, uniforms } from '../../random.js';
import { anyOf } from '../../train/name-patterns.js';
import type { NamePattern } from '../../train/optimizers/optimizer.js';
import { maskOf, packMask, unpackMask } from '../masks/mask.js';
import { largest } from '../select/extremes.js';
import { sizeOf } from '../shape.js';

export interface MaskPool {
  /** Of the kernel. */
  readonly name: string;
  readonly shape: readonly number[];
  /** 1 for each weight that may stay: those that the tasks see. */
  readonly allowed: Uint8Array;
  /** How many of these stay. */
  readonly kept: number;
}

/** By kernel, 1 for each weight that stays. */
export type WeightMask = ReadonlyMap<string, Uint8Array>;

export interface PoolFacts {
  readonly network: Pick<Network, 'held'>;
  /** Indices in flow order. */
  readonly tasks: ReadonlySet<number>;
  /** What the tasks see of a kernel; null for all. */
  readonly seenOf: (kernel: string) => Uint8Array | null;
  readonly include: readonly NamePattern[] | null;
  readonly exclude: readonly NamePattern[];
  readonly sparsity: number;
}

/**
 * Frozen layers are masked like others: nothing is trained. As many as the share says are left out of each, rounded down.
 *
 * @throws HeadgateError `NOTHING_TO_MASK`
 */
export function maskPools({ network, tasks, seenOf, include, exclude, sparsity }: PoolFacts): readonly MaskPool[] {
  const isRead = ({ owners }: HeldTensor): boolean => ownersOf(owners).some((task) => tasks.has(task));
  const all = network.held.filter((tensor) => tensor.part === 'backbone' && tensor.role === 'kernel' && isRead(tensor));
  const [isIn, isOut] = [include === null ? () => true : anyOf(include, '/'), anyOf(exclude, '/')];
  const layerOf = (name: string): string => name.slice('backbone/'.length);
  const chosen = all.filter(({ name }) => isIn(layerOf(name)) && !isOut(layerOf(name)));
  if (chosen.length === 0) {
    throw new HeadgateError({
      code: 'NOTHING_TO_MASK',
      path: 'pathways.search',
      problem: 'no kernel that these tasks read is left to mask',
      expected:
        all.length === 0 ? 'a backbone with kernels' : `some of ${listed(all.map(({ name }) => layerOf(name)))}`,
      received: 'none of them',
      mend: 'Change `include` and `exclude`.',
    });
  }
  return chosen.map(({ name, shape }): MaskPool => {
    const allowed = seenOf(name) ?? new Uint8Array(sizeOf(shape)).fill(1);
    const free = allowed.reduce((sum, value) => sum + value, 0);
    return { name, shape, allowed, kept: free - Math.floor(free * sparsity) };
  });
}

/** A mask that is drawn: the same for equal seeds and numbers. */
export function randomMask(pools: readonly MaskPool[], seed: number, number: number): WeightMask {
  return new Map(
    pools.map(({ name, allowed, kept }) => {
      const order = permutation(allowed.length, { seed, stream: `search/${name}`, counter: number });
      const mask = new Uint8Array(allowed.length);
      for (const place of order.filter((one) => allowed[one] === 1).subarray(0, kept)) mask[place] = 1;
      return [name, mask] as const;
    }),
  );
}

/** The mask that leaves nothing out. */
export function wholeMask(pools: readonly MaskPool[]): WeightMask {
  return new Map(pools.map(({ name, allowed }) => [name, allowed.slice()]));
}

/** The highest scores of each kernel; of equal ones the first. */
export function highestMask(pools: readonly MaskPool[], scores: ReadonlyMap<string, Float32Array>): WeightMask {
  return new Map(
    pools.map(({ name, shape, allowed, kept }) => {
      const own = scores.get(name) ?? new Float32Array(allowed.length);
      const limit = allowed.includes(0) ? packMask(name, shape, allowed) : undefined;
      const places = largest(own, kept, limit);
      return [name, unpackMask(maskOf(shape, places))] as const;
    }),
  );
}

/** Kaiming uniform, as Ramanujan et al.: U(-1, 1) / √(inputs of a unit). */
export function firstScores(pools: readonly MaskPool[], seed: number): ReadonlyMap<string, Float32Array> {
  return new Map(
    pools.map(({ name, shape }) => {
      const bound = 1 / Math.sqrt(sizeOf(shape.slice(0, -1)));
      const draws = uniforms({ seed, stream: `search/scores/${name}`, counter: 0 }, sizeOf(shape));
      return [name, draws.map((draw) => (2 * draw - 1) * bound)] as const;
    }),
  );
}
