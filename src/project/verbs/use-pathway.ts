/** @file The verb `pathways.use`. */
import { invalidOption, isRecord } from '../../options.js';
import type { GivenPathway } from '../../pathways/assign/given.js';
import type { Pathway } from '../../pathways/pathway.js';
import type { Model } from '../model.js';
import { waysOf } from '../pathways/ways.js';

/** Gives tasks a pathway that was found or written. See `ProjectPathways.use`. */
export function usePathway(model: Model, given: GivenPathway): Promise<Pathway> {
  return model.lock.changing('use', async () => {
    requireForm(given);
    const { givenPathway } = await import('../../pathways/assign/given.js'); // most projects have no pathways
    const { flow, network, pathways: existing } = model;
    const [tasks = []] = waysOf(flow, existing, { [given.name]: given.tasks }).values(); // one way
    const pathway = givenPathway(given, tasks, { flow, network, existing });
    model.usePathways([...existing, pathway]);
    return pathway;
  });
}

function requireForm(given: unknown): asserts given is GivenPathway {
  const expected = '{ name, tasks, units } or { name, tasks, reads }, as `unitMasks(…).pathway()` gives it';
  if (!isRecord(given)) throw invalidOption('pathways.use', given, { expected });
  const { name, tasks, units, reads, trains } = given;
  if (typeof name !== 'string' || name === '') throw invalidOption('pathways.use.name', name, { expected: 'a name' });
  const areTexts = Array.isArray(tasks) && tasks.length > 0 && tasks.every((path) => typeof path === 'string');
  if (!areTexts)
    throw invalidOption('pathways.use.tasks', tasks, { expected: 'paths of tasks or flows, at least one' });
  for (const [key, map] of Object.entries({ reads, trains })) {
    if (map === undefined || map instanceof Map) continue;
    throw invalidOption(`pathways.use.${key}`, map, { expected: 'a Map of masks by kernel' });
  }
  const hasUnits = units !== undefined && units !== null;
  if (!hasUnits && !(reads instanceof Map && reads.size > 0)) throw invalidOption('pathways.use', given, { expected });
}
