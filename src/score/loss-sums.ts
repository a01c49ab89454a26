/** @file The losses of an epoch, exact over its rows. */
import type { Truth } from '../data/dataset.js';
import type { HostTensor, HostTensors } from '../engine/engine.js';
import { declaredWeights, type Layout } from '../tasks/layout.js';
import { layoutOrder } from './loss.js';

export interface LossRecord<Path extends string> {
  /** Σ weight × task loss, from the epoch's own sums: not a mean of batch means. Without penalties. */
  readonly loss: number;
  /** By task path, in the task's own unit (`TaskSlot.lossUnit`); null for a task with no counted label in the epoch. */
  readonly tasks: Readonly<Record<Path, number | null>>;
}

/** The sums of an epoch as plain data, by flow order of the tasks. */
export interface SumsState {
  readonly sums: readonly number[];
  readonly counts: readonly number[];
  /** Sum of the batches' totals and of their penalties, and the number of batches. */
  readonly total: number;
  readonly penalty: number;
  readonly batches: number;
}

/** Sums of masked losses over an epoch; the task losses made of them are exact, not means of batch means. */
export class LossSums {
  private readonly layout: Layout;
  private readonly order: readonly number[];
  private readonly sums: Float64Array;
  private readonly counts: Float64Array;
  private total = 0;
  private penalties = 0;
  private batches = 0;

  /** @param from sums to go on from */
  constructor(layout: Layout, from: SumsState | null = null) {
    this.layout = layout;
    this.order = layoutOrder(layout);
    this.sums = Float64Array.from(from?.sums ?? layout.slots.map(() => 0));
    this.counts = Float64Array.from(from?.counts ?? layout.slots.map(() => 0));
    if (from === null) return;
    this.total = from.total;
    this.penalties = from.penalty;
    this.batches = from.batches;
  }

  /**
   * Adds the outputs of one training step.
   *
   * @param counts of the step's batch, `[tasks]` in layout order
   */
  add(outputs: HostTensors, counts: HostTensor): void {
    const sums = outputOf(outputs, 'sums');
    for (const [place, task] of this.order.entries()) this.addTo(task, at(sums, place), at(counts, place));
    this.total += at(outputOf(outputs, 'loss'), 0);
    // a network without penalties gives none
    if (outputs.penalty !== undefined) this.penalties += at(outputs.penalty, 0);
    this.batches++;
  }

  /** Unmasked element losses of some rows, `[rows, layout.width]`. */
  addElements({ rows, layout, mask }: Truth, losses: Float32Array): void {
    if (losses.length !== rows * layout.width) throw new Error(`${losses.length} losses for ${rows} rows`);
    for (const { index, offset, columns } of layout.slots) {
      for (let row = 0; row < rows; row++) {
        for (let at = row * layout.width + offset; at < row * layout.width + offset + columns; at++) {
          if (mask[at] !== 0) this.addTo(index, losses[at] as number, 1); // in range, as was checked
        }
      }
    }
  }

  private addTo(task: number, sum: number, count: number): void {
    this.sums[task] = (this.sums[task] as number) + sum; // as many as tasks
    this.counts[task] = (this.counts[task] as number) + count; // likewise
  }

  /** Training steps that were added. */
  get steps(): number {
    return this.batches;
  }

  /** Mean of the batches' totals, penalties included: what the optimizer descends. Null before the first batch. */
  meanLoss(): number | null {
    return this.batches === 0 ? null : this.total / this.batches;
  }

  /** Mean of the batches' penalties; 0 for a network without any. */
  meanPenalty(): number {
    return this.batches === 0 ? 0 : this.penalties / this.batches;
  }

  /** Mean loss of a task in its own unit; null without a counted label. `index` in flow order. */
  taskLoss(index: number): number | null {
    const [sum, count, slot] = [this.sums[index], this.counts[index], this.layout.slots[index]];
    if (sum === undefined || count === undefined || slot === undefined) throw new Error(`there is no task ${index}`);
    return count === 0 ? null : sum / count / slot.lossUnit;
  }

  state(): SumsState {
    const { total, penalties, batches } = this;
    return { sums: [...this.sums], counts: [...this.counts], total, penalty: penalties, batches };
  }

  /** @param weights of the tasks, in flow order */
  record(weights: readonly number[] = declaredWeights(this.layout)): LossRecord<string> {
    const tasks: Record<string, number | null> = Object.create(null);
    let loss = 0;
    for (const { task, index } of this.layout.slots) {
      const [mean, weight] = [this.taskLoss(index), weights[index]];
      if (weight === undefined) throw new Error(`no weight of ${task.path}`);
      tasks[task.path] = mean;
      if (mean !== null) loss += mean * weight;
    }
    return { loss, tasks };
  }
}

/** Throws where the step did not give it: what is absent must not read as 0. */
export function outputOf(outputs: HostTensors, name: string): HostTensor {
  const output = outputs[name];
  if (output === undefined) throw new Error(`the training step gave no ${name}`);
  return output;
}

function at({ data }: HostTensor, place: number): number {
  const value = data[place];
  if (value === undefined) throw new Error(`the training step gave ${data.length} values, and none at ${place}`);
  return value;
}
