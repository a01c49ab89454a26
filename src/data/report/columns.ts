/** @file What the cells of the columns that inputs read are like, without refusing any. */
import { HeadgateError, refusalOf } from '../../errors.js';
import type { FlowGraph, InputSpec } from '../../flow/graph.js';
import { isDerived } from '../../flow/mask-input.js';
import type { Column } from '../column.js';
import { sizeOf } from '../column.js';
import { notFinite } from '../columns/bind-columns.js';
import type { CellSort, ColumnLearning } from '../columns/column-kind.js';
import { columnReaders } from '../columns/readers.js';
import { summarise } from '../encoders/column-summary.js';
import { finite } from '../input-value.js';
import { numbersOfCell, requireRowShape } from '../inputs.js';
import { cellIn, isRagged, readCell } from '../ragged/bind-ragged.js';
import { sourcePath } from '../row-path.js';
import type { Table } from '../table.js';
import { addCell, addFingerprint, type Fingerprint, isList, sealed, startFingerprint } from './fingerprint.js';
import { KEPT_NUMBERS, type NumberSummary, summaryOf } from './number-summary.js';
import { type Refusal, startRefusals } from './refusals.js';

export interface DescribedCells {
  readonly input: string;
  /** The column's name. */
  readonly column: string;
  /** The kind of column, else that of the input. */
  readonly kind: string;
  /** No part of the rows has such a column. All of its cells are missing. */
  readonly isAbsent: boolean;
  /** Cells without a value, and the number of the first such row; null where there is none. */
  readonly missing: number;
  readonly firstMissing: number | null;
  /** Whether `fit` refuses missing cells of it. */
  readonly refusesMissing: boolean;
  /** Cells with a value that the kind has no place of its own for, once it has learnt of these rows. */
  readonly unknown: number;
  /** Cells with a value that is longer than its places, and is read in part. */
  readonly cut: number;
  /** Cells with a value that `fit` would refuse. */
  readonly refused: readonly Refusal[];
  /** Different values, a missing one not among them; null where there are more than 1,000. */
  readonly values: number | null;
  /** All rows have the same cell, be it a missing one. */
  readonly isConstant: boolean;
  /** Of the numbers in its cells, lists and arrays included; null where there are none that can be read. */
  readonly numbers: NumberSummary | null;
}

/** Different values that are counted. */
const MOST_VALUES = 1000;

/** How the cells of a column are read. */
export interface CellReader {
  readonly input: string;
  readonly column: string;
  readonly kind: string;
  /** Starts to learn of the cells; null for a kind that learns nothing. */
  readonly learn: () => ColumnLearning | null;
  /** Throws where `fit` would. */
  readonly read: (cell: unknown, where: () => string) => CellSort;
  /** Whether a row of a tensor column is read as `{ data, shape }`. */
  readonly readsShape: boolean;
  /** Of a whole column: what no single cell shows. */
  readonly requireShape: (column: Column, where: () => string) => void;
}

export function cellReaders(specs: FlowGraph['inputs']): readonly CellReader[] {
  return Object.entries(specs).flatMap(([input, spec]) => (isDerived(spec) ? [] : readersOf(input, spec)));
}

function readersOf(input: string, spec: InputSpec): readonly CellReader[] {
  const plain = { requireShape: (): void => {}, learn: () => null, readsShape: false };
  if (spec.columnKinds !== undefined) {
    return columnReaders(input, spec).map(({ name, kind, encoder }): CellReader => {
      const values = new Float32Array(kind.width);
      return {
        ...{ ...plain, input, column: name, kind: kind.kind },
        learn: () => kind.learn?.(KEPT_NUMBERS) ?? null,
        read: (cell, where) => {
          const sort = encoder.encode(cell, { values: values.fill(0), offset: 0 }, where);
          if (!values.every(Number.isFinite)) throw notFinite(where(), kind.kind, cell);
          return sort;
        },
      };
    });
  }
  if (spec.columns !== null) {
    return spec.columns.map(
      (column): CellReader => ({
        ...{ ...plain, input, column, kind: spec.kind },
        read: (cell, where) => {
          finite(cell, where, column);
          return 'present';
        },
      }),
    );
  }
  if (isRagged(spec)) {
    const read = (cell: unknown, where: () => string): CellSort => {
      readCell(cell, 0, spec, NOWHERE, { input, path: (text) => where() + text });
      return 'present';
    };
    return [{ ...plain, input, column: input, kind: spec.kind, readsShape: true, read }];
  }
  const size = sizeOf(spec.shape);
  const read = (cell: unknown, where: () => string): CellSort => {
    const numbers = numbersOfCell(cell, spec.shape, where, input);
    for (let i = 0; i < size; i++) finite(numbers[i], where, input);
    return 'present';
  };
  const requireTensor = (column: Column, where: () => string): void => {
    if (column.type === 'tensor') requireRowShape(column, spec.shape, where);
  };
  return [{ ...plain, input, column: input, kind: spec.kind, read, requireShape: requireTensor }];
}

