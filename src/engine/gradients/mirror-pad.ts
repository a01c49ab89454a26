/** @file The gradient of MirrorPad. tfjs drops what flows to the mirrored elements. */
import { tf } from '../../tf.js';

interface Attributes {
  readonly paddings: readonly (readonly [number, number])[];
  readonly mode: 'reflect' | 'symmetric';
}

export const mirrorPad: tf.GradConfig = {
  kernelName: tf.MirrorPad,
  gradFunc: (dy, _, attributes) => {
    const { paddings, mode } = attributes as unknown as Attributes; // the op's attributes
    const offset = mode === 'reflect' ? 1 : 0;
    return {
      x: () => paddings.reduce((slope, padding, axis) => foldEdges(slope, axis, padding, offset), dy as tf.Tensor),
    };
  },
};

/** Adds both edges, turned around, to the elements of which they are copies. */
function foldEdges(dy: tf.Tensor, axis: number, [before, after]: readonly [number, number], offset: number): tf.Tensor {
  const size = (dy.shape[axis] ?? 0) - before - after;
  const part = (start: number, length: number): tf.Tensor =>
    dy.slice(
      dy.shape.map((_, i) => (i === axis ? start : 0)),
      dy.shape.map((all, i) => (i === axis ? length : all)),
    );
  const placed = (edge: tf.Tensor, start: number): tf.Tensor =>
    edge
      .reverse(axis)
      .pad(
        dy.shape.map((_, i): [number, number] =>
          i === axis ? [start, size - start - (edge.shape[axis] ?? 0)] : [0, 0],
        ),
      );
  let slope = before + after === 0 ? dy : part(before, size);
  if (before > 0) slope = slope.add(placed(part(0, before), offset));
  if (after > 0) slope = slope.add(placed(part(before + size, after), size - offset - after));
  return slope;
}
