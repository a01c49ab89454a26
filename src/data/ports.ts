/** @file The names of what a step reads from its batch: the one place that knows them. */

/** Labels in loss units, `[batch, layout.width]`, 0 where the mask is 0. */
export const TARGETS = 'targets';
/** `[batch, layout.width]`, 1 where the label element counts, else 0. */
export const MASK = 'mask';
/** How much each row counts, `[batch]`, where rows differ; absent: every row counts as one. */
export const ROW_WEIGHTS = 'rowWeights';
/**
 * Number of elements of each task that count in the whole optimizer step, `[tasks]` in layout order; where rows have
 * weights, the sum of their weights. Known before the
 * step: when a step is taken in parts, each part is given the counts of all of them.
 */
export const COUNTS = 'counts';
/**
 * Of an input of which tokens are hidden: the places of the hidden ones among the tokens of all rows, `[batch, most]`, int32;
 * what is left over of a row's leads to a token of it that is not hidden.
 */
export const hiddenPort = (input: string): string => `hidden/${input}`;
/** Scalar. */
export const LEARNING_RATE = 'hyper/learningRate';
/** Of each task in the total loss, `[tasks]` in layout order. */
export const TASK_WEIGHTS = 'hyper/weights';
/** Scalar: how much of the penalties this part of a step carries; 1 for a step in one part. */
export const PENALTY_SHARE = 'hyper/penaltyShare';

/** What the first half of a step hands to the second, by parameter. */
export const gradientPort = (name: string): string => `gradient/${name}`;
/** New values of moving averages, by parameter. */
export const averagePort = (name: string): string => `average/${name}`;

const INPUT = 'input/';

/** The port of a declared input, `[batch, ...shape]`. */
export const inputPort = (name: string): string => `${INPUT}${name}`;

/** The network's inputs among a batch's tensors, by their declared names. */
export function inputsOf<T>(batch: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
  return Object.fromEntries(
    Object.entries(batch)
      .filter(([name]) => name.startsWith(INPUT))
      .map(([name, tensor]) => [name.slice(INPUT.length), tensor]),
  );
}
