/** @file A rate that falls when the validation gets no better. */
import { HeadgateError, show } from '../../errors.js';
import {
  callback,
  either,
  invalidOption,
  number,
  oneOf,
  readOptions,
  wholeNumber,
  withDefault,
} from '../../options.js';
import type { EpochRecord } from '../history.js';
import type { Schedule } from './schedule.js';

/** Null where an epoch measured nothing: it does not count. */
export type RecordReader = (record: EpochRecord) => number | null | undefined;

export interface PlateauOptions {
  /** The rate until it first falls. */
  readonly initial: number;
  /** Multiplies the rate when it falls, in [0, 1). Default 0.1. */
  readonly factor?: number | undefined;
  /** Validations in a row without a better value after which the rate falls. Default 10. */
  readonly patience?: number | undefined;
  /** It never falls below this. Default 0. */
  readonly least?: number | undefined;
  /** Validations after a fall that do not count against the next. Default 0. */
  readonly cooldown?: number | undefined;
  /** Share of the best value by which a value must be better to count as such. Default 1e-4. */
  readonly margin?: number | undefined;
  /**
   * What shall get better: the validation `loss`, or what a function reads of an epoch's record, null for an epoch that does
   * not count. Default `loss`: the tasks' losses, by their weights in the first epoch also where a `balance` changes them.
   */
  readonly monitor?: 'loss' | RecordReader | undefined;
  /** Which values of it are better. Default `minimise`. */
  readonly direction?: 'minimise' | 'maximise' | undefined;
}

const rate = number({ least: 0 });
const schema = {
  initial: rate,
  factor: withDefault(number({ least: 0, below: 1 }), 0.1),
  patience: withDefault(wholeNumber({ least: 1 }), 10),
  least: withDefault(rate, 0),
  cooldown: withDefault(wholeNumber({ least: 0 }), 0),
  margin: withDefault(number({ least: 0, below: 1 }), 1e-4),
  monitor: withDefault(either(oneOf(['loss']), callback<RecordReader>()), 'loss'),
  direction: withDefault(oneOf(['minimise', 'maximise']), 'minimise'),
};

/**
 * Falls by `factor` after `patience` validations in a row without a better value. It reads the records of the run, and keeps
 * nothing: a run that is continued has the rates of one that never stopped. The rates are those of PyTorch's
 * `ReduceLROnPlateau` (relative threshold, `eps=0`), whose `patience` is one less: it falls after the one that follows.
 *
 * @throws HeadgateError `INVALID_OPTIONS`, also of a fit without validation rows where the loss is monitored; at a step,
 *   `INVALID_LEARNING_RATE` where `monitor` gave neither a number nor null
 * @example adamW({ learningRate: plateau({ initial: 1e-3, factor: 0.5, patience: 5 }) })
 */
export function plateau(options: PlateauOptions): Schedule {
  const { initial, factor, patience, least, cooldown, margin, monitor, direction } = readOptions(
    'plateau',
    schema,
    options,
  );
  if (least > initial) throw invalidOption('plateau.least', least, { expected: `at most \`initial\`, ${initial}` });
  const isBetter = (value: number, best: number): boolean =>
    direction === 'minimise' ? value < best - margin * Math.abs(best) : value > best + margin * Math.abs(best);
  const schedule: Schedule = ({ records }) => {
    let rate = initial;
    let best: number | null = null;
    let [waited, resting] = [0, 0];
    for (const value of valuesOf(records, monitor)) {
      const isNew = Number.isFinite(value) && (best === null || isBetter(value, best));
      if (isNew) best = value;
      if (resting > 0) resting--;
      else waited = isNew ? 0 : waited + 1;
      if (waited < patience) continue;
      rate = Math.max(least, rate * factor);
      [waited, resting] = [0, cooldown];
    }
    return rate;
  };
  return monitor === 'loss' ? Object.assign(schedule, { needs: 'validation' as const }) : schedule;
}

function valuesOf(records: readonly EpochRecord[], monitor: 'loss' | RecordReader): readonly number[] {
  const weights = records[0]?.weights ?? {};
  const read = monitor === 'loss' ? (record: EpochRecord) => validationLoss(record, weights) : monitor;
  return records.flatMap((record) => {
    const value: unknown = read(record);
    if (value === null) return [];
    if (typeof value !== 'number') throw noValue(value, record);
    return [value];
  });
}

/** By one epoch's weights: values under different ones could not be compared. */
function validationLoss({ validation }: EpochRecord, weights: Readonly<Record<string, number>>): number | null {
  if (validation === null) return null;
  const losses = Object.entries(weights).flatMap(([path, weight]) => {
    const loss = validation.tasks[path] ?? null;
    return loss === null ? [] : [loss * weight];
  });
  return losses.length === 0 ? null : losses.reduce((sum, loss) => sum + loss, 0);
}

function noValue(received: unknown, { epoch }: EpochRecord): HeadgateError {
  return new HeadgateError({
    code: 'INVALID_LEARNING_RATE',
    path: 'plateau.monitor',
    problem: `monitor gave no value for the record of epoch ${epoch}`,
    expected: 'a number, or null for an epoch that does not count',
    received: show(received),
    mend: 'Look whether task and metric are written as in the record, and whether the fit has `validation` rows.',
  });
}
