/** @file One number made comparable: its median becomes 0, the distance of its quartiles 1, what lies far out is drawn in. */
import type { Json } from '../../flow/graph.js';
import type { SummaryFold } from '../encoders/column-summary.js';
import { standardised } from '../encoders/learning.js';
import { invalidLearnt } from './invalid-cell.js';

export interface Standard {
  readonly median: number;
  /** 0 where there was one value, or none. */
  readonly scale: number;
}

/** Of the values that were seen. */
export function standardOf(fold: SummaryFold): Standard {
  if (fold.count() === 0) return { median: 0, scale: 0 };
  const { origin, centre, scale } = standardised(fold.result());
  return { median: origin + centre, scale }; // one of the two is 0
}

/** Beyond it nothing differs any more. */
const FAR = 1e4;

/** As the network standardises a `vector` (`model/scaling.ts`), in float64: timestamps keep their seconds. */
export function standardValue(value: number, { median, scale }: Standard): number {
  const z = Math.max(-FAR, Math.min(FAR, (value - median) * scale));
  return z / Math.sqrt(1 + (z / 3) ** 2);
}

/** What `standardOf` gave, from a file. */
export function readStandard(kind: string, given: Json | undefined): Standard {
  const [median, scale] = [fieldOf(given, 'median'), fieldOf(given, 'scale')];
  if (isFiniteNumber(median) && isFiniteNumber(scale) && scale >= 0) return { median, scale };
  throw invalidLearnt(kind, given, '{ median, scale }, both finite numbers');
}

export function standardSays({ median, scale }: Standard): string {
  return scale === 0 ? `always ${shown(median)}` : `centre ${shown(median)}, spread ${shown(1 / scale)}`;
}

/** Six digits, without those that say nothing. */
export const shown = (value: number): string => String(Number(value.toPrecision(6)));

export function fieldOf(given: Json | undefined, name: string): unknown {
  return typeof given === 'object' && given !== null && Object.hasOwn(given, name)
    ? Reflect.get(given, name)
    : undefined;
}

export const isFiniteNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
