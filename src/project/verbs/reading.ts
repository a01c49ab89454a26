/** @file How every verb that scores rows begins: the rows bound to the flow, a snapshot, and the notes about both. */
import { bindTable, createBinder } from '../../data/bind.js';
import { type BoundRows, sourceRows, wholeRows } from '../../data/bound-rows.js';
import { missingColumn } from '../../data/column.js';
import { type DataLike, sourceIn } from '../../data/data-like.js';
import type { Dataset } from '../../data/dataset.js';
import { type BoundInputs, bindInputs, createInputBinder, inputColumns } from '../../data/inputs.js';
import { bindLabels } from '../../data/labels.js';
import { sourcePath } from '../../data/row-path.js';
import { neededForInputs, neededForLabels } from '../../data/sources/needed.js';
import type { Source } from '../../data/sources/source.js';
import { asTable, Table, type TableLike } from '../../data/table.js';
import type { Note } from '../../notes.js';
import type { Layout } from '../../tasks/layout.js';
import type { Model } from '../model.js';
import { noLabelCounts } from '../notes/labels.js';
import { neverTrained } from '../notes/weights.js';
import type { EngineOptions } from '../options/engine.js';
import type { Scoring, ScoringCall } from '../scoring.js';

export interface Reading<Piece> extends ScoringCall {
  /** Of the network as the snapshot has it. */
  readonly scoring: Scoring;
  readonly rows: BoundRows<Piece>;
}

/** What of bound inputs is scored. */
export type InputRows = Pick<BoundInputs, 'rows' | 'inputs' | 'ids'>;

/** Hears the notes about rows, as soon as all of these were read. */
type Tell = (notes: readonly Note[]) => void;

/** Rows without labels. */
export function readInputs(model: Model, data: DataLike, options: EngineOptions): Reading<InputRows> {
  return begin(model, options, (tell) => inputRows(model.layout, data, tell));
}

/** Rows without labels: a table is bound now, a source whenever it is read. */
export function inputRows({ flow }: Layout, data: DataLike, tell: Tell): BoundRows<InputRows> {
  const specs = flow.graph.inputs;
  const given = sourceIn(data);
  const source = given === null ? null : neededForInputs(given, { flow });
  if (source === null) {
    const bound = bindInputs(asTable(whole(data)), specs);
    tell(bound.notes);
    return wholeRows(bound);
  }
  return sourceRows(source, () => {
    const binder = createInputBinder(specs);
    return {
      bind: ({ table, ids }) => ({ rows: table.rows, inputs: binder.bind(table, sourcePath(ids)), ids }),
      end: () => tell([...(source.notes ?? []), ...binder.notes()]),
    };
  });
}

/** Rows with labels. */
export function readDataset(model: Model, data: DataLike, options: EngineOptions): Reading<Dataset> {
  return begin(model, options, (tell) => labelledRows(model.layout, data, tell));
}

/**
 * Rows with labels: a table is bound now, a source whenever it is read.
 *
 * @throws HeadgateError what `bindTable` throws, of a source when it is read; `NO_LABELS` now, where its columns are known
 */
export function labelledRows(layout: Layout, data: DataLike, tell: Tell): BoundRows<Dataset> {
  const source = sourceIn(data);
  if (source === null) {
    const table = asTable(whole(data));
    const dataset = bindTable(table, layout);
    const watch = noLabelCounts(layout);
    watch.see(dataset, table);
    tell([...dataset.notes, ...watch.notes()]);
    return wholeRows<Dataset>(dataset);
  }
  requireLabelColumns(source, layout);
  return sourceRows(neededForLabels(source, layout, null), () => {
    const binder = createBinder(layout);
    const watch = noLabelCounts(layout);
    return {
      bind: ({ table, ids }) => {
        const dataset = binder.bindChunk(table, ids);
        watch.see(dataset, table);
        return dataset;
      },
      end: () => tell([...(source.notes ?? []), ...binder.notes(), ...watch.notes()]),
    };
  });
}

/** Throws `NO_LABELS` where the columns are known and none is a label, before the first row is read. */
export function requireLabelColumns({ columns }: Source, layout: Layout): void {
  if (columns === null) return;
  const none = Table.ofColumns(new Map(columns.map(({ name }) => [name, missingColumn(0)])), 0);
  bindLabels(none, layout, inputColumns(layout.flow.graph.inputs));
}

/** Data that are no stream, as `sourceIn` said. */
export function whole(data: DataLike): TableLike {
  return data as TableLike; // `asTable` refuses what is neither a table nor records
}

/** The snapshot is taken before anything is awaited and before anybody hears a note: it is of when the verb was called. */
function begin<Piece>(
  model: Model,
  { onNote, ...options }: EngineOptions,
  bind: (tell: Tell) => BoundRows<Piece>,
): Reading<Piece> {
  const notes = model.notes.open(onNote);
  const early: Note[] = [];
  let tell: Tell = (given) => early.push(...given);
  const rows = bind((given) => tell(given));
  const snapshot = model.snapshot();
  const { scoring } = model;
  if (snapshot.isDrawn) notes.add(neverTrained(model.name));
  notes.add(early);
  tell = notes.add;
  return { rows, snapshot, scoring, options, notes };
}
