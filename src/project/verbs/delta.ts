/** @file The verb `pathways.delta`. */
import { readOptions } from '../../options.js';
import type { Model } from '../model.js';
import { deltaSchema } from '../options/delta.js';
import { madeDelta } from '../pathways/make-delta.js';
import type { Resolved } from '../pathways/resolved.js';
import { resolvedOther } from '../pathways/resolved-folder.js';
import { tasksAt } from '../pathways/ways.js';
import type { WeightDelta } from '../pathways/weight-delta.js';

/** What a project has changed of a base. See `ProjectPathways.delta`. Both were read when it was called; see `readingBoth`. */
export async function delta(
  model: Model,
  given: unknown,
  own: Resolved,
  second: Resolved | null,
): Promise<WeightDelta> {
  const options = readOptions('pathways.delta', deltaSchema, given);
  const asked = options.tasks?.flatMap((path) => tasksAt(model.flow, path, 'pathways.delta.tasks'));
  const paths = model.flow.tasks.map(({ path }) => path).filter((path) => asked?.includes(path));
  const base = await resolvedOther(model, 'pathways.delta.base', options.base, second);
  try {
    model.notes.open(options.onNote).add(base.notes);
    return madeDelta(own, base, asked === undefined ? null : paths);
  } finally {
    base.dispose();
  }
}
