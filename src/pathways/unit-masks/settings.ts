/** @file How masks of units are trained: of which tasks, what presses units out, and how draws are made. */
import {
  either,
  group,
  instance,
  invalidOption,
  listOf,
  nullable,
  number,
  type Option,
  type OptionsOf,
  oneOf,
  option,
  optional,
  text,
  wholeNumber,
  withDefault,
} from '../../options.js';
import type { NamePattern } from '../../train/optimizers/optimizer.js';
import { patterns } from '../assign/settings.js';
import type { Temperature } from './loop.js';
import { type PenaltyKind, penalties } from './penalty.js';
import type { ClassOf } from './question.js';

export interface UnitMaskSettings {
  /** Paths of tasks and flows whose units are looked for, together. */
  readonly tasks: readonly string[];
  /** One class of one task, by its name, or true or false for a task that is a yes or no. Default: none. */
  readonly class?: ClassOf | undefined;
  /**
   * `own`: the tasks' heads and masked losses. `new`: a new head, which is trained with the masks, that says whether it is
   * `class` or not; both answers weigh the same in its loss. Default `own`; with `class` `new`, and no other.
   */
  readonly head?: 'own' | 'new' | undefined;
  /** Weight of the penalty against the loss of a batch. Default 1e-4. */
  readonly alpha?: number | undefined;
  /** `sum` α·Σl, `mean` α·mean(l), `expected` α·Σσ(l) of the logits l, once a step. Default `sum`. */
  readonly penalty?: PenaltyKind | undefined;
  /**
   * How many units shall be left, from 1 on, or which share, below 1: `alpha` is adjusted from step to step, and may come
   * to be negative. Default: none, `alpha` stays as it is.
   */
  readonly target?: number | undefined;
  /** Default 10. */
  readonly epochs?: number | undefined;
  /** Rows in a batch. Default 32. */
  readonly batchSize?: number | undefined;
  /** Masks that are drawn for each batch, which share its rows. Default 1. */
  readonly samples?: number | undefined;
  /** Of the draws' slopes; a pair: from the first step's to the last one's by equal factors. Default 1. */
  readonly temperature?: Temperature | undefined;
  /** Probability of each unit to be drawn at the beginning, above 0 and below 1. Default 0.9. */
  readonly keepProbability?: number | undefined;
  /** Of Adam. Default 1e-3. */
  readonly learningRate?: number | undefined;
  /** Of the first logits, the draws, the new head and the order of rows. Default 0. */
  readonly seed?: number | undefined;
  /** Layers whose units may be masked, by name in the backbone. Default: all. */
  readonly include?: NamePattern | readonly NamePattern[] | undefined;
  /** Layers whose units are always in. Default: none. */
  readonly exclude?: NamePattern | readonly NamePattern[] | undefined;
  /** Ends the search after the step that is running; what was found by then is measured and given. */
  readonly signal?: AbortSignal | undefined;
}

const temperature = either(
  number({ above: 0 }),
  group({ from: number({ above: 0 }), to: number({ above: 0 }) }),
) satisfies Option<Temperature>;

const target: Option<number> = option(
  'a whole number of units from 1 on, or a share above 0 and below 1',
  (given): given is number => typeof given === 'number' && given > 0 && (given < 1 || Number.isSafeInteger(given)),
);

const classOption: Option<ClassOf> = option(
  'the name of a class, or true or false',
  (given): given is ClassOf => typeof given === 'boolean' || (typeof given === 'string' && given !== ''),
);

export const unitMaskSettings = {
  tasks: listOf(text, { least: 1 }),
  class: optional(classOption),
  head: optional(oneOf(['own', 'new'])),
  alpha: withDefault(number({ least: 0 }), 1e-4),
  penalty: withDefault(oneOf(penalties), 'sum'),
  target: optional(target),
  epochs: withDefault(wholeNumber({ least: 1 }), 10),
  batchSize: withDefault(wholeNumber({ least: 1 }), 32),
  samples: withDefault(wholeNumber({ least: 1 }), 1),
  temperature: withDefault(temperature, 1),
  keepProbability: withDefault(number({ above: 0, below: 1 }), 0.9),
  learningRate: withDefault(number({ above: 0 }), 1e-3),
  seed: withDefault(wholeNumber(), 0),
  include: withDefault(nullable(patterns), null),
  exclude: withDefault(patterns, []),
  signal: optional(instance(AbortSignal)),
};

type Settings = OptionsOf<typeof unitMaskSettings>;

/** @throws HeadgateError `INVALID_OPTIONS` for a class without a new head, a new head without a class, a class of several tasks */
export function requireOneQuestion(where: string, { class: name, head }: Settings, paths: readonly string[]): void {
  if (name === undefined) {
    if (head !== 'new') return;
    throw invalidOption(`${where}.class`, name, { expected: 'the class that the new head shall tell from the others' });
  }
  if (head === 'own') {
    throw invalidOption(`${where}.head`, head, {
      expected: '"new": a task’s own head tells all classes apart, not one from the others',
    });
  }
  if (paths.length !== 1) {
    throw invalidOption(`${where}.tasks`, paths, { expected: 'one task, that of `class`' });
  }
}

/**
 * Units to arrive at; null where none were asked for.
 *
 * @throws HeadgateError `INVALID_OPTIONS` for more than there are
 */
export function targetUnits(where: string, given: number | undefined, units: number): number | null {
  if (given === undefined) return null;
  if (given < 1) return Math.max(1, Math.round(given * units));
  if (given <= units) return given;
  throw invalidOption(`${where}.target`, given, { expected: `at most ${units}, the units that may be masked` });
}
