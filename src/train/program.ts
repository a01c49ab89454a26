/** @file The training step in two halves, gradients and update: pure functions of state and batch. */
import { hiddenInputs, isHiding } from '../data/hiding/hidden-inputs.js';
import {
  averagePort,
  COUNTS,
  gradientPort,
  hiddenPort,
  inputsOf,
  MASK,
  PENALTY_SHARE,
  ROW_WEIGHTS,
  TARGETS,
  TASK_WEIGHTS,
} from '../data/ports.js';
import type { HostTensors, Step, StepArguments, Tensors } from '../engine/engine.js';
import { type Extension, effectiveThrough, extensionTensors, ownTensors } from '../model/extension.js';
import { layersWithin } from '../model/layers.js';
import type { Network } from '../model/network.js';
import { type ChosenInstances, layoutOrder, maskedSums, sumFactors, weighedFactors } from '../score/loss.js';
import type { Layout } from '../tasks/layout.js';
import { tf } from '../tf.js';
import type { StepBalancer } from './balance.js';
import { type Focus, focusExtensions } from './focus.js';
import { type LearntBalance, learntBalance } from './learnt-balance.js';
import { namingLayers } from './naming-layers.js';
import type { Opens } from './opens.js';
import type { Optimizer } from './optimizers/optimizer.js';
import { type TrainedParameter, trainedParameters } from './trained-parameters.js';
import { createUpdate } from './update.js';
import { type AverageSettings, weightAverage } from './weight-average.js';

export interface TrainProgramOptions {
  readonly network: Network;
  readonly layout: Layout;
  readonly optimizer: Optimizer;
  /** Scales the gradients down so that their global norm is at most this. Null: no clipping. */
  readonly clipNorm: number | null;
  readonly extensions?: readonly Extension[];
  /** What may move, where that is not everything. */
  readonly focus?: Focus | null;
  /** Learns the tasks' weights. */
  readonly balancer?: StepBalancer | null;
  /** Keeps averages of the weights beside them. */
  readonly average?: AverageSettings | null;
  /** Gives `finite` among the outputs (scalar): 0 where an element of a gradient is not, else 1. */
  readonly looksAtGradients?: boolean;
}

/**
 * Batches: `input/<name>`, `targets`, `mask`, `counts` and the three of `hyper/`. The counts are those of the whole
 * optimizer step, so the gradients of the parts of a batch add up to the gradients of the batch.
 */
export interface TrainProgram {
  /** Everything that the steps keep, before the first: weights, moments, bias corrections, extensions' tensors. */
  readonly initialState: () => HostTensors;
  /**
   * Changes no state. Outputs: `loss` (scalar: this part's share of the total), `sums` (`[tasks]` in layout order),
   * `penalty` (scalar, unless there is none), `gradient/<parameter>`, and `average/<parameter>` for moving averages.
   */
  readonly differentiate: Step;
  /** Batch: `counts`, `hyper/learningRate`, and the gradients and averages that `differentiate` gave. No outputs. */
  readonly apply: Step;
  /** Both in one graph: what one machine runs. Outputs: `loss`, `sums`, `penalty`. */
  readonly whole: Step;
}

