/** @file What of an epoch's validation says which weights are best: the loss, or one metric of one task. */

import { didYouMean, HeadgateError, listed, show } from '../errors.js';
import type { EvaluationView } from '../evaluate/evaluation-table.js';
import type { Metric } from '../tasks/kind.js';
import { declaredWeights, type Layout, type TaskSlot } from '../tasks/layout.js';
import type { EpochRecord } from './history.js';

/** A metric by its name in the evaluation. */
export interface MonitoredMetric {
  /** A task's path. */
  readonly task: string;
  readonly metric: string;
  /** Default `given_truth`; `end_to_end` alone for `gate_recall` and `gate_precision`. */
  readonly view?: EvaluationView | undefined;
}

export interface Monitor {
  /** `validation loss`, `open.f1_score (given_truth)`. */
  readonly name: string;
  readonly direction: Metric['direction'];
  /** Whose metrics the validation has to measure at any rate; null for the loss. */
  readonly needs: { readonly task: string; readonly view: EvaluationView } | null;
  /** Null where it is not defined, and without a validation. */
  readonly read: (record: Pick<EpochRecord, 'validation'>) => number | null;
}

/**
 * The validation loss, with the weights that the tasks were declared with: under a balancer each epoch's record has
 * others, and losses of two epochs could not be compared. Null where no task has a label that counts.
 *
 * @param units in its name, as losses in different units cannot be compared either
 */
export function lossMonitor(layout: Layout, units: 'trivial' | 'plain' = 'trivial'): Monitor {
  const weights = declaredWeights(layout);
  return {
    name: units === 'plain' ? 'plain validation loss' : 'validation loss',
    direction: 'minimise',
    needs: null,
    read: ({ validation }) => {
      if (validation === null) return null;
      const losses = layout.slots.flatMap(({ task, index }) => {
        const loss = validation.tasks[task.path];
        if (loss === undefined) throw new Error(`the validation has no loss of ${task.path}`);
        return loss === null ? [] : [loss * (weights[index] as number)]; // one each
      });
      return losses.length === 0 ? null : losses.reduce((sum, loss) => sum + loss, 0);
    },
  };
}

/**
 * A metric, better in its own direction.
 *
 * @param path of the option, for messages
 * @throws HeadgateError `UNKNOWN_TASK`, `UNKNOWN_METRIC`
 */
export function metricMonitor(layout: Layout, given: MonitoredMetric, path: string): Monitor {
  const slot = layout.slots.find(({ task }) => task.path === given.task);
  if (slot === undefined) {
    const paths = layout.slots.map(({ task }) => task.path);
    throw new HeadgateError({
      code: 'UNKNOWN_TASK',
      path: `${path}.task`,
      problem: 'There is no such task in the flow.',
      expected: `one of: ${listed(paths)}`,
      received: show(given.task),
      suggestion: didYouMean(given.task, paths),
    });
  }
  const { task, metric, view = 'given_truth' } = given;
  const directions = directionsOf(slot, view);
  const direction = directions.get(metric);
  if (direction === undefined) throw unknownMetric(metric, [...directions.keys()], slot, `${path}.metric`);
  return {
    name: `${task}.${metric} (${view})`,
    direction,
    needs: { task, view },
    read: ({ validation }) => {
      if (validation === null) return null;
      const value = (view === 'given_truth' ? validation.metrics : validation.endToEnd)?.[task]?.[metric];
      if (value === undefined) throw new Error(`the validation has no ${task}.${metric}`);
      return value;
    },
  };
}

const GATE_METRICS = ['gate_recall', 'gate_precision'] as const;

/** By name of the result: a metric may have several. */
function directionsOf({ task }: TaskSlot, view: EvaluationView): ReadonlyMap<string, Metric['direction']> {
  const directions = new Map(
    task.kind.metrics.flatMap(({ direction, start }) =>
      start()
        .results()
        .map(({ name }) => [name, direction] as const),
    ),
  );
  if (view === 'end_to_end' && task.condition !== null) {
    for (const name of GATE_METRICS) directions.set(name, 'maximise');
  }
  return directions;
}

/** Given the truth: what a task's metrics are called in a validation. */
export const metricNames = (slot: TaskSlot): readonly string[] => [...directionsOf(slot, 'given_truth').keys()];

function unknownMetric(metric: string, names: readonly string[], { task }: TaskSlot, path: string): HeadgateError {
  const isOfGate = task.condition !== null && GATE_METRICS.some((name) => name === metric);
  return new HeadgateError({
    code: 'UNKNOWN_METRIC',
    path,
    problem: `The task ${show(task.path)} has no such metric${isOfGate ? ' given the truth' : ''}.`,
    expected: `one of: ${listed(names)}`,
    received: show(metric),
    ...(isOfGate ? { mend: "Say `view: 'end_to_end'`." } : {}),
    suggestion: isOfGate ? undefined : didYouMean(metric, names),
  });
}
