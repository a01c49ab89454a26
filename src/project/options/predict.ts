/** @file The options of `predict`. */
import { predictionSchema } from '../../evaluate/predict.js';
import { type EngineOptions, engineSchema } from './engine.js';

export interface PredictOptions<P extends boolean = boolean> extends EngineOptions {
  /** Gives each leaf as `{ value, probability }`. Default false. */
  readonly probabilities?: P | undefined;
}

export const predictSchema = { ...predictionSchema, ...engineSchema };
