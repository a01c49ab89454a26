/** @file Stochastic gradient descent with momentum and Nesterov's look-ahead. */
import { flag, invalidOption, readOptions, withDefault } from '../../options.js';
import { decayFactor, type Optimizer, type OptimizerOptions, own } from './optimizer.js';
import { decay, optimizerSchema } from './options.js';

export interface SgdOptions extends OptimizerOptions {
  /** In [0, 1). Default 0: no velocity is kept. */
  readonly momentum?: number;
  /** Sutskever et al., ICML 2013, in PyTorch's formulation. Needs momentum. Default false. */
  readonly nesterov?: boolean;
}

/**
 * velocity = momentum × velocity + gradient; parameter -= rate × velocity (or rate × (gradient + momentum × velocity)
 * with Nesterov). Weight decay is added to the gradient.
 *
 * @throws HeadgateError `INVALID_OPTIONS`
 * @example sgd({ learningRate: 0.05, momentum: 0.9, nesterov: true })
 */
export function sgd(options: SgdOptions = {}): Optimizer {
  const schema = { ...optimizerSchema(0), momentum: decay(0), nesterov: withDefault(flag, false) };
  const { learningRate, momentum, nesterov, weightDecay, groups } = readOptions('sgd', schema, options);
  if (nesterov && momentum === 0) {
    throw invalidOption('sgd.momentum', momentum, { expected: 'a momentum above 0 when nesterov is on' });
  }
  return Object.freeze<Optimizer>({
    kind: 'sgd',
    learningRate,
    weightDecay,
    groups,
    moments: momentum > 0 ? ['velocity'] : [],
    gateSlots: [],
    prepare: ({ gate }) => ({ slots: {}, coefficients: { gate, momentum: decayFactor(gate, momentum) } }),
    update: ({ parameter, gradient, moments, coefficients, learningRate: rate, weightDecay: decay }) => {
      const gate = own(coefficients, 'gate');
      const g = decay === 0 ? gradient : gradient.add(parameter.mul(gate.mul(decay)));
      if (momentum === 0) return { parameter: parameter.sub(g.mul(rate)), moments: {} };
      const velocity = own(moments, 'velocity').mul(own(coefficients, 'momentum')).add(g);
      const direction = nesterov ? g.add(velocity.mul(momentum)) : velocity;
      return { parameter: parameter.sub(direction.mul(rate)), moments: { velocity } };
    },
  });
}
