/** @file Chooses whole units, group by group: what they are computed of decides. */
import { HeadgateError, listed } from '../../errors.js';
import type { LayerVariable } from '../../model/binding.js';
import type { UnitGraph, UnitGroup } from '../../model/units/graph.js';
import { extremesAmong } from '../select/extremes.js';
import type { Settings } from './settings.js';
import { requireRoom, shareOf } from './weights.js';

export interface UnitCandidates {
  readonly graph: UnitGraph;
  /** Whether there is something to choose: not where everybody has the units, or these tasks read none. */
  readonly isOpen: (group: UnitGroup) => boolean;
  /** By kernel: the score of each element. */
  readonly scores: ReadonlyMap<LayerVariable, Float64Array>;
  readonly shapes: ReadonlyMap<LayerVariable, readonly number[]>;
  /** 1 for units that others own. */
  readonly taken: Uint8Array;
}

/**
 * @returns 1 for each unit that is chosen; those that no pathway may be without are not among them
 * @throws HeadgateError `CAPACITY_EXHAUSTED`
 */
export function chooseUnits(pathway: string, candidates: UnitCandidates, settings: Settings): Uint8Array {
  const { graph, isOpen, taken } = candidates;
  const { sparsity, scope } = settings;
  const scores = unitScores(candidates);
  const chosen = new Uint8Array(graph.count);
  const groups = graph.groups.filter(isOpen);
  const freeIn = ({ units }: UnitGroup): Uint32Array => Uint32Array.from(units.filter((unit) => taken[unit] === 0));
  if (scope === 'global') {
    // A layer without a unit would be no way through: the best of each is in.
    const all = groups.reduce((sum, { units }) => sum + units.length, 0);
    const count = Math.max(groups.length, shareOf(all, 1 - sparsity));
    for (const group of groups) {
      const free = freeIn(group);
      requireRoom(pathway, group.name, 1, free.length, group.units.length);
      for (const unit of extremesAmong(scores, 1, free, -1)) chosen[unit] = 1;
    }
    const rest = Uint32Array.from(groups.flatMap((group) => [...freeIn(group)])).filter((unit) => chosen[unit] === 0);
    requireRoom(pathway, 'all layers', count - groups.length, rest.length, all);
    for (const unit of extremesAmong(scores, count - groups.length, rest, -1)) chosen[unit] = 1;
    return chosen;
  }
  for (const group of groups) {
    const free = freeIn(group);
    const count = Math.max(1, shareOf(group.units.length, 1 - sparsity));
    requireRoom(pathway, group.name, count, free.length, group.units.length);
    for (const unit of extremesAmong(scores, count, free, -1)) chosen[unit] = 1;
  }
  return chosen;
}

/** Every pathway would be the whole backbone. @param kernels names of those that pathways may mask */
export function noUnits({ groups }: UnitGraph, kernels: readonly string[]): HeadgateError {
  const [reason] = groups.map(({ fixed }) => fixed).filter((fixed) => fixed !== null);
  return new HeadgateError({
    code: 'NOTHING_TO_MASK',
    path: 'pathways',
    problem: 'no layer has units that some tasks could be without',
    expected: 'a layer whose units can be followed to what reads them',
    received: `${listed(kernels)}${reason === undefined ? '' : `: ${reason}`}`,
    mend: "Take single weights, `granularity: 'weight'`, which any kernel has.",
  });
}

/** The sum over the weights that a unit is computed of, or that are computed of it where it has none of its own. */
function unitScores({ graph, scores, shapes }: UnitCandidates): Float64Array {
  const sums = new Float64Array(graph.count);
  for (const [variable, values] of scores) {
    const shape = shapes.get(variable) ?? [];
    const making = graph.axes.get(variable)?.find(({ role }) => role === 'makes');
    if (making === undefined) continue;
    const inner = shape.slice(making.axis + 1).reduce((product, length) => product * length, 1);
    for (let i = 0; i < values.length; i++) {
      const unit = making.units[Math.floor(i / inner) % (shape[making.axis] ?? 1)] ?? -1;
      if (unit >= 0) sums[unit] = (sums[unit] as number) + (values[i] as number); // both are within
    }
  }
  return sums;
}
