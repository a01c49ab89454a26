/** @file The options of `interpret`. */
import { wholeNumber, withDefault } from '../../options.js';
import { type EngineOptions, engineSchema } from './engine.js';

export interface InterpretOptions extends EngineOptions {
  /** Rows of each kind, best and worst. Default 10. */
  readonly top?: number | undefined;
}

export const interpretSchema = { top: withDefault(wholeNumber({ least: 1 }), 10), ...engineSchema };
