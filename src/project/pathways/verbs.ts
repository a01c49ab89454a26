/** @file What can be done with a project's pathways. */
import type { DataLike } from '../../data/data-like.js';
import { didYouMean, HeadgateError, listed, show } from '../../errors.js';
import type { Noted } from '../../notes.js';
import { isRecord } from '../../options.js';
import type { GivenPathway } from '../../pathways/assign/given.js';
import type { WeightSelection } from '../../pathways/partial/selection.js';
import type { Pathway } from '../../pathways/pathway.js';
import type { WeightMasks } from '../../pathways/search/result.js';
import type { Sparsest } from '../../pathways/sparsify/sparsest-table.js';
import type { Similarity } from '../../pathways/tracker/similarity-table.js';
import { overlapOf, type UnitOverlap } from '../../pathways/unit-masks/overlap.js';
import type { UnitMasks } from '../../pathways/unit-masks/result.js';
import type { Model } from '../model.js';
import type { CompareOptions } from '../options/compare.js';
import type { DeltaOptions } from '../options/delta.js';
import type { EngineOptions } from '../options/engine.js';
import type { ForgetOptions } from '../options/forget.js';
import type { SelectOptions } from '../options/select.js';
import type { SparsestOptions } from '../options/sparsest.js';
import { type AssignOptions, assign } from '../verbs/assign.js';
import type { Forgetting } from '../verbs/forget.js';
import type { ModelOf } from '../verbs/merge.js';
import { type PathwaysReport, pathwaysReport } from '../verbs/pathways-report.js';
import { removePathway } from '../verbs/remove-pathway.js';
import type { SearchOptions } from '../verbs/search.js';
import type { UnitMaskOptions } from '../verbs/unit-masks.js';
import { usePathway } from '../verbs/use-pathway.js';
import { readingBoth } from './resolved.js';
import { seen, trainedBy } from './seen.js';
import type { WeightDelta } from './weight-delta.js';

