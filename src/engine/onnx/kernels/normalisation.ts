/** @file Batch normalisation and local response normalisation. */
import type { Builder } from '../builder.js';
import type { Value } from '../graph.js';
import { type Kernel, kernel } from '../kernel.js';
import * as o from '../ops.js';

interface ResponseAttributes {
  readonly depthRadius: number;
  readonly bias: number;
  readonly alpha: number;
  readonly beta: number;
}

/** Sums over the neighbouring channels, as a product with a band of ones. */
function neighbours(g: Builder, x: Value, radius: number): Value {
  const channels = x.shape.at(-1) ?? 1;
  const band = new Float32Array(channels * channels);
  for (let from = 0; from < channels; from++) {
    for (let to = Math.max(0, from - radius); to <= Math.min(channels - 1, from + radius); to++) {
      band[from * channels + to] = 1;
    }
  }
  return o.matMul(g, x, g.constant('float32', [channels, channels], band));
}

/** bias + alpha × the sum of the neighbours' squares. */
function responseNorm(g: Builder, x: Value, { depthRadius, bias, alpha }: ResponseAttributes): Value {
  return o.add(g, o.mul(g, neighbours(g, o.mul(g, x, x), depthRadius), alpha), bias);
}

export const normalisation: readonly Kernel[] = [
  kernel<'x' | 'mean' | 'variance' | 'scale' | 'offset', { readonly varianceEpsilon: number | null }>(
    'FusedBatchNorm',
    (g, { x, mean, variance, scale, offset }, { varianceEpsilon }) => {
      const deviation = o.unary(g, 'Sqrt', o.add(g, variance, varianceEpsilon ?? 0.001));
      const factor = o.div(g, scale ?? 1, deviation);
      // The mean goes first: folding it into the offset would cancel where it is large against the deviation.
      const normal = o.mul(g, o.sub(g, x, mean), factor);
      return offset === undefined ? normal : o.add(g, normal, offset);
    },
  ),
  kernel<'x', ResponseAttributes>('LRN', (g, { x }, attributes) =>
    o.mul(g, x, o.pow(g, responseNorm(g, x, attributes), -attributes.beta)),
  ),
  kernel<'x' | 'y' | 'dy', ResponseAttributes>('LRNGrad', (g, { x, y, dy }, attributes) => {
    const { depthRadius, alpha, beta } = attributes;
    const norm = responseNorm(g, x, attributes);
    const own = o.mul(g, dy, o.pow(g, norm, -beta));
    const others = neighbours(g, o.div(g, o.mul(g, dy, y), norm), depthRadius);
    return o.sub(g, own, o.mul(g, o.mul(g, x, others), 2 * alpha * beta));
  }),
];
