/** @file Which entries each task keeps of one weight, by scores. Pure: no layers, no tensors. */
import { keepLargest } from './top-k.js';

export interface Choice {
  /** By task, one score an entry. */
  readonly scores: readonly Float32Array[];
  /** By task, 0 for entries that are masked already: they stay so. */
  readonly open: readonly Uint8Array[];
  /** How many entries a task keeps. */
  readonly count: number;
}

/** What an exclusive choice calls when a task finds no room: it throws. */
export type RefuseCapacity = (facts: {
  readonly task: number;
  readonly asked: number;
  /** Positions that no earlier task holds. */
  readonly free: number;
  /** Whether there is room, but not among the task's own best. */
  readonly elsewhere: boolean;
}) => never;

/** Each task keeps its largest, whatever the others keep. */
export function keepEach({ scores, open, count }: Choice): Uint8Array[] {
  return scores.map((own, task) => keepLargest(own, count, open[task]));
}

/**
 * Each task keeps the largest of what no earlier one holds: all of them as many, until there is no room. MANN's rule
 * for gradients, and that of its PyTorch side, which give all to the first task that finds no room.
 *
 * @param held 1 for entries that are held already, by tasks that do not take part
 */
export function keepOfTheFree(
  { scores, open, count }: Choice,
  refuse: RefuseCapacity,
  held: Uint8Array = new Uint8Array(scores[0]?.length ?? 0),
): Uint8Array[] {
  const used = held.slice();
  return scores.map((own, task) => {
    const free = zerosIn(used);
    if (count > free) refuse({ task, asked: count, free, elsewhere: false });
    const allowed = used.map((one, i) => Number(one === 0 && open[task]?.[i] !== 0));
    const kept = keepLargest(own, count, allowed);
    occupy(used, kept);
    return kept;
  });
}

/**
 * Each task keeps those of its own largest that no earlier one holds: later tasks keep fewer. MANN's rule for
 * magnitudes in TensorFlow: of a share d, task t (from 0) keeps about d·(1 − d)^t.
 */
export function keepOwnLessHeld(choice: Choice, refuse: RefuseCapacity): Uint8Array[] {
  const used = new Uint8Array(choice.scores[0]?.length ?? 0);
  return keepEach(choice).map((own, task) => {
    const kept = own.map((one, i) => Number(one === 1 && used[i] === 0));
    if (own.includes(1) && !kept.includes(1)) {
      refuse({ task, asked: choice.count, free: zerosIn(used), elsewhere: true });
    }
    occupy(used, kept);
    return kept;
  });
}

const zerosIn = (used: Uint8Array): number => used.reduce((sum, one) => sum + Number(one === 0), 0);

function occupy(used: Uint8Array, kept: Uint8Array): void {
  for (const [i, one] of kept.entries()) if (one === 1) used[i] = 1;
}

/** 1 for what these masks keep between them. A mask of ones alone is a task that was not masked yet: it holds nothing. */
export function heldBy(masks: readonly Uint8Array[], size: number): Uint8Array {
  const held = new Uint8Array(size);
  for (const mask of masks) if (mask.includes(0)) occupy(held, mask);
  return held;
}
