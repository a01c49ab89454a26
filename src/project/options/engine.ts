/** @file Options that all verbs share: where they run, and who hears their notes. */
import { type EngineName, engineNames, requireEngineName } from '../../engine/select.js';
import { listed, placedAt } from '../../errors.js';
import type { OnNote } from '../../notes.js';
import { callback, type Option, optional } from '../../options.js';

export interface NoteOptions {
  /** Hears the notes of this call. Default: the project's `onNote`, else they are printed, each once. */
  readonly onNote?: OnNote | undefined;
}

export interface EngineOptions extends NoteOptions {
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
export const engineSchema = { engine: optional(engineName), fallback: optional(engineName), ...noteSchema };
