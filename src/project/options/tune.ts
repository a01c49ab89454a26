/** @file The options of `tune`. */
import type { TuneMetric } from '../../evaluate/tune.js';
import { optional, unchecked } from '../../options.js';
import { type EngineOptions, engineSchema } from './engine.js';

export interface TuneOptions<Path extends string = string> extends EngineOptions {
  /** What to maximise, for all tasks or by task path. Default `f1_score`. */
  readonly metric?: TuneMetric | { readonly [P in Path]?: TuneMetric } | undefined;
}

export const tuneSchema = {
  metric: optional(
    unchecked<TuneMetric | Readonly<Record<string, TuneMetric>>>('a metric, or a record of metrics by task path'),
  ),
  ...engineSchema,
};
