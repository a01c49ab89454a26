/** @file The names of what a step reads from its batch: the one place that knows them. */

/** Labels in loss units, `[batch, layout.width]`, 0 where the mask is 0. */
export const TARGETS = 'targets';
/** `[batch, layout.width]`, 1 where the label element counts, else 0. */
export const MASK = 'mask';
/** Scalar. */
export const LEARNING_RATE = 'hyper/learningRate';

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
