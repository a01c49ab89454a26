/** @file Do the pathways of a saved model fit the network that a program declares? */

import type { HostTensors } from '../engine/engine.js';
import { copyName, isMerged, wholeName } from '../model/pathways/bound.js';
import type { Parameter } from '../model/store.js';
import type { Mask } from '../pathways/masks/mask.js';
import { type Difference, differenceOf, firstOf } from './differences.js';
import type { DeclaredModel } from './model-folder.js';
import type { SavedPathways } from './saved-pathways.js';

export type Sized = Pick<Parameter, 'name' | 'shape' | 'dtype'>;

/** The parameters that pathways have of their own. */
export function ownParameters(pathways: SavedPathways | null, { parameters }: DeclaredModel): readonly Sized[] {
  return (pathways?.list ?? []).flatMap(({ name, copies }) =>
    copies.flatMap((copy) => {
      const base = parameters.find((one) => one.name === copy);
      return base === undefined ? [] : [{ ...base, name: copyName(name, copy) }];
    }),
  );
}

/** The moving averages that tasks without a pathway have of their own, beside pathways of units. See `wholeTensors`. */
export function wholeParameters(
  pathways: SavedPathways | null,
  { parameters, flow }: Pick<DeclaredModel, 'parameters' | 'flow'>,
): readonly (Sized & { readonly of: string })[] {
  const list = pathways?.list ?? [];
  const ofUnits = new Set(list.filter(isMerged).flatMap(({ tasks }) => tasks));
  const inOne = new Set(list.flatMap(({ tasks }) => tasks));
  const others = new Set(flow.tasks.map(({ path }) => path).filter((path) => !inOne.has(path)));
  return parameters
    .filter(({ role, owners }) => {
      return role === 'average' && owners.some((path) => ofUnits.has(path)) && owners.some((path) => others.has(path));
    })
    .map(({ name, shape, dtype }) => ({ name: wholeName(name), shape, dtype, of: name }));
}

/** Folders that were written when there was one average for all have none of their own: both began as that one. */
export function withWholeAverages(weights: HostTensors, whole: ReturnType<typeof wholeParameters>): HostTensors {
  if (whole.some(({ name }) => weights[name] !== undefined)) return weights;
  const next: Record<string, HostTensors[string]> = Object.assign(Object.create(null), weights);
  for (const { name, of } of whole) {
    const value = weights[of];
    if (value !== undefined) next[name] = { ...value, data: value.data.slice() } as HostTensors[string]; // the same array
  }
  return next;
}

/** The first task, parameter or group of units that is not there, or of another size. */
export function pathwaysDifference({ list, live }: SavedPathways, declared: DeclaredModel): Difference | null {
  const known = new Set(declared.flow.tasks.map(({ path }) => path));
  const shapeOf = (name: string): string | null => {
    const parameter = declared.parameters.find((one) => one.name === name);
    return parameter === undefined ? null : `[${parameter.shape.join(', ')}]`;
  };
  const masks = (masksOf: ReadonlyMap<string, Mask>): Difference | null =>
    firstOf([...masksOf], ([name, { shape }]) =>
      differenceOf(name, 'The mask is of another shape than the parameter.', shapeOf(name), `[${shape.join(', ')}]`),
    );
  return (
    masks(live) ??
    firstOf(list, ({ name, tasks, reads, trains, copies, units }) => {
      const stranger = tasks.find((task) => !known.has(task));
      if (stranger !== undefined) {
        const problem = 'A pathway is of a task that the program has not.';
        return { path: `pathways.${name}`, problem, expected: [...known].join(', '), received: stranger };
      }
      const copy = copies.find((one) => shapeOf(one) === null);
      if (copy !== undefined) {
        const problem = 'A pathway has a parameter of its own that the program has not.';
        return { path: `pathways.${name}`, problem, expected: 'a parameter of the backbone', received: copy };
      }
      return masks(reads) ?? masks(trains) ?? unitsDifference(name, units, declared);
    })
  );
}

function unitsDifference(
  name: string,
  units: ReadonlyMap<string, Mask> | null,
  { unitGroups }: DeclaredModel,
): Difference | null {
  if (units === null) return null;
  const groups = unitGroups();
  return firstOf([...new Set([...groups.keys(), ...units.keys()])], (group) =>
    differenceOf(
      `pathways.${name}.${group}`,
      'The layer has another number of units in the saved model.',
      groups.get(group) ?? null,
      units.get(group)?.shape[0] ?? null,
    ),
  );
}
