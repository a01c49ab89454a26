/** @file The options of `pathways.delta`, `apply` and `revert`. */
import type { HostTensors } from '../../engine/engine.js';
import type { FlowGraph } from '../../flow/graph.js';
import { listOf, optional, text, unchecked } from '../../options.js';
import { type NoteOptions, noteSchema } from './engine.js';

/** A `Project` of any declaration, or the folder that one was saved in. */
export type ProjectOrFolder = string | { readonly graph: FlowGraph; readonly weights: () => HostTensors };

export interface DeltaOptions extends NoteOptions {
  /** What it is made over: a project of the same declaration, or the folder that one was saved in. */
  readonly base: ProjectOrFolder;
  /**
   * Paths of tasks and flows: their heads, their thresholds, and of the shared weights what they see. Default: everything.
   */
  readonly tasks?: readonly string[] | undefined;
}

export const deltaSchema = {
  base: unchecked<unknown>('a project, or the folder that one was saved in'),
  tasks: optional(listOf(text, { least: 1 })),
  ...noteSchema,
};
