/** @file What a comparison works on. */
import type { Model } from '../model.js';
import type { NoteCollector } from '../notes/channel.js';
import type { ReadCompare } from '../options/compare.js';
import type { Resolved } from './resolved.js';

/** What a comparison works on; all of it was read when the verb was called. */
export interface Comparing {
  readonly model: Model;
  readonly options: ReadCompare;
  readonly own: Resolved;
  /** With what it is compared; null for itself. */
  readonly other: Resolved | null;
  readonly notes: NoteCollector;
}