export interface ProjectPathways {
  /** In the order in which they were assigned. */
  readonly list: readonly Pathway[];
  /**
   * Finds pathways for tasks that have none: scores each kernel of the backbone for each of them, and lets them choose.
   * `fit` does so by itself where the project declares `pathways`.
   *
   * @throws HeadgateError `INVALID_OPTIONS`, `PATHWAY_EXISTS`, `UNKNOWN_TASK`, `NOTHING_TO_MASK`, `CAPACITY_EXHAUSTED`,
   *   `INVALID_SCORE` where the data lead to a score that is no finite number, `PROJECT_BUSY`, and of the data what `fit` throws
   * @example await project.pathways.assign({ data: train, method: 'gradient', sparsity: 0.8, granularity: 'unit' })
   */
  readonly assign: (options?: AssignOptions) => Promise<readonly Pathway[]>;
  /**
   * Gives tasks that have none a pathway that was found elsewhere, by `unitMasks` or `search`, or written by hand. Its tasks
   * then see what it keeps, and nothing else; biases and the like begin as the backbone's. Others may see the same.
   *
   * @throws HeadgateError `INVALID_OPTIONS`, `PATHWAY_EXISTS`, `UNKNOWN_TASK`, `UNKNOWN_PARAMETER`, `MASK_MISMATCH` and
   *   `INVALID_MASK` for masks that do not fit the network, `PROJECT_BUSY`; nothing has changed then
   * @example
   * const zero = await project.pathways.unitMasks(train, { tasks: ['digit'], epochs: 20 });
   * await project.pathways.use(zero.pathway('digit'));
   * const { project: small } = await project.extract(['digit']);
   */
  readonly use: (pathway: GivenPathway) => Promise<Pathway>;
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
   * await project.fit(train, { train: strongest });
   */
  readonly select: (options: SelectOptions) => Promise<WeightSelection>;
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
   * const curve = await project.pathways.forget({ data: train, class: { task: 'shirt', value: 'red' }, most: 0.05 });
   * curve.print();
   */
  readonly forget: (options: ForgetOptions) => Promise<Forgetting>;
  /** By layer of the backbone, 1 for each of its units that is in the pathway; null where it consists of single weights. */
  readonly units: (pathway: string) => ReadonlyMap<string, Uint8Array> | null;
  /** 1 for each element of a parameter that the pathway's tasks see; null where they see all of it. */
  readonly seenBy: (pathway: string, parameter: string) => Uint8Array | null;
  /** 1 for each element of a parameter that the pathway's tasks train; null where they train all of it. */
  readonly trainedBy: (pathway: string, parameter: string) => Uint8Array | null;
  /**
   * Looks for the units that tasks, or a class of one, use: trains a logit for each unit whose output a drawn zero or one
   * multiplies, and a penalty that presses units out, with the network at rest. The project stays as it is.
   *
   * The output of a unit is what reaches the kernels that read it. Units that cannot be removed are never masked. The loss
   * is that of `fit`, of these tasks: where their conditions are true and labels are there, each in its own unit.
   *
   * @throws HeadgateError `INVALID_OPTIONS`, `UNKNOWN_TASK`, `UNKNOWN_CLASS`, `NOTHING_TO_MASK`, `NO_COUNTED_LABELS`,
   *   `NON_FINITE_LOSS`, `LAYER_CANNOT_TRAIN`, and of the data what `fit` throws
   * @example
   * const zero = await project.pathways.unitMasks(train, { tasks: ['digit'], class: '0', epochs: 20, validation });
   * zero.print();
   */
  readonly unitMasks: (data: DataLike, options: UnitMaskOptions) => Promise<UnitMasks & Noted>;
  /**
   * What the units that several calls of `unitMasks` found have in common: intersection over union, and containment.
   *
   * @throws HeadgateError `MASK_MISMATCH` for masks of two backbones
   */
  readonly overlap: (results: readonly UnitMasks[]) => UnitOverlap;
  /**
   * How alike layers, tasks, classes or checkpoints are, as data and as a table; see `CompareOptions.between`. The project stays as
   * it is.
   *
   * A representation is the output of a layer in inference, the mean over positions where it has several. Linear CKA is
   * ‖YᵀX‖² / (‖XᵀX‖ · ‖YᵀY‖) of centred columns (Kornblith et al. 2019), whatever the widths; it wants many more rows than
   * units. The cosine of representations is the mean over rows of the cosine of a row's two. What is not defined is null.
   *
   * @throws HeadgateError `INVALID_OPTIONS`, `UNKNOWN_TASK`, `EMPTY_GROUP` for layers that there are not, `FLOW_MISMATCH`,
   *   `PARAMETER_MISMATCH`, `NOT_COMPARABLE`, of a folder what `load` throws, and of the data what `predict` and `fit` throw
   * @example
   * const before = await project.pathways.compare({ data: train, with: 'runs/checkpoint' });
   * before.print();
   * const agreement = await project.pathways.compare({ data: train, between: 'gradients' });
   * console.log(agreement.value('red', 'round', null));
   */
  readonly compare: (options: CompareOptions) => Promise<Similarity>;
  /**
   * Looks for a mask of the backbone's weights, without training any: some weights stay, the others are 0, and the best
   * such network by a metric is given. It works for a network as it was drawn as for a trained one; heads stay as they
   * are. The project stays as it is. Tasks with pathways are looked at within them.
   *
   * @param data rows that masks are looked for with
   * @throws HeadgateError `INVALID_OPTIONS`, `UNKNOWN_TASK`, `UNKNOWN_METRIC`, `NOTHING_TO_MASK`, `NON_FINITE_LOSS`, and of the
   *   data what `fit` throws
   * @example
   * const found = await project.pathways.search(train, { tasks: ['open'], sparsity: 0.5, epochs: 20, validation });
   * found.print();
   */
  readonly search: (data: DataLike, options: SearchOptions) => Promise<WeightMasks>;
  /**
   * What this project has changed of a base: places and values alone, compared bit by bit, with the thresholds that differ. It
   * can be limited to tasks, saved into a folder of its own, and applied to whatever has the base's weights.
   *
   * @throws HeadgateError `INVALID_OPTIONS`, `UNKNOWN_TASK`, `PARAMETER_MISMATCH` for a base of another network,
   *   `DELTA_BASE_MISMATCH` for one that learnt other things of its data or has other pathways, and of a folder what `load` throws
   * @example
   * const face = await project.pathways.delta({ base: 'runs/base', tasks: ['face'] });
   * face.print();
   * await face.save('runs/face');
   */
  readonly delta: (options: DeltaOptions) => Promise<WeightDelta>;
  /**
   * Puts a delta's values in place, and its thresholds. Several may be applied, over one base, that change different values.
   *
   * @param delta what `delta` or `readDelta` gave, or the folder that one was saved in
   * @throws HeadgateError `DELTA_BASE_MISMATCH` where the weights are others than those that it was made over, `DELTA_APPLIED`,
   *   `DELTA_CONFLICT`, `INVALID_OPTIONS`, `INVALID_DELTA`, `PROJECT_BUSY`, and of a folder what `readDelta` throws
   * @example await project.pathways.apply('runs/face')
   */
  readonly apply: (delta: WeightDelta | string) => Promise<void>;
  /**
   * Takes a delta's values out again: what was there before is back, to the bit. Thresholds are those from before unless they
   * were tuned since.
   *
   * @throws HeadgateError `DELTA_NOT_APPLIED` where it was not applied by this project, or where values of it are others by
   *   now; `INVALID_OPTIONS`, `PROJECT_BUSY`, and of a folder what `readDelta` throws
   * @example await project.pathways.revert('runs/face')
   */
  readonly revert: (delta: WeightDelta | string) => Promise<void>;
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

/** An option, before options are read. */
function optionOf(options: unknown, name: string): unknown {
  return isRecord(options) ? options[name] : undefined;
}

/** What is large is loaded when it is used: most projects have no pathways. @param model asked for when a verb is called */
export function pathwaysOf(model: () => Model, modelOf: ModelOf): ProjectPathways {
  return {
    get list() {
      return model().pathways;
    },
    assign: async (options = {}) => assign(model(), options),
    use: async (pathway) => usePathway(model(), pathway),
    remove: async (name) => removePathway(model(), found(model(), name)),
    forget: async (options) => (await import('../verbs/forget.js')).forget(model(), options),
    report: async (data, options = {}) => pathwaysReport(model(), data, options),
    sparsest: async (data, options) => (await import('../verbs/sparsest.js')).sparsest(model(), data, options),
    select: async (options) => {
      const own = model();
      const { select } = await own.lock.reading('select', () => import('../verbs/select.js')); // nobody disposes it meanwhile
      return select(own, options);
    },
    units: (name) => unitsIn(model(), found(model(), name)),
    seenBy: (name, parameter) => seen(model(), found(model(), name), parameter),
    trainedBy: (name, parameter) => trainedBy(model(), found(model(), name), parameter),
    unitMasks: async (data, options) => {
      const own = model();
      const { unitMasks } = await own.lock.reading('unitMasks', () => import('../verbs/unit-masks.js'));
      return unitMasks(own, data, options);
    },
    overlap: overlapOf,
    compare: async (options) => {
      const own = model();
      return readingBoth(own, 'compare', optionOf(options, 'with'), modelOf, async (...both) => {
        return (await import('../verbs/compare.js')).compare(own, options, ...both);
      });
    },
    delta: async (options) => {
      const own = model();
      return readingBoth(own, 'delta', optionOf(options, 'base'), modelOf, async (...both) => {
        return (await import('../verbs/delta.js')).delta(own, options, ...both);
      });
    },
    search: async (data, options) => {
      const own = model();
      return readingBoth(own, 'search', undefined, modelOf, async (read) => {
        return (await import('../verbs/search.js')).search(own, data, options, read);
      });
    },
    apply: async (delta) => {
      const own = model();
      return own.lock.changing('apply', async () => (await import('../verbs/apply.js')).apply(own, delta));
    },
    revert: async (delta) => {
      const own = model();
      return own.lock.changing('revert', async () => (await import('../verbs/revert.js')).revert(own, delta));
    },
  };
}
