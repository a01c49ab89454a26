/** @file What sets of units have in common: intersection over union, and containment, in all and layer by layer. */
import { HeadgateError } from '../../errors.js';
import { formatNumber } from '../../evaluate/text-table.js';
import { padRight, shortenAll } from '../../text.js';
import { isSameBackbone, type UnitMasks } from './result.js';

export interface Overlap {
  /** |a ∩ b| / |a ∪ b| (Jaccard 1901), row a, column b; 1 of two empty sets. */
  readonly iou: readonly (readonly number[])[];
  /** |a ∩ b| / |b|, the share of b (the column) that is in a (the row); 1 where b is empty. */
  readonly containment: readonly (readonly number[])[];
}

export interface LayerOverlap extends Overlap {
  readonly name: string;
}

export interface UnitOverlap extends Overlap {
  /** What each row and column is of. */
  readonly of: readonly string[];
  readonly layers: readonly LayerOverlap[];
  readonly toString: () => string;
  readonly print: () => void;
}

/** |a ∩ b| / |a ∪ b| of two sets, as ones among zeros; 1 of two empty sets. */
export function intersectionOverUnion(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const { both, either } = counts(a, b);
  return either === 0 ? 1 : both / either;
}

/** |a ∩ b| / |b|; 1 where b is empty. */
export function containmentOf(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const { both, second } = counts(a, b);
  return second === 0 ? 1 : both / second;
}

function counts(a: ArrayLike<number>, b: ArrayLike<number>): { both: number; either: number; second: number } {
  if (a.length !== b.length) throw mismatch(`${a.length} units`, `${b.length} units`);
  let [both, either, second] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [inA, inB] = [a[i] === 1, b[i] === 1];
    if (inA && inB) both++;
    if (inA || inB) either++;
    if (inB) second++;
  }
  return { both, either, second };
}

/**
 * Each beside each. Units that are in whatever a mask says tell nothing, and are left out where they are so for all.
 *
 * @throws HeadgateError `MASK_MISMATCH` for masks of two backbones
 */
export function overlapOf(results: readonly UnitMasks[]): UnitOverlap {
  const [first] = results;
  for (const other of results) {
    if (first !== undefined && !isSameBackbone(first, other)) throw mismatch(unitsOf(first), unitsOf(other));
  }
  const free = first?.logits.map((_, unit) => (results.some(({ logits }) => logits[unit] !== Infinity) ? 1 : 0));
  const sets = results.map(({ units }) => units.filter((_, unit) => free?.[unit] === 1));
  const names = [...new Set(results.flatMap(({ layers }) => layers.map(({ name }) => name)))];
  const layers = names.flatMap((name): LayerOverlap[] => {
    const own = results.map((result) => result.layers.find((layer) => layer.name === name));
    const isFree = own.some((layer) => (layer?.units ?? 0) > 0);
    const size = own.find((layer) => layer !== undefined)?.set.length ?? 0;
    const of = own.map((layer) => layer?.set ?? new Uint8Array(size));
    return isFree ? [Object.freeze({ name, ...matrices(of) })] : [];
  });
  const overlap = { of: Object.freeze(results.map(({ of }) => of)), ...matrices(sets), layers: Object.freeze(layers) };
  const text = (): string => render(overlap);
  return Object.freeze<UnitOverlap>({ ...overlap, toString: text, print: () => console.log(text()) });
}

function matrices(sets: readonly Uint8Array[]): Overlap {
  const each = (of: (a: Uint8Array, b: Uint8Array) => number): readonly (readonly number[])[] =>
    Object.freeze(sets.map((a) => Object.freeze(sets.map((b) => of(a, b)))));
  return { iou: each(intersectionOverUnion), containment: each(containmentOf) };
}

function render({ of, iou, containment, layers }: Omit<UnitOverlap, 'toString' | 'print'>): string {
  const names = shortenAll(of, 20);
  const pairs = of.flatMap((_, a) => of.flatMap((_other, b) => (b > a ? [[a, b] as const] : [])));
  const lines = [`${''.padEnd(46)}${'union'.padStart(10)}${'of first'.padStart(10)}${'of second'.padStart(10)}`];
  const at = (matrix: readonly (readonly number[])[], a: number, b: number): string =>
    formatNumber(matrix[a]?.[b] ?? null).padStart(10);
  const add = (name: string, own: Overlap, a: number, b: number): void => {
    const cells = [at(own.iou, a, b), at(own.containment, b, a), at(own.containment, a, b)];
    lines.push(`${padRight(name, 46)}${cells.join('')}`);
  };
  for (const [a, b] of pairs) {
    add(`${names[a]} and ${names[b]}`, { iou, containment }, a, b);
    const shown = shortenAll(
      layers.map(({ name }) => name),
      42,
    );
    for (const [i, layer] of layers.entries()) add(`  ${shown[i]}`, layer, a, b);
  }
  return lines.map((line) => line.trimEnd()).join('\n');
}

function unitsOf({ of, units, layers }: UnitMasks): string {
  const sizes = layers.map(({ name, set }) => `${name} ${set.length}`);
  return `${units.length} units, as ${of} has (${sizes.join(', ')})`;
}

function mismatch(expected: string, received: string): HeadgateError {
  return new HeadgateError({
    code: 'MASK_MISMATCH',
    path: 'pathways.overlap',
    problem: 'the masks are of two backbones',
    expected,
    received,
  });
}
