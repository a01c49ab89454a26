/** @file Notes about tasks of which a fit has learnt nothing: no more than to give every row the same answer. */
import type { Dataset } from '../../data/dataset.js';
import { labelStatistics, type SlotStatistics } from '../../data/label-statistics.js';
import { type Note, note } from '../../notes.js';
import { constantLoss } from '../../score/trivial-loss.js';
import type { Layout, TaskSlot } from '../../tasks/layout.js';
import type { History } from '../../train/history.js';

/** Fewer epochs may be too few to learn anything. */
const LEAST_EPOCHS = 5;
/** The share of the trivial loss below which something was learnt. */
const LEARNT = 0.99;

export interface TrivialLosses {
  /** Rows of the fit come in pieces of any size. */
  readonly see: (dataset: Dataset) => void;
  /** Of the training losses of the last epoch, each beside that of its task's best constant answer on these rows. */
  readonly notes: (history: History) => readonly Note[];
}

export function trivialLosses(layout: Layout): TrivialLosses {
  const labels = labelStatistics(layout.slots);
  return {
    see: labels.see,
    notes: ({ epochs }) => {
      const last = epochs.at(-1);
      if (last === undefined || epochs.length < LEAST_EPOCHS) return [];
      return [...labels.result()].flatMap(([slot, statistics]) => {
        const { path } = slot.task;
        const loss = last.tasks[path] ?? null;
        if (loss === null || last.weights[path] === 0) return [];
        const trivial = trivialLoss(slot, statistics);
        return trivial === null || loss < LEARNT * trivial ? [] : noteOf(path, loss / trivial, epochs.length);
      });
    },
  };
}

/** In the task's unit; null where all labels are equal, and nothing is to be learnt. */
function trivialLoss({ task, lossUnit }: TaskSlot, statistics: SlotStatistics): number | null {
  const { kind } = task;
  if (statistics.elements.every(({ deviation }) => deviation === 0)) return null;
  const logits = kind.prior?.(statistics) ?? Array.from({ length: kind.units }, () => 0); // as heads begin
  return constantLoss(kind, logits, statistics.sample) / lossUnit;
}

function noteOf(path: string, share: number, epochs: number): Note {
  const text =
    `After ${epochs} epochs its training loss is ${share.toFixed(3)} of what the same answer for every row would have: ` +
    'nothing was learnt of it. Do its inputs say anything of it, does its learning rate suit it, do other tasks outweigh it?';
  return note('TRIVIAL_LOSS', path, text);
}
