/** @file What is known of one tensor: along which axis its units lie, and which unit each index of that axis is. */
import type { tf } from '../../tf.js';
import { noUnit } from './book.js';

export interface Channels {
  /** With the batch axis. */
  readonly shape: readonly (number | null)[];
  /** Along which the units lie; counted from the batch axis, 0. */
  readonly axis: number;
  /** One id for each index of `axis`; empty where its size is not known. */
  readonly ids: readonly number[];
}

export const hasUnits = ({ ids }: Channels): boolean => ids.some((id) => id !== noUnit);

/** A tensor without units. */
export function withoutUnits(shape: readonly (number | null)[], axis = shape.length - 1): Channels {
  return { shape, axis, ids: Array<number>(axis > 0 ? (shape[axis] ?? 0) : 0).fill(noUnit) };
}

/**
 * The tensor's channels along `axis`: null where its units lie along another. A tensor without units lies along any.
 */
export function along(channels: Channels, axis: number): Channels | null {
  if (channels.axis === axis) return channels;
  return hasUnits(channels) ? null : withoutUnits(channels.shape, axis);
}

/**
 * Which axis a layer counts as that of the channels: the last, or the one behind the batch. The configuration of a
 * one-dimensional convolution does not say.
 */
export function channelAxis(layer: tf.layers.Layer, rank: number): number {
  return Reflect.get(layer, 'dataFormat') === 'channelsFirst' ? 1 : rank - 1;
}

/** Each id `times` in a row (channels that a layer multiplies): a, a, b, b. */
export const repeatEach = (ids: readonly number[], times: number): number[] =>
  ids.flatMap((id) => Array<number>(times).fill(id));

/** The whole list `times` (gates of a recurrent layer, positions of a flattened map): a, b, a, b. */
export const repeatAll = (ids: readonly number[], times: number): number[] =>
  Array.from({ length: times }, () => ids).flat();
