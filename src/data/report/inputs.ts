/** @file What the inputs of some rows are like, column by column and row by row. */
import type { FlowGraph } from '../../flow/graph.js';
import type { Table } from '../table.js';
import { type CellsFold, cellReaders, type DescribedCells, startCells } from './columns.js';
import { type Fingerprint, sealed, startFingerprint } from './fingerprint.js';
import type { FingerprintSet } from './fingerprint-set.js';
import { rowExtents } from './row-positions.js';

/** How many rows, and the number of the first; null where there are none. */
export interface CountedRows {
  readonly rows: number;
  readonly first: number | null;
}

export interface DescribedInputs {
  /** In the order of the inputs and their columns. */
  readonly columns: readonly DescribedCells[];
  /** Names of columns that are equal in every row, in groups; constant columns are not among them. */
  readonly equalColumns: readonly (readonly string[])[];
  /** Rows that `fit` would refuse for a cell of an input. */
  readonly refusedRows: CountedRows;
}

export interface InputsFold {
  /** @returns 1 for each row that `fit` could read the inputs of */
  readonly see: (table: Table, ids: Uint32Array) => Uint8Array;
  readonly result: () => DescribedInputs;
}

/** What becomes of each row's fingerprint. */
export interface RowWatch {
  readonly see: (fingerprint: Fingerprint, row: number) => void;
  readonly result: () => CountedRows;
}

/** Counts rows whose fingerprint came before, and keeps all of them. */
export function watchRepeated(seen: FingerprintSet): RowWatch {
  return watchRows((fingerprint) => !seen.add(fingerprint));
}

/** Counts rows whose fingerprint is among these. */
export function watchKnown(seen: FingerprintSet): RowWatch {
  return watchRows(seen.has);
}

function watchRows(counts: (fingerprint: Fingerprint) => boolean): RowWatch {
  let rows = 0;
  let first: number | null = null;
  return {
    see: (fingerprint, row) => {
      if (!counts(fingerprint)) return;
      rows++;
      first ??= row;
    },
    result: () => Object.freeze({ rows, first }),
  };
}

/** @param watch hears of the fingerprint of each row's inputs */
export function startInputs(specs: FlowGraph['inputs'], watch: RowWatch | null): InputsFold {
  const folds = cellReaders(specs).map(startCells);
  let [rows, refused, firstRefused] = [0, 0, null as number | null];
  return {
    see: (table, ids) => {
      rows += table.rows;
      const readable = new Uint8Array(table.rows).fill(1);
      const fingerprints = Array.from({ length: table.rows }, startFingerprint);
      for (const fold of folds) fold.see(table, ids, fingerprints, readable);
      const { known } = rowExtents(specs, table);
      for (const [row, fingerprint] of fingerprints.entries()) {
        const id = ids[row] as number; // one for each row
        watch?.see(sealed(fingerprint), id);
        if (known[row] === 0) readable[row] = 0;
        if (readable[row] === 1) continue;
        refused++;
        firstRefused ??= id;
      }
      return readable;
    },
    result: () =>
      Object.freeze({
        columns: Object.freeze(folds.map((fold) => fold.result())),
        equalColumns: rows < 2 ? Object.freeze([]) : equalColumns(folds),
        refusedRows: Object.freeze({ rows: refused, first: firstRefused }),
      }),
  };
}

function equalColumns(folds: readonly CellsFold[]): readonly (readonly string[])[] {
  const groups = new Map<string, Set<string>>();
  for (const fold of folds) {
    const { column, isConstant } = fold.result();
    if (isConstant) continue;
    const { high, low } = fold.fingerprint();
    const key = `${high} ${low}`;
    groups.set(key, (groups.get(key) ?? new Set()).add(column)); // two inputs may read one column
  }
  const equal = [...groups.values()].filter((names) => names.size > 1);
  return Object.freeze(equal.map((names) => Object.freeze([...names])));
}
