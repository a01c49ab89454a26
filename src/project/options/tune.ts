/** @file The options of `tune`. */
import type { TuneMethod, TuneMetric } from '../../evaluate/tune.js';
import { tuneMethods } from '../../evaluate/tune-decision.js';
import { oneOf, optional, unchecked, withDefault } from '../../options.js';
import { type EngineOptions, engineSchema } from './engine.js';

export interface TuneOptions<Path extends string = string> extends EngineOptions {
  /** What to maximise, for all tasks or by task path. Default `f1_score`. */
  readonly metric?: TuneMetric | { readonly [P in Path]?: TuneMetric } | undefined;
  /**
   * `cross-fitted`: a threshold moves only where its gain holds on rows that it was not chosen on. `exact`: it moves to
   * the best one on these rows, however few they are. Default `cross-fitted`.
   */
  readonly method?: TuneMethod | undefined;
}

export const tuneSchema = {
  metric: optional(
    unchecked<TuneMetric | Readonly<Record<string, TuneMetric>>>('a metric, or a record of metrics by task path'),
  ),
  method: withDefault(oneOf(tuneMethods), 'cross-fitted'),
  ...engineSchema,
};
