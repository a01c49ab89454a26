/** @file The option `augment` of `fit`: what is done to pictures, and which labels lie in them. */
import {
  either,
  group,
  isRecord,
  listOf,
  number,
  type Option,
  oneOf,
  option,
  optional,
  recordOf,
  text,
  withDefault,
} from '../../options.js';
import type { Augmentation } from './augmentation.js';

/** A rectangle whose labels are tasks' (paths or names); each part may be left out where no task has it. */
export interface BoxLabels {
  /** Its left and its upper edge. */
  readonly x?: string;
  readonly y?: string;
  /** How far it reaches from there: a task, or a number where every box is as wide. Needed where edges are mirrored. */
  readonly width?: string | number;
  readonly height?: string | number;
}

export interface MovingLabels {
  /** Tasks whose labels are places from left to right, and from top to bottom. */
  readonly x?: readonly string[];
  readonly y?: readonly string[];
  readonly boxes?: readonly BoxLabels[];
  /** What the whole picture is wide and high in the labels' units. Default: the input's pixels; 1 for shares of it. */
  readonly size?: { readonly width: number; readonly height: number };
  /**
   * What labels count: `edges` (default), where 0 is the picture's edge and its width the other one; or `pixels`, where 0 is the
   * first pixel and width - 1 the last, and a box ends with its last pixel.
   */
  readonly counts?: 'edges' | 'pixels';
}

export interface AugmentOptions {
  /** Done one after another to each row's picture, anew in each epoch. */
  readonly steps: readonly Augmentation[];
  /** Labels that move with what is in the picture. */
  readonly moves?: MovingLabels;
  /** Tasks of numbers that are no places in the picture. */
  readonly stays?: readonly string[];
}

const isAugmentation = (given: unknown): given is Augmentation =>
  isRecord(given) &&
  typeof given.name === 'string' &&
  typeof given.movesPoints === 'boolean' &&
  typeof given.apply === 'function';

const length: Option<string | number> = either(text, number({ above: 0 }));

const moves = group({
  x: withDefault(listOf(text), []),
  y: withDefault(listOf(text), []),
  boxes: withDefault(
    listOf(group({ x: optional(text), y: optional(text), width: optional(length), height: optional(length) })),
    [],
  ),
  size: optional(group({ width: number({ above: 0 }), height: number({ above: 0 }) })),
  counts: withDefault(oneOf(['edges', 'pixels']), 'edges'),
});

/** By the name of the input. */
export const augmentOption = recordOf(
  group({
    steps: listOf(option('what flip(), shift() and the like give', isAugmentation), { least: 1 }),
    moves: optional(moves),
    stays: withDefault(listOf(text), []),
  }),
);

type ReadBy<O> = O extends Option<infer T> ? T : never;
export type ReadAugment = ReadBy<typeof augmentOption>;
export type ReadMoves = ReadBy<typeof moves>;
