/** @file What an augmentation is: a change of one row's picture, and how it moves what is in it. */
import type { RandomStreamKey } from '../../random.js';

/** A row's picture, `[height, width, channels]`, row-major: a copy that is the augmentation's own to write to. */
export interface Picture {
  readonly values: Uint8Array | Float32Array;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** What stands for white: 255 of bytes; of floats what the input's scale brings to 1. */
  readonly full: number;
}

/** Random numbers of one row in one epoch: the same ones whenever they are asked for in the same order. */
export interface Draws {
  /** Uniform in [0, 1). */
  readonly uniform: () => number;
  /** Names a run of numbers of its own, for as many as there are pixels. */
  readonly stream: () => RandomStreamKey;
}

/** Where a point at `at` pixels from the left (or upper) edge lies afterwards: `scale × at + offset`. A mirror has scale -1. */
export interface AxisMove {
  readonly scale: number;
  readonly offset: number;
}

/** Null: that axis stays. */
export interface Move {
  readonly x: AxisMove | null;
  readonly y: AxisMove | null;
}

/** One of `fit`'s augmentations: pure, but for the picture that it is given. */
export interface Augmentation {
  /** For messages. */
  readonly name: string;
  /** Whether it may move what is in the picture: then labels that are coordinates must be told (`moves`, `stays`). */
  readonly movesPoints: boolean;
  /** Changes the picture in place, and says how points moved; null where they stayed. */
  readonly apply: (picture: Picture, draws: Draws) => Move | null;
}

/** First one, then the other. */
export function after(first: AxisMove | null, then: AxisMove | null): AxisMove | null {
  if (first === null || then === null) return first ?? then;
  return { scale: then.scale * first.scale, offset: then.scale * first.offset + then.offset };
}

/** An augmentation that is done with a probability; one number is drawn for it either way. */
export function withProbability(augmentation: Augmentation, probability: number): Augmentation {
  return Object.freeze<Augmentation>({
    ...augmentation,
    apply: (picture, draws) => (draws.uniform() < probability ? augmentation.apply(picture, draws) : null),
  });
}
