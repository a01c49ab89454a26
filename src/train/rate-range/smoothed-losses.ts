/** @file The loss of each step, and its running mean, where tasks come and go from batch to batch. */
import { COUNTS } from '../../data/ports.js';
import type { BatchTensors, HostTensors } from '../../engine/engine.js';
import { layoutOrder } from '../../score/loss.js';
import { outputOf } from '../../score/loss-sums.js';
import { declaredWeights, type Layout } from '../../tasks/layout.js';

export interface SmoothedLosses {
  /** Σ weight × task loss of each step's batch, over the tasks that have a counted label in it; null where none has. */
  readonly losses: readonly (number | null)[];
  /**
   * Σ weight × task loss, each task's from running sums of losses and of counted elements, so that a batch without a label
   * of it takes no part. Before its first label a task counts with what it has then. Null before the first label of any.
   */
  readonly smoothed: readonly (number | null)[];
  readonly add: (batch: BatchTensors, outputs: HostTensors) => void;
}

interface Running {
  sum: number;
  count: number;
  /** In its weight and unit; null before its first label that counts. */
  mean: number | null;
}

/** @param smoothing how much of a running sum is left after a step, in [0, 1) */
export function smoothedLosses(layout: Layout, smoothing: number): SmoothedLosses {
  const weights = declaredWeights(layout);
  const factors = layoutOrder(layout).map((index) => {
    const slot = layout.slots[index];
    if (slot === undefined) throw new Error(`no task ${index}`);
    return (weights[index] as number) / slot.lossUnit; // one each
  });
  /** Of each task, as far as it is known. */
  const running = factors.map((): Running => ({ sum: 0, count: 0, mean: null }));
  const losses: (number | null)[] = [];
  const smoothed: (number | null)[] = [];
  return {
    losses,
    smoothed,
    add: (batch, outputs) => {
      const [sums, counts] = [outputOf(outputs, 'sums').data, batch[COUNTS]?.data];
      if (counts === undefined) throw new Error('a batch without counts');
      const own: number[] = [];
      for (const [place, task] of running.entries()) {
        const [sum, count] = [sums[place] as number, counts[place] as number]; // one of each task
        task.sum = smoothing * task.sum + sum;
        task.count = smoothing * task.count + count;
        if (count === 0) continue; // both have shrunk alike: the mean stays
        const factor = factors[place] as number; // likewise
        own.push((factor * sum) / count);
        // Its coming is no rise of the loss.
        if (task.mean === null) addToAll(smoothed, (factor * sum) / count);
        task.mean = (factor * task.sum) / task.count;
      }
      const means = running.flatMap(({ mean }) => mean ?? []);
      losses.push(total(own));
      smoothed.push(total(means));
    },
  };
}

function total(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0);
}

function addToAll(values: (number | null)[], more: number): void {
  for (const [i, value] of values.entries()) if (value !== null) values[i] = value + more;
}

/** Infinity where none is known. */
export function leastOf(values: readonly (number | null)[]): number {
  return values.reduce<number>((least, value) => Math.min(least, value ?? least), Number.POSITIVE_INFINITY);
}
