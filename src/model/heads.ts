/** @file The heads: one product for all tasks that read a feature, and the parameters of each task within it. */
import { uniforms } from '../random.js';
import type { Layout, LossGroup, TaskSlot } from '../tasks/layout.js';
import { tf } from '../tf.js';
import type { HeldTensor } from './tensors.js';

export interface FusedHead {
  readonly feature: string;
  readonly layer: tf.layers.Layer;
  /** `[batch, units]`, or `[batch, positions, units]` along an axis, `[batch, ...axes, units]` along several */
  readonly logits: tf.SymbolicTensor;
  /** In column order. */
  readonly tasks: readonly HeadColumns[];
  /** Kernel and bias, as the step keeps them. */
  readonly tensors: readonly HeldTensor[];
}

/** Where a task's logits lie in the head of its feature. */
export interface HeadColumns {
  readonly slot: TaskSlot;
  readonly start: number;
  readonly units: number;
}

/**
 * One product for all tasks that read `feature`. Each task's columns are drawn from its own path's stream.
 *
 * @param input `[batch, size]`, or `[batch, ...axes, size]`: then the same product at each position
 * @param name of the layer; no other layer of the network has it
 */
export function fusedHead(
  feature: string,
  input: tf.SymbolicTensor,
  layout: Layout,
  { name, seed }: { readonly name: string; readonly seed: number },
): FusedHead {
  const tasks = layout.groups.filter((group) => group.feature === feature).flatMap(columnsOf);
  const units = tasks.reduce((sum, task) => sum + task.units, 0);
  const layer = tf.layers.dense({ units, name, kernelInitializer: 'zeros' });
  const logits = layer.apply(input) as tf.SymbolicTensor; // one symbolic input, so one symbolic output
  const size = Number(input.shape.at(-1));
  const kernel = new Float32Array(size * units);
  for (const task of tasks) {
    // Glorot & Bengio, AISTATS 2010, as if the task's head stood alone.
    const limit = Math.sqrt(6 / (size + task.units));
    const draws = uniforms({ seed, stream: `head/${task.slot.task.path}`, counter: 0 }, size * task.units);
    draws.forEach((draw, i) => {
      const [row, unit] = [Math.floor(i / task.units), i % task.units];
      kernel[row * units + task.start + unit] = (draw * 2 - 1) * limit;
    });
  }
  tf.tidy(() => layer.setWeights([tf.tensor2d(kernel, [size, units]), tf.zeros([units])]));
  return { feature, layer, logits, tasks, tensors: headTensors(feature, layer, tasks) };
}

function columnsOf(group: LossGroup): HeadColumns[] {
  return group.slots.map((slot, k) => ({
    slot,
    start: group.unitOffset + k * group.units,
    units: group.units,
  }));
}

function headTensors(feature: string, layer: tf.layers.Layer, tasks: readonly HeadColumns[]): HeldTensor[] {
  const columns = tasks.flatMap(({ slot, units }) => Array<number>(units).fill(slot.index));
  return layer.weights.map((variable) => {
    const role = variable.originalName.endsWith('/bias') ? 'bias' : 'kernel';
    return {
      name: `head/${feature}/${role}`,
      role,
      shape: variable.shape.map(Number),
      dtype: 'float32',
      trainable: true,
      part: 'head',
      owners: { by: 'column', columns },
      mask: null,
      variable,
      constraint: null,
    };
  });
}
