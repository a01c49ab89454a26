/** @file How pruning goes while a fit trains: when, how far each time, what grows back, where the weights go back to. */
import {
  either,
  group,
  number,
  type Option,
  type OptionsOf,
  oneOf,
  option,
  optional,
  wholeNumber,
  withDefault,
} from '../../options.js';

export interface PruningSchedule {
  /**
   * How the sparsity rises from `from` to the settings' `sparsity`: `cubic`, fast first (Zhu and Gupta 2017), `linear`, or
   * `constant`, at `begin` all at once. Default `cubic`.
   */
  readonly kind?: 'cubic' | 'linear' | 'constant' | undefined;
  /** Sparsity at `begin`. Default 0. */
  readonly from?: number | undefined;
  /** Share of the run that is over when pruning begins. Default 0.1. */
  readonly begin?: number | undefined;
  /** Share of the run that is over when pruning ends. Default 0.7. */
  readonly end?: number | undefined;
  /** Prunes before the first step of each epoch, or after each so many steps from `begin` on. Default `epoch`. */
  readonly every?: 'epoch' | number | undefined;
}

export interface Regrowth {
  /** Share of the kept weights that the first step exchanges; it falls to 0 as a cosine. Default 0.3. */
  readonly share?: number | undefined;
  /** Share of the run that is over when the exchange ends. Default 0.75. */
  readonly until?: number | undefined;
}

export interface Rewind {
  /** The epoch at whose end the weights were what they are taken back to; 0 for the beginning of the fit. */
  readonly to: number;
}

const share = (usual: number): Option<number> => withDefault(number({ least: 0, most: 1 }), usual);

const epochWord: Option<'epoch'> = option('epoch', (given): given is 'epoch' => given === 'epoch');

const pruningSchedule = group({
  kind: withDefault(oneOf(['cubic', 'linear', 'constant']), 'cubic'),
  from: withDefault(number({ least: 0, below: 1 }), 0),
  begin: share(0.1),
  end: share(0.7),
  every: withDefault(either(epochWord, wholeNumber({ least: 1 })), 'epoch'),
});

const regrowthOption = group({ share: share(0.3), until: share(0.75) });

const rewindOption = group({ to: wholeNumber({ least: 0 }) });

export const scheduleSchema = {
  schedule: optional(pruningSchedule),
  regrowth: optional(regrowthOption),
  rewind: optional(rewindOption),
};

export type ScheduleOptions = OptionsOf<typeof scheduleSchema>;
export type ReadSchedule = NonNullable<ScheduleOptions['schedule']>;
