/** @file What a model learns of its data before its first step: encoders, label statistics, where heads begin. */
import type { Dataset } from '../data/dataset.js';
import { learnInputs } from '../data/encoders/learning.js';
import { labelStatistics, type SlotStatistics } from '../data/label-statistics.js';
import type { Table } from '../data/table.js';
import type { Json } from '../flow/graph.js';
import { constantLoss } from '../score/trivial-loss.js';
import type { Learnt, LearntTask } from '../tasks/filled.js';
import type { TaskKind } from '../tasks/kind.js';
import type { Layout } from '../tasks/layout.js';

export interface Lesson {
  /** What was known before, and what is new. */
  readonly learnt: Learnt;
  /** Logits with which the heads of tasks begin that were not known before, by path, `[units]`. */
  readonly priors: ReadonlyMap<string, readonly number[]>;
  /** Whether rows that were bound before must be bound again: columns are read from another origin now. */
  readonly rebinds: boolean;
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
  const inputs = learnInputs(layout.flow.graph.inputs);
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
        rebinds: [...encoders.values()].some(({ state }) => hasOrigin(state)),
      };
    },
  };
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
  const ofPrior = constantLoss(kind, prior, statistics.sample);
    return { learnt: { kind: own, lossUnit: lossUnit(ofPrior, constantLoss(kind, nothing, statistics.sample)) }, prior };
}

/** A task whose labels hardly differ would weigh without end. */
const LEAST_SHARE = 0.01;

/**
 * The loss of the best constant answer, but not less than a hundredth of the loss of no answer (all logits 0); 1 where
 * there is no such number.
 */
function lossUnit(ofPrior: number, ofNothing: number): number {
  const unit = Math.max(ofPrior, LEAST_SHARE * ofNothing);
  return Number.isFinite(unit) && unit > 0 ? unit : 1;
}
