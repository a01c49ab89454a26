/** @file Stochastic gradient descent with momentum and Nesterov's look-ahead. */
import { decayFactor, OPTIMIZER_OPTIONS, type Optimizer, type OptimizerOptions, own } from './optimizer.js';
import { requireGroups, requireNumber, requireOptions, requireRate } from './options.js';

export interface SgdOptions extends OptimizerOptions {
  /** In [0, 1). Default 0: no velocity is kept. */
  readonly momentum?: number;
  /** Sutskever et al., ICML 2013, in PyTorch's formulation. Needs momentum. */
  readonly nesterov?: boolean;
}

/**
 * velocity = momentum × velocity + gradient; parameter -= rate × velocity (or rate × (gradient + momentum × velocity)
 * with Nesterov). Weight decay is added to the gradient.
 *
 * @throws HeadgateError `INVALID_OPTIONS`
 */
export function sgd(options: SgdOptions = {}): Optimizer {
  requireOptions('sgd', options, [...OPTIMIZER_OPTIONS, 'momentum', 'nesterov']);
  const { learningRate = 1e-3, momentum = 0, nesterov = false, weightDecay = 0, groups = [] } = options;
  requireRate('sgd.learningRate', learningRate);
  requireGroups('sgd.groups', groups);
  requireNumber('sgd.momentum', momentum, (x) => x >= 0 && x < 1, 'a number in [0, 1)');
  requireNumber('sgd.momentum', momentum, (x) => !nesterov || x > 0, 'a momentum above 0 when nesterov is on');
  requireNumber('sgd.weightDecay', weightDecay, (x) => x >= 0, 'a number >= 0');
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
