/** @file A delta that a project has applied, and what it takes to revert it. */
import type { Delta } from '../../pathways/delta/delta.js';
import type { Thresholds } from '../../score/scores.js';

export interface AppliedDelta {
  /** The same for deltas that change the same. */
  readonly id: string;
  readonly changes: Delta;
  /** The same places, with the values from before. */
  readonly before: Delta;
  /** That it brought, and those of the same tasks from before. */
  readonly thresholds: Thresholds;
  readonly thresholdsBefore: Thresholds;
}
