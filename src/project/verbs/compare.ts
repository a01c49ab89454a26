/** @file The verb `pathways.compare`. */
import type { Similarity } from '../../pathways/tracker/similarity-table.js';
import type { Model } from '../model.js';
import { readCompare } from '../options/compare.js';
import { type Given, projectOrFolder, type Resolved, resolvedModel } from '../pathways/resolved.js';
import type { ModelOf } from './merge.js';

/** Compares layers, tasks, checkpoints. See `ProjectPathways.compare`. */
export function compare(model: Model, given: unknown, modelOf: ModelOf): Promise<Similarity> {
  return model.lock.reading('compare', async () => {
    const options = readCompare(given);
    const own = resolvedModel(model);
    const target = options.with === undefined ? null : projectOrFolder('pathways.compare.with', options.with, modelOf);
    // All was read by now, as it was when the verb was called. Most programs compare nothing.
    const run = async (other: Resolved | Given | null): Promise<Similarity> => {
      const { compared } = await import('../pathways/compare.js');
      return compared(model, { options, own, other });
    };
    if (target === null || 'folder' in target) return run(target);
    return target.model.lock.reading('compare', async () => run(resolvedModel(target.model))); // nobody disposes it meanwhile
  });
}
