/** @file The hyperparameters of a step as tensors of its batch: changing them makes no new graph. */
import { scalar } from '../data/batches.js';
import { LEARNING_RATE, PENALTY_SHARE, TASK_WEIGHTS } from '../data/ports.js';
import type { HostTensor, HostTensors } from '../engine/engine.js';
import { declaredWeights, type Layout } from '../tasks/layout.js';

export interface Hyperparameters {
  readonly learningRate: number;
  /** Of each task's loss, in its own unit, in the total; in flow order. Default: as declared. */
  readonly weights?: readonly number[];
  /** How much of the penalties this part of a step carries; the parts' shares add up to 1. Default 1. */
  readonly penaltyShare?: number;
}

export function hyperTensors(
  layout: Layout,
  { learningRate, weights, penaltyShare = 1 }: Hyperparameters,
): HostTensors {
  return {
    [LEARNING_RATE]: scalar(learningRate),
    [TASK_WEIGHTS]: weightsTensor(layout, weights),
    [PENALTY_SHARE]: scalar(penaltyShare),
  };
}

/** The last weights of each layout: they change between epochs at most, and steps are many. */
const lastWeights = new WeakMap<
  Layout,
  { readonly weights: readonly number[] | undefined; readonly tensor: HostTensor }
>();

function weightsTensor(layout: Layout, weights: readonly number[] | undefined): HostTensor {
  const last = lastWeights.get(layout);
  if (last !== undefined && last.weights === weights) return last.tensor;
  const ofTasks = weights ?? declaredWeights(layout);
  const inLayoutOrder = layout.groups.flatMap(({ slots }) =>
    slots.map(({ index, task, lossUnit }) => {
      const weight = ofTasks[index];
      if (weight === undefined) throw new Error(`no weight for ${task.path}`);
      return weight / lossUnit;
    }),
  );
  const tensor: HostTensor = {
    shape: [inLayoutOrder.length],
    dtype: 'float32',
    data: Float32Array.from(inLayoutOrder),
  };
  lastWeights.set(layout, { weights, tensor });
  return tensor;
}
