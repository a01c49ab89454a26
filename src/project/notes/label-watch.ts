/** @file What looks at labelled rows on their way into a verb, for notes about all of them. */
import type { Dataset } from '../../data/dataset.js';
import type { Table } from '../../data/table.js';
import type { Note } from '../../notes.js';

/** Rows come in pieces of any size; the notes are of all of them. */
export interface LabelWatch {
  /** @param table that the dataset was bound from */
  readonly see: (dataset: Dataset, table: Table) => void;
  readonly notes: () => readonly Note[];
}
