/**
 * @file The Gumbel-sigmoid: zeros and ones that are drawn, and have a gradient (Jang, Gu and Poole, ICLR 2017; Maddison,
 * Mnih and Teh, ICLR 2017; straight through as in Bengio, Léonard and Courville, 2013).
 */
import type { StepRandom } from '../../engine/engine.js';
import { normals } from '../../random.js';
import { withGradient } from '../../tasks/losses/with-gradient.js';
import type { tf } from '../../tf.js';

/** Keeps the logarithm of a draw of 0 finite. */
const EPSILON = 1e-10;

/** Spread of the first logits around their mean. */
const DEVIATION = 0.05;

/**
 * Logistic noise of two uniform draws: n = log(log(u₁ + ε) / log(u₂ + ε)), the difference of two Gumbel draws. Draws are
 * below 1 by 2^-24 or more, so both logarithms are negative, and n is finite.
 *
 * @param first uniform in [0, 1), of any shape; `second` likewise
 */
export function logisticNoise(first: tf.Tensor, second: tf.Tensor): tf.Tensor {
  return first.add(EPSILON).log().div(second.add(EPSILON).log()).log();
}

/**
 * A hard draw with a soft slope: s = σ((l - n) / T), the value is [s > ½], exactly 0 or 1, and the slope that of s,
 * ∂s/∂l = s(1 - s) / T. At any temperature a draw is 1 with probability σ(l).
 *
 * @param logits of any shape
 * @param noise of the same shape
 * @param temperature scalar, above 0
 */
export function gumbelSigmoid(logits: tf.Tensor, noise: tf.Tensor, temperature: tf.Tensor): tf.Tensor {
  return withGradient(
    logits,
    (l) => {
      const above = l.sub(noise);
      const soft = above.div(temperature).sigmoid();
      return { value: above.greater(0).cast('float32'), keep: { soft, temperature } };
    },
    (upstream, kept) => upstream.mul(kept.soft.mul(kept.soft.neg().add(1)).div(kept.temperature)),
  );
}

/**
 * Masks of a step, `[samples, units]`: drawn from the step's own random numbers, so that a seed leads to the same bytes.
 *
 * @param logits `[units]`
 */
export function drawnMasks(logits: tf.Tensor, noise: tf.Tensor, temperature: tf.Tensor): tf.Tensor2D {
  const [samples = 1] = noise.shape;
  // Tiled, not broadcast: the slope that comes back is of the logits' own shape by the tile's gradient.
  return gumbelSigmoid(logits.expandDims(0).tile([samples, 1]), noise, temperature) as tf.Tensor2D; // of two axes
}

/** The noise of a step, `[samples, units]`. */
export function stepNoise(random: StepRandom, samples: number, units: number): tf.Tensor {
  const draw = (stream: string): tf.Tensor => random.uniform([samples, units], stream);
  return logisticNoise(draw('unitMasks/first'), draw('unitMasks/second'));
}

/** What is kept in the end: [l > 0], which is [σ(l) > ½], without noise. */
export function keptOf(logits: ArrayLike<number>): Uint8Array {
  return Uint8Array.from(logits, (logit) => (logit > 0 ? 1 : 0));
}

/** The logit of a probability above 0 and below 1: log(p / (1 - p)). */
export function logitOf(probability: number): number {
  return Math.log(probability / (1 - probability));
}

/** Logits to begin with: normal around the logit of `keepProbability`, with a deviation of 0.05; `[units]`. */
export function firstLogits(units: number, keepProbability: number, seed: number): Float32Array {
  const mean = logitOf(keepProbability);
  return normals({ seed, stream: 'unitMasks/logits', counter: 0 }, units).map((value) => mean + DEVIATION * value);
}
