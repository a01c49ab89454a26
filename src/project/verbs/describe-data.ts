/** @file The verb `describeData`. */
import type { DataLike } from '../../data/data-like.js';
import { readOptions } from '../../options.js';
import { layoutOf } from '../../tasks/layout.js';
import type { DataReport } from '../data-report/report.js';
import type { Model } from '../model.js';
import { describeDataSchema } from '../options/describe-data.js';

/** What rows are to the declaration, whatever was learnt since. See `Project.describeData`. */
export function describeData(model: Model, data: DataLike, given: unknown): Promise<DataReport> {
  return model.lock.reading('describeData', async () => {
    const options = readOptions('describeData', describeDataSchema, given);
    const { describeRows } = await import('../data-report/describe-rows.js');
    return describeRows(data, layoutOf(model.flow), options);
  });
}
