/** @file What a saved model's folder holds, and what one may hold at most. */

import type { HostTensors } from '../engine/engine.js';
import type { FlowGraph } from '../flow/graph.js';

/** A model, as data: everything that prediction needs and no code. */
export interface SavedModel {
  readonly graph: FlowGraph;
  /** By parameter name. */
  readonly weights: HostTensors;
  /** By task path; only tasks that have thresholds. */
  readonly thresholds: ReadonlyMap<string, readonly number[]>;
}

/** Lists the other files with their sizes and SHA-256: what tells a complete folder from a damaged one. */
export const manifestFile = 'headgate.json';
export const flowFile = 'flow.json';
export const weightsFile = 'weights.safetensors';
export const thresholdsFile = 'thresholds.json';

/** In the order in which they are written and checked. */
export const contentFiles = [flowFile, weightsFile, thresholdsFile] as const;
export type ContentFile = (typeof contentFiles)[number];
export type ModelFile = ContentFile | typeof manifestFile;

/** Bytes that a reader will take into memory. Weights end where one Node buffer is sure to. */
export const maximumBytes: Readonly<Record<ModelFile, number>> = {
  [manifestFile]: 65_536,
  [flowFile]: 64 * 2 ** 20,
  [weightsFile]: 2 ** 31 - 1,
  [thresholdsFile]: 16 * 2 ** 20,
};

export const isModelFile = (name: string): name is ModelFile => Object.hasOwn(maximumBytes, name);
