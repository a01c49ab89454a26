/** @file The training step: forward, masked losses, gradients, gated update. A pure function of state and batch. */
import { inputsOf, LEARNING_RATE, MASK, TARGETS } from '../data/ports.js';
import type { HostTensors, Step, StepResult, Tensors } from '../engine/engine.js';
import type { Network } from '../model/network.js';
import type { NetworkTensor as Parameter } from '../model/tensors.js';
import { layoutOrder, type TaskLosses, taskLosses } from '../score/loss.js';
import type { Layout } from '../tasks/layout.js';
import { tf } from '../tf.js';
import type { Optimizer } from './optimizers/optimizer.js';
import { factorOf, type Gate, type TrainedParameter, trainedParameters } from './trained-parameters.js';

export interface TrainStepOptions {
  readonly network: Network;
  readonly layout: Layout;
  readonly optimizer: Optimizer;
  /** Scales the gradients down so that their global norm is at most this. Null: no clipping. */
  readonly clipNorm: number | null;
}

export interface TrainStep {
  /**
   * Batch: `input/<name>`, `targets`, `mask`, `learningRate` (scalar). Outputs: `loss` (scalar), `sums` and `counts`
   * (`[tasks]` in layout order).
   */
  readonly step: Step;
  /** Moments and bias corrections before the first step, by state name. */
  readonly initialState: () => HostTensors;
}

const momentName = (moment: string, parameter: Parameter): string => `optimizer/${moment}/${parameter.name}`;
const gateSlotName = (slot: string, gate: Gate): string => `optimizer/${slot}/${gate.key}`;

export function trainStep({ network, layout, optimizer, clipNorm }: TrainStepOptions): TrainStep {
  const order = layoutOrder(layout);
  const { trained, averaged } = trainedParameters(network, optimizer, order);
  const gates = [...new Map(trained.map(({ gate }) => [gate.key, gate])).values()];

  /** Moving averages rest with their owners (rule 5), and in a group whose rate is 0. */
  const gatedAverages = (updates: Tensors, state: Tensors, counts: tf.Tensor1D): Tensors => {
    const next: Record<string, tf.Tensor> = {};
    for (const [name, value] of Object.entries(updates)) {
      const gate = averaged.get(name);
      if (gate !== undefined) next[name] = tf.where(gate.of(counts).greater(0), value, state[name] as tf.Tensor);
    }
    return next;
  };

  const run: Step['run'] = ({ state, batch, random }): StepResult => {
    const inputs = inputsOf(batch);
    const targets = batch[TARGETS] as tf.Tensor2D;
    const mask = batch[MASK] as tf.Tensor2D;
    const aside = new Aside();
    let isRegularised = false;

    const loss = (...values: tf.Tensor[]): tf.Scalar => {
      const current: Record<string, tf.Tensor> = { ...state };
      trained.forEach(({ parameter }, i) => {
        current[parameter.name] = values[i] as tf.Tensor;
      });
      const forward = network.forward({ state: current, inputs, random });
      aside.keep(forward.updates);
      const losses = taskLosses(layout, { logits: forward.logits, targets, mask });
      aside.keepLosses(losses);
      isRegularised = forward.regularisation !== null;
      return forward.regularisation === null ? losses.total : losses.total.add(forward.regularisation);
    };
    const { value, grads } = aside.guard(() =>
      tf.valueAndGrads(loss)(trained.map(({ parameter }) => state[parameter.name] as tf.Tensor)),
    );
    const { updates, sums, counts } = aside.take();

    // The loss gives a closed gate no gradient; only a regulariser does, and a column that a group rests.
    const own = grads.map((gradient, i) => {
      const gate = trained[i]?.gate;
      return gate !== undefined && (isRegularised || gate.isNarrowed) ? gradient.mul(gate.of(counts)) : gradient;
    });
    const gradients = clipNorm === null ? own : clipByGlobalNorm(own, clipNorm);
    const next = update({ trained, gates, optimizer, state, batch, gradients, counts });
    const averages = gatedAverages(updates, state, counts);
    return { state: { ...averages, ...next }, outputs: { loss: value, sums, counts } };
  };

  return {
    step: { name: 'train', run },
    initialState: () => {
      const zeros: Record<string, HostTensors[string]> = {};
      const add = (name: string, shape: readonly number[]): void => {
        zeros[name] = { shape, dtype: 'float32', data: new Float32Array(shape.reduce((a, b) => a * b, 1)) };
      };
      for (const moment of optimizer.moments) {
        for (const { parameter } of trained) add(momentName(moment, parameter), parameter.shape);
      }
      for (const slot of optimizer.gateSlots) for (const gate of gates) add(gateSlotName(slot, gate), gate.shape);
      return zeros;
    },
  };
}

