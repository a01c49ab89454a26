/** @file Rows are read once, those that they are compared with after them; no row is kept. */
import type { DataLike } from '../../data/data-like.js';
import { fingerprintSet } from '../../data/report/fingerprint-set.js';
import { watchKnown, watchRepeated } from '../../data/report/inputs.js';
import { placedAt } from '../../errors.js';
import type { Layout } from '../../tasks/layout.js';
import type { DescribeDataSettings } from '../options/describe-data.js';
import { comparedShares, type DataComparison } from './compare.js';
import { readRows } from './read-rows.js';
import { type DataReport, dataReport } from './report.js';

export async function describeRows(
  data: DataLike,
  layout: Layout,
  { fewLabels, repeats, compareWith }: DescribeDataSettings,
): Promise<DataReport> {
  const seen = repeats ? fingerprintSet() : null;
  const repeated = seen === null ? null : watchRepeated(seen);
  const read = await readRows(data, layout, { watch: repeated, looksForLeaks: true });
  let comparison: DataComparison | null = null;
  if (compareWith !== undefined) {
    const known = seen === null ? null : watchKnown(seen);
    const other = await readRows(compareWith, layout, { watch: known, looksForLeaks: false }).catch(
      (error: unknown) => {
        throw placedAt('describeData.compareWith', error);
      },
    );
    const inBoth = known?.result() ?? null;
    comparison = Object.freeze({ rows: other.rows, inBoth, shares: comparedShares(read.labels, other.labels) });
  }
  return dataReport({ read, fewLabels, repeatedRows: repeated?.result() ?? null, comparison });
}
