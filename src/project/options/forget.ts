/** @file Options of `pathways.forget`. */
import type { DataLike } from '../../data/data-like.js';
import {
  group,
  invalidOption,
  number,
  type OptionsOf,
  oneOf,
  optional,
  readOptions,
  text,
  unchecked,
  wholeNumber,
  withDefault,
} from '../../options.js';
import { patterns } from '../../pathways/assign/settings.js';
import type { NamePattern } from '../../train/optimizers/optimizer.js';
import { type EngineOptions, engineSchema } from './engine.js';

export interface ForgetOptions extends EngineOptions {
  /** Rows with labels: of what is to be forgotten, and of what is to stay. */
  readonly data: DataLike;
  /** A class of a task, as its labels name it. Either this or `task`. */
  readonly class?: { readonly task: string; readonly value: unknown } | undefined;
  /** A task, all of it: told apart by rows on which it counts and rows on which it does not. */
  readonly task?: string | undefined;
  /** How weights are compared: |w| · (mean |x| over the target − mean |x| over the rest). Default `difference`. */
  readonly criterion?: 'difference' | undefined;
  /** Greatest share of each layer's weights that may go. Default 0.1. */
  readonly most?: number | undefined;
  /** Default 20. */
  readonly steps?: number | undefined;
  /** Layers by name. Default: those that read other layers, so neither the first ones nor the heads. */
  readonly layers?: NamePattern | readonly NamePattern[] | undefined;
  /** When enough is forgotten, and what it may cost. */
  readonly until?: ForgetUntil | undefined;
  /** Rows in a batch that is looked at. Default 256. */
  readonly batchSize?: number | undefined;
}

export interface ForgetUntil {
  /** The target's accuracy (of a task, its first metric) is at most this. Default, of a class: chance. */
  readonly target?: number | undefined;
  /** No other loses more than this. Default 0.05. */
  readonly others?: number | undefined;
}

const schema = {
  data: unchecked<DataLike>('a table or an array of records'),
  class: optional(group({ task: text, value: unchecked<unknown>('a label of the task') })),
  task: optional(text),
  criterion: withDefault(oneOf(['difference']), 'difference'),
  most: withDefault(number({ above: 0, most: 1 }), 0.1),
  steps: withDefault(wholeNumber({ least: 1 }), 20),
  layers: optional(patterns),
  until: optional(group({ target: optional(number()), others: optional(number({ least: 0 })) })),
  batchSize: withDefault(wholeNumber({ least: 1 }), 256),
  ...engineSchema,
};

/** @throws HeadgateError `INVALID_OPTIONS` */
export function readForget(given: unknown): OptionsOf<typeof schema> {
  const options = readOptions('pathways.forget', schema, given);
  const { class: one, task, data, until } = options;
  if ((one === undefined) === (task === undefined)) {
    throw invalidOption('pathways.forget.class', one, { expected: 'a class `{ task, value }`, or else `task`' });
  }
  if (data === undefined) throw invalidOption('pathways.forget.data', data, { expected: schema.data.expected });
  if (task !== undefined && until?.target === undefined) {
    throw invalidOption('pathways.forget.until.target', undefined, {
      expected: 'a number: a task has no chance level',
    });
  }
  return options;
}
