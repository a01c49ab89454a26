/** @file How a budget of elements is shared out among parameters. */
import { HeadgateError } from '../../errors.js';
import { invalidOption } from '../../options.js';
import type { Mask } from '../masks/mask.js';
import { shapeText, sizeOf } from '../shape.js';
import { type Direction, extremesAmong } from './extremes.js';
import { allowedOf, checkScores, type Scores } from './scores.js';

export interface Scored {
  readonly scores: Scores;
  readonly allowed?: Mask | undefined;
}

/**
 * The `count` largest scores among all parameters together: parameters with larger scores keep more. Ties go to the
 * parameter that comes first, then to the lower flat index.
 *
 * @returns by parameter, flat indices, ascending
 * @throws HeadgateError what `largest` throws
 */
export function largestOverall(
  parameters: ReadonlyMap<string, Scored>,
  count: number,
): ReadonlyMap<string, Uint32Array> {
  return overall(parameters, count, -1);
}

/** The same of the smallest. @throws HeadgateError what `largest` throws */
export function smallestOverall(
  parameters: ReadonlyMap<string, Scored>,
  count: number,
): ReadonlyMap<string, Uint32Array> {
  return overall(parameters, count, 1);
}

function overall(
  parameters: ReadonlyMap<string, Scored>,
  count: number,
  direction: Direction,
): ReadonlyMap<string, Uint32Array> {
  const total = [...parameters.values()].reduce((sum, { scores }) => sum + scores.length, 0);
  const all = new Float64Array(total);
  const free = new Uint32Array(total);
  let [start, frees] = [0, 0];
  const starts = new Map<string, number>();
  for (const [name, { scores, allowed }] of parameters) {
    checkScores(scores, allowed);
    all.set(scores, start);
    for (const index of allowedOf(scores.length, allowed)) free[frees++] = start + index;
    starts.set(name, start);
    start += scores.length;
  }
  const taken = extremesAmong(all, count, free.subarray(0, frees), direction);
  let next = 0;
  return new Map(
    [...parameters].map(([name, { scores }]) => {
      const [first, from] = [starts.get(name) ?? 0, next];
      while (next < taken.length && (taken[next] as number) < first + scores.length) next++; // within
      return [name, taken.slice(from, next).map((index) => index - first)];
    }),
  );
}

/**
 * The Erdős–Rényi-Kernel densities: a kernel's density is proportional to (the sum of its axes) / (their product), so that
 * kernels with fewer elements keep a greater share, and all together the share `density`. What would exceed 1 is dense, and the
 * others share what is left. Evci et al., "Rigging the Lottery" (ICML 2020), section 3.1.
 *
 * @param shapes kernels by name, of two axes or more: `[inputs, units]`, `[height, width, channels, filters]`
 * @returns by name, from 0 to 1
 * @throws HeadgateError `INVALID_OPTIONS` for a density outside 0…1, or a shape of fewer axes or without elements
 */
export function erdosRenyiKernel(
  shapes: ReadonlyMap<string, readonly number[]>,
  density: number,
): ReadonlyMap<string, number> {
  if (!(density >= 0 && density <= 1)) throw invalidOption('density', density, { expected: 'a number from 0 to 1' });
  for (const [name, shape] of shapes) {
    if (shape.length >= 2 && sizeOf(shape) > 0) continue;
    throw invalidOption(`shapes.${name}`, shapeText(shape), { expected: 'two axes or more, none of them empty' });
  }
  const sums = new Map([...shapes].map(([name, shape]) => [name, shape.reduce((sum, length) => sum + length, 0)]));
  const total = [...shapes.values()].reduce((sum, shape) => sum + sizeOf(shape), 0);
  const dense = new Set<string>();
  for (;;) {
    const others = [...shapes].filter(([name]) => !dense.has(name));
    const left = density * total - [...dense].reduce((sum, name) => sum + sizeOf(shapes.get(name) ?? []), 0);
    const scale = left / others.reduce((sum, [name]) => sum + (sums.get(name) ?? 0), 0);
    // A kernel's share times its size is scale · (sum of axes).
    const over = others.filter(([name, shape]) => scale * (sums.get(name) ?? 0) > sizeOf(shape));
    for (const [name] of over) dense.add(name);
    if (over.length > 0) continue;
    return new Map(
      [...shapes].map(([name, shape]) => [name, dense.has(name) ? 1 : (scale * (sums.get(name) ?? 0)) / sizeOf(shape)]),
    );
  }
}

/** The same density for each. @throws HeadgateError `INVALID_OPTIONS` for a density outside 0…1 */
export function uniformDensities(
  shapes: ReadonlyMap<string, readonly number[]>,
  density: number,
): ReadonlyMap<string, number> {
  if (!(density >= 0 && density <= 1)) throw invalidOption('density', density, { expected: 'a number from 0 to 1' });
  return new Map([...shapes.keys()].map((name) => [name, density]));
}

/**
 * Whole numbers of elements from densities: each is its share rounded up or down, and their sum that of all shares rounded.
 * The greatest remainders are rounded up, ties to the parameter that comes first (Hamilton's apportionment).
 *
 * @throws HeadgateError `LENGTH_MISMATCH` when a shape has no density
 */
export function countsFrom(
  shapes: ReadonlyMap<string, readonly number[]>,
  densities: ReadonlyMap<string, number>,
): ReadonlyMap<string, number> {
  const shares = [...shapes].map(([name, shape]) => {
    const density = densities.get(name);
    if (density === undefined) throw withoutDensity(name);
    const share = density * sizeOf(shape);
    const nearest = Math.round(share);
    return { name, share: Math.abs(share - nearest) < 1e-9 * Math.max(1, share) ? nearest : share };
  });
  const total = Math.round(shares.reduce((sum, { share }) => sum + share, 0));
  const rest = total - shares.reduce((sum, { share }) => sum + Math.floor(share), 0);
  const up = new Set(
    shares
      .map((one, place) => ({ ...one, place }))
      .sort((a, b) => (b.share % 1) - (a.share % 1) || a.place - b.place)
      .slice(0, rest)
      .map(({ name }) => name),
  );
  return new Map(shares.map(({ name, share }) => [name, Math.floor(share) + (up.has(name) ? 1 : 0)]));
}

function withoutDensity(name: string): HeadgateError {
  return new HeadgateError({
    code: 'LENGTH_MISMATCH',
    path: `densities.${name}`,
    problem: 'this parameter has no density',
    expected: 'one for each shape',
  });
}
