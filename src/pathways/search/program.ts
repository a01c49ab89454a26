/**
 * @file The step of edge-popup: the network at rest, scores that move. In the forward pass a weight is multiplied by the mask of
 * the highest scores; backwards the mask is taken for the scores themselves, so that a score moves by ∂loss/∂(w·m) · w
 * (Ramanujan et al. 2020, equation 5).
 */
import { COUNTS, inputsOf, MASK, TARGETS, TASK_WEIGHTS } from '../../data/ports.js';
import type { HostTensors, Step, StepArguments } from '../../engine/engine.js';
import type { Network } from '../../model/network.js';
import { maskedSums, sumFactors } from '../../score/loss.js';
import type { Layout } from '../../tasks/layout.js';
import { withGradient } from '../../tasks/losses/with-gradient.js';
import { tf } from '../../tf.js';
import { namingLayers } from '../../train/naming-layers.js';
import { own, startOf, stepOf } from '../unit-masks/moving.js';
import type { MaskPool } from './pools.js';

/** A kernel's scores, in the state. */
export const scoreName = (kernel: string): string => `search/scores/${kernel}`;
/** A kernel's mask, in the batch: which scores are the highest is looked up between steps. */
export const maskPort = (kernel: string): string => `search/mask/${kernel}`;

export interface ScoreProgramOptions {
  readonly network: Network;
  readonly layout: Layout;
  /** Indices in flow order. */
  readonly tasks: ReadonlySet<number>;
  readonly pools: readonly MaskPool[];
}

export interface ScoreProgram {
  /** What the steps keep beside the weights, before the first. */
  readonly initialState: (scores: ReadonlyMap<string, Float32Array>) => HostTensors;
  /** Batch: that of a fit, `hyper/learningRate`, `hyper/weights`, and the masks. Changes scores alone. Output: `loss`. */
  readonly step: Step;
}

export function scoreProgram(options: ScoreProgramOptions): ScoreProgram {
  const { pools } = options;
  const moving = pools.map(({ name }) => scoreName(name));
  return {
    initialState: (scores) => {
      const first: HostTensors = Object.fromEntries(
        pools.map(({ name, shape }) => {
          return [scoreName(name), { shape, dtype: 'float32', data: scores.get(name) ?? new Float32Array(0) }] as const;
        }),
      );
      return { ...first, ...startOf(moving, first) };
    },
    step: {
      name: 'edge-popup',
      run: (step) => {
        const loss = (...scores: tf.Tensor[]): tf.Scalar => lossOf(options, step, scores);
        const given = moving.map((name) => own(step.state, name));
        const { value, grads } = namingLayers(() => tf.valueAndGrads(loss)(given));
        return { state: stepOf(moving, grads, step), outputs: { loss: value.reshape([]) } };
      },
    },
  };
}

function lossOf(
  { network, layout, tasks, pools }: ScoreProgramOptions,
  { state, batch }: StepArguments,
  scores: readonly tf.Tensor[],
): tf.Scalar {
  const masks = new Map(pools.map(({ name }, i) => [name, asMask(scores[i] as tf.Tensor, own(batch, maskPort(name)))])); // one each
  const { logits } = network.forward({
    ...{ state, tasks, random: null },
    inputs: inputsOf<tf.Tensor>(batch),
    specs: layout.flow.graph.inputs,
    effective: (name, value) => {
      const mask = masks.get(name);
      return mask === undefined ? value : value.mul(mask);
    },
  });
  const labels = { targets: own(batch, TARGETS) as tf.Tensor2D, mask: own(batch, MASK) as tf.Tensor2D }; // the ports' ranks
  const factors = sumFactors(own(batch, COUNTS) as tf.Tensor1D, own(batch, TASK_WEIGHTS) as tf.Tensor1D); // likewise
  return maskedSums(layout, { logits, ...labels })
    .mul(factors)
    .sum() as tf.Scalar; // of all
}

/** The mask's value with the scores' gradient. */
function asMask(scores: tf.Tensor, mask: tf.Tensor): tf.Tensor {
  return withGradient(
    scores,
    () => ({ value: mask.clone(), keep: {} }),
    (upstream) => upstream,
  );
}
