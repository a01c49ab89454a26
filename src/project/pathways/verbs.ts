/** @file What can be done with a project's pathways. */

import type { DataLike } from '../../data/data-like.js';
import { didYouMean, HeadgateError, listed, show } from '../../errors.js';
import { unitReads } from '../../model/pathways/unit-masks.js';
import type { Parameter } from '../../model/store.js';
import type { WeightSelection } from '../../pathways/partial/selection.js';
import type { Pathway } from '../../pathways/pathway.js';
import type { Sparsest } from '../../pathways/sparsify/sparsest-table.js';
import type { Model } from '../model.js';
import type { SelectOptions } from '../options/select.js';
import type { SparsestOptions } from '../options/sparsest.js';
import { type AssignOptions, assign } from '../verbs/assign.js';
import { removePathway } from '../verbs/remove-pathway.js';
import { select } from '../verbs/select.js';
import { sparsest } from '../verbs/sparsest.js';

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
   * Finds the highest sparsity at which a fit's metric is still within a budget of what it is now: prunes, fine-tunes and
   * measures, each try from the best one that fits, and keeps that; where none fits, the project is as it was, to the bit.
   * Pathways that there are are pruned further; without any, each task begins with the whole backbone.
   *
   * @param data rows to fine-tune on
   * @throws HeadgateError `INVALID_OPTIONS`, `NOT_TRAINED`, `UNKNOWN_TASK`, `UNKNOWN_METRIC`, `NOTHING_TO_MASK`,
   *   `CAPACITY_EXHAUSTED`, `PROJECT_BUSY`, and what `fit` throws; the project is then as it was
   * @example
   * const monitor = { task: 'open', metric: 'f1_score' } as const;
   * (await project.pathways.sparsest(train, { validation, monitor, budget: 0.01 })).print();
   */
  readonly sparsest: (data: DataLike, options: SparsestOptions) => Promise<Sparsest>;
  /**
   * Chooses elements of parameters: `fit` with `train` moves these alone.
   *
   * @throws HeadgateError `INVALID_OPTIONS`, `EMPTY_GROUP` where no weight is left to choose from, `SELECTION_TOO_LARGE`, and
   *   of the data what `fit` throws
   * @example
   * const strongest = await project.pathways.select({ criterion: 'magnitude', amount: 0.1, biases: 'all' });
   * await project.fit(more, { train: strongest });
   */
  readonly select: (options: SelectOptions) => Promise<WeightSelection>;
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

function seen({ network }: Model, { reads, units, copies, tasks }: Pathway, parameter: string): Uint8Array | null {
  const { lies, owners } = required(network.store.parameters, parameter);
  const tensor = network.held.find((one) => one.name === lies.tensor);
  const isOthers = !owners.some((owner) => tasks.includes(owner)) || copies.includes(parameter);
  const size = tensor?.shape.reduce((product, length) => product * length, 1) ?? 0;
  if (isOthers) return new Uint8Array(size);
  if (tensor === undefined || tensor.part === 'head') return null;
  return reads.get(parameter) ?? (units === null ? null : (unitReads(tensor, units, network.units()) ?? null));
}

function required(parameters: readonly Parameter[], name: string): Parameter {
  const parameter = parameters.find((one) => one.name === name);
  if (parameter !== undefined) return parameter;
  const known = parameters.map((one) => one.name);
  throw new HeadgateError({
    code: 'UNKNOWN_PARAMETER',
    path: name,
    problem: 'the network has no such parameter',
    expected: `one of ${listed(known)}`,
    received: show(name),
    suggestion: didYouMean(name, known),
  });
}

/** @param model asked for when a verb is called */
export function pathwaysOf(model: () => Model): ProjectPathways {
  return {
    get list() {
      return model().pathways;
    },
    assign: async (options = {}) => assign(model(), options),
    remove: async (name) => removePathway(model(), found(model(), name)),
    sparsest: async (data, options) => sparsest(model(), data, options),
    select: async (options) => select(model(), options),
    units: (name) => unitsIn(model(), found(model(), name)),
    seenBy: (name, parameter) => seen(model(), found(model(), name), parameter),
    trainedBy: (name, parameter) => {
      const pathway = found(model(), name);
      return pathway.trains.get(parameter) ?? seen(model(), pathway, parameter);
    },
  };
}
