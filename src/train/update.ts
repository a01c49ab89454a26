/** @file The second half of a training step: clipping, the gated optimizer, moving averages, extensions. */
import { LEARNING_RATE } from '../data/ports.js';
import type { HostTensors, Tensors } from '../engine/engine.js';
import { type Extension, updatedTensors } from '../model/extension.js';
import type { NetworkTensor } from '../model/tensors.js';
import { tf } from '../tf.js';
import { createOpens, found, type Opens } from './opens.js';
import { type Optimizer, own } from './optimizers/optimizer.js';
import { factorOf, type Gate, type TrainedParameter } from './trained-parameters.js';
import type { WeightAverage } from './weight-average.js';

export interface UpdateOptions {
  readonly optimizer: Optimizer;
  readonly clipNorm: number | null;
  readonly extensions: readonly Extension[];
  readonly trained: readonly TrainedParameter[];
  /** The gates of the tensors that layers update themselves, by name. */
  readonly averaged: ReadonlyMap<string, Gate>;
  /** Averages of the weights over the steps. */
  readonly average: WeightAverage | null;
}

export interface ApplyArguments {
  readonly state: Tensors;
  /** Holds the learning rate. */
  readonly batch: Tensors;
  readonly opens: Opens;
  /** By the name of the trained parameter; exactly 0 where it may not move. */
  readonly gradients: Tensors;
  /** New values of moving averages, by parameter. */
  readonly averages: Tensors;
}

export interface Update {
  /** Moments and bias corrections before the first step, by state name. */
  readonly initialState: () => HostTensors;
  readonly opens: (state: Tensors, counts: tf.Tensor) => Opens;
  /** The next state. */
  readonly apply: (step: ApplyArguments) => Tensors;
}

const momentName = (moment: string, parameter: NetworkTensor): string => `optimizer/${moment}/${parameter.name}`;
const gateSlotName = (slot: string, gate: Gate): string => `optimizer/${slot}/${gate.key}`;

export function createUpdate(options: UpdateOptions): Update {
  const { optimizer, clipNorm, extensions, trained, averaged, average } = options;
  const gates = [...new Map(trained.map(({ gate }) => [gate.key, gate])).values()];
  const gatedAverages = createGatedAverages(averaged);

  return {
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

    opens: createOpens(trained, extensions),

    apply: (step) => {
      const { state, opens, averages } = step;
      const gradients = clipNorm === null ? step.gradients : clipByGlobalNorm(step.gradients, clipNorm);
      const next: Record<string, tf.Tensor> = gatedAverages(averages, state, opens);
      const prepared = new Map<string, PreparedGate>();
      for (const gate of gates) {
        const slots = slotsOf(optimizer, gate, state);
        const ready = prepare(optimizer, opens.ofGate(gate), slots, step.batch);
        prepared.set(gate.key, ready);
        for (const [slot, value] of Object.entries(ready.slots)) next[gateSlotName(slot, gate)] = value;
      }
      for (const one of trained) {
        const { parameter, gate } = one;
        const open = opens.of(parameter.name);
        // Elements that an extension closed have factors of their own; the corrections stay those of the gate.
        const ready =
          open === opens.ofGate(gate)
            ? found(prepared, gate.key)
            : prepare(optimizer, open, slotsOf(optimizer, gate, state), step.batch);
        Object.assign(next, updated(optimizer, one, ready, state, own(gradients, parameter.name)));
      }
      const after = { ...state, ...next };
      return { ...next, ...average?.update(state, after, opens), ...updatedTensors(extensions, state, after) };
    },
  };
}

interface PreparedGate {
  readonly open: tf.Tensor;
  readonly slots: Tensors;
  readonly coefficients: Tensors;
  /** Learning rate, 0 where closed. */
  readonly rate: tf.Tensor;
}

function slotsOf(optimizer: Optimizer, gate: Gate, state: Tensors): Tensors {
  return Object.fromEntries(optimizer.gateSlots.map((slot) => [slot, own(state, gateSlotName(slot, gate))]));
}

function prepare(optimizer: Optimizer, open: tf.Tensor, slots: Tensors, batch: Tensors): PreparedGate {
  return { open, ...optimizer.prepare({ gate: open, slots }), rate: open.mul(own(batch, LEARNING_RATE)) };
}

/** The next value of a parameter and of its moments, by state name. */
function updated(
  optimizer: Optimizer,
  { parameter, rate: share, shrinkage }: TrainedParameter,
  { open, coefficients, rate }: PreparedGate,
  state: Tensors,
  gradient: tf.Tensor,
): Tensors {
  const result = optimizer.update({
    parameter: own(state, parameter.name),
    gradient,
    moments: Object.fromEntries(optimizer.moments.map((moment) => [moment, own(state, momentName(moment, parameter))])),
    coefficients,
    learningRate: share === 1 ? rate : rate.mul(factorOf(share)),
    ...{ l1: factorOf(shrinkage.l1), l2: factorOf(shrinkage.l2) },
    ...{ l1Decay: factorOf(shrinkage.l1Decay), weightDecay: factorOf(shrinkage.weightDecay) },
  });
  const { constraint } = parameter;
  const value =
    constraint === null ? result.parameter : tf.where(open.greater(0), constraint(result.parameter), result.parameter);
  const next: Record<string, tf.Tensor> = { [parameter.name]: value };
  for (const [moment, values] of Object.entries(result.moments)) next[momentName(moment, parameter)] = values;
  return next;
}

/** Moving averages rest with their owners (rule 5), in a group whose rate is 0, and where an extension closes them. */
function createGatedAverages(
  averaged: ReadonlyMap<string, Gate>,
): (averages: Tensors, state: Tensors, opens: Opens) => Record<string, tf.Tensor> {
  return (averages, state, opens) => {
    const next: Record<string, tf.Tensor> = {};
    for (const [name, value] of Object.entries(averages)) {
      const gate = averaged.get(name);
      if (gate !== undefined) next[name] = tf.where(opens.ofAverage(name, gate).greater(0), value, own(state, name));
    }
    return next;
  };
}

/** g × min(1, limit / ‖g‖) over all gradients together (Pascanu et al., ICML 2013). */
function clipByGlobalNorm(gradients: Tensors, limit: number): Tensors {
  const squares = Object.values(gradients).map((gradient) => gradient.square().sum());
  const norm = squares.reduce((a, b) => a.add(b)).sqrt();
  const factor = tf.scalar(limit).div(norm.maximum(limit));
  return Object.fromEntries(Object.entries(gradients).map(([name, gradient]) => [name, gradient.mul(factor)]));
}
