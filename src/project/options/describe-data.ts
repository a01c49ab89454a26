/** @file The options of `describeData`. */
import type { DataLike } from '../../data/data-like.js';
import type { Row } from '../../data/row.js';
import { flag, type OptionsOf, optional, unchecked, wholeNumber, withDefault } from '../../options.js';

export interface DescribeDataOptions<Own = Row> {
  /** Other rows, such as those of a test: which of them are among these, and which labels have other shares. Default: none. */
  readonly compareWith?: DataLike<Own> | undefined;
  /** A task of which fewer labels count is nearly empty. Default 50. */
  readonly fewLabels?: number | undefined;
  /**
   * Whether rows with the same inputs are counted, among these and those of `compareWith`: it keeps 16 to 32 bytes for
   * each different row. Default true.
   */
  readonly repeats?: boolean | undefined;
}

export const describeDataSchema = {
  compareWith: optional(unchecked<DataLike>('rows: a Table, an array of records, or a source')),
  fewLabels: withDefault(wholeNumber({ least: 0 }), 50),
  repeats: withDefault(flag, true),
};

export type DescribeDataSettings = OptionsOf<typeof describeDataSchema>;
