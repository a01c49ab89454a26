/**
 * @file A task kind written outside the package, with nothing but its public exports: counts (0, 1, 2, …) with a Poisson
 * loss. Other tests use it to show that no part of Headgate knows the built-in kinds by name.
 */
import { type ElementTest, HeadgateError, type KindReader, type Metric, meanMetric, type TaskKind, tf } from 'headgate';

export interface CountOptions {
  /** Multiplies the loss in the total. Default 1. */
  readonly weight?: number;
}

export type CountPredicates = {
  readonly atLeast: (count: number) => ElementTest;
  readonly isZero: () => ElementTest;
  readonly isSome: () => ElementTest;
};

/** 2·Σ(y·log(y/μ) - (y - μ)) / rows, with y·log y = 0 at 0. */
const meanPoissonDeviance: Metric = meanMetric(
  'mean_poisson_deviance',
  ({ activated, labels }, row) => {
    const rate = activated[row] ?? 0;
    const label = labels[row] ?? 0;
    return 2 * ((label === 0 ? 0 : label * Math.log(label / rate)) - (label - rate));
  },
  'minimise',
);

/** A count is itself a condition: some, rather than none. */
export type CountKind = TaskKind<number, CountPredicates, number> & { readonly truth: 'isSome' };

/** Logit = log of the rate; decoded to the rounded rate. Loss: rate - label·logit, the Poisson likelihood's part. */
export function count(options: CountOptions = {}): CountKind {
  const { weight = 1 } = options;
  return Object.freeze<CountKind>({
    kind: 'test/count',
    options: weight === 1 ? {} : { weight },
    width: 1,
    units: 1,
    weight,
    predicates: {
      atLeast: (least) => ({ element: 0, above: least - 0.5 }),
      isZero: () => ({ element: 0, oneOf: [0] }),
      isSome: () => ({ element: 0, above: 0 }),
    },
    truth: 'isSome',
    lossKey: 'test/count',
    thresholds: null,
    metrics: [meanPoissonDeviance],
    encode: (label, cell, where) => {
      if (label === null || label === undefined || Number.isNaN(label)) return;
      if (typeof label !== 'number' || !Number.isInteger(label) || label < 0) {
        throw new HeadgateError({
          code: 'INVALID_LABEL',
          path: where(),
          problem: 'A count must be a whole number, 0 or more.',
          received: String(label),
        });
      }
      cell.values[cell.offset] = label;
      cell.present[cell.offset] = 1;
    },
    loss: (logits, targets) => tf.exp(logits).sub(targets.mul(logits)),
    activate: (logits) => tf.exp(logits),
    decode: ({ activated }) => Float64Array.from(activated, Math.round),
    value: (decoded, offset) => decoded[offset] ?? 0,
    probability: (activated, offset) => activated[offset] ?? 0,
    explain: (name, { decoded, activated }) => ({
      text: `${name} | decoded: ${decoded[0]}, rate: ${activated[0]?.toFixed(4)}`,
    }),
  });
}

/** Lets saved flows with this kind be read. */
export const countReader: KindReader = {
  kind: 'test/count',
  read: (options) => {
    const weight = typeof options === 'object' && options !== null && 'weight' in options ? options.weight : 1;
    if (typeof weight !== 'number') {
      throw new HeadgateError({ code: 'INVALID_OPTIONS', path: 'test/count.weight', problem: 'Not a number.' });
    }
    return count({ weight });
  },
};
