/** @file The tasks' weights as parameters of the step: what a `StepBalancer` learns, one number a task. */
import { COUNTS, PENALTY_SHARE, TASK_WEIGHTS } from '../data/ports.js';
import type { HostTensors, Tensors } from '../engine/engine.js';
import { layoutOrder } from '../score/loss.js';
import { declaredWeights, type Layout } from '../tasks/layout.js';
import { tf } from '../tf.js';
import type { StepBalancer } from './balance.js';
import { own } from './optimizers/optimizer.js';
import type { TrainedParameter } from './trained-parameters.js';

export interface LearntBalance {
  /** The numbers, `[tasks]` in layout order: the optimizer trains them like a bias, and gates each by its task. */
  readonly trained: TrainedParameter;
  readonly initialState: HostTensors;
  /** `[tasks]`: what multiplies the tasks' weights in this step. */
  readonly factors: (state: Tensors) => tf.Tensor1D;
  /**
   * Of the step's numbers; 0 of a task that does not count.
   *
   * @param losses declared weight × loss of each task, in layout order: of a part of a step, its share of it
   */
  readonly gradient: (losses: tf.Tensor1D, state: Tensors, batch: Tensors) => tf.Tensor1D;
}

/** The name of a balancer's numbers in the state. */
export const learntName = ({ name }: StepBalancer): string => `balance/${name}`;

export function learntBalance(balancer: StepBalancer, layout: Layout): LearntBalance {
  const order = layoutOrder(layout);
  const shape = [order.length];
  const name = learntName(balancer);
  const units = order.map((task) => layout.slots[task]?.lossUnit ?? 1); // each has its slot
  const open = (counts: tf.Tensor): tf.Tensor => counts.greater(0).toFloat();
  const numbers = (state: Tensors): tf.Tensor1D => own(state, name) as tf.Tensor1D; // of that shape
  return {
    trained: {
      parameter: {
        ...{ name, shape, dtype: 'float32', role: 'bias', trainable: true, part: 'head' },
        ...{ owners: { by: 'column', columns: order }, mask: null, variable: null, constraint: null },
      },
      // By another key than the parameter's name: what the optimizer keeps for gates and for parameters is named alike.
      gate: { key: `${name}/tasks`, shape, isNarrowed: false, of: open },
      rate: 1,
      shrinkage: { l1: 0, l2: 0, l1Decay: 0, weightDecay: 0 },
    },
    initialState: { [name]: { shape, dtype: 'float32', data: new Float32Array(order.length).fill(balancer.initial) } },
    factors: (state) => balancer.factors(numbers(state)),
    gradient: (losses, state, batch) => {
      // The ports' weights are declared weight / unit.
      const declared = own(batch, TASK_WEIGHTS)
        .mul(tf.tensor1d(units))
        .mul(open(own(batch, COUNTS)));
      const ofPenalties = declared.mul(own(batch, PENALTY_SHARE));
      const objective = (learnt: tf.Tensor): tf.Scalar => {
        const row = learnt as tf.Tensor1D; // of the numbers' shape
        return balancer.factors(row).mul(losses).add(balancer.penalties(row).mul(ofPenalties)).sum();
      };
      return tf.grad(objective)(numbers(state)) as tf.Tensor1D; // likewise
    },
  };
}

/** Declared weight × factor of each task, in flow order, of the numbers as the state has them. */
export function learntWeights(balancer: StepBalancer, layout: Layout, state: HostTensors): readonly number[] {
  const learnt = state[learntName(balancer)]?.data;
  const weights = [...declaredWeights(layout)];
  for (const [place, task] of layoutOrder(layout).entries()) {
    const [number, weight] = [learnt?.[place], weights[task]];
    if (number === undefined || weight === undefined) throw new Error(`the state lost ${learntName(balancer)}`);
    weights[task] = weight * balancer.factor(number);
  }
  return weights;
}
