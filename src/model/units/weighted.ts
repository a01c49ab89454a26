/** @file Following units through dense layers, embeddings and convolutions: layers whose weights make units of what they read. */
import { type Follow, made, note, only, output, sizeOf, weightsOf } from './call.js';
import { along, channelAxis, hasUnits, repeatEach } from './channels.js';

/** Kernel `[in, units]`, on vectors and at each position of a map. */
export const dense: Follow = (call) => {
  const input = only(call);
  const read = input && along(input, input.shape.length - 1);
  if (!read) return null;
  const { kernel, bias } = weightsOf(call.layer, 'kernel', 'bias');
  const ids = made(call, sizeOf(kernel, 1));
  note(call, kernel, 0, 'reads', read.ids);
  note(call, kernel, 1, 'makes', ids);
  note(call, bias, 0, 'makes', ids);
  return [output(call, ids)];
};

/** Table `[rows, units]`. Its input are row numbers. */
export const embedding: Follow = (call) => {
  const input = only(call);
  if (!input || hasUnits(input)) return null;
  const { embeddings } = weightsOf(call.layer, 'embeddings');
  const ids = call.book.made(call.layer, sizeOf(embeddings, 1));
  note(call, embeddings, 1, 'makes', ids);
  return [output(call, ids)];
};

/** Kernel `[...window, in, filters]`, or `[...window, filters, in]` of a transposed convolution. */
const convolved =
  (isTransposed: boolean): Follow =>
  (call) => {
    const input = only(call);
    const axis = input && channelAxis(call.layer, input.shape.length);
    const read = input && along(input, axis ?? 0);
    // tfjs brings the channels of a line to the end and leaves them there, whatever the layer says of its output.
    if (!read || (axis === 1 && call.layer.getClassName() === 'Conv1D')) return null;
    const { kernel, bias } = weightsOf(call.layer, 'kernel', 'bias');
    const rank = kernel.shape.length;
    const [reads, makes] = isTransposed ? [rank - 1, rank - 2] : [rank - 2, rank - 1];
    const ids = made(call, sizeOf(kernel, makes));
    note(call, kernel, reads, 'reads', read.ids);
    note(call, kernel, makes, 'makes', ids);
    note(call, bias, 0, 'makes', ids);
    return [output(call, ids, read.axis)];
  };

export const convolution = convolved(false);
export const transposedConvolution = convolved(true);

/**
 * Kernel `[...window, in, multiplier]`. A channel goes on as `multiplier` channels that read nothing else, so all are
 * the unit that it was; of what is no unit (an image), the layer makes one for each channel.
 */
export const depthwise: Follow = (call) => {
  const input = only(call);
  const read = input && along(input, channelAxis(call.layer, input.shape.length));
  if (!read) return null;
  const { depthwise_kernel: kernel, bias } = weightsOf(call.layer, 'depthwise_kernel', 'bias');
  const ids = made(call, sizeOf(kernel, 2), read.ids);
  const given = repeatEach(ids, sizeOf(kernel, 3));
  note(call, kernel, 2, 'makes', ids);
  note(call, bias, 0, 'makes', given);
  return [output(call, given, read.axis)];
};

/** A depthwise kernel `[...window, in, multiplier]`, then a pointwise one `[...1, in * multiplier, filters]`. */
export const separable: Follow = (call) => {
  const input = only(call);
  const read = input && along(input, input.shape.length - 1);
  // tfjs adds the bias along the wrong axis of a map with channels first.
  if (!read || call.layer.getConfig().dataFormat === 'channelsFirst') return null;
  const { pointwise_kernel: pointwise, bias } = weightsOf(call.layer, 'pointwise_kernel', 'bias');
  const { depthwise_kernel: window } = weightsOf(call.layer, 'depthwise_kernel');
  const ids = made(call, sizeOf(pointwise, 3));
  note(call, window, 2, 'reads', read.ids);
  note(call, pointwise, 2, 'reads', repeatEach(read.ids, sizeOf(window, 3)));
  note(call, pointwise, 3, 'makes', ids);
  note(call, bias, 0, 'makes', ids);
  return [output(call, ids)];
};
