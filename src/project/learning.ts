/** @file What a model learns of its data before its first step: encoders, label statistics, where heads begin. */
import { columnReaders } from '../data/columns/readers.js';
import { trainingNotes } from '../data/columns/share-notes.js';
import type { Dataset } from '../data/dataset.js';
import { learnInputs } from '../data/encoders/learning.js';
import { labelStatistics, type SlotStatistics } from '../data/label-statistics.js';
import type { Table } from '../data/table.js';
import type { EncoderSpec, InputSpec, Json } from '../flow/graph.js';
import type { Note } from '../notes.js';
import { constantLoss } from '../score/trivial-loss.js';
import type { Learnt, LearntTask } from '../tasks/filled.js';
import type { LabelStatistics, TaskKind } from '../tasks/kind.js';
import type { Layout } from '../tasks/layout.js';

export interface Lesson {
  /** What was known before, and what is new. */
  readonly learnt: Learnt;
  /** Logits with which the heads of tasks begin that were not known before, by path, `[units]`. */
  readonly priors: ReadonlyMap<string, readonly number[]>;
  /** Whether rows that were bound before must be bound again: columns are read in another way now. */
  readonly rebinds: boolean;
  /** What looks like a slip in the rows that inputs have learnt of. */
  readonly notes: readonly Note[];
}

/** Rows come in pieces of any size. */
export interface Learning {
  /** Nothing is left to learn: no row need be seen. */
  readonly isDone: boolean;
  readonly see: (table: Table, dataset: Dataset) => void;
  readonly result: () => Lesson;
}

/**
 * @param layout with what is known already, which stays: a task learns from the first rows on which a label of it counts
 */
export function startLearning(layout: Layout, known: Learnt): Learning {
  const specs = layout.flow.graph.inputs;
  const inputs = learnInputs(specs);
  const slots = layout.slots.filter(({ task }) => !known.tasks.has(task.path));
  const labels = labelStatistics(slots);
  return {
    isDone: slots.length === 0 && inputs.isDone,
    see: (table, dataset) => {
      inputs.see(table, dataset.inputs);
      labels.see(dataset);
    },
    result: () => {
      const encoders = inputs.result();
      const tasks = new Map<string, LearntTask>();
      const priors = new Map<string, readonly number[]>();
      for (const [{ task }, statistics] of labels.result()) {
        const { learnt, prior } = learnTask(task.kind, statistics);
        tasks.set(task.path, learnt);
        priors.set(task.path, prior);
      }
      return {
        learnt: { inputs: new Map([...known.inputs, ...encoders]), tasks: new Map([...known.tasks, ...tasks]) },
        priors,
        rebinds: [...encoders.values()].some(({ kind, state }) => kind === 'columns' || hasOrigin(state)),
        notes: [...encoders].flatMap(([name, encoder]) => columnNotes(name, specs[name], encoder)),
      };
    },
  };
}

/** What a model is that was trained on rows which nobody had seen before: all stays as it was declared. */
export function nothingToLearn(layout: Layout, known: Learnt): Lesson {
  const inputs = Object.entries(layout.flow.graph.inputs).flatMap(([name, { encoder }]): [string, null][] =>
    encoder === undefined || encoder.state !== null ? [] : [[name, null]],
  );
  const tasks = layout.slots.map(({ task }): [string, LearntTask] => [task.path, { kind: null, lossUnit: 1 }]);
  return {
    learnt: { inputs: new Map([...known.inputs, ...inputs]), tasks: new Map([...tasks, ...known.tasks]) },
    priors: new Map(),
    rebinds: false,
    notes: [],
  };
}

function columnNotes(input: string, spec: InputSpec | undefined, encoder: EncoderSpec): readonly Note[] {
  if (spec?.columnKinds === undefined) return [];
  return columnReaders(input, { ...spec, encoder }).flatMap((reader) => trainingNotes(input, reader));
}

function hasOrigin(state: Json): boolean {
  const origins: unknown = typeof state === 'object' && state !== null ? Reflect.get(state, 'origins') : undefined;
  return Array.isArray(origins) && origins.some((origin) => origin !== 0);
}

function learnTask(
  declared: TaskKind,
  statistics: SlotStatistics,
): { readonly learnt: LearntTask; readonly prior: readonly number[] } {
  const { learning } = declared;
  const own = learning?.learn(statistics) ?? null;
  const kind = learning?.filled(own) ?? declared;
  const nothing = Array.from({ length: kind.units }, () => 0);
  const prior = kind.prior?.(statistics) ?? nothing;
  const losses = [prior, nothing].map((logits) => constantLoss(kind, logits, statistics.sample)) as [number, number];
  return { learnt: { kind: own, lossUnit: lossUnit(kind, statistics, losses) }, prior };
}

/** A decision whose labels hardly ever differ would weigh without end. */
const LEAST_SHARE = 0.05;

/**
 * The loss of the best constant answer; of a decision at least a twentieth of the loss of no answer (all logits 0). Where
 * all labels are one there is nothing to learn, and no answer is the measure: the task shall not pull at the others. 1
 * where there is no such number.
 */
function lossUnit(
  { thresholds, classes }: TaskKind,
  { elements }: LabelStatistics,
  [ofPrior, ofNothing]: readonly [number, number],
): number {
  const isConstant = elements.every(({ deviation }) => deviation === 0);
  const least = thresholds !== null || classes !== undefined ? LEAST_SHARE * ofNothing : 0;
  const unit = isConstant ? ofNothing : Math.max(ofPrior, least);
  return Number.isFinite(unit) && unit > 0 ? unit : 1;
}
