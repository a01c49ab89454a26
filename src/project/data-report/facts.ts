/** @file What a data report says, as plain data. */
import type { DescribedCells } from '../../data/report/columns.js';
import type { CountedRows } from '../../data/report/inputs.js';
import type { DescribedLabels } from '../../data/report/tasks.js';
import type { DataComparison } from './compare.js';
import type { SuspectedLeak } from './leaks.js';

export interface DescribedTaskData extends DescribedLabels {
  /** Fewer labels of it count than `fewLabels`. */
  readonly isNearlyEmpty: boolean;
}

/** A dataset of a union. */
export interface DescribedPart {
  readonly name: string;
  readonly rows: number;
  /** By task path: how many labels count in its rows. */
  readonly trainable: Readonly<Record<string, number>>;
}

/** Rows, labels or columns of which nothing is learnt, and why. */
export interface LeftOut {
  /** `rows`, the path of a task, or a column. */
  readonly what: string;
  /** How many rows (labels, of a task) it is about; null for a whole column or task. */
  readonly count: number | null;
  readonly why: string;
}

/** Plain data: `toJSON` gives it without the functions. */
export interface DataFacts {
  readonly rows: number;
  /** Of a union: its datasets. */
  readonly parts: readonly DescribedPart[];
  /** In flow order. */
  readonly tasks: readonly DescribedTaskData[];
  /** In the order of the inputs. */
  readonly columns: readonly DescribedCells[];
  /** Columns that are equal in every row, in groups; constant ones are not among them. */
  readonly equalColumns: readonly (readonly string[])[];
  /** Columns that no input and no task reads. */
  readonly surplus: readonly string[];
  /** Rows that `fit` would refuse for a cell of an input. */
  readonly refusedRows: CountedRows;
  /** Rows whose inputs an earlier row has, too; null with `repeats: false`. */
  readonly repeatedRows: CountedRows | null;
  readonly leaks: readonly SuspectedLeak[];
  readonly leftOut: readonly LeftOut[];
  /** With `compareWith`; else null. */
  readonly comparison: DataComparison | null;
}
