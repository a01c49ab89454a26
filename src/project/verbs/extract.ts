/** @file The verb `extract`. */

import { formatNumber } from '../../evaluate/text-table.js';
import { invalidOption, readOptions } from '../../options.js';
import type { BeforeAfter, CompactReport } from '../../pathways/compact/report.js';
import type { ExtractedNetwork } from '../../pathways/extract/extract.js';
import { boundTo, type Pathway } from '../../pathways/pathway.js';
import type { Model, TakenOver } from '../model.js';
import { neverTrained } from '../notes/weights.js';
import { noteSchema } from '../options/engine.js';
import { tasksAt, withAsked } from '../pathways/ways.js';
import type { Snapshot } from '../snapshot.js';

/** What extraction left, against the whole network. */
export interface ExtractReport {
  /** Paths of the tasks, those that their conditions ask about among them. */
  readonly tasks: readonly string[];
  readonly units: BeforeAfter;
  readonly parameters: BeforeAfter;
  readonly bytes: BeforeAfter;
  /** For one row. */
  readonly multiplyAdds: BeforeAfter;
  /** Of each forward pass that the tasks need. */
  readonly parts: readonly CompactReport[];
  readonly toString: () => string;
  readonly print: () => void;
}

export interface ExtractedModel {
  readonly tasks: ReadonlySet<string>;
  readonly network: ExtractedNetwork;
  /** But for the pathways, which are of the small network. */
  readonly takenOver: TakenOver;
  /** Of the whole network, when it was extracted. */
  readonly snapshot: Snapshot;
  readonly pathways: readonly Pathway[];
  readonly report: ExtractReport;
}

/** A smaller network for some tasks, verified against the whole one. See `Project.extract`. */
export function extract(model: Model, tasks: unknown, given: unknown): Promise<ExtractedModel> {
  return model.lock.reading('extract', async () => {
    if (!Array.isArray(tasks) || tasks.length === 0 || tasks.some((path) => typeof path !== 'string')) {
      throw invalidOption('extract.tasks', tasks, { expected: 'paths of tasks or flows, at least one' });
    }
    const notes = model.notes.open(readOptions('extract', noteSchema, given).onNote);
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
      report: reportOf(paths, extracted.reports, summed),
    };
  });
}

type Summed = (
  parts: readonly CompactReport[],
  figure: 'units' | 'parameters' | 'bytes' | 'multiplyAdds',
) => BeforeAfter;

function reportOf(tasks: readonly string[], parts: readonly CompactReport[], summed: Summed): ExtractReport {
  const figures = {
    units: summed(parts, 'units'),
    parameters: summed(parts, 'parameters'),
    bytes: summed(parts, 'bytes'),
    multiplyAdds: summed(parts, 'multiplyAdds'),
  };
  const lines = Object.entries(figures).map(([name, { before, after }]) => {
    return `${name.padEnd(13)} ${before.toLocaleString('en-US')} -> ${after.toLocaleString('en-US')} (${formatNumber(after / Math.max(1, before))})`;
  });
  const text = [`${tasks.length} tasks: ${tasks.join(', ')}`, ...lines, ...parts.map(String)].join('\n');
  return Object.freeze({
    ...{ tasks, ...figures, parts },
    toString: () => text,
    print: () => console.log(text),
  });
}
