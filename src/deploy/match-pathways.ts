/** @file Do the pathways of a saved model fit the network that a program declares? */

import { copyName } from '../model/pathways/bound.js';
import type { Parameter } from '../model/store.js';
import type { Mask } from '../pathways/masks/mask.js';
import { type Difference, differenceOf, firstOf } from './differences.js';
import type { DeclaredModel } from './model-folder.js';
import type { SavedPathways } from './saved-pathways.js';

type Sized = Pick<Parameter, 'name' | 'shape' | 'dtype'>;

/** The parameters that pathways have of their own. */
export function ownParameters(pathways: SavedPathways | null, { parameters }: DeclaredModel): readonly Sized[] {
  return (pathways?.list ?? []).flatMap(({ name, copies }) =>
    copies.flatMap((copy) => {
      const base = parameters.find((one) => one.name === copy);
      return base === undefined ? [] : [{ ...base, name: copyName(name, copy) }];
    }),
  );
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
