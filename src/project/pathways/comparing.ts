/** @file What a comparison is asked for, and works on. */
import type { Model } from '../model.js';
import type { NoteCollector } from '../notes/channel.js';
import type { ReadCompare } from '../options/compare.js';
import type { Given, Resolved } from './resolved.js';

/** What a comparison works on; all of it was read when the verb was called. */
export interface Comparing {
  readonly model: Model;
  readonly options: ReadCompare;
  readonly own: Resolved;
  /** With what it is compared; null for itself. */
  readonly other: Resolved | null;
  readonly notes: NoteCollector;
}

export interface CompareCall {
  readonly options: ReadCompare;
  readonly own: Resolved;
  /** Another project as it was when the verb was called, or a folder; null for none. */
  readonly other: Resolved | Given | null;
}
