/** @file Which units go: dead ones, or those that are not wanted; and which had to stay, and why. */
import type { UnitTrace } from '../../model/units/graph.js';
import type { Constants } from './constants.js';
import { knownAlong } from './known.js';
import { isFoldable, type Reader, reached, readersOf } from './living.js';
import type { Seeds } from './seeds.js';

/** Units that could have gone by their weights, or by what was wanted, and why they stay. */
export interface KeptUnits {
  /** The group that they belong to, by the layer that makes them. */
  readonly group: string;
  readonly units: readonly number[];
  readonly because: string;
}

export interface Choice {
  /** By unit: it is removed. */
  readonly isGone: readonly boolean[];
  readonly kept: readonly KeptUnits[];
}

export interface Outputs {
  /** By output, the unit of each channel; -1 for none. */
  readonly units: readonly Int32Array[];
  /** Whether they keep their width. */
  readonly keep: boolean;
}

const OUTPUT = 'an output has them';
const OF_KEPT = 'units that stay are computed of them';
const AT_LEAST_ONE = 'a layer makes one unit at least';

/** Units that reach no output, and those that are the same for every input, unless something keeps them. */
export function deadUnits(trace: UnitTrace, constants: Constants, seeds: Seeds, outputs: Outputs): Choice {
  const readers = readersOf(trace.graph, constants.readings);
  const given = outputs.units.flatMap((units) => [...units].filter((unit) => unit >= 0));
  const changing = outputs.units.flatMap((units, i) => {
    const given = constants.outputs[i];
    const known = given && knownAlong(given, given.rank - 1, units.length);
    return [...units].filter((unit, j) => unit >= 0 && (!known?.independent[j] || !known.uniform[j]));
  });
  const folded = (reader: Reader, row: number): boolean => !isFoldable(reader, row);
  // From those that live by their weights alone to all that stay: the first step that has a unit says why it stays.
  const steps: (readonly [ReadonlySet<number>, (unit: number) => string | null])[] = [
    [reached(readers, changing, ({ constants: values }, row) => (values[row] ?? null) === null), () => null],
    [reached(readers, changing, folded), (unit) => unfoldableBecause(readers, unit)],
    [reached(readers, [...changing, ...seeds.keys()], folded), (unit) => seeds.get(unit) ?? OF_KEPT],
  ];
  const from = new Set([...changing, ...seeds.keys(), ...(outputs.keep ? given : [])]);
  const outside = new Set(given);
  steps.push([reached(readers, from, folded), (unit) => (outside.has(unit) ? OUTPUT : OF_KEPT)]);
  const lonely = lonelyUnits(trace, from, (units) => reached(readers, units, folded));
  const live = reached(readers, [...from, ...lonely], folded);
  steps.push([live, (unit) => (lonely.has(unit) ? AT_LEAST_ONE : OF_KEPT)]);
  const why = new Map([...live].map((unit) => [unit, steps.find(([step]) => step.has(unit))?.[1](unit) ?? null]));
  return choiceOf(trace, live, why);
}

/** The first unit of each layer that would have none left. */
function lonelyUnits(
  { makers }: UnitTrace,
  from: ReadonlySet<number>,
  grown: (units: readonly number[]) => ReadonlySet<number>,
): ReadonlySet<number> {
  const lonely = new Set<number>();
  for (;;) {
    const live = grown([...from, ...lonely]);
    const empty = makers.find(({ units }) => units.length > 0 && !units.some((unit) => live.has(unit)));
    if (empty?.units[0] === undefined) return lonely;
    lonely.add(empty.units[0]);
  }
}

export interface Wanted {
  readonly seeds: Seeds;
  readonly outputs: Outputs;
  readonly isWanted: (unit: number) => boolean;
}

/** Units that are not wanted go, unless something keeps them. */
export function unwantedUnits(trace: UnitTrace, constants: Constants, { seeds, outputs, isWanted }: Wanted): Choice {
  const why = new Map<number, string | null>();
  const stay = (unit: number, because: string): void => {
    if (unit >= 0 && !isWanted(unit) && !why.has(unit)) why.set(unit, because);
  };
  for (const [unit, because] of seeds) stay(unit, because);
  if (outputs.keep) for (const units of outputs.units) for (const unit of units) stay(unit, OUTPUT);
  for (const { rows, unfoldable } of readersOf(trace.graph, constants.readings)) {
    if (unfoldable !== null && !unfoldable.isNearly) for (const unit of rows) stay(unit, unfoldable.because);
  }
  const all = Array.from({ length: trace.graph.count }, (_, unit) => unit);
  const live = new Set(all.filter((unit) => isWanted(unit) || why.has(unit)));
  for (const unit of lonelyUnits(trace, live, (units) => new Set(units))) {
    live.add(unit);
    stay(unit, AT_LEAST_ONE);
  }
  return choiceOf(trace, live, why);
}

function unfoldableBecause(readers: readonly Reader[], unit: number): string {
  for (const reader of readers) {
    for (const [row, own] of reader.rows.entries()) {
      const value = reader.constants[row] ?? null;
      if (own !== unit || value === null || isFoldable(reader, row)) continue;
      return reader.unfoldable?.because ?? `they are always ${value}`;
    }
  }
  return OF_KEPT;
}

function choiceOf({ graph }: UnitTrace, live: ReadonlySet<number>, why: ReadonlyMap<number, string | null>): Choice {
  const kept = graph.groups.flatMap(({ name, units }): KeptUnits[] => {
    const reasons = new Map<string, number[]>();
    for (const unit of units) {
      const because = why.get(unit) ?? null;
      if (because !== null) reasons.set(because, [...(reasons.get(because) ?? []), unit]);
    }
    return [...reasons].map(([because, own]) => ({ group: name, units: own, because }));
  });
  return { isGone: Array.from({ length: graph.count }, (_, unit) => !live.has(unit)), kept };
}
