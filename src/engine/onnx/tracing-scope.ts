/** @file What holds while a step is traced: which layer is running, and that nobody rolls dice on the host. */
import { HeadgateError } from '../../errors.js';
import { tf } from '../../tf.js';
import { whereOf } from './backend.js';

export interface TracingScope {
  /** The innermost layer that is running; empty outside layers. */
  readonly layer: () => string;
  readonly run: <T>(f: () => T) => T;
}

/**
 * For the time of `run`, layers announce themselves, and `Math.random` throws: whatever tfjs draws from it
 * (`tf.randomNormal`, `tf.dropout` without a seed) would become one constant, the same in every step.
 */
export function createTracingScope(): TracingScope {
  const layers: string[] = [];
  const layer = (): string => layers.at(-1) ?? '';
  return {
    layer,
    run: (f) => {
      const { prototype } = tf.layers.Layer;
      const { apply } = prototype;
      const { random } = Math;
      prototype.apply = function named(this: tf.layers.Layer, inputs, kwargs) {
        layers.push(this.name);
        try {
          return apply.call(this, inputs, kwargs);
        } finally {
          layers.pop();
        }
      };
      Math.random = () => {
        throw randomInStep(layer());
      };
      try {
        return f();
      } finally {
        prototype.apply = apply;
        Math.random = random;
      }
    },
  };
}

function randomInStep(layer: string): HeadgateError {
  return new HeadgateError({
    code: 'RANDOM_IN_STEP',
    path: whereOf(layer),
    problem:
      'the step draws random numbers from Math.random while it is being compiled: they would be the same in every step',
    expected: 'numbers drawn through the random argument of the step',
    received: 'tf.randomNormal, tf.randomUniform, tf.dropout or the like without a seed',
    mend: 'Use tfjs dropout and noise layers inside the model (Headgate feeds them), draw through the step, or train on an eager engine: engine: "wasm" or "cpu".',
  });
}
