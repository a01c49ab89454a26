/** @file The verb `merge`. */
import { invalidOption } from '../../options.js';
import type { MergedPart, Merging } from '../merging.js';
import type { Model } from '../model.js';
import { withNotes } from '../notes/channel.js';
import { readMerge } from '../options/merge.js';

/** The model of a project; undefined for what is none. @throws HeadgateError `DISPOSED` */
export type ModelOf = (project: unknown) => Model | undefined;

/** Merges the weights of other projects into this one's. See `Project.merge`. */
export function mergeProjects(model: Model, others: unknown, given: unknown, modelOf: ModelOf): Promise<Merging> {
  return model.lock.changing('merge', async () => {
    const { options, onNote } = readMerge(given);
    const notes = model.notes.open(onNote);
    const parts = requireProjects(others, modelOf).map((other, i) => partOf(other, `others[${i}]`));
    const own = partOf(model, 'the project');
    const base = 'base' in options ? partOf(requireProject('merge.base', options.base, modelOf), 'the base') : null;
    // All was read by now, as it was when the verb was called. Most programs that import the package merge nothing.
    const { mergeParts } = await import('../merging.js');
    const result = mergeParts({ own, others: parts, base, options });
    notes.add(result.notes); // first: a listener that throws ends the verb, and nothing has changed
    const { thresholds, pathways } = model;
    model.takeOver({ weights: result.parameters, thresholds, pathways, learnt: result.learnt });
    return withNotes(result.merging, notes);
  });
}

function partOf(model: Model, label: string): MergedPart {
  const { flow, network, pathways } = model;
  const { store, fingerprint } = network;
  const snapshot = model.snapshot();
  const { parameters } = store;
  return { label, flow, fingerprint, snapshot, parameters, pathways, values: store.split(snapshot.weights) };
}

function requireProjects(others: unknown, modelOf: ModelOf): readonly Model[] {
  const expected = 'a list of at least one other project';
  if (!Array.isArray(others) || others.length === 0) throw invalidOption('merge.others', others, { expected });
  return others.map((other: unknown, i) => requireProject(`merge.others[${i}]`, other, modelOf));
}

function requireProject(path: string, project: unknown, modelOf: ModelOf): Model {
  const model = modelOf(project);
  if (model !== undefined) return model;
  throw invalidOption(path, project, { expected: 'a Project' });
}
