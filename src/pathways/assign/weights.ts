/** @file Chooses single weights, blocks, or N of each M: exactly as many as were asked for, of those that are free. */
import { HeadgateError } from '../../errors.js';
import { type Mask, packMask } from '../masks/mask.js';
import { blocks } from '../select/blocks.js';
import { countsFrom, erdosRenyiKernel, largestOverall, uniformDensities } from '../select/budgets.js';
import { extremesAmong, largest } from '../select/extremes.js';
import { nOfM } from '../select/lanes.js';
import { sizeOf } from '../shape.js';
import type { Granularity, Settings } from './settings.js';

export interface Candidate {
  readonly name: string;
  readonly shape: readonly number[];
  readonly scores: Float64Array;
  /** 1 for the elements that others own; null where none are. */
  readonly taken: Uint8Array | null;
}

/**
 * @param pathway for messages
 * @returns by name, 1 for each element that is chosen
 * @throws HeadgateError `CAPACITY_EXHAUSTED` where too few are free
 */
export function chooseWeights(
  pathway: string,
  candidates: readonly Candidate[],
  settings: Settings,
): ReadonlyMap<string, Uint8Array> {
  const { granularity, scope, sparsity, leastFanIn } = settings;
  if (granularity !== 'weight' && granularity !== 'unit')
    return choosePieces(pathway, candidates, settings, granularity);
  const shapes = new Map(candidates.map(({ name, shape }) => [name, shape]));
  const allowed = new Map(candidates.map((one) => [one.name, freeOf(one)]));
  if (scope === 'global') {
    const total = candidates.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    const count = shareOf(total, 1 - sparsity);
    requireRoom(
      pathway,
      'all kernels',
      count,
      candidates.reduce((sum, one) => sum + roomIn(one), 0),
      total,
    );
    const scored = new Map(candidates.map(({ name, scores }) => [name, { scores, allowed: allowed.get(name) }]));
    return new Map(
      [...largestOverall(scored, count)].map(([name, indices]) => [
        name,
        marked(sizeOf(shapes.get(name) ?? []), indices),
      ]),
    );
  }
  const densities = scope === 'erk' ? erdosRenyiKernel(shapes, 1 - sparsity) : uniformDensities(shapes, 1 - sparsity);
  const counts = scope === 'erk' ? countsFrom(shapes, densities) : rounded(shapes, densities);
  return new Map(
    candidates.map((one) => {
      const count = counts.get(one.name) ?? 0;
      requireRoom(pathway, one.name, count, roomIn(one), sizeOf(one.shape));
      return [one.name, withFanIn(pathway, one, count, leastFanIn, allowed.get(one.name))];
    }),
  );
}

function rounded(
  shapes: ReadonlyMap<string, readonly number[]>,
  densities: ReadonlyMap<string, number>,
): ReadonlyMap<string, number> {
  return new Map([...shapes].map(([name, shape]) => [name, shareOf(sizeOf(shape), densities.get(name) ?? 0)]));
}

/** The best of each unit first, then the best of all. */
function withFanIn(
  pathway: string,
  { name, shape, scores, taken }: Candidate,
  count: number,
  wanted: number | undefined,
  allowed: Mask | undefined,
): Uint8Array {
  const size = sizeOf(shape);
  const units = shape.at(-1) ?? 1;
  const inputs = size / units;
  const least = Math.min(inputs, wanted ?? (count >= units ? 1 : 0));
  const chosen = new Uint8Array(size);
  if (least === 0) return marked(size, largest(scores, count, allowed));
  if (wanted !== undefined && least * units > count) {
    throw exhausted(pathway, name, `${least} weights for each of ${units} units`, `a budget of ${count} of ${size}`);
  }
  for (let unit = 0; unit < units; unit++) {
    const column = Uint32Array.from({ length: inputs }, (_, i) => i * units + unit).filter((i) => taken?.[i] !== 1);
    const own = Math.min(least, column.length);
    if (own < least && wanted !== undefined) {
      throw exhausted(pathway, `${name}, unit ${unit}`, `${least} weights`, `${column.length} free`);
    }
    for (const index of extremesAmong(scores, own, column, -1)) chosen[index] = 1;
  }
  const rest = Uint32Array.from({ length: size }, (_, i) => i).filter((i) => chosen[i] === 0 && taken?.[i] !== 1);
  const first = chosen.reduce((sum, value) => sum + value, 0);
  for (const index of extremesAmong(scores, Math.min(rest.length, Math.max(0, count - first)), rest, -1)) {
    chosen[index] = 1;
  }
  return chosen;
}

