/** @file What a saved model's folder holds, and what one may hold at most. */

import type { HostTensors } from '../engine/engine.js';
import { HeadgateError, show } from '../errors.js';
import type { Flow } from '../flow/flow.js';
import type { FlowGraph } from '../flow/graph.js';
import type { Fingerprint } from '../model/fingerprint.js';
import type { Parameter } from '../model/store.js';
import type { Note } from '../notes.js';
import type { Learnt } from '../tasks/filled.js';
import type { TaskKind } from '../tasks/kind.js';
import type { SavedPathways } from './saved-pathways.js';

/** A model, as data: everything that prediction needs and no code. */
export interface SavedModel {
  readonly graph: FlowGraph;
  /** By parameter name. */
  readonly weights: HostTensors;
  /** By task path; only tasks that have thresholds. */
  readonly thresholds: ReadonlyMap<string, readonly number[]>;
  /** The layers that the weights are for. */
  readonly backbone: Fingerprint;
  /** What tasks learnt of their labels, by path; what inputs learnt stands in the graph. */
  readonly learnt: Learnt['tasks'];
  /** Null where all tasks see the whole backbone. */
  readonly pathways: SavedPathways | null;
}

/** A model as `load` gives it. */
export interface LoadedModel extends Omit<SavedModel, 'backbone' | 'learnt'> {
  /** Version of the format. */
  readonly version: number;
  /** `headgate 0.1.0`; null for files that do not say. */
  readonly writer: string | null;
  /** Null for files that do not say. */
  readonly backbone: Fingerprint | null;
  readonly learnt: Learnt;
  /** What the user should know: parts that this version left out, options that differ. */
  readonly notes: readonly Note[];
}

/** What a program declares, for a saved model to fit. */
export interface DeclaredModel {
  readonly flow: Flow<TaskKind>;
  /** Of the network without pathways. */
  readonly parameters: readonly Pick<Parameter, 'name' | 'shape' | 'dtype' | 'role' | 'owners'>[];
  /** By name, how many units a group of the backbone has; asked where a saved model has pathways of units. */
  readonly unitGroups: () => ReadonlyMap<string, number>;
  readonly backbone: Fingerprint;
  readonly thresholds: ReadonlyMap<string, readonly number[]>;
  /** What 0.1.0 called the backbone's parameters -> what they are called now. */
  readonly earlierNames: ReadonlyMap<string, string>;
}

/** Read first: format, version, writer, what a reader must understand, and the other files with their checksums. */
export const manifestFile = 'headgate.json';
export const flowFile = 'flow.json';
export const weightsFile = 'weights.safetensors';
export const thresholdsFile = 'thresholds.json';
export const backboneFile = 'backbone.json';
export const statisticsFile = 'statistics.json';
export const pathwaysFile = 'pathways.json';
export const masksFile = 'masks.safetensors';

/** In the order in which they are written and checked. */
export const contentFiles = [
  flowFile,
  backboneFile,
  weightsFile,
  thresholdsFile,
  statisticsFile,
  pathwaysFile,
  masksFile,
] as const;
export type ContentFile = (typeof contentFiles)[number];
export type ModelFile = ContentFile | typeof manifestFile;

/** Bytes that a reader will take into memory. Weights end where one Node buffer is sure to. */
export const maximumBytes: Readonly<Record<ModelFile, number>> = {
  [manifestFile]: 65_536,
  [flowFile]: 64 * 2 ** 20,
  [backboneFile]: 64 * 2 ** 20,
  [weightsFile]: 2 ** 31 - 1,
  [thresholdsFile]: 16 * 2 ** 20,
  [statisticsFile]: 64 * 2 ** 20,
  [pathwaysFile]: 64 * 2 ** 20,
  [masksFile]: 2 ** 31 - 1,
};

export const isContentFile = (name: string): name is ContentFile => contentFiles.some((known) => known === name);

/** Throws `INVALID_OPTIONS` for what a caller without types may pass. */
export function requireFolderName(verb: string, folder: unknown): void {
  if (typeof folder === 'string' && folder !== '') return;
  throw new HeadgateError({
    code: 'INVALID_OPTIONS',
    path: `${verb}.folder`,
    problem: 'this is not the name of a folder',
    expected: 'a path such as "runs/camera"',
    received: show(folder),
  });
}
