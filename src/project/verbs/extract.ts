/** @file The verb `extract`. */

import { invalidOption, readOptions } from '../../options.js';
import type { BeforeAfter } from '../../pathways/compact/report.js';
import type { ExtractedNetwork } from '../../pathways/extract/extract.js';
import { boundTo, type Pathway } from '../../pathways/pathway.js';
import type { Model, TakenOver } from '../model.js';
import { neverTrained } from '../notes/weights.js';
import { extractSchema, type ReadExtractOptions } from '../options/extract.js';
import { tasksAt, withAsked } from '../pathways/ways.js';
import type { Snapshot } from '../snapshot.js';

export interface ExtractedModel {
  readonly tasks: ReadonlySet<string>;
  readonly network: ExtractedNetwork;
  /** But for the pathways, which are of the small network. */
  readonly takenOver: TakenOver;
  /** Of the whole network, when it was extracted. */
  readonly snapshot: Snapshot;
  readonly pathways: readonly Pathway[];
  readonly sizes: Readonly<Record<'units' | 'parameters' | 'bytes' | 'multiplyAdds', BeforeAfter>>;
  readonly options: ReadExtractOptions;
}

/** A smaller network for some tasks, verified against the whole one. See `Project.extract`. */
export function extract(model: Model, tasks: unknown, given: unknown): Promise<ExtractedModel> {
  return model.lock.reading('extract', async () => {
    if (!Array.isArray(tasks) || tasks.length === 0 || tasks.some((path) => typeof path !== 'string')) {
      throw invalidOption('extract.tasks', tasks, { expected: 'paths of tasks or flows, at least one' });
    }
    const options = readOptions('extract', extractSchema, given);
    const notes = model.notes.open(options.onNote);
    const { flow, network, layout } = model;
    const asked = tasks.flatMap((path: string) => tasksAt(flow, path, 'extract.tasks'));
    const paths = withAsked(flow, asked);
    const snapshot = model.snapshot();
    if (snapshot.isDrawn) notes.add(neverTrained(model.name));
    const { pathways } = model;
    // All was read by now, as it was when the verb was called. Most programs extract nothing.
    const { extractNetwork, summed } = await import('../../pathways/extract/extract.js');
    const extracted = extractNetwork({
      ...{ network, layout },
      pathways: boundTo(pathways, flow),
      weights: snapshot.weights,
      tasks: flow.tasks.flatMap(({ path }, index) => (paths.includes(path) ? [index] : [])),
    });
    const { learnt, thresholds } = snapshot;
    const own = <T>(byPath: ReadonlyMap<string, T>): ReadonlyMap<string, T> =>
      new Map([...byPath].filter(([path]) => paths.includes(path)));
    return {
      tasks: new Set(paths),
      network: extracted,
      ...{ snapshot, pathways },
      takenOver: {
        weights: extracted.heads,
        pathways: [],
        learnt: { inputs: learnt.inputs, tasks: own(learnt.tasks) },
        thresholds: own(thresholds),
      },
      sizes: {
        units: summed(extracted.reports, 'units'),
        parameters: summed(extracted.reports, 'parameters'),
        bytes: summed(extracted.reports, 'bytes'),
        multiplyAdds: summed(extracted.reports, 'multiplyAdds'),
      },
      options,
    };
  });
}