export function trainProgram(options: TrainProgramOptions): TrainProgram {
  const { network, layout, optimizer, clipNorm, focus = null, looksAtGradients = false } = options;
  const extensions = [...(options.extensions ?? []), ...focusExtensions(focus, network.tensors)];
  const { trained, averaged } = trainedParameters(network, optimizer, layoutOrder(layout), focus?.resting);
  const balance = options.balancer == null ? null : learntBalance(options.balancer, layout);
  const moving = balance === null ? trained : [...trained, balance.trained];
  const average = options.average == null ? null : weightAverage(trained, options.average, network.read());
  const update = createUpdate({ optimizer, clipNorm, extensions, trained: moving, averaged, average });
  const differentiate = createDifferentiation({
    network,
    layout,
    extensions,
    trained,
    focus,
    balance,
    looksAtGradients,
  });

  return {
    initialState: () => ({
      ...network.read(),
      ...update.initialState(),
      ...extensionTensors(extensions),
      ...balance?.initialState,
      ...average?.initialState,
    }),
    differentiate: {
      name: 'differentiate',
      run: (step) => {
        const opens = update.opens(step.state, own(step.batch, COUNTS));
        const { gradients, averages, outputs } = differentiate(step, opens);
        return {
          state: {},
          outputs: { ...outputs, ...ported(gradients, gradientPort), ...ported(averages, averagePort) },
        };
      },
    },
    apply: {
      name: 'apply',
      run: ({ state, batch }) => {
        const opens = update.opens(state, own(batch, COUNTS));
        const gradients = Object.fromEntries(
          moving.map(({ parameter: { name } }) => [name, own(batch, gradientPort(name))]),
        );
        const averages: Record<string, tf.Tensor> = {};
        for (const { name } of network.tensors) {
          const average = batch[averagePort(name)];
          if (average !== undefined) averages[name] = average;
        }
        return { state: update.apply({ state, batch, opens, gradients, averages }), outputs: {} };
      },
    },
    whole: {
      name: 'train',
      run: (step) => {
        const opens = update.opens(step.state, own(step.batch, COUNTS));
        const { gradients, averages, outputs } = differentiate(step, opens);
        return { state: update.apply({ ...step, opens, gradients, averages }), outputs };
      },
    },
  };
}

interface Differentiated {
  /** By the name of the trained parameter. */
  readonly gradients: Tensors;
  /** New values of moving averages, by parameter. */
  readonly averages: Tensors;
  readonly outputs: Tensors;
}

interface DifferentiationOptions extends Pick<TrainProgramOptions, 'network' | 'layout'> {
  readonly extensions: readonly Extension[];
  readonly trained: readonly TrainedParameter[];
  readonly focus: Focus | null;
  readonly balance: LearntBalance | null;
  readonly looksAtGradients: boolean;
}

