/** @file The heads over several lanes: each task's columns read the features of its own lane. */
import type { Tensors } from '../../engine/engine.js';
import { tf } from '../../tf.js';
import type { FusedHead } from '../heads.js';
import type { Lane } from './lanes.js';

interface LaneFeatures {
  readonly lane: Lane;
  /** By feature, `[instances, size]`. */
  readonly instances: ReadonlyMap<string, tf.Tensor2D>;
}

/** Columns of one head, side by side, that read one lane; without a lane they are of tasks that nobody wants. */
interface Segment {
  readonly lane: LaneFeatures | null;
  readonly start: number;
  readonly units: number;
}

/** By feature, `[instances, units]`. */
export function laneLogits(
  heads: readonly FusedHead[],
  lanes: readonly LaneFeatures[],
  state: Tensors,
): ReadonlyMap<string, tf.Tensor2D> {
  return new Map(heads.map((head) => [head.feature, logitsOf(head, lanes, state)]));
}

function logitsOf(head: FusedHead, lanes: readonly LaneFeatures[], state: Tensors): tf.Tensor2D {
  const { feature, tensors } = head;
  const [kernel, bias] = (['kernel', 'bias'] as const).map((role) => {
    const name = tensors.find((tensor) => tensor.role === role)?.name;
    const value = name === undefined ? undefined : state[name];
    if (value === undefined) throw new Error(`the step was not given the ${role} of the head of ${feature}`);
    return value;
  }) as [tf.Tensor2D, tf.Tensor1D]; // of a dense layer
  const [size = 0, width = 0] = kernel.shape;
  const any = lanes[0]?.instances.get(feature);
  if (any === undefined) throw new Error(`no lane gave ${feature}`);
  const parts = segmentsOf(head, lanes).map(({ lane, start, units }) => {
    if (lane === null) return any.slice([0, 0], [-1, 1]).mul(0).tile([1, units]) as tf.Tensor2D; // as many instances
    const instances = lane.instances.get(feature);
    if (instances === undefined) throw new Error(`the lane ${lane.lane.name} gave no ${feature}`);
    const isAll = start === 0 && units === width;
    const [own, offset] = isAll
      ? [kernel, bias]
      : [kernel.slice([0, start], [size, units]), bias.slice([start], [units])];
    return instances.matMul<tf.Tensor2D>(own).add<tf.Tensor2D>(offset);
  });
  const [first] = parts;
  return parts.length === 1 && first !== undefined ? first : tf.concat2d(parts, 1);
}

function segmentsOf({ tasks }: FusedHead, lanes: readonly LaneFeatures[]): readonly Segment[] {
  const segments: Segment[] = [];
  for (const { slot, start, units } of tasks) {
    const lane = lanes.find((one) => one.lane.tasks.includes(slot.index)) ?? null;
    const last = segments.at(-1);
    if (last?.lane === lane && last !== undefined && last.start + last.units === start) {
      segments[segments.length - 1] = { ...last, units: last.units + units };
    } else segments.push({ lane, start, units });
  }
  return segments;
}
