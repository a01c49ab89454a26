/** @file The pathways of an extracted network: what its tasks could not see or train in the whole one stays so. */
import type { LayerVariable } from '../../model/binding.js';
import type { Network } from '../../model/network.js';
import type { BoundPathway } from '../../model/pathways/bound.js';
import type { UnitGraph } from '../../model/units/graph.js';
import type { Pathway } from '../pathway.js';
import type { ExtractedPass } from './extract.js';
import type { BackboneOrigin } from './origins.js';

interface ExtractedFacts {
  readonly whole: Pick<Network, 'units'>;
  readonly small: Pick<Network, 'held' | 'units'>;
  readonly passes: readonly ExtractedPass[];
  /** Paths of the whole flow's tasks, in its order. */
  readonly paths: readonly string[];
}

/** None where the tasks see and train all that is left. */
export function extractedPathways(facts: ExtractedFacts): readonly Pathway[] {
  const isOfUnits = ({ group }: ExtractedPass): boolean => group.pathways.length > 0 && group.name === '';
  const ofUnits = facts.passes.filter(isOfUnits).flatMap((pass) => unitPathways(pass, facts));
  return [
    ...ofUnits,
    ...maskedPathway(
      facts.passes.filter((pass) => !isOfUnits(pass)),
      facts,
    ),
  ];
}

/** Pathways of whole units that are computed at once, without the units that are gone. */
function unitPathways({ group, origins }: ExtractedPass, { whole, small, paths }: ExtractedFacts): readonly Pathway[] {
  const [from, to] = [whole.units(), small.units()];
  const olds = oldUnits(from, to, origins);
  const made = group.pathways.map(({ name, tasks, units }): Pathway => {
    const own = Uint8Array.from(olds, (old) => (old < 0 ? 1 : (units?.[old] ?? 1)));
    return {
      name,
      tasks: pathsOf({ tasks: tasks.filter((task) => group.tasks.includes(task)) }, paths),
      ...{ reads: new Map(), trains: new Map(), units: own, copies: [] },
    };
  });
  return made.every(({ units }) => units?.every((value) => value === 1)) ? [] : made;
}

/** By unit of the small network, that of the whole one; -1 where it is of another pass. */
function oldUnits(from: UnitGraph, to: UnitGraph, origins: ExtractedPass['origins']): Int32Array {
  const olds = new Int32Array(to.count).fill(-1);
  for (const [variable, { moved }] of origins) {
    const before = moved.source === null ? [] : (from.axes.get(moved.source) ?? []);
    for (const { axis, units } of to.axes.get(variable) ?? []) {
      const old = before.find((one) => one.axis === axis);
      const left = moved.left.find((one) => one.axis === axis)?.indices;
      units.forEach((unit, i) => {
        if (unit >= 0) olds[unit] = old?.units[left?.[i] ?? i] ?? -1;
      });
    }
  }
  return olds;
}

/** One for all tasks of the other passes: each pass has layers of its own, so that they are still computed at once. */
function maskedPathway(passes: readonly ExtractedPass[], { small, paths }: ExtractedFacts): readonly Pathway[] {
  const names = new Map(small.held.map(({ name, variable }) => [variable, name]));
  const masks = { reads: new Map<string, Uint8Array>(), trains: new Map<string, Uint8Array>() };
  for (const { group, origins } of passes) {
    const [pathway] = group.pathways;
    if (pathway === undefined) continue;
    for (const [variable, origin] of origins) {
      const own = masksOf(origin, pathway);
      for (const kind of ['reads', 'trains'] as const) {
        if (own[kind]?.includes(0)) masks[kind].set(nameOf(names, variable), own[kind]);
      }
    }
  }
  if (masks.reads.size === 0 && masks.trains.size === 0) return [];
  const name = passes.flatMap(({ group }) => group.pathways.map((one) => one.name)).join('+');
  const tasks = passes.flatMap(({ group }) => group.tasks).sort((a, b) => a - b);
  return [{ name, tasks: pathsOf({ tasks }, paths), ...masks, units: null, copies: [] }];
}

/** A tensor that the pathway has of its own is its own, all of it. */
function masksOf({ tensor, elements, seen }: BackboneOrigin, { trains, copies }: BoundPathway) {
  if (tensor === null || copies.includes(tensor)) return {};
  const mask = trains.get(tensor);
  return {
    reads: seen ?? undefined,
    trains: mask && Uint8Array.from(elements, (index) => mask[index] ?? 0),
  };
}

const pathsOf = ({ tasks }: Pick<BoundPathway, 'tasks'>, paths: readonly string[]): readonly string[] =>
  tasks.map((task) => paths[task] ?? '');

function nameOf(names: ReadonlyMap<LayerVariable, string>, variable: LayerVariable): string {
  const name = names.get(variable);
  if (name === undefined) throw new Error(`the extracted network has no ${variable.originalName}`);
  return name;
}
