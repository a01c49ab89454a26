/** @file Adam (Kingma & Ba, ICLR 2015) and AdamW (Loshchilov & Hutter, ICLR 2019). */
import { number, readOptions, withDefault } from '../../options.js';
import { decayFactor, type Optimizer, type OptimizerOptions, own } from './optimizer.js';
import { decay, optimizerSchema } from './options.js';
import { decayed, softThresholded, withCoupled } from './shrinkage.js';

export interface AdamOptions extends OptimizerOptions {
  /** Decay of the first moment. Default 0.9. */
  readonly beta1?: number;
  /** Decay of the second moment. Default 0.999. */
  readonly beta2?: number;
  /** Added to the root of the second moment. Default 1e-8. */
  readonly epsilon?: number;
}

/** Below this a correction means "never updated"; it keeps 0 / 0 out of a closed gate. */
const NEVER = 1e-12;

/**
 * Adam without weight decay by default; with `weightDecay` it is AdamW's, with `l2` that of PyTorch's Adam.
 *
 * @throws HeadgateError `INVALID_OPTIONS`
 * @example adam({ l1Decay: 1e-3, groups: [{ parameters: '**bias', l1Decay: 0 }] })
 * @example adam({ learningRate: 3e-4, groups: [{ tasks: 'person.faceX1', rate: 0 }] })
 */
export function adam(options: AdamOptions = {}): Optimizer {
  return adamOf('adam', options, 0);
}

/**
 * Adam with decoupled weight decay: parameter -= rate × decay × parameter. Default decay 0.01, on every parameter
 * (as PyTorch); use `groups` to leave some out.
 *
 * @throws HeadgateError `INVALID_OPTIONS`
 * @example
 * adamW({
 *   learningRate: cosine({ peak: 1e-3, warmup: 0.1 }),
 *   groups: [{ parameters: '**bias', weightDecay: 0 }],
 * });
 */
export function adamW(options: AdamOptions = {}): Optimizer {
  return adamOf('adamW', options, 0.01);
}

/*
 * The moments are kept as discounted sums, M = β₁M + g and V = β₂V + g², which saves two passes over the parameters
 * against the averages m = (1 - β₁)M and v = (1 - β₂)V. The corrections 1 - βᵗ are the same sums taken of ones, C = βC + 1,
 * times 1 - β; kept for each gate, they count only the steps in which it was open, and lose no digits to 1 - 0.999.
 * With m̂ = M / C₁ and v̂ = V / C₂ the change rate × m̂ / (√v̂ + ε) is (rate × √C₂ / C₁) × M / (√V + ε√C₂).
 */
function adamOf(kind: 'adam' | 'adamW', options: AdamOptions, usualDecay: number): Optimizer {
  const schema = {
    ...optimizerSchema(usualDecay),
    beta1: decay(0.9),
    beta2: decay(0.999),
    epsilon: withDefault(number({ above: 0 }), 1e-8),
  };
  const { beta1, beta2, epsilon, ...shared } = readOptions(kind, schema, options);
  return Object.freeze<Optimizer>({
    kind,
    ...shared,
    moments: ['first', 'second'],
    gateSlots: ['first', 'second'],
    prepare: ({ gate, slots }) => {
      const [decay1, decay2] = [decayFactor(gate, beta1), decayFactor(gate, beta2)];
      const first = own(slots, 'first').mul(decay1).add(gate);
      const second = own(slots, 'second').mul(decay2).add(gate);
      const root = second.maximum(NEVER).sqrt();
      const scale = root.div(first.maximum(NEVER));
      return { slots: { first, second }, coefficients: { gate, decay1, decay2, scale, floor: root.mul(epsilon) } };
    },
    update: ({ parameter, gradient, moments, coefficients, learningRate: rate, ...shrinkage }) => {
      const g = withCoupled(gradient, parameter, own(coefficients, 'gate'), shrinkage);
      const first = own(moments, 'first').mul(own(coefficients, 'decay1')).add(g);
      const second = own(moments, 'second').mul(own(coefficients, 'decay2')).add(g.square());
      const step = rate.mul(own(coefficients, 'scale'));
      const change = first.div(second.sqrt().add(own(coefficients, 'floor'))).mul(step);
      const moved = decayed(parameter, rate, shrinkage.weightDecay).sub(change);
      return { parameter: softThresholded(moved, rate, shrinkage.l1Decay), moments: { first, second } };
    },
  });
}
