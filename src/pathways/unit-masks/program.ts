/** @file The step that trains masks: the network at rest, logits and a new head that move. Pure functions of state and batch. */
import { COUNTS, inputsOf, MASK, TARGETS, TASK_WEIGHTS } from '../../data/ports.js';
import type { HostTensors, Step, StepArguments, Tensors } from '../../engine/engine.js';
import type { Network } from '../../model/network.js';
import { maskedSums, sumFactors } from '../../score/loss.js';
import type { Layout } from '../../tasks/layout.js';
import { tf } from '../../tf.js';
import { namingLayers } from '../../train/naming-layers.js';
import { drawnMasks, stepNoise } from './gumbel.js';
import { answerLoss, answersCounted, type NewHead } from './head.js';
import { type MaskableUnits, throughMask } from './maskable.js';
import { own, startOf, stepOf } from './moving.js';
import { type PenaltyKind, penaltyOf } from './penalty.js';
import { slicesOf } from './slices.js';

/** What moves, by its name in the state. */
export const LOGITS = 'unitMasks/logits';
/** Scalars of a batch. */
export const ALPHA = 'unitMasks/alpha';
export const TEMPERATURE = 'unitMasks/temperature';

export interface MaskProgramOptions {
  readonly network: Network;
  readonly layout: Layout;
  readonly maskable: MaskableUnits;
  /** Indices in flow order. */
  readonly tasks: ReadonlySet<number>;
  /** Masks that are drawn for a batch. */
  readonly samples: number;
  readonly penalty: PenaltyKind;
  /** Null: the heads that the tasks have, and their masked losses. */
  readonly head: NewHead | null;
}

export interface MaskProgram {
  /**
   * What the steps keep beside the weights, before the first.
   *
   * @param logits `[units]`
   */
  readonly initialState: (logits: Float32Array) => HostTensors;
  /**
   * Batch: that of a fit, `hyper/learningRate`, `hyper/weights`, and the scalars above. Changes the logits, the new head,
   * and Adam's values of both, and nothing else. Outputs, scalars: `loss`, `penalty`; after the step `kept` (logits above
   * 0), `coming` (those that will be when Adam's momentum has run out) and `expected` (Σσ(l)).
   */
  readonly step: Step;
}

/** Steps that a first moment with a decay of 0.9 still brings, without another gradient: 0.9 + 0.9² + … */
const MOMENTUM_LEFT = 9;

export function maskProgram(options: MaskProgramOptions): MaskProgram {
  const { maskable, head } = options;
  const moving = [LOGITS, ...(head === null ? [] : Object.keys(head.tensors))];
  const losses = createLosses(options, moving);
  return {
    initialState: (logits) => {
      const first: HostTensors = {
        [LOGITS]: { shape: [maskable.units.length], dtype: 'float32', data: logits },
        ...head?.tensors,
      };
      return { ...first, ...startOf(moving, first) };
    },
    step: {
      name: 'unit masks',
      run: (step) => {
        const { value, grads } = losses(step);
        const state = stepOf(moving, grads, step);
        const logits = own(state, LOGITS);
        const ahead = logits.add(logits.sub(own(step.state, LOGITS)).mul(MOMENTUM_LEFT));
        return {
          state,
          outputs: {
            loss: value.slice([0], [1]).reshape([]),
            penalty: value.slice([1], [1]).reshape([]),
            kept: logits.greater(0).cast('float32').sum(),
            coming: ahead.greater(0).cast('float32').sum(),
            expected: logits.sigmoid().sum(),
          },
        };
      },
    },
  };
}

interface Differentiated {
  /** `[2]`: the loss of the data, and the penalty. */
  readonly value: tf.Tensor;
  /** One for each that moves. */
  readonly grads: readonly tf.Tensor[];
}

function createLosses(options: MaskProgramOptions, moving: readonly string[]): (step: StepArguments) => Differentiated {
  const { maskable, samples, penalty, head } = options;
  return ({ state, batch, random }) => {
    const noise = stepNoise(random, samples, maskable.units.length);
    const temperature = own(batch, TEMPERATURE);
    const alpha = own(batch, ALPHA);
    const counted = own(batch, MASK) as tf.Tensor2D; // the port's rank
    const [rows] = counted.shape;
    const answers = head === null ? null : answersCounted(head, counted);
    const both = (...values: tf.Tensor[]): tf.Tensor1D => {
      const current: Record<string, tf.Tensor> = { ...state };
      for (const [i, name] of moving.entries()) current[name] = values[i] as tf.Tensor; // one each
      const logits = own(current, LOGITS);
      const masks = drawnMasks(logits, noise, temperature);
      const data = slicesOf(rows, samples)
        .map(({ sample, start, end }) => {
          const mask = masks.slice([sample, 0], [1, -1]).reshape([-1]);
          return sliceLoss(options, current, rowsOf(batch, rows, start, end), mask, answers);
        })
        .reduce((a, b) => a.add(b));
      return tf.concat1d([data.reshape([1]), penaltyOf(penalty, logits, alpha).reshape([1])]);
    };
    const given = moving.map((name) => own(state, name));
    return namingLayers(() => tf.valueAndGrads(both)(given, tf.ones([2])));
  };
}

/**
 * What some rows of a batch bring to its loss, as seen through one mask; scalar.
 *
 * @param answers of the whole batch, those that count for the new head
 */
function sliceLoss(
  { network, layout, maskable, tasks, head }: MaskProgramOptions,
  state: Tensors,
  batch: Tensors,
  mask: tf.Tensor,
  answers: tf.Tensor | null,
): tf.Tensor {
  const seen = {
    ...{ state, tasks, random: null },
    inputs: inputsOf(batch),
    specs: layout.flow.graph.inputs,
    effective: throughMask(maskable, mask),
  };
  const labels = { targets: own(batch, TARGETS) as tf.Tensor2D, mask: own(batch, MASK) as tf.Tensor2D }; // the ports' ranks
  if (head !== null && answers !== null) {
    return answerLoss(head, { ...seen, network, maskable, unitMask: mask }, labels, answers);
  }
  const { logits } = network.forward(seen);
  const factors = sumFactors(own(batch, COUNTS) as tf.Tensor1D, own(batch, TASK_WEIGHTS) as tf.Tensor1D); // likewise
  return maskedSums(layout, { logits, ...labels })
    .mul(factors)
    .sum();
}

/** These rows of what has a row each; counts are of the whole batch. */
function rowsOf(batch: Tensors, rows: number, start: number, end: number): Tensors {
  if (start === 0 && end === rows) return batch;
  const isOfRows = (name: string): boolean => name.startsWith('input/') || name === TARGETS || name === MASK;
  return Object.fromEntries(
    Object.entries(batch).map(([name, value]) => [
      name,
      isOfRows(name)
        ? value.slice([start, ...value.shape.slice(1).map(() => 0)], [end - start, ...value.shape.slice(1)])
        : value,
    ]),
  );
}
