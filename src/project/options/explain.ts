/** @file The options of `explain`. */
import { explanationSchema } from '../../evaluate/explain.js';
import { type EngineOptions, engineSchema } from './engine.js';

export interface ExplainOptions extends EngineOptions {
  /** Shows where a branch was pruned, its condition and the value that failed it. Default false. */
  readonly why?: boolean | undefined;
  /** Columns that a line takes at most; longer texts go on below; `Infinity`: all of it. Default 80. */
  readonly width?: number | undefined;
}

export const explainSchema = {
  ...explanationSchema,
  ...engineSchema,
};
