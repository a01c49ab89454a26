/** @file Prunes a pathway further: of what it has, exactly as many as a sparsity leaves, those with the largest scores. */
import type { Settings } from '../assign/settings.js';
import { type Candidate, marked, rounded, shareOf, withFanIn } from '../assign/weights.js';
import { type Mask, packMask } from '../masks/mask.js';
import { blocks } from '../select/blocks.js';
import { countsFrom, erdosRenyiKernel, largestOverall, uniformDensities } from '../select/budgets.js';
import { nOfM } from '../select/lanes.js';
import { sizeOf } from '../shape.js';

/** A kernel of which a pathway has some elements. */
export interface Held {
  readonly name: string;
  readonly shape: readonly number[];
  readonly scores: Float64Array;
  /** 1 for each element that it has. */
  readonly mask: Uint8Array;
}

type HowFar = Pick<Settings, 'granularity' | 'scope' | 'leastFanIn'>;

/**
 * Ties go to the lower flat index. A kernel that has no more than it may keep stays as it is: nothing grows here. Of N of
 * each M, a group keeps as many as make it no sparser than was asked for.
 *
 * @param pathway for messages
 * @returns by name, 1 for each element that is left: some of those that it had
 * @throws HeadgateError `CAPACITY_EXHAUSTED` where `leastFanIn` cannot be held
 */
export function pruned(
  pathway: string,
  kernels: readonly Held[],
  { granularity, scope, leastFanIn }: HowFar,
  sparsity: number,
): ReadonlyMap<string, Uint8Array> {
  if (typeof granularity === 'object') {
    return new Map(kernels.map((kernel) => [kernel.name, piecesOf(kernel, granularity, sparsity)]));
  }
  if (scope === 'global') return overall(kernels, sparsity);
  const counts = countsAt(new Map(kernels.map(({ name, shape }) => [name, shape])), scope, sparsity);
  return new Map(
    kernels.map((kernel) => {
      const { name, shape, scores, mask } = kernel;
      const count = counts.get(name) ?? 0;
      if (count >= ones(mask)) return [name, mask];
      const candidate: Candidate = { name, shape, scores, taken: mask.map((value) => 1 - value) };
      return [name, withFanIn(pathway, candidate, count, leastFanIn, allowedIn(kernel))];
    }),
  );
}

/** Elements that each kernel keeps at a sparsity. */
export function countsAt(
  shapes: ReadonlyMap<string, readonly number[]>,
  scope: 'layer' | 'erk',
  sparsity: number,
): ReadonlyMap<string, number> {
  return scope === 'erk'
    ? countsFrom(shapes, erdosRenyiKernel(shapes, 1 - sparsity))
    : rounded(shapes, uniformDensities(shapes, 1 - sparsity));
}

function overall(kernels: readonly Held[], sparsity: number): ReadonlyMap<string, Uint8Array> {
  const size = kernels.reduce((sum, { mask }) => sum + mask.length, 0);
  const had = kernels.reduce((sum, { mask }) => sum + ones(mask), 0);
  const count = Math.min(had, shareOf(size, 1 - sparsity));
  const scored = new Map(kernels.map((kernel) => [kernel.name, { scores: kernel.scores, allowed: allowedIn(kernel) }]));
  const left = largestOverall(scored, count);
  return new Map(kernels.map(({ name, mask }) => [name, marked(mask.length, left.get(name) ?? [])]));
}

function piecesOf(kernel: Held, granularity: Exclude<Settings['granularity'], string>, sparsity: number): Uint8Array {
  const { shape, scores, mask } = kernel;
  const size = sizeOf(shape);
  const allowed = allowedIn(kernel);
  if ('keep' in granularity) {
    const { keep, of } = granularity;
    const now = Math.max(keep, Math.min(of, Math.ceil((1 - sparsity) * of - 1e-9)));
    return marked(size, nOfM(scores, shape, { keep: now, of, axis: -2, allowed }));
  }
  const { block } = granularity;
  const columns = shape.at(-1) ?? 1;
  const all = Math.ceil(columns / block[1]) * Math.ceil(size / columns / block[0]);
  const count = shareOf(all, 1 - sparsity);
  if (count >= blocksIn(kernel, block)) return mask;
  return marked(size, blocks(scores, shape, count, { block, allowed }));
}

/** Blocks that are there; a mask of blocks has no parts of them. */
function blocksIn({ shape, mask }: Held, [height, width]: readonly [number, number]): number {
  const columns = shape.at(-1) ?? 1;
  let count = 0;
  for (let top = 0; top < mask.length / columns; top += height) {
    for (let left = 0; left < columns; left += width) count += mask[top * columns + left] ?? 0;
  }
  return count;
}

function allowedIn({ name, shape, mask }: Held): Mask {
  return packMask(name, shape, mask);
}

export function ones(mask: Uint8Array): number {
  return mask.reduce((sum, value) => sum + value, 0);
}
