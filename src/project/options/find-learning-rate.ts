/** @file The options of `findLearningRate`. */
import { number, wholeNumber, withDefault } from '../../options.js';

import { type EngineOptions, engineSchema } from './engine.js';
import { type FitOptions, fitSchema } from './fit.js';

type OfFit = 'batchSize' | 'clipNorm' | 'optimizer' | 'heads' | 'lossUnits' | 'sampleWeight' | 'signal';

/** Those of `fit` mean what they mean there; the optimizer's own rate is not asked. */
export interface FindLearningRateOptions extends Pick<FitOptions, OfFit>, EngineOptions {
  /** The rate of the first step. Default 1e-6. */
  readonly least?: number | undefined;
  /** The rate of the last step. Default 10. */
  readonly most?: number | undefined;
  /** Optimizer steps, at rates that are evenly spaced by their logarithms. Default 100. */
  readonly steps?: number | undefined;
  /** Of the order of rows and of dropout. Default 0. */
  readonly seed?: number | undefined;
  /** How much of the running mean of the loss is left after a step, in [0, 1). Default 0.9. */
  readonly smoothing?: number | undefined;
  /** The run ends when the smoothed loss is this many times its least value. Default 4. */
  readonly divergence?: number | undefined;
}

const { batchSize, clipNorm, optimizer, heads, lossUnits, sampleWeight, signal } = fitSchema;

export const findLearningRateSchema = {
  least: withDefault(number({ above: 0 }), 1e-6),
  most: withDefault(number({ above: 0 }), 10),
  steps: withDefault(wholeNumber({ least: 2 }), 100),
  seed: withDefault(wholeNumber(), 0),
  smoothing: withDefault(number({ least: 0, below: 1 }), 0.9),
  divergence: withDefault(number({ above: 1 }), 4),
  ...{ batchSize, clipNorm, optimizer, heads, lossUnits, sampleWeight, signal },
  ...engineSchema,
};
