/** @file Inputs that say so much of a label that they may be known only once the label is. */

import { columnOf } from '../../data/column.js';
import { columnReaders } from '../../data/columns/readers.js';
import type { LabelMatrix, Truth } from '../../data/dataset.js';
import { createInputBinder, inputColumns } from '../../data/inputs.js';
import { labelColumn } from '../../data/labels.js';
import { sourcePath } from '../../data/row-path.js';
import { suspectedLeak } from '../../data/suggest/leaks.js';
import { Table } from '../../data/table.js';
import { show } from '../../errors.js';
import type { FlowGraph } from '../../flow/graph.js';
import type { Layout, TaskSlot } from '../../tasks/layout.js';
import { labelFromInput } from '../notes/label-from-input.js';

export interface SuspectedLeak {
  /** The task's path. */
  readonly task: string;
  readonly why: string;
}

export interface LeakFold {
  /** @param readable 1 for each row whose inputs can be read */
  readonly see: (table: Table, truth: Truth, readable: Uint8Array) => void;
  /** In flow order. */
  readonly result: () => readonly SuspectedLeak[];
}

/** Rows that are looked at, from the first on: as `suggest` does. */
export const LOOKED_AT = 10_000;

/**
 * An input that is the column of the labels; one that tells all labels that count (as the note `LABEL_FROM_INPUT` of a fit
 * says, on 4,000 rows at most); and one that nearly does, by its few values or by being missing.
 */
export function startLeaks(layout: Layout): LeakFold {
  const specs = layout.flow.graph.inputs;
  const exact = labelFromInput(layout);
  const nearly = startNearly(layout);
  const own = new Map<TaskSlot, string>();
  return {
    see: (table, truth, readable) => {
      for (const slot of layout.slots) {
        const column = labelColumn(table, slot);
        if (column !== undefined) own.set(slot, column);
      }
      nearly.see(table, truth);
      const rows = Uint32Array.from(readable.keys()).filter((row) => readable[row] === 1);
      if (rows.length === 0) return;
      const chosen = table.select(rows);
      const rest = rowsOfTruth(truth, rows);
      // A binder of its own for each piece: what it refuses of several together is no matter here.
      const inputs = createInputBinder(specs, true).bind(chosen, sourcePath(rest.ids));
      exact.see({ ...rest, inputs }, chosen);
    },
    result: () => {
      const notes = exact.notes();
      return Object.freeze(
        layout.slots.flatMap((slot): SuspectedLeak[] => {
          const task = slot.task.path;
          const column = own.get(slot);
          const isInput = column !== undefined && inputColumns(specs).has(column);
          const whys = [
            ...(isInput ? [`The column ${show(column)} is an input, and holds its labels.`] : []),
            ...notes.filter(({ path }) => path === task).map(({ text }) => text),
            ...nearly.of(slot, column, exact.telling(slot)),
          ];
          return whys.map((why) => Object.freeze({ task, why }));
        }),
      );
    },
  };
}

/** What the columns of single values say of labels, as they are. */
function startNearly(layout: Layout) {
  const places = singleColumns(layout.flow.graph.inputs);
  const names = [...places.keys()];
  const slots = layout.slots.filter(({ axis, width }) => axis === null && width === 1);
  const tables: Table[] = [];
  const labels = new Map(slots.map((slot) => [slot, [] as unknown[][]]));
  let left = LOOKED_AT;
  return {
    see: (table: Table, { labels: matrix, mask }: Truth): void => {
      const rows = Math.min(left, table.rows);
      if (rows === 0) return;
      left -= rows;
      const some = table.slice(0, rows);
      const columns = names.filter((name) => some.has(name)).map((name) => [name, some.column(name)] as const);
      tables.push(Table.ofColumns(new Map(columns), rows));
      for (const [slot, all] of labels) all.push(countedLabels(slot, matrix, mask, rows));
    },
    /** @param told names of numbers of which more is known */
    of: (slot: TaskSlot, own: string | undefined, told: ReadonlySet<string>): readonly string[] => {
      const lists = labels.get(slot);
      const { path } = slot.task;
      if (lists === undefined) return [];
      return names.flatMap((name) => {
        if (name === own || name === path || (places.get(name) ?? []).some((place) => told.has(place))) return [];
        const both = tables.map((table, i) => {
          const columns = new Map(table.has(name) ? [[name, table.column(name)]] : []);
          return Table.ofColumns(columns.set(path, columnOf(lists[i] ?? [])), table.rows); // a list for each table
        });
        const why = suspectedLeak(both, name, path);
        return why === null ? [] : [`Of the column ${show(name)}: ${why}. Is it known when you predict?`];
      });
    },
  };
}

/** Labels that count, in plain values; null for all others. */
function countedLabels({ offset, task }: TaskSlot, labels: LabelMatrix, mask: Uint8Array, rows: number): unknown[] {
  return Array.from({ length: rows }, (_, row) => {
    const at = row * labels.width + offset;
    const value = mask[at] === 1 ? task.kind.value(labels.values, at) : null;
    return typeof value === 'object' ? null : value;
  });
}

/** Columns whose cells are no arrays of an input's own shape, each with the names of the numbers that it becomes. */
function singleColumns(specs: FlowGraph['inputs']): ReadonlyMap<string, readonly string[]> {
  const all = new Map<string, readonly string[]>();
  const add = (name: string, places: readonly string[]) => all.set(name, [...(all.get(name) ?? []), ...places]);
  for (const [input, spec] of Object.entries(specs)) {
    if (spec.columnKinds !== undefined) {
      for (const { name, encoder } of columnReaders(input, spec)) {
        add(
          name,
          encoder.places.map((place) => name + place),
        );
      }
    } else for (const name of spec.columns ?? []) add(name, [name]);
  }
  return all;
}

function rowsOfTruth({ layout, labels, mask, applies, ids }: Truth, rows: Uint32Array): Truth {
  const { width } = labels;
  const of = <T extends Float64Array | Uint8Array>(all: T, size: number, made: T): T => {
    for (const [place, row] of rows.entries()) made.set(all.subarray(row * size, (row + 1) * size), place * size);
    return made;
  };
  const length = rows.length * width;
  return {
    rows: rows.length,
    layout,
    labels: {
      rows: rows.length,
      width,
      values: of(labels.values, width, new Float64Array(length)),
      present: of(labels.present, width, new Uint8Array(length)),
    },
    mask: of(mask, width, new Uint8Array(length)),
    applies: of(applies, layout.answers, new Uint8Array(rows.length * layout.answers)),
    ids: rows.map((row) => ids[row] as number), // rows of these
  };
}
