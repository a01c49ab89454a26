/** @file What a fit would refuse, counted by the code of the error, with the first of each. */
import type { ErrorCode, HeadgateError } from '../../errors.js';

/** Cells that are refused for one reason. */
export interface Refusal {
  readonly code: ErrorCode;
  readonly count: number;
  /** Number of the first such row, counted from 0. */
  readonly row: number;
  /** Of the first: what is wrong, what was there, and what was probably meant. */
  readonly problem: string;
  readonly received: string | null;
  readonly suggestion: string | null;
}

export interface RefusalFold {
  readonly add: (error: HeadgateError, row: number) => void;
  /** In the order in which the reasons first occurred. */
  readonly result: () => readonly Refusal[];
}

export function startRefusals(): RefusalFold {
  const byCode = new Map<ErrorCode, Refusal>();
  return {
    add: ({ code, problem, received, suggestion }, row) => {
      const known = byCode.get(code);
      const first = known ?? { code, row, problem, received: received ?? null, suggestion: suggestion ?? null };
      byCode.set(code, { ...first, count: (known?.count ?? 0) + 1 });
    },
    result: () => Object.freeze([...byCode.values()].map((refusal) => Object.freeze(refusal))),
  };
}
