/** @file Records of epochs as balancers read them. */
import type { EpochRecord } from '../../../src/train/history.js';

type Losses = Readonly<Record<string, number | null>>;

/** One record an element of `losses`; of each, the weights that it was made with. */
export function recordsOf(losses: readonly Losses[], weights: Readonly<Record<string, number>>): EpochRecord[] {
  return losses.map((tasks, i) => ({
    epoch: i + 1,
    loss: 0,
    tasks,
    validation: null,
    penalty: 0,
    weights,
    learningRate: 0,
    seconds: 0,
    dataWait: 0,
  }));
}
