/** @file The options of `explain`. */
import { flag, withDefault } from '../../options.js';
import { type EngineOptions, engineSchema } from './engine.js';

export interface ExplainOptions extends EngineOptions {
  /** Shows where a branch was pruned, its condition and the value that failed it. Default false. */
  readonly why?: boolean | undefined;
}

export const explainSchema = { why: withDefault(flag, false), ...engineSchema };
