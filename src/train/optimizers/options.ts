/** @file The options that all optimizers share. */
import {
  callback,
  either,
  group,
  instance,
  listOf,
  number,
  type Option,
  optional,
  text,
  withDefault,
} from '../../options.js';
import type { Schedule } from '../schedules/schedule.js';
import type { NamePattern, ParameterGroup } from './optimizer.js';

/** A schedule's rates are checked at each step. */
const learningRate = withDefault(either(number({ least: 0 }), callback<Schedule>()), 1e-3);

const pattern: Option<NamePattern> = either(
  text,
  either(instance(RegExp, 'a regular expression'), callback<(name: string) => boolean>()),
);
const patterns = optional(either(pattern, listOf(pattern, { least: 1 })));
const share = optional(number({ least: 0 }));
const parameterGroup = group({
  ...{ parameters: patterns, tasks: patterns, layers: patterns },
  ...{ rate: share, l1: share, l2: share, l1Decay: share, weightDecay: share },
});

/** Groups as they were given: what is left out stays left out. */
const groups: Option<readonly ParameterGroup[]> = withDefault(
  listOf({
    expected: parameterGroup.expected,
    read: (given, path) => {
      parameterGroup.read(given, path);
      return given as ParameterGroup; // it was read just now
    },
  }),
  [],
);

/** @param usualDecay the weight decay where none is given */
export function optimizerSchema(usualDecay: number) {
  const strength = (usual: number) => withDefault(number({ least: 0 }), usual);
  const shrinkage = { l1: strength(0), l2: strength(0), l1Decay: strength(0), weightDecay: strength(usualDecay) };
  return { learningRate, ...shrinkage, groups };
}

/** A factor of a running value: in [0, 1). */
export function decay(usual: number): Option<number> {
  return withDefault(number({ least: 0, below: 1 }), usual);
}
