/**
 * @file Layers that draw noise (dropout and its kin) draw it from the step's counter-based generator.
 * tfjs draws on the host from Math.random: not reproducible, and frozen into a constant when a step is compiled.
 */
import type { StepRandom } from '../engine/engine.js';
import { tf } from '../tf.js';
import { layersWithin } from './layers.js';

type Layer = tf.layers.Layer;
type Noise = (input: tf.Tensor, random: StepRandom, stream: string) => tf.Tensor;

/** Names of the streams that layers draw from. A layer may stand in several networks, so each network has its own. */
export type Streams = ReadonlyMap<Layer, string>;

interface RunningStep {
  readonly random: StepRandom;
  readonly streams: Streams;
  /** How often each layer drew in this forward pass: a shared layer must not repeat its noise. */
  readonly draws: Map<Layer, number>;
}

/** The step that is running now; null outside a training step. */
let current: RunningStep | null = null;

/** Runs `f` with `random` feeding every stochastic layer. */
export function withStepRandom<T>(random: StepRandom, streams: Streams, f: () => T): T {
  const previous = current;
  current = { random, streams, draws: new Map() };
  try {
    return f();
  } finally {
    current = previous;
  }
}

function streamOf({ streams, draws }: RunningStep, layer: Layer): string {
  const name = streams.get(layer) ?? layer.name;
  const count = draws.get(layer) ?? 0;
  draws.set(layer, count + 1);
  return count === 0 ? name : `${name}#${count}`;
}

/** Keeps each element with probability 1 - rate and scales it by 1 / (1 - rate) (Srivastava et al., JMLR 2014). */
function dropout(rate: number, noiseShape?: readonly number[]): Noise {
  return (input, random, stream) => {
    const kept = random
      .uniform(noiseShape ?? input.shape, stream)
      .greaterEqual(rate)
      .toFloat();
    return input.mul(kept.mul(1 / (1 - rate)));
  };
}

/** Self-normalising dropout: drops to -scale·alpha and restores mean and variance (Klambauer et al., NeurIPS 2017). */
function alphaDropout(rate: number, noiseShape?: readonly number[]): Noise {
  const alphaP = -1.6732632423543772 * 1.0507009873554805;
  const a = ((1 - rate) * (1 + rate * alphaP ** 2)) ** -0.5;
  const b = -a * alphaP * rate;
  return (input, random, stream) => {
    const kept = random
      .uniform(noiseShape ?? input.shape, stream)
      .greaterEqual(rate)
      .toFloat();
    return input.mul(kept).add(kept.mul(-1).add(1).mul(alphaP)).mul(a).add(b);
  };
}

function gaussianNoise(deviation: number): Noise {
  return (input, random, stream) => input.add(random.normal(input.shape, stream).mul(deviation));
}

function gaussianDropout(rate: number): Noise {
  const deviation = Math.sqrt(rate / (1 - rate));
  return (input, random, stream) => input.mul(random.normal(input.shape, stream).mul(deviation).add(1));
}

/** The noise of a tfjs layer, or null for a layer that draws none. */
function noiseOf(layer: Layer): Noise | null {
  const config = layer.getConfig();
  const number = (key: string): number => {
    const value = config[key];
    return typeof value === 'number' ? value : 0;
  };
  const shape = config.noiseShape;
  const rate = config.rate;
  if (typeof rate === 'number' && !(rate > 0 && rate < 1)) return null; // as tfjs: such a rate drops nothing
  switch (layer.getClassName()) {
    case 'Dropout':
      return dropout(number('rate'), Array.isArray(shape) ? shape.map(Number) : undefined);
    case 'SpatialDropout1D':
      return (input, random, stream) => {
        const [batch, , channels] = input.shape;
        return dropout(number('rate'), [batch ?? 1, 1, channels ?? 1])(input, random, stream);
      };
    case 'AlphaDropout':
      return alphaDropout(number('rate'), Array.isArray(shape) ? shape.map(Number) : undefined);
    case 'GaussianDropout':
      return gaussianDropout(number('rate'));
    case 'GaussianNoise':
      return gaussianNoise(number('stddev'));
    default:
      return null;
  }
}

/**
 * Makes every stochastic layer of `root` draw from the running step. Outside a step (a user calling
 * `project.model.predict`) the layer behaves as tfjs wrote it. A layer is wrapped once.
 */
export function useStepRandom(root: Layer): Streams {
  const layers = layersWithin(root);
  for (const layer of layers) {
    if (wrapped.has(layer)) continue;
    wrapped.add(layer);
    const noise = noiseOf(layer);
    if (noise !== null) wrapCall(layer, noise);
    if ('dropoutFunc' in layer) {
      // Recurrent cells draw their masks through this hook, and our attention layers their dropout.
      layer.dropoutFunc ??= (input: tf.Tensor, rate: number) =>
        current === null ? tf.dropout(input, rate) : dropout(rate)(input, current.random, streamOf(current, layer));
    }
  }
  return new Map(layers.map((layer, index) => [layer, `${index}.${layer.getClassName()}`]));
}

const wrapped = new WeakSet<Layer>();

function wrapCall(layer: Layer, noise: Noise): void {
  const original = layer.call.bind(layer);
  layer.call = (inputs, kwargs) => {
    const step = current;
    if (step === null || !kwargs.training) return original(inputs, kwargs);
    const stream = streamOf(step, layer);
    return tf.tidy(() => {
      const input = Array.isArray(inputs) ? inputs[0] : inputs;
      if (input === undefined) return original(inputs, kwargs);
      return noise(input, step.random, stream);
    });
  };
}

/** Recurrent cells keep their dropout masks until their next call. Nobody needs them once the pass is over. */
export function releaseMasks(layers: readonly Layer[]): void {
  for (const layer of layers) {
    for (const field of ['dropoutMask', 'recurrentDropoutMask']) {
      const masks: unknown = Reflect.get(layer, field);
      if (!Object.hasOwn(layer, field) || masks === null || masks === undefined) continue;
      tf.dispose(masks as tf.Tensor | tf.Tensor[]); // what tfjs's cells put there
      Reflect.set(layer, field, null);
    }
  }
}
