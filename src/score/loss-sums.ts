/** @file The losses of an epoch, exact over its rows. */
import type { Truth } from '../data/dataset.js';
import type { HostTensors } from '../engine/engine.js';
import type { Layout } from '../tasks/layout.js';
import { layoutOrder } from './loss.js';

export interface LossRecord<Path extends string> {
  /** Σ weight × task loss, from the epoch's own sums: not a mean of batch means. */
  readonly loss: number;
  /** By task path; null for a task with no counted label in the epoch. */
  readonly tasks: Readonly<Record<Path, number | null>>;
}

/** Sums of masked losses over an epoch; the task losses made of them are exact, not means of batch means. */
export class LossSums {
  private readonly layout: Layout;
  private readonly order: readonly number[];
  private readonly sums: Float64Array;
  private readonly counts: Float64Array;
  private total = 0;
  private batches = 0;

  constructor(layout: Layout) {
    this.layout = layout;
    this.order = layoutOrder(layout);
    this.sums = new Float64Array(layout.slots.length);
    this.counts = new Float64Array(layout.slots.length);
  }

  /** The outputs of one training step. */
  add(outputs: HostTensors): void {
    const sums = output(outputs, 'sums');
    const counts = output(outputs, 'counts');
    for (const [place, task] of this.order.entries()) {
      this.sums[task] = (this.sums[task] as number) + (sums[place] as number);
      this.counts[task] = (this.counts[task] as number) + (counts[place] as number);
    }
    this.total += output(outputs, 'loss')[0] as number;
    this.batches++;
  }

  /** Unmasked element losses of some rows. */
  addElements({ rows, layout, mask }: Truth, losses: Float32Array): void {
    if (losses.length !== rows * layout.width) throw new Error(`${losses.length} losses for ${rows} rows`);
    for (const { index, offset, width } of layout.slots) {
      for (let row = 0; row < rows; row++) {
        for (let at = row * layout.width + offset; at < row * layout.width + offset + width; at++) {
          if (mask[at] === 0) continue;
          this.sums[index] = (this.sums[index] as number) + (losses[at] as number);
          this.counts[index] = (this.counts[index] as number) + 1;
        }
      }
    }
  }

  meanLoss(): number {
    return this.total / this.batches;
  }

  record(): LossRecord<string> {
    const tasks: Record<string, number | null> = Object.create(null);
    let loss = 0;
    for (const { task, index } of this.layout.slots) {
      const count = this.counts[index] as number;
      const mean = count === 0 ? null : (this.sums[index] as number) / count;
      tasks[task.path] = mean;
      loss += (mean ?? 0) * task.kind.weight;
    }
    return { loss, tasks };
  }
}

/** A step that lost an output must not pass for one whose loss is 0. */
function output(outputs: HostTensors, name: string): HostTensors[string]['data'] {
  const found = outputs[name];
  if (found === undefined) throw new Error(`the step gave no ${name}`);
  return found.data;
}
