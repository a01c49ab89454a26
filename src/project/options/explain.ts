/** @file The options of `explain`. */
import { flag, option, optional, withDefault } from '../../options.js';
import { type EngineOptions, engineSchema } from './engine.js';

export interface ExplainOptions extends EngineOptions {
  /** Shows where a branch was pruned, its condition and the value that failed it. Default false. */
  readonly why?: boolean | undefined;
  /** Columns that a line takes at most; longer texts go on below; `Infinity`: all of it. Default 80. */
  readonly width?: number | undefined;
}

export const explainSchema = {
  why: withDefault(flag, false),
  width: optional(option('a whole number from 1 on, or Infinity', (given): given is number => isWidth(given))),
  ...engineSchema,
};

function isWidth(given: unknown): boolean {
  return given === Number.POSITIVE_INFINITY || (Number.isSafeInteger(given) && Number(given) >= 1);
}
