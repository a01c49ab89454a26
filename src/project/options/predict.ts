/** @file The options of `predict`. */
import { flag, withDefault } from '../../options.js';
import { type EngineOptions, engineSchema } from './engine.js';

export interface PredictOptions<P extends boolean = boolean> extends EngineOptions {
  /** Gives each leaf as `{ value, probability }`. Default false. */
  readonly probabilities?: P | undefined;
}

export const predictSchema = { probabilities: withDefault(flag, false), ...engineSchema };
