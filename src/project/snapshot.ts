/** @file What a reading verb works on. */
import type { HostTensors } from '../engine/engine.js';
import type { Thresholds } from '../score/scores.js';
import type { Learnt } from '../tasks/filled.js';
import type { Layout } from '../tasks/layout.js';

/** Weights and thresholds that belong together, as they were at one moment. Nothing changes them afterwards. */
export interface Snapshot {
  /** Differs between snapshots exactly when the network was written to in between. */
  readonly version: number;
  readonly weights: HostTensors;
  readonly thresholds: Thresholds;
  /** Of the flow with what was learnt by then. */
  readonly layout: Layout;
  readonly learnt: Learnt;
  /** The weights are as they were drawn. */
  readonly isDrawn: boolean;
}
