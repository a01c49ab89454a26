/** @file What a benchmark case is. */
import type { CaseResult } from './report.js';
import type { Effort } from './timing.js';

/** Threads of every contestant. */
export const THREADS = 2;

export interface BenchContext {
  readonly effort: Effort;
  readonly quick: boolean;
  /** A Python interpreter that has PyTorch; null where there is none. */
  readonly python: string | null;
}

export interface BenchCase {
  readonly name: string;
  /** False for a case that runs only when it is named. */
  readonly usual: boolean;
  readonly run: (context: BenchContext) => Promise<CaseResult>;
}