interface Update {
  readonly trained: readonly TrainedParameter[];
  readonly gates: readonly Gate[];
  readonly optimizer: Optimizer;
  readonly state: Tensors;
  readonly batch: Tensors;
  /** In the order of `trained`. */
  readonly gradients: readonly tf.Tensor[];
  readonly counts: tf.Tensor1D;
}

function update({ trained, gates, optimizer, state, batch, gradients, counts }: Update): Tensors {
  const next: Record<string, tf.Tensor> = {};
  const prepared = new Map<string, { open: tf.Tensor; coefficients: Tensors; rate: tf.Tensor }>();
  for (const gate of gates) {
    const open = gate.of(counts);
    const before = Object.fromEntries(
      optimizer.gateSlots.map((slot) => [slot, state[gateSlotName(slot, gate)] as tf.Tensor]),
    );
    const { slots, coefficients } = optimizer.prepare({ gate: open, slots: before });
    prepared.set(gate.key, { open, coefficients, rate: open.mul(batch[LEARNING_RATE] as tf.Scalar) });
    for (const [slot, value] of Object.entries(slots)) next[gateSlotName(slot, gate)] = value;
  }
  for (const [i, { parameter, gate, rate: share, weightDecay }] of trained.entries()) {
    const { open, coefficients, rate } = prepared.get(gate.key) as NonNullable<ReturnType<typeof prepared.get>>;
    const gradient = gradients[i] as tf.Tensor;
    const result = optimizer.update({
      parameter: state[parameter.name] as tf.Tensor,
      gradient,
      moments: Object.fromEntries(
        optimizer.moments.map((moment) => [moment, state[momentName(moment, parameter)] as tf.Tensor]),
      ),
      coefficients,
      learningRate: share === 1 ? rate : rate.mul(factorOf(share)),
      weightDecay: factorOf(weightDecay),
    });
    const { constraint } = parameter;
    next[parameter.name] =
      constraint === null
        ? result.parameter
        : tf.where(open.greater(0), constraint(result.parameter), result.parameter);
    for (const [moment, value] of Object.entries(result.moments)) next[momentName(moment, parameter)] = value;
  }
  return next;
}

/** g × min(1, limit / ‖g‖) over all gradients together (Pascanu et al., ICML 2013). */
function clipByGlobalNorm(gradients: readonly tf.Tensor[], limit: number): tf.Tensor[] {
  const squares = gradients.map((gradient) => gradient.square().sum());
  const norm = squares.reduce((a, b) => a.add(b)).sqrt();
  const factor = tf.scalar(limit).div(norm.maximum(limit));
  return gradients.map((gradient) => gradient.mul(factor));
}

/** Carries tensors out of the differentiated function, whose scope would dispose them. */
class Aside {
  private updates: Record<string, tf.Tensor> = {};
  private losses: Pick<TaskLosses, 'sums' | 'counts'> | null = null;

  /** Takes over what the forward pass kept. */
  keep(updates: Tensors): void {
    Object.assign(this.updates, updates);
  }

  keepLosses({ sums, counts }: TaskLosses): void {
    this.losses = { sums: tf.keep(sums.clone()), counts: tf.keep(counts.clone()) };
  }

  /** Disposes what was kept when `f` throws. */
  guard<T>(f: () => T): T {
    try {
      return f();
    } catch (error) {
      tf.dispose([...Object.values(this.updates), ...Object.values(this.losses ?? {})]);
      throw error;
    }
  }

  /** Hands the tensors to the scope that is open now. */
  take(): { updates: Tensors; sums: tf.Tensor1D; counts: tf.Tensor1D } {
    const { losses } = this;
    if (losses === null) throw new Error('the loss was never computed');
    const release = <T extends tf.Tensor>(kept: T): T => {
      const tracked: T = kept.clone();
      kept.dispose();
      return tracked;
    };
    return {
      updates: Object.fromEntries(Object.entries(this.updates).map(([name, tensor]) => [name, release(tensor)])),
      sums: release(losses.sums),
      counts: release(losses.counts),
    };
  }
}
