/** @file Notes: what a user should know of a result that is no error. Structured like errors, returned with the result. */
import { visible } from './text.js';

/** Every note that Headgate makes; `docs/project.md` says what each means. */
export const noteCodes = Object.freeze([
  'CHECKPOINT_DAMAGED',
  'CLASS_NEVER_OCCURS',
  'EMPTY_LABEL_COLUMN',
  'EMPTY_PART',
  'ENGINE_FALLBACK',
  'FEW_LABELS',
  'FILES_DIFFER',
  'INDEX_NOT_READ',
  'INPUT_RANGE',
  'INPUT_SCALE',
  'LABELS_ALL_EQUAL',
  'LABELS_MOVED_OUT',
  'LABEL_FROM_INPUT',
  'LABEL_IS_INPUT',
  'LOSES_PRECISION',
  'LOSS_RISES',
  'METRIC_LEFT_OUT',
  'MISSING_VALUES',
  'MIXED_COLUMN',
  'NEVER_TRAINED',
  'NOT_MERGED',
  'NO_LABEL_COLUMN',
  'NO_LABEL_COUNTS',
  'OPTIONS_DIFFER',
  'OTHER_FILES',
  'NOTHING_KEPT',
  'NOTHING_LEARNT',
  'NOTHING_SCORED',
  'ROUNDED_INSTANTS',
  'ROWS_LEFT_OUT',
  'ROWS_REJECTED',
  'SCALES_DIFFER',
  'SCHEDULE_UNFINISHED',
  'SHARES_NOT_KEPT',
  'STARTED_ANEW',
  'STEPS_SKIPPED',
  'TRAINS_OTHERS',
  'TRIVIAL_LOSS',
  'UNKNOWN_LAYERS',
  'UNKNOWN_PART',
  'UNKNOWN_VALUES',
  'UNSURE_THRESHOLD',
  'VALUES_CUT',
  'WORSE_THAN_MEAN',
] as const);

export type NoteCode = (typeof noteCodes)[number];

export interface Note {
  /** Stable, upper-case name, e.g. `NO_LABEL_COLUMN`. */
  readonly code: NoteCode;
  /** What it is about: a task path, `inputs.frame`, a project's name; below `validation.` for validation rows. */
  readonly path: string;
  /** For a person to read: one sentence or two. */
  readonly text: string;
}

/** What carries notes. */
export interface Noted {
  readonly notes: readonly Note[];
}

/** Is told each note as it is made. What it throws ends the verb that made the note. */
export type OnNote = (note: Note) => void;

export function note(code: NoteCode, path: string, text: string): Note {
  return Object.freeze({ code, path, text });
}

/** The same notes about something that their maker could not know. */
export function notesBelow(prefix: string, notes: readonly Note[]): readonly Note[] {
  return notes.map(({ code, path, text }) => note(code, `${prefix}.${path}`, text));
}

/** One line: `headgate: INPUT_SCALE at inputs.frame: All values …`. */
export function noteLine({ code, path, text }: Note): string {
  return visible(`headgate: ${code} at ${path}: ${text}`);
}
