/** @file Adam (Kingma & Ba, ICLR 2015) and AdamW (Loshchilov & Hutter, ICLR 2019). */
import type { tf } from '../../tf.js';
import { keepUnless, type Optimizer, type OptimizerOptions } from './optimizer.js';
import { requireNumber } from './options.js';

export interface AdamOptions extends OptimizerOptions {
  /** Decay of the first moment. Default 0.9. */
  readonly beta1?: number;
  /** Decay of the second moment. Default 0.999. */
  readonly beta2?: number;
  /** Default 1e-8. */
  readonly epsilon?: number;
}

/** Below this a running correction means "never updated"; it keeps 0 / 0 out of a closed gate. */
const NEVER = 1e-12;

/**
 * Adam without weight decay by default; with it, the decay is AdamW's.
 *
 * @throws HeadgateError `INVALID_OPTIONS`
 */
export function adam(options: AdamOptions = {}): Optimizer {
  return adamOf('adam', options, 0);
}

/**
 * Adam with decoupled weight decay: parameter -= rate × decay × parameter. Default decay 0.01, on every parameter
 * (as PyTorch); use `groups` to leave some out.
 *
 * @throws HeadgateError `INVALID_OPTIONS`
 */
export function adamW(options: AdamOptions = {}): Optimizer {
  return adamOf('adamW', options, 0.01);
}

function adamOf(kind: 'adam' | 'adamW', options: AdamOptions, defaultDecay: number): Optimizer {
  const { learningRate = 1e-3, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, groups = [] } = options;
  const weightDecay = options.weightDecay ?? defaultDecay;
  requireNumber(`${kind}.learningRate`, learningRate, (x) => x >= 0, 'a number >= 0');
  requireNumber(`${kind}.beta1`, beta1, (x) => x >= 0 && x < 1, 'a number in [0, 1)');
  requireNumber(`${kind}.beta2`, beta2, (x) => x >= 0 && x < 1, 'a number in [0, 1)');
  requireNumber(`${kind}.epsilon`, epsilon, (x) => x > 0, 'a number above 0');
  requireNumber(`${kind}.weightDecay`, weightDecay, (x) => x >= 0, 'a number >= 0');
  return Object.freeze<Optimizer>({
    kind,
    learningRate,
    weightDecay,
    groups,
    moments: ['first', 'second'],
    // The bias corrections 1 - beta^t are the same moving averages taken of ones; kept for each gate, they count
    // only the steps in which the gate was open, and lose no digits to 1 - 0.999.
    gateSlots: ['first', 'second'],
    advance: ({ gate, slots }) => ({
      first: average(slots.first ?? gate, gate, beta1),
      second: average(slots.second ?? gate, gate, beta2),
    }),
    update: ({ parameter, gradient, moments, gate, slots, learningRate: rate, weightDecay: decay }) => {
      const { first: m = gradient, second: v = gradient } = moments;
      const first = m.mul(keepUnless(gate, beta1)).add(gradient.mul(gate.mul(1 - beta1)));
      const second = v.mul(keepUnless(gate, beta2)).add(gradient.square().mul(gate.mul(1 - beta2)));
      const root = (slots.second ?? gate).maximum(NEVER).sqrt();
      const step = rate
        .mul(gate)
        .mul(root)
        .div((slots.first ?? gate).maximum(NEVER));
      const change = first.mul(step).div(second.sqrt().add(root.mul(epsilon)));
      const kept = decay === 0 ? parameter : parameter.mul(rate.mul(gate).mul(-decay).add(1));
      return { parameter: kept.sub(change), moments: { first, second } };
    },
  });
}

/** The moving average of ones: c + (1 - beta) × (1 - c) where the gate is open. */
function average(c: tf.Tensor, gate: tf.Tensor, beta: number): tf.Tensor {
  return c.add(gate.mul(1 - beta).mul(c.mul(-1).add(1)));
}
