import { expect, test } from 'vitest';
import { HeadgateError } from '../../src/errors.js';
import { tf } from '../../src/tf.js';
import { adam, adamW } from '../../src/train/optimizers/adam.js';
import type { Optimizer } from '../../src/train/optimizers/optimizer.js';
import { sgd } from '../../src/train/optimizers/sgd.js';

await tf.setBackend('cpu');

const START = [0.5, -1.25, 2];
const GRADIENTS = [
  [0.1, -0.2, 0.3],
  [-0.4, 0.5, 0],
  [0.7, 0.1, -0.9],
  [1e-6, -3, 2],
];

/** Parameters after each step, all gates open. */
function run(optimizer: Optimizer, rate: number): number[][] {
  let parameter: tf.Tensor = tf.tensor1d(START);
  let moments = Object.fromEntries(optimizer.moments.map((name) => [name, tf.zerosLike(parameter)]));
  let slots: Record<string, tf.Tensor> = Object.fromEntries(optimizer.gateSlots.map((name) => [name, tf.scalar(0)]));
  const gate = tf.scalar(1);
  return GRADIENTS.map((values) => {
    const prepared = optimizer.prepare({ gate, slots });
    slots = { ...prepared.slots };
    const result = optimizer.update({
      parameter,
      gradient: tf.tensor1d(values),
      moments,
      coefficients: prepared.coefficients,
      learningRate: tf.scalar(rate),
      ...{ l1: 0, l2: 0, l1Decay: 0, weightDecay: optimizer.weightDecay },
    });
    parameter = result.parameter;
    moments = { ...result.moments } as typeof moments;
    return Array.from(parameter.dataSync());
  });
}

/** The textbook update in float64, one element at a time. */
function expectSame(
  actual: number[][],
  update: (element: number) => (gradient: number, value: number) => number,
): void {
  for (const [i, start] of START.entries()) {
    const next = update(i);
    let value = start;
    for (const [step, gradients] of GRADIENTS.entries()) {
      value = next(gradients[i] as number, value);
      expect(actual[step]?.[i]).toBeCloseTo(value, 5);
    }
  }
}

test('sgd: plain, with momentum, with Nesterov, with weight decay', () => {
  for (const [momentum, nesterov, decay] of [
    [0, false, 0],
    [0.9, false, 0],
    [0.9, true, 0],
    [0.5, true, 0.1],
  ] as const) {
    expectSame(run(sgd({ momentum, nesterov, weightDecay: decay }), 0.1), () => {
      let velocity = 0;
      return (gradient, value) => {
        const g = gradient + decay * value;
        velocity = momentum * velocity + g;
        return value - 0.1 * (nesterov ? g + momentum * velocity : velocity);
      };
    });
  }
});

test('adam and adamW follow the papers, bias corrections included', () => {
  for (const [optimizer, decay] of [
    [adam(), 0],
    [adamW(), 0.01],
    [adamW({ beta1: 0.5, beta2: 0.9, epsilon: 1e-4, weightDecay: 0.2 }), 0.2],
  ] as const) {
    const [b1, b2, epsilon] = decay === 0.2 ? [0.5, 0.9, 1e-4] : [0.9, 0.999, 1e-8];
    expectSame(run(optimizer, 0.05), () => {
      let [m, v, t] = [0, 0, 0];
      return (g, value) => {
        t++;
        m = b1 * m + (1 - b1) * g;
        v = b2 * v + (1 - b2) * g * g;
        const change = (0.05 * (m / (1 - b1 ** t))) / (Math.sqrt(v / (1 - b2 ** t)) + epsilon);
        return value * (1 - 0.05 * decay) - change;
      };
    });
  }
});

test('options that make no sense are refused with their path', () => {
  const wrong: [() => Optimizer, string][] = [
    [() => adam({ learningRate: -1 }), 'adam.learningRate'],
    [() => adamW({ beta2: 1 }), 'adamW.beta2'],
    [() => adam({ epsilon: 0 }), 'adam.epsilon'],
    [() => sgd({ momentum: 1 }), 'sgd.momentum'],
    [() => sgd({ nesterov: true }), 'sgd.momentum'],
    [() => sgd({ learningRate: Number.NaN }), 'sgd.learningRate'],
  ];
  for (const [make, path] of wrong) {
    expect(make).toThrow(HeadgateError);
    expect(make).toThrow(new RegExp(`INVALID_OPTIONS at ${path.replace('.', '\\.')}`));
  }
});
