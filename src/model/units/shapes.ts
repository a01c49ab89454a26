/** @file Following units through layers that move, repeat, cut or sum up positions and leave channels apart. */
import { noUnit } from './book.js';
import { type Follow, only, output } from './call.js';
import { along, type Channels, channelAxis, hasUnits, withoutUnits } from './channels.js';

/** Pooling, padding, cropping, resizing: channels stay on the axis that the layer takes for theirs. */
export const positions: Follow = (call) => {
  const input = only(call);
  const read = input && along(input, channelAxis(call.layer, input.shape.length));
  return read && [output(call, read.ids, read.axis)];
};

/** All positions become one. */
export const globalPooling: Follow = (call) => {
  const input = only(call);
  const read = input && along(input, channelAxis(call.layer, input.shape.length));
  return read && [output(call, read.ids)];
};

export const repeatVector: Follow = (call) => {
  const input = only(call);
  return input && [output(call, input.ids)];
};

export const permute: Follow = (call) => {
  const input = only(call);
  const { dims } = call.layer.getConfig();
  if (!input || !Array.isArray(dims)) return null;
  const axis = [0, ...dims.map(Number)].indexOf(input.axis);
  return [output(call, input.ids, axis)];
};

export const flatten: Follow = (call) => {
  const input = only(call);
  const own = input && elements(input);
  if (!own) return input && unknown(call.shapes, input);
  if (call.layer.getConfig().dataFormat !== 'channelsFirst') return [output(call, own)];
  // tfjs brings the axis behind the batch to the end first.
  const channels = input.shape[1] ?? 1;
  const size = own.length / channels;
  return [
    output(
      call,
      own.map((_, i) => own[(i % channels) * size + Math.floor(i / channels)] ?? noUnit),
    ),
  ];
};

/**
 * Elements stay in their order. Where channels stay on an axis of their own they are followed; where a vector is cut
 * into positions, what becomes one channel becomes one unit.
 */
export const reshape: Follow = (call) => {
  const input = only(call);
  if (!input) return null;
  const shape = call.shapes[0] ?? [];
  const last = shape.length - 1;
  if (!hasUnits(input)) return [withoutUnits(shape)];
  if (input.axis === input.shape.length - 1 && shape[last] === input.ids.length) return [output(call, input.ids)];
  const own = elements(input);
  if (!own || shape.slice(1).some((size) => size === null)) return null;
  for (let axis = last; axis > 0; axis--) {
    const ids = alongAxis(own, shape, axis, (a, b) => a === b);
    if (ids) return [output(call, ids, axis)];
  }
  if (input.shape.length > 2 || (shape[last] ?? 1) < 2) return null;
  const because = 'a reshaped vector has them in one channel with what no layer makes';
  const ids = alongAxis(own, shape, last, (a, b) => call.book.couple([a], [b], because).length > 0);
  return ids && [output(call, ids)];
};

/** One id for each element of a row, in order; null where the shape is not known. */
function elements({ shape, axis, ids }: Channels): number[] | null {
  const [, ...sizes] = shape;
  if (axis < 1 || sizes.some((size) => size === null)) return null;
  const inner = product(shape.slice(axis + 1));
  const all = product(sizes);
  return Array.from({ length: all }, (_, i) => ids[Math.floor(i / inner) % ids.length] ?? noUnit);
}

/** One id for each index of an axis, if all elements at that index are `same`. */
function alongAxis(
  own: readonly number[],
  shape: readonly (number | null)[],
  axis: number,
  same: (a: number, b: number) => boolean,
): number[] | null {
  const size = shape[axis] ?? 1;
  const inner = product(shape.slice(axis + 1));
  const ids: number[] = [];
  for (const [i, id] of own.entries()) {
    const index = Math.floor(i / inner) % size;
    const known = ids[index];
    if (known === undefined) ids[index] = id;
    else if (!same(known, id)) return null;
  }
  return ids;
}

const product = (sizes: readonly (number | null)[]): number => sizes.reduce<number>((a, b) => a * (b ?? 1), 1);

const unknown = (shapes: readonly (readonly (number | null)[])[], input: Channels): readonly Channels[] | null =>
  hasUnits(input) ? null : shapes.map((shape) => withoutUnits(shape));
