/** @file Following units through a layer that is called at each position, and through a cut along the channels. */
import type { tf } from '../../tf.js';
import { type Follow, only, output } from './call.js';
import { along } from './channels.js';

/** The inner layer sees one position: the axis behind the batch is not there. */
export const timeDistributed: Follow = (call) => {
  const input = only(call);
  if (!input || input.axis < 2) return null;
  const without = <T>([batch, , ...rest]: readonly T[]): T[] => [batch as T, ...rest]; // tensors have a batch axis
  const layer: tf.layers.Layer = Reflect.get(call.layer, 'layer');
  const inner = { ...input, shape: without(input.shape), axis: input.axis - 1 };
  const given = call.inner({ layer, inputs: [inner], shapes: call.shapes.map(without) });
  return given.map(({ ids, axis }, i) => output(call, ids, axis + 1, i));
};

/** The layer of `unit-slice.ts`: `units` channels from `start`. */
export const unitSlice: Follow = (call) => {
  const input = only(call);
  const read = input && along(input, input.shape.length - 1);
  const { start, units } = call.layer.getConfig();
  return read && [output(call, read.ids.slice(Number(start), Number(start) + Number(units)))];
};
