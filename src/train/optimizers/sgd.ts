/** @file Stochastic gradient descent with momentum and Nesterov's look-ahead. */
import { flag, invalidOption, readOptions, withDefault } from '../../options.js';
import type { tf } from '../../tf.js';
import { decayFactor, type Optimizer, type OptimizerOptions, own } from './optimizer.js';
import { decay, optimizerSchema } from './options.js';
import { decayed, softThresholded, withCoupled } from './shrinkage.js';

export interface SgdOptions extends OptimizerOptions {
  /** In [0, 1). Default 0: no velocity is kept. */
  readonly momentum?: number;
  /** Sutskever et al., ICML 2013, in PyTorch's formulation. Needs momentum. Default false. */
  readonly nesterov?: boolean;
  /** The weight decay of AdamW: parameter -= rate × weightDecay × parameter, apart from the velocity. Default false. */
  readonly decoupledWeightDecay?: boolean;
}

/**
 * velocity = momentum × velocity + gradient; parameter -= rate × velocity (or rate × (gradient + momentum × velocity)
 * with Nesterov). Weight decay is added to the gradient, as `l2` is; with `decoupledWeightDecay` it is not (SGDW of
 * Loshchilov & Hutter, ICLR 2019, whose decay follows the rate as PyTorch's does).
 *
 * @throws HeadgateError `INVALID_OPTIONS`
 * @example sgd({ learningRate: 0.05, momentum: 0.9, nesterov: true })
 */
export function sgd(options: SgdOptions = {}): Optimizer {
  const off = withDefault(flag, false);
  const schema = { ...optimizerSchema(0), momentum: decay(0), nesterov: off, decoupledWeightDecay: off };
  const { momentum, nesterov, decoupledWeightDecay, ...shared } = readOptions('sgd', schema, options);
  if (nesterov && momentum === 0) {
    throw invalidOption('sgd.momentum', momentum, { expected: 'a momentum above 0 when nesterov is on' });
  }
  return Object.freeze<Optimizer>({
    kind: 'sgd',
    ...shared,
    moments: momentum > 0 ? ['velocity'] : [],
    gateSlots: [],
    prepare: ({ gate }) => ({ slots: {}, coefficients: { gate, momentum: decayFactor(gate, momentum) } }),
    update: ({ parameter, gradient, moments, coefficients, learningRate: rate, weightDecay, ...shrinkage }) => {
      const gate = own(coefficients, 'gate');
      const coupled = withCoupled(gradient, parameter, gate, shrinkage);
      const g = decoupledWeightDecay ? coupled : withCoupled(coupled, parameter, gate, { l1: 0, l2: weightDecay });
      const kept = decoupledWeightDecay ? decayed(parameter, rate, weightDecay) : parameter;
      const step = (direction: tf.Tensor): tf.Tensor =>
        softThresholded(kept.sub(direction.mul(rate)), rate, shrinkage.l1Decay);
      if (momentum === 0) return { parameter: step(g), moments: {} };
      const velocity = own(moments, 'velocity').mul(own(coefficients, 'momentum')).add(g);
      const direction = nesterov ? g.add(velocity.mul(momentum)) : velocity;
      return { parameter: step(direction), moments: { velocity } };
    },
  });
}
