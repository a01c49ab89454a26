/** @file How masks of weights are looked for: of which tasks, how many weights stay, and by what. */
import { instance, listOf, nullable, number, oneOf, optional, text, wholeNumber, withDefault } from '../../options.js';
import type { MonitoredMetric } from '../../train/monitor.js';
import type { NamePattern } from '../../train/optimizers/optimizer.js';
import { patterns } from '../assign/settings.js';

export const searchMethods = ['random', 'edge-popup'] as const;
export type SearchMethod = (typeof searchMethods)[number];

export interface SearchSettings {
  /** Paths of tasks and flows that the mask is for, together. */
  readonly tasks: readonly string[];
  /**
   * `random`: draws masks, and takes the best. `edge-popup`: trains a score for each weight, the highest of each layer stay
   * (Ramanujan et al., "What's hidden in a randomly weighted neural network?", CVPR 2020). Default `edge-popup`.
   */
  readonly method?: SearchMethod | undefined;
  /** Share of each kernel that a mask leaves out; 0 up to, not including, 1. Default 0.5. */
  readonly sparsity?: number | undefined;
  /** Masks that `random` draws. Default 32. */
  readonly candidates?: number | undefined;
  /** Of `edge-popup`; after each its mask is measured. Default 10. */
  readonly epochs?: number | undefined;
  /** Rows in a batch of `edge-popup`. Default 32. */
  readonly batchSize?: number | undefined;
  /** Of Adam, upon the scores. Default 0.01. */
  readonly learningRate?: number | undefined;
  /** What is best: a metric of one of the tasks given the truth, in its own direction, or the least `loss` of them. Default `loss`. */
  readonly monitor?: 'loss' | Omit<MonitoredMetric, 'view'> | undefined;
  /** Of the masks that are drawn, the first scores, and the order of rows. Default 0. */
  readonly seed?: number | undefined;
  /** Layers whose kernels are masked, by name in the backbone. Default: all. */
  readonly include?: NamePattern | readonly NamePattern[] | undefined;
  /** Layers whose kernels stay whole. Default: none. */
  readonly exclude?: NamePattern | readonly NamePattern[] | undefined;
  /** Ends the search after the candidate, or the step, that is running; the best mask so far is given. */
  readonly signal?: AbortSignal | undefined;
}

/** `monitor` is read beside it. */
export const searchSettings = {
  tasks: listOf(text, { least: 1 }),
  method: withDefault(oneOf(searchMethods), 'edge-popup'),
  sparsity: withDefault(number({ least: 0, below: 1 }), 0.5),
  candidates: withDefault(wholeNumber({ least: 1 }), 32),
  epochs: withDefault(wholeNumber({ least: 1 }), 10),
  batchSize: withDefault(wholeNumber({ least: 1 }), 32),
  learningRate: withDefault(number({ above: 0 }), 0.01),
  seed: withDefault(wholeNumber(), 0),
  include: withDefault(nullable(patterns), null),
  exclude: withDefault(patterns, []),
  signal: optional(instance(AbortSignal)),
};
