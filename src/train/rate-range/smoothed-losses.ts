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

/** @param smoothing how much of a running sum is left after a step, in [0, 1) */
export function smoothedLosses(layout: Layout, smoothing: number): SmoothedLosses {
  const weights = declaredWeights(layout);
  const factors = layoutOrder(layout).map((index) => {
    const slot = layout.slots[index];
    if (slot === undefined) throw new Error(`no task ${index}`);
    return (weights[index] as number) / slot.lossUnit; // one each
  });
  const sums = factors.map(() => 0);
  const counts = factors.map(() => 0);
  const losses: (number | null)[] = [];
  const smoothed: (number | null)[] = [];
  return {
    losses,
    smoothed,
    add: (batch, outputs) => {
      const [ofSums, ofCounts] = [outputOf(outputs, 'sums').data, batch[COUNTS]?.data];
      if (ofCounts === undefined) throw new Error('a batch without counts');
      let [loss, mean] = [0, 0];
      let [isCounted, isKnown] = [false, false];
      for (const [place, factor] of factors.entries()) {
        const [sum, count] = [ofSums[place] as number, ofCounts[place] as number]; // one of each task
        const before = counts[place] as number;
        const [allSums, allCounts] = [smoothing * (sums[place] as number) + sum, smoothing * before + count];
        if (count > 0) {
          loss += (factor * sum) / count;
          isCounted = true;
          // Its coming is no rise of the loss.
          if (before === 0) addToAll(smoothed, (factor * sum) / count);
        }
        if (allCounts > 0) {
          mean += (factor * allSums) / allCounts;
          isKnown = true;
        }
        [sums[place], counts[place]] = [allSums, allCounts];
      }
      losses.push(isCounted ? loss : null);
      smoothed.push(isKnown ? mean : null);
    },
  };
}

function addToAll(values: (number | null)[], more: number): void {
  for (const [i, value] of values.entries()) if (value !== null) values[i] = value + more;
}
