/** @file Options that all verbs share: where they run, and who hears their notes. */
import { type EngineName, engineNames, requireEngineName } from '../../engine/select.js';
import type { ThreadOptions } from '../../engine/threads.js';
import { listed, placedAt } from '../../errors.js';
import type { OnNote } from '../../notes.js';
import { callback, flag, type Option, optional, wholeNumber } from '../../options.js';

export interface NoteOptions {
  /** Hears the notes of this call. Default: the project's `onNote`, else they are printed, each once. */
  readonly onNote?: OnNote | undefined;
}

export interface EngineOptions extends NoteOptions, ThreadOptions {
  /** Default: the environment variable HEADGATE_ENGINE, else the package's default. */
  readonly engine?: EngineName | undefined;
  /** The engine to go on with, with one note, when the first cannot run this network. Default: none, an error. */
  readonly fallback?: EngineName | undefined;
}

const engineName: Option<EngineName> = {
  expected: `one of: ${listed(engineNames)}`,
  read: (given, path) => {
    try {
      return requireEngineName(given);
    } catch (error) {
      throw placedAt(path, error);
    }
  },
};

export const noteSchema = { onNote: optional(callback<OnNote>()) };
export const engineSchema = {
  engine: optional(engineName),
  fallback: optional(engineName),
  threads: optional(wholeNumber({ least: 1 })),
  spinning: optional(flag),
  ...noteSchema,
};

/** Where a verb runs. */
export type EngineChoice = Pick<EngineOptions, 'engine' | 'fallback' | 'threads' | 'spinning'>;
