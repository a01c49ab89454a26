/** @file The options that all optimizers share. */
import {
  callback,
  either,
  group,
  instance,
  listOf,
  number,
  type Option,
  oneOf,
  optional,
  withDefault,
} from '../../options.js';
import type { Schedule } from '../schedules.js';
import type { ParameterGroup } from './optimizer.js';

/** A schedule's rates are checked at each step. */
const learningRate = withDefault(either(number({ least: 0 }), callback<Schedule>()), 1e-3);

const parameters: Option<ParameterGroup['parameters']> = either(
  oneOf(['backbone', 'head']),
  either(instance(RegExp, 'a regular expression'), callback<(name: string) => boolean>()),
);

const groups = withDefault(
  listOf(group({ parameters, rate: optional(number({ least: 0 })), weightDecay: optional(number({ least: 0 })) })),
  [],
);

/** @param usualDecay the weight decay where none is given */
export function optimizerSchema(usualDecay: number) {
  return { learningRate, weightDecay: withDefault(number({ least: 0 }), usualDecay), groups };
}

/** A factor of a running value: in [0, 1). */
export function decay(usual: number): Option<number> {
  return withDefault(number({ least: 0, below: 1 }), usual);
}
