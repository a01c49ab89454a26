/** @file The options of `pathways.compare`. */
import type { DataLike } from '../../data/data-like.js';
import {
  invalidOption,
  listOf,
  nullable,
  type OptionsOf,
  oneOf,
  optional,
  readOptions,
  text,
  unchecked,
  wholeNumber,
  withDefault,
} from '../../options.js';
import { patterns } from '../../pathways/assign/settings.js';
import { type Comparison, comparisons, type SimilarityMeasure } from '../../pathways/tracker/similarity-table.js';
import type { NamePattern } from '../../train/optimizers/optimizer.js';
import type { ProjectOrFolder } from './delta.js';
import { type EngineOptions, engineSchema } from './engine.js';

export interface CompareOptions extends EngineOptions {
  /**
   * `models`: each layer here and in `with`, on the same rows. `layers`: each two layers of this project. `tasks`: what
   * each two tasks see of each layer, through their pathways. `classes`: rows of each two classes of a task, in each layer.
   * `gradients`: the gradients that each two tasks' losses have on the shared weights: above 0, what helps the one helps the
   * other. `weights`: each parameter here and in `with`. Default: `models` where there is a `with`, else `layers`.
   */
  readonly between?: Comparison | undefined;
  /** Linear CKA, or the cosine. Default: CKA of `models`, `layers` and `tasks`; the others have the cosine alone. */
  readonly measure?: SimilarityMeasure | undefined;
  /** Rows; with labels for `classes` and `gradients`. `weights` need none. */
  readonly data?: DataLike | undefined;
  /** A project, or the folder that one was saved in (a checkpoint), for `models` and `weights`. */
  readonly with?: ProjectOrFolder | undefined;
  /** Layers' names: those whose output, or whose parameters, are compared. Default: all that have weights. */
  readonly layers?: NamePattern | readonly NamePattern[] | null | undefined;
  /**
   * Paths of tasks and flows. Of `tasks` and `gradients`, those that are compared; default all. Of `classes`, the one task. Of
   * `models` and `layers`, the one task as which the network is seen, where pathways differ; default: none.
   */
  readonly tasks?: readonly string[] | undefined;
  /** Rows in a batch. Default 256; of `gradients`, 32. */
  readonly batchSize?: number | undefined;
  /** Batches that gradients are the means of. Default 32. */
  readonly scoreBatches?: number | undefined;
  /** Of `gradients`: of the order of rows, and of dropout. Default 0. */
  readonly seed?: number | undefined;
}

const schema = {
  between: optional(oneOf(comparisons)),
  measure: optional(oneOf(['cka', 'cosine'])),
  data: optional(unchecked<DataLike>('a table, an array of records, or a source')),
  with: optional(unchecked<unknown>('a project, or the folder that one was saved in')),
  layers: withDefault(nullable(patterns), null),
  tasks: optional(listOf(text, { least: 1 })),
  batchSize: optional(wholeNumber({ least: 1 })),
  scoreBatches: withDefault(wholeNumber({ least: 1 }), 32),
  seed: withDefault(wholeNumber(), 0),
  ...engineSchema,
};

export type ReadCompare = OptionsOf<typeof schema> & {
  readonly between: Comparison;
  readonly measure: SimilarityMeasure;
};

const WITH_CKA: ReadonlySet<Comparison> = new Set(['models', 'layers', 'tasks']);
const WITH_OTHER: ReadonlySet<Comparison> = new Set(['models', 'weights']);

/** @throws HeadgateError `INVALID_OPTIONS` also for options that do not go together */
export function readCompare(given: unknown): ReadCompare {
  const options = readOptions('pathways.compare', schema, given);
  const { data, with: other } = options;
  const between = options.between ?? (other === undefined ? 'layers' : 'models');
  const measure = options.measure ?? (WITH_CKA.has(between) ? 'cka' : 'cosine');
  if (measure === 'cka' && !WITH_CKA.has(between)) {
    throw invalidOption('pathways.compare.measure', measure, { expected: `cosine, between ${between}` });
  }
  if (WITH_OTHER.has(between) !== (other !== undefined)) {
    const expected = WITH_OTHER.has(between)
      ? `a project or a folder to compare with, between ${between}`
      : `nothing, between ${between}: only models and weights are compared with another project`;
    throw invalidOption('pathways.compare.with', other, { expected });
  }
  if ((between === 'weights') === (data !== undefined)) {
    const expected = between === 'weights' ? 'nothing: weights are compared without rows' : 'rows to look at';
    throw invalidOption('pathways.compare.data', data, { expected });
  }
  if (between === 'weights' && options.tasks !== undefined) {
    throw invalidOption('pathways.compare.tasks', options.tasks, { expected: 'nothing, between weights' });
  }
  return { ...options, between, measure };
}
