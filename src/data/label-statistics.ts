/** @file What the labels of each task that count are like, chunk by chunk, and some of them to try a loss on. */
import type { ElementStatistics, LabelStatistics } from '../tasks/kind.js';
import type { TaskSlot } from '../tasks/layout.js';
import type { Truth } from './dataset.js';

export interface SlotStatistics extends LabelStatistics {
  /** Labels that count, elements of them included. */
  readonly counted: number;
  readonly sample: LabelSample;
}

/** Labels of which at least one element counts, row-major `[rows, width]`, in label units. */
export interface LabelSample {
  readonly rows: number;
  readonly values: Float64Array;
  /** 1 where the element counts. */
  readonly counts: Uint8Array;
}

/** Rows come in pieces of any size; what is learnt does not depend on where they were cut. */
export interface LabelStatisticsFold {
  readonly see: (truth: Truth) => void;
  /** Of the tasks of which a label counts. */
  readonly result: () => ReadonlyMap<TaskSlot, SlotStatistics>;
}

/** Labels kept of a task, and logits that they may have together. */
const KEPT_LABELS = 2 ** 13;
const KEPT_LOGITS = 2 ** 22;

/** @param slots of the tasks to look at */
export function labelStatistics(slots: readonly TaskSlot[]): LabelStatisticsFold {
  const folds = slots.map((slot) => ({ slot, fold: slotFold(slot) }));
  return {
    see: (truth) => {
      for (const { fold } of folds) fold.see(truth);
    },
    result: () =>
      new Map(
        folds.flatMap(({ slot, fold }): [TaskSlot, SlotStatistics][] => {
          const found = fold.result();
          return found.counted === 0 ? [] : [[slot, found]];
        }),
      ),
  };
}

function slotFold(slot: TaskSlot): { readonly see: (truth: Truth) => void; readonly result: () => SlotStatistics } {
  const { offset, width, columns, task } = slot;
  const { kind } = task;
  const isIndex = width === 1 && kind.classes !== undefined && kind.classes.length > 1;
  const classes = isIndex ? kind.classes.map(() => 0) : null;
  const elements = Array.from({ length: width }, () => ({ count: 0, mean: 0, squares: 0 }));
  const sampler = labelSampler(width, Math.max(1, Math.min(KEPT_LABELS, Math.floor(KEPT_LOGITS / kind.units))));
  return {
    see: ({ rows, layout, labels, mask }) => {
      for (let row = 0; row < rows; row++) {
        const first = row * layout.width + offset;
        for (let start = first; start < first + columns; start += width) {
          let counts = false;
          for (let i = 0; i < width; i++) {
            if (mask[start + i] !== 1) continue;
            counts = true;
            const value = labels.values[start + i] as number;
            const element = elements[i] as { count: number; mean: number; squares: number }; // one for each
            const distance = value - element.mean;
            element.mean += distance / ++element.count;
            element.squares += distance * (value - element.mean);
            if (classes !== null) classes[value] = (classes[value] as number) + 1;
          }
          if (counts) sampler.add(labels.values, mask, start);
        }
      }
    },
    result: () => ({
      elements: elements.map(
        ({ count, mean, squares }): ElementStatistics => ({
          count,
          mean,
          deviation: count === 0 ? 0 : Math.sqrt(squares / count),
        }),
      ),
      classes,
      counted: sampler.seen(),
      sample: sampler.result(),
    }),
  };
}

/** Every n-th label, n doubling when there are too many: they depend on nothing but their order. */
function labelSampler(width: number, kept: number) {
  let [seen, stride] = [0, 1];
  let values: number[][] = [];
  let counts: number[][] = [];
  return {
    seen: () => seen,
    add: (from: Float64Array, mask: Uint8Array, start: number): void => {
      if (seen++ % stride !== 0) return;
      values.push(Array.from(from.subarray(start, start + width)));
      counts.push(Array.from(mask.subarray(start, start + width)));
      if (values.length <= kept) return;
      stride *= 2;
      values = values.filter((_, i) => i % 2 === 0);
      counts = counts.filter((_, i) => i % 2 === 0);
    },
    result: (): LabelSample => ({
      rows: values.length,
      values: Float64Array.from(values.flat()),
      counts: Uint8Array.from(counts.flat()),
    }),
  };
}