function createDifferentiation({
  network,
  layout,
  extensions,
  trained,
  focus,
  balance,
  looksAtGradients,
}: DifferentiationOptions): (step: StepArguments, opens: Opens) => Differentiated {
  const tasks = layout.slots.length;
  const isPenalised =
    extensions.some(({ penalty }) => penalty !== undefined) ||
    layersWithin(network.model).some((layer) => layer.losses.length > 0);

  return ({ state, batch, random }, opens) => {
    const inputs = inputsOf(batch);
    let averages: Tensors = {};
    /** `[tasks]` sums, and the penalties as one element more where there are any. */
    const losses = (...values: tf.Tensor[]): tf.Tensor1D => {
      const current: Record<string, tf.Tensor> = { ...state };
      for (const [i, { parameter }] of trained.entries()) current[parameter.name] = values[i] as tf.Tensor; // one each
      const effective = effectiveThrough(extensions, current);
      const { inputs: specs } = layout.flow.graph;
      const { tasks = null, resting } = focus ?? {};
      const chosen = chosenInstances(layout, batch);
      const forward = network.forward({ state: current, inputs, specs, random, effective, tasks, resting, chosen });
      averages = forward.updates;
      const sums = maskedSums(layout, {
        logits: forward.logits,
        targets: own(batch, TARGETS) as tf.Tensor2D, // the port's declared rank
        mask: own(batch, MASK) as tf.Tensor2D, // likewise
        rowWeights: batch[ROW_WEIGHTS] as tf.Tensor1D | undefined, // likewise
        chosen,
      });
      if (!isPenalised) return sums;
      const penalties = extensions.flatMap((extension) =>
        extension.penalty === undefined ? [] : [extension.penalty(current, ownTensors(extension, current))],
      );
      const all = [...(forward.regularisation === null ? [] : [forward.regularisation]), ...penalties];
      return tf.concat1d([sums, all.reduce((a, b) => a.add(b)).reshape([1])]);
    };

    // The total is the losses' product with these factors, so these are the gradient to start from.
    const factorsOf = batch[ROW_WEIGHTS] === undefined ? sumFactors : weighedFactors;
    const declared = factorsOf(own(batch, COUNTS) as tf.Tensor1D, own(batch, TASK_WEIGHTS) as tf.Tensor1D); // likewise
    const ofSums = balance === null ? declared : declared.mul<tf.Tensor1D>(balance.factors(state));
    const factors = isPenalised ? tf.concat1d([ofSums, own(batch, PENALTY_SHARE).reshape([1])]) : ofSums;
    const weights = trained.map(({ parameter }) => own(state, parameter.name));
    const { value, grads } = releasingAverages(
      () => averages,
      () => namingLayers(() => tf.valueAndGrads(losses)(weights, factors)),
    );
    const gradients = trained.map(({ parameter: { name, mask }, gate }, i): [string, tf.Tensor] => {
      const whole = grads[i] as tf.Tensor; // one each
      const gradient = mask === null ? whole : whole.mul(own(state, mask));
      // The loss gives a closed gate no gradient; a penalty and what an extension closes do.
      return [name, isPenalised || opens.areNarrowed || gate.isNarrowed ? gradient.mul(opens.of(name)) : gradient];
    });
    const loss = value.mul(factors).sum();
    if (balance !== null) {
      const weighed = value.slice([0], [tasks]).mul<tf.Tensor1D>(declared);
      gradients.push([balance.trained.parameter.name, balance.gradient(weighed, state, batch)]);
    }
    const finite = looksAtGradients ? { finite: areAllFinite(gradients.map(([, gradient]) => gradient)) } : {};
    return {
      gradients: Object.fromEntries(gradients),
      averages: Object.fromEntries(Object.entries(averages).map(([name, kept]) => [name, released(kept)])),
      outputs: isPenalised
        ? { loss, sums: value.slice([0], [tasks]), penalty: value.slice([tasks], [1]).reshape([]), ...finite }
        : { loss, sums: value, ...finite },
    };
  };
}

/** 1 where all elements are finite, else 0. */
function areAllFinite(gradients: readonly tf.Tensor[]): tf.Tensor {
  const each = gradients.map((gradient): tf.Tensor => gradient.isFinite().all().toFloat());
  return each.reduce((all, one) => all.mul(one));
}

/** Of features that only tasks read which hide tokens: the hidden ones. Of a vocabulary, most of the work is in the logits. */
function chosenInstances(layout: Layout, batch: Tensors): ChosenInstances {
  const chosen = new Map<string, tf.Tensor1D>();
  for (const { input, slots } of hiddenInputs(layout)) {
    const places = batch[hiddenPort(input)];
    if (places === undefined) continue;
    for (const feature of new Set(slots.map(({ task }) => task.feature))) {
      const readers = layout.slots.filter(({ task }) => task.feature === feature);
      if (readers.every(isHiding)) chosen.set(feature, places.reshape<tf.Tensor1D>([-1]));
    }
  }
  return chosen;
}

/** Disposes the averages when `f` throws: the forward pass keeps them outside every scope. */
function releasingAverages<T>(averages: () => Tensors, f: () => T): T {
  try {
    return f();
  } catch (error) {
    tf.dispose(Object.values(averages()));
    throw error;
  }
}

/** Hands a kept tensor to the scope that is open now. */
function released(kept: tf.Tensor): tf.Tensor {
  const tracked = kept.clone();
  kept.dispose();
  return tracked;
}

function ported(tensors: Tensors, port: (name: string) => string): Tensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [port(name), tensor]));
}

function own(tensors: Tensors, name: string): tf.Tensor {
  const tensor = tensors[name];
  if (tensor === undefined) throw new Error(`the training step was not given its ${name}`);
  return tensor;
}
