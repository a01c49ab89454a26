/** @file How every verb that scores rows begins: the rows bound to the flow, a snapshot, and the notes about both. */
import { type BoundDataset, bindTable } from '../../data/bind.js';
import { type BoundInputs, bindInputs } from '../../data/inputs.js';
import { asTable, type DataLike } from '../../data/table.js';
import type { Note } from '../../notes.js';
import type { Model } from '../model.js';
import { noLabelCounts } from '../notes/labels.js';
import { neverTrained } from '../notes/weights.js';
import type { EngineOptions } from '../options/engine.js';
import type { ScoringCall } from '../scoring.js';

export interface Reading<Rows> extends ScoringCall {
  readonly rows: Rows;
}

/** Rows without labels. */
export function readInputs(model: Model, data: DataLike, options: EngineOptions): Reading<BoundInputs> {
  const rows = bindInputs(asTable(data), model.flow.graph.inputs);
  return begin(model, rows, rows.notes, options);
}

/** Rows with labels. */
export function readDataset(model: Model, data: DataLike, options: EngineOptions): Reading<BoundDataset> {
  const rows = bindTable(data, model.layout);
  return begin(model, rows, [...rows.notes, ...noLabelCounts(rows)], options);
}

/** The snapshot is taken before anything is awaited and before anybody hears a note: it is of when the verb was called. */
function begin<Rows>(
  model: Model,
  rows: Rows,
  about: readonly Note[],
  { onNote, ...options }: EngineOptions,
): Reading<Rows> {
  const notes = model.notes.open(onNote);
  const snapshot = model.snapshot();
  if (snapshot.isDrawn) notes.add(neverTrained(model.name));
  notes.add(about);
  return { rows, snapshot, options, notes };
}
