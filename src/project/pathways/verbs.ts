/** @file What can be done with a project's pathways. */
import type { DataLike } from '../../data/data-like.js';
import { didYouMean, HeadgateError, listed, show } from '../../errors.js';
import type { Pathway } from '../../pathways/pathway.js';
import type { Model } from '../model.js';
import type { EngineOptions } from '../options/engine.js';
import type { ForgetOptions } from '../options/forget.js';
import { type AssignOptions, assign } from '../verbs/assign.js';
import type { Forgetting } from '../verbs/forget.js';
import { type PathwaysReport, pathwaysReport } from '../verbs/pathways-report.js';
import { removePathway } from '../verbs/remove-pathway.js';
import { seen, trainedBy } from './seen.js';

export interface ProjectPathways {
  /** In the order in which they were assigned. */
  readonly list: readonly Pathway[];
  /**
   * Finds pathways for tasks that have none: scores each kernel of the backbone for each of them, and lets them choose.
   * `fit` does so by itself where the project declares `pathways`.
   *
   * @throws HeadgateError `INVALID_OPTIONS`, `PATHWAY_EXISTS`, `UNKNOWN_TASK`, `NOTHING_TO_MASK`, `CAPACITY_EXHAUSTED`,
   *   `PROJECT_BUSY`, and of the data what `fit` throws
   * @example await project.pathways.assign({ data: train, method: 'gradient', sparsity: 0.8, granularity: 'unit' })
   */
  readonly assign: (options?: AssignOptions) => Promise<readonly Pathway[]>;
  /**
   * Takes a pathway away. Its weights are free: what nobody else sees is drawn anew, as are the heads of its tasks, which are
   * never trained then.
   *
   * @throws HeadgateError `UNKNOWN_PATHWAY`, `TASK_IN_USE` when a condition of a task elsewhere asks about one of its tasks
   */
  readonly remove: (pathway: string) => Promise<void>;
  /**
   * Who has how much of each layer, what two pathways share, how a step computes them, and with rows a score of each task;
   * as data, as a table, and as a picture.
   *
   * @throws HeadgateError of the data what `evaluate` throws
   * @example (await project.pathways.report(test)).print();
   */
  readonly report: (data?: DataLike, options?: EngineOptions) => Promise<PathwaysReport>;
  /**
   * Forgets a class of a task, or a task, without training: the weights that do more for it than for the rest, by
   * `|w| · (mean |x| over its rows − mean |x| over the others)`, are set to 0, the largest differences first, in steps. Of
   * each step is measured how well the target and the others are still answered. The smallest step that meets `until` is
   * kept; with none, nothing changes. Both are true means: how many rows there are of either does not matter. Of a task with
   * a pathway only weights that it trains go. Nothing is drawn: the same rows give the same result.
   *
   * @throws HeadgateError `INVALID_OPTIONS`, `UNKNOWN_TASK`, `UNKNOWN_CLASS`, `INVALID_LABEL`, `NOTHING_TO_MASK`, `PROJECT_BUSY`,
   *   `EMPTY_DATASET` where no row is of the target, or of the rest, and of the data what `evaluate` throws
   * @example
   * const curve = await project.pathways.forget({ data, class: { task: 'digit', value: '3' }, most: 0.05 });
   * curve.print();
   */
  readonly forget: (options: ForgetOptions) => Promise<Forgetting>;
  /** By layer of the backbone, 1 for each of its units that is in the pathway; null where it consists of single weights. */
  readonly units: (pathway: string) => ReadonlyMap<string, Uint8Array> | null;
  /** 1 for each element of a parameter that the pathway's tasks see; null where they see all of it. */
  readonly seenBy: (pathway: string, parameter: string) => Uint8Array | null;
  /** 1 for each element of a parameter that the pathway's tasks train; null where they train all of it. */
  readonly trainedBy: (pathway: string, parameter: string) => Uint8Array | null;
}

function found({ pathways }: Model, name: string): Pathway {
  const pathway = pathways.find((one) => one.name === name);
  if (pathway !== undefined) return pathway;
  const known = pathways.map((one) => one.name);
  throw new HeadgateError({
    code: 'UNKNOWN_PATHWAY',
    path: `pathways.${name}`,
    problem: 'there is no pathway of this name',
    expected: known.length === 0 ? 'a pathway, and none was assigned yet' : `one of ${listed(known)}`,
    received: show(name),
    suggestion: didYouMean(name, known),
  });
}

function unitsIn({ network }: Model, { units }: Pathway): ReadonlyMap<string, Uint8Array> | null {
  if (units === null) return null;
  return new Map(
    network.units().groups.map((group) => [group.name, Uint8Array.from(group.units, (unit) => units[unit] ?? 0)]),
  );
}

/** @param model asked for when a verb is called */
export function pathwaysOf(model: () => Model): ProjectPathways {
  return {
    get list() {
      return model().pathways;
    },
    assign: async (options = {}) => assign(model(), options),
    remove: async (name) => removePathway(model(), found(model(), name)),
    forget: async (options) => (await import('../verbs/forget.js')).forget(model(), options),
    report: async (data, options = {}) => pathwaysReport(model(), data, options),
    units: (name) => unitsIn(model(), found(model(), name)),
    seenBy: (name, parameter) => seen(model(), found(model(), name), parameter),
    trainedBy: (name, parameter) => trainedBy(model(), found(model(), name), parameter),
  };
}
