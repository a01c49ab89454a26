/** @file Which units live: those that reach an output through weights that are not zero. */
import type { LayerVariable } from '../../model/binding.js';
import type { UnitGraph } from '../../model/units/graph.js';
import type { Reading } from './constants.js';
import type { Unfoldable } from './dependence.js';
import { eachNonZero, weight } from './weights.js';

const UNKNOWN: Unfoldable = { because: 'what they are multiplied by has no bias of its own', isNearly: false };

/** What reads units: rows, by unit; columns, by the unit that is computed of them (-1: what always counts). */
export interface Reader {
  readonly variable: LayerVariable;
  readonly rows: Int32Array;
  readonly columns: Int32Array;
  /** By row and column, row after row: 1 where a weight is not zero. */
  readonly isRead: Uint8Array;
  /** By row, what it always reads. */
  readonly constants: readonly (number | null)[];
  readonly unfoldable: Unfoldable | null;
}

export function readersOf(graph: UnitGraph, readings: ReadonlyMap<LayerVariable, Reading>): Reader[] {
  return [...graph.axes].flatMap(([variable, axes]) => {
    const reads = axes.find(({ role }) => role === 'reads');
    // The pointwise kernel decides for it.
    if (reads === undefined || variable.originalName.endsWith('depthwise_kernel')) return [];
    const makes = axes.find(({ role }) => role === 'makes');
    const columns = makes?.units ?? Int32Array.of(-1);
    const isRead = new Uint8Array(reads.units.length * columns.length);
    eachNonZero(weight(variable), [reads.axis, makes?.axis ?? null], (i, j) => {
      isRead[i * columns.length + (makes === undefined ? 0 : j)] = 1;
    });
    const reading = readings.get(variable);
    return [
      {
        variable,
        rows: reads.units,
        columns,
        isRead,
        constants: reading?.constants ?? Array<null>(reads.units.length).fill(null),
        unfoldable: reading === undefined ? UNKNOWN : reading.unfoldable,
      },
    ];
  });
}

/** A row that adds nothing to its columns, or the same whatever the inputs are. */
export function isFoldable({ constants, unfoldable }: Reader, row: number): boolean {
  const value = constants[row] ?? null;
  return value !== null && Number.isFinite(value) && (value === 0 || unfoldable === null);
}

/** All units that units of `from` are computed of, through rows that count. */
export function reached(
  readers: readonly Reader[],
  from: Iterable<number>,
  counts: (reader: Reader, row: number) => boolean,
): Set<number> {
  const columnsOf = new Map<number, [Reader, number][]>();
  for (const reader of readers) {
    for (const [j, unit] of reader.columns.entries()) {
      const own = columnsOf.get(unit) ?? [];
      columnsOf.set(unit, own);
      own.push([reader, j]);
    }
  }
  const live = new Set(from);
  const pending = [-1, ...live];
  for (let unit = pending.pop(); unit !== undefined; unit = pending.pop()) {
    for (const [reader, j] of columnsOf.get(unit) ?? []) {
      for (const [i, row] of reader.rows.entries()) {
        if (row < 0 || live.has(row) || !reader.isRead[i * reader.columns.length + j] || !counts(reader, i)) continue;
        live.add(row);
        pending.push(row);
      }
    }
  }
  return live;
}
