/** @file Adam upon what moves while a network is at rest: its values in the state, and its step. */
import { LEARNING_RATE } from '../../data/ports.js';
import type { HostTensor, HostTensors, StepArguments, Tensors } from '../../engine/engine.js';
import { tf } from '../../tf.js';
import { adam } from '../../train/optimizers/adam.js';

/** Adam as Keras has it (Kingma and Ba, ICLR 2015), of its own for each run; the rate comes with the batch. */
const optimizer = adam();

const momentName = (moment: string, name: string): string => `unitMasks/optimizer/${moment}/${name}`;
const slotName = (slot: string): string => `unitMasks/optimizer/${slot}`;

/** What Adam keeps, before the first step. @param first values of what moves, by name */
export function startOf(moving: readonly string[], first: HostTensors): HostTensors {
  const zeros = (shape: readonly number[]): HostTensor => ({
    ...{ shape, dtype: 'float32' },
    data: new Float32Array(shape.reduce((a, b) => a * b, 1)),
  });
  const moments = moving.flatMap((name) =>
    optimizer.moments.map((moment) => [momentName(moment, name), zeros(first[name]?.shape ?? [])] as const),
  );
  return Object.fromEntries([...moments, ...optimizer.gateSlots.map((slot) => [slotName(slot), zeros([])] as const)]);
}

/** The next state of what moves, and of Adam. */
export function stepOf(
  moving: readonly string[],
  gradients: readonly tf.Tensor[],
  { state, batch }: StepArguments,
): Tensors {
  const slots = Object.fromEntries(optimizer.gateSlots.map((slot) => [slot, own(state, slotName(slot))]));
  const prepared = optimizer.prepare({ gate: tf.scalar(1), slots });
  const next: Record<string, tf.Tensor> = {};
  for (const [slot, value] of Object.entries(prepared.slots)) next[slotName(slot)] = value;
  for (const [i, name] of moving.entries()) {
    const result = optimizer.update({
      parameter: own(state, name),
      gradient: gradients[i] as tf.Tensor, // one each
      moments: Object.fromEntries(optimizer.moments.map((moment) => [moment, own(state, momentName(moment, name))])),
      coefficients: prepared.coefficients,
      learningRate: own(batch, LEARNING_RATE),
      ...{ l1: 0, l2: 0, l1Decay: 0, weightDecay: 0 },
    });
    next[name] = result.parameter;
    for (const [moment, value] of Object.entries(result.moments)) next[momentName(moment, name)] = value;
  }
  return next;
}

/** A tensor that has to be there. */
export function own(tensors: Tensors, name: string): tf.Tensor {
  const tensor = tensors[name];
  if (tensor === undefined) throw new Error(`the masks’ step was not given ${name}`);
  return tensor;
}