function choosePieces(
  pathway: string,
  candidates: readonly Candidate[],
  { sparsity }: Settings,
  granularity: Exclude<Granularity, string>,
): ReadonlyMap<string, Uint8Array> {
  return new Map(
    candidates.map((one) => {
      const { name, shape, scores } = one;
      const size = sizeOf(shape);
      const allowed = freeOf(one);
      if ('keep' in granularity) {
        const { keep, of } = granularity;
        const chosen = nOfM(scores, shape, { keep, of, axis: -2, allowed });
        const wanted = nOfM(scores, shape, { keep, of, axis: -2 }).length;
        requireRoom(pathway, name, wanted, chosen.length, size);
        return [name, marked(size, chosen)];
      }
      const { block } = granularity;
      const columns = shape.at(-1) ?? 1;
      const across = Math.ceil(columns / block[1]) * Math.ceil(size / columns / block[0]);
      const count = shareOf(across, 1 - sparsity);
      const free = blocks(scores, shape, 0, { block, allowed }).length === 0 ? freeBlocks(one, block) : 0;
      requireRoom(pathway, name, count, free, across);
      return [name, marked(size, blocks(scores, shape, count, { block, allowed }))];
    }),
  );
}

function freeBlocks({ shape, taken }: Candidate, [height, width]: readonly [number, number]): number {
  const columns = shape.at(-1) ?? 1;
  const rows = sizeOf(shape) / columns;
  let free = 0;
  for (let top = 0; top < rows; top += height) {
    for (let left = 0; left < columns; left += width) {
      let isFree = true;
      for (let row = top; row < Math.min(rows, top + height); row++) {
        for (let column = left; column < Math.min(columns, left + width); column++) {
          if (taken?.[row * columns + column] === 1) isFree = false;
        }
      }
      if (isFree) free++;
    }
  }
  return free;
}

function freeOf({ name, shape, taken }: Candidate): Mask | undefined {
  if (taken === null) return undefined;
  return packMask(
    name,
    shape,
    taken.map((value) => 1 - value),
  );
}

function roomIn({ shape, taken }: Candidate): number {
  return sizeOf(shape) - (taken?.reduce((sum, value) => sum + value, 0) ?? 0);
}

/** Rounded down, so that as many pathways fit as their shares say; but for what only float64 keeps from being whole. */
export function shareOf(size: number, share: number): number {
  return Math.floor(share * size + 1e-9 * Math.max(1, size));
}

export function marked(size: number, indices: ArrayLike<number>): Uint8Array {
  const values = new Uint8Array(size);
  for (let i = 0; i < indices.length; i++) values[indices[i] as number] = 1; // within
  return values;
}

export function requireRoom(pathway: string, where: string, count: number, free: number, all: number): void {
  if (count > free) throw exhausted(pathway, where, String(count), `${free} free of ${all}`);
}

export function exhausted(pathway: string, where: string, wanted: string, received: string): HeadgateError {
  return new HeadgateError({
    code: 'CAPACITY_EXHAUSTED',
    path: `pathways.${pathway}`,
    problem: `too little of the backbone is left for this pathway at ${where}`,
    expected: wanted,
    received,
    mend: 'Raise `sparsity`, widen the layer, let pathways overlap (`exclusive: false`), or exclude the layer.',
  });
}
