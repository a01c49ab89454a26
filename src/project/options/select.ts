/** @file The options of `pathways.select`. */
import type { DataLike } from '../../data/data-like.js';
import {
  either,
  group,
  nullable,
  number,
  type Option,
  oneOf,
  optional,
  unchecked,
  wholeNumber,
  withDefault,
} from '../../options.js';
import { patterns } from '../../pathways/assign/settings.js';
import type { SelectedAmount, Take } from '../../pathways/partial/choose.js';
import type { NamePattern } from '../../train/optimizers/optimizer.js';
import { type EngineOptions, engineSchema } from './engine.js';

export const criteria = [
  'magnitude',
  'positive',
  'negative',
  'movement',
  'gradient',
  'gradientWeight',
  'fisher',
] as const;
export type SelectionCriterion = (typeof criteria)[number];

export interface SelectOptions extends EngineOptions {
  /**
   * What elements are ranked by: `magnitude` |w|, `positive` and `negative` w and -w where they are above 0, `movement` how
   * far w has moved from 0 since it was drawn; `gradient` |∂loss/∂w|, `gradientWeight` |w·∂loss/∂w| and `fisher`
   * (∂loss/∂w)² of all tasks need `data`. Default `magnitude`.
   */
  readonly criterion?: SelectionCriterion | undefined;
  /** A share of the elements that may be chosen, from 0 to 1, or `{ count }`. */
  readonly amount: SelectedAmount;
  /** Those ranked highest, lowest, any, or ranks that are drawn as |N(0, std)|. Default `top`. */
  readonly take?: Take | undefined;
  /** The amount of each parameter, or of all together. Default `global`. */
  readonly scope?: 'layer' | 'global' | undefined;
  /** Only parameters of these layers of the backbone. Default: all. */
  readonly layers?: NamePattern | readonly NamePattern[] | undefined;
  /** Only parameters of these names. Default: all. */
  readonly parameters?: NamePattern | readonly NamePattern[] | undefined;
  /** Biases and scales: `all` move, those move that are `selected` as weights are, or `none`. Default `none`. */
  readonly biases?: 'all' | 'selected' | 'none' | undefined;
  /** Of `random` and `gaussian`, and of which batches are looked at. Default 0. */
  readonly seed?: number | undefined;
  /** Rows for criteria that look at them. */
  readonly data?: DataLike | undefined;
  /** Rows in a batch that is looked at. Default 32. */
  readonly batchSize?: number | undefined;
  /** Batches that are looked at. Default 32. */
  readonly scoreBatches?: number | undefined;
}

const amount: Option<SelectedAmount> = either(
  number({ least: 0, most: 1 }),
  group({ count: wholeNumber({ least: 0 }) }),
);
const take: Option<Take> = either(oneOf(['top', 'bottom', 'random']), group({ gaussian: number({ least: 0 }) }));

export const selectSchema = {
  criterion: withDefault(oneOf(criteria), 'magnitude'),
  amount,
  take: withDefault(take, 'top'),
  scope: withDefault(oneOf(['layer', 'global']), 'global'),
  layers: withDefault(nullable(patterns), null),
  parameters: withDefault(nullable(patterns), null),
  biases: withDefault(oneOf(['all', 'selected', 'none']), 'none'),
  seed: withDefault(wholeNumber(), 0),
  data: optional(unchecked<DataLike>('a table, an array of records, or a source')),
  batchSize: withDefault(wholeNumber({ least: 1 }), 32),
  scoreBatches: withDefault(wholeNumber({ least: 1 }), 32),
  ...engineSchema,
};
