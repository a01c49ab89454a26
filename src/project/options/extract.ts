import type { DataLike } from '../../data/data-like.js';
import { type OptionsOf, optional, unchecked } from '../../options.js';
import { type EngineOptions, engineSchema } from './engine.js';

export interface ExtractOptions<Row = unknown> extends EngineOptions {
  /**
   * A table or records without labels: the report says how long a prediction of these rows takes before and after, on the
   * engine that is asked for. Default: nothing is timed.
   */
  readonly timeOn?: DataLike<Row> | undefined;
}

export const extractSchema = {
  timeOn: optional(unchecked<DataLike>('a table or an array of records')),
  ...engineSchema,
};

export type ReadExtractOptions = OptionsOf<typeof extractSchema>;
