/** @file The datasets of a union: how many rows each has, and how many labels of each task count there. */
import type { Truth } from '../../data/dataset.js';
import type { Source } from '../../data/sources/source.js';
import { HeadgateError, show } from '../../errors.js';
import { isRecord } from '../../options.js';
import { type Layout, labelStart } from '../../tasks/layout.js';
import type { DescribedPart } from './facts.js';

export interface PartsFold {
  readonly see: (truth: Truth) => void;
  readonly result: () => readonly DescribedPart[];
}

/** @throws HeadgateError `INVALID_SOURCE` for parts that are none: sources may come from outside */
export function startParts({ parts = [] }: Source, { slots }: Layout): PartsFold {
  requireParts(parts);
  let end = 0;
  const folds = parts.map(({ name, rows }) => {
    end += rows;
    return { name, rows, end, trainable: new Map(slots.map((slot) => [slot.task.path, 0])) };
  });
  let own = 0;
  return {
    see: ({ rows, ids, layout, mask }) => {
      if (folds.length === 0) return;
      for (let row = 0; row < rows; row++) {
        while (own < folds.length - 1 && (ids[row] as number) >= (folds[own]?.end ?? 0)) own++; // rows come in order
        const { trainable } = folds[own] as (typeof folds)[number];
        for (const slot of slots) {
          for (let instance = row * slot.positions; instance < (row + 1) * slot.positions; instance++) {
            const start = labelStart(layout, slot, instance);
            if (!mask.subarray(start, start + slot.width).includes(1)) continue;
            trainable.set(slot.task.path, (trainable.get(slot.task.path) ?? 0) + 1);
          }
        }
      }
    },
    result: () =>
      Object.freeze(
        folds.map(({ name, rows, trainable }) =>
          Object.freeze({ name, rows, trainable: Object.freeze(Object.fromEntries(trainable)) }),
        ),
      ),
  };
}

function requireParts(parts: unknown): void {
  const isPart = (part: unknown): boolean =>
    isRecord(part) && typeof part.name === 'string' && Number.isSafeInteger(part.rows) && Number(part.rows) >= 0;
  if (Array.isArray(parts) && parts.every(isPart)) return;
  throw new HeadgateError({
    code: 'INVALID_SOURCE',
    path: 'data.parts',
    problem: 'The source says that it has parts that are none.',
    expected: 'a list of { name, rows }',
    received: show(parts),
  });
}