/** Where the numbers of a cell go that is only looked at. */
const NOWHERE = { set: (): void => {}, reaches: (): void => {} };

export interface CellsFold {
  /**
   * @param rows to each of which its cell is added
   * @param readable 1 for each row; 0 where `fit` would refuse the cell
   */
  readonly see: (table: Table, ids: Uint32Array, rows: readonly Fingerprint[], readable: Uint8Array) => void;
  readonly result: () => DescribedCells;
  /** Of all cells in their order: equal for equal columns. */
  readonly fingerprint: () => Fingerprint;
}

export function startCells(reader: CellReader): CellsFold {
  const { input, column: name, kind } = reader;
  const refusals = startRefusals();
  const summary = summarise(KEPT_NUMBERS);
  let learning = reader.learn();
  const all = startFingerprint();
  const values = new Set<number>();
  let [missing, unknown, cut, firstMissing, isAbsent] = [0, 0, 0, null as number | null, true];
  const refusesMissing = refusalOf(() => reader.read(null, () => name)) !== null;
  const seeMissing = (row: number): void => {
    missing++;
    firstMissing ??= row;
  };
  return {
    see: (table, ids, rows, readable) => {
      const column = table.has(name) ? table.column(name) : null;
      isAbsent &&= column === null;
      const path = sourcePath(ids);
      const misshapen = column === null ? null : refusalOf(() => reader.requireShape(column, () => path(0, name)));
      let row = 0;
      const where = () => path(row, name);
      for (; row < table.rows; row++) {
        const cell: unknown = column === null ? null : column.value(row);
        const own = startFingerprint();
        addCell(own, cell);
        addFingerprint(all, own);
        addFingerprint(rows[row] as Fingerprint, own); // one for each row
        if (cell === null) {
          seeMissing(ids[row] as number); // likewise
          if (refusesMissing) readable[row] = 0;
          continue;
        }
        if (values.size <= MOST_VALUES) values.add(keyOf(own));
        const answer = misshapen ?? sortOf(reader, reader.readsShape && column ? cellIn(column, row) : cell, where);
        const learns = learning;
        const error = answer instanceof HeadgateError ? answer : learns && refusalOf(() => learns.add(cell));
        if (error !== null) {
          if (error !== answer) learning = null; // a category of too many values: it ends here, as it does in `fit`
          readable[row] = 0;
          refusals.add(error, ids[row] as number); // likewise
          continue;
        }
        if (answer === 'unknown') unknown++;
        if (answer === 'cut') cut++;
        addNumbers(summary.add, cell);
      }
    },
    fingerprint: () => sealed(all),
    result: () =>
      Object.freeze({
        ...{ input, column: name, kind, isAbsent, missing, firstMissing, refusesMissing, cut },
        unknown: learning === null ? unknown : (learning.result().unknown ?? 0), // as `learnColumns` counts them
        refused: refusals.result(),
        values: values.size > MOST_VALUES ? null : values.size,
        isConstant: values.size + (missing > 0 ? 1 : 0) <= 1,
        numbers: summaryOf(summary),
      }),
  };
}

function sortOf({ read }: CellReader, cell: unknown, where: () => string): CellSort | HeadgateError {
  let sort: CellSort = 'present';
  const error = refusalOf(() => {
    sort = read(cell, where);
  });
  return error ?? sort;
}

/** 53 bits: two of a thousand values are taken for one in one of 10^10 columns. */
function keyOf(fingerprint: Fingerprint): number {
  const { high, low } = sealed(fingerprint);
  return (high >>> 0) * 2 ** 21 + (low >>> 11);
}

function addNumbers(add: (value: number) => void, cell: unknown): void {
  if (typeof cell === 'number') add(cell);
  else if (isList(cell)) {
    for (let i = 0; i < cell.length; i++) addNumbers(add, cell[i]);
  } else if (typeof cell === 'object' && cell !== null && 'data' in cell) addNumbers(add, cell.data);
}
