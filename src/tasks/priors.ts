/** @file Logits that say what labels say as a whole. */
import type { ElementStatistics, LabelStatistics } from './kind.js';

/**
 * log(w·p / (1 - p)) of each element, where p is the share of ones, with half a label of each sort beside those that count
 * (Jeffreys' prior): a class that never occurs gets a finite logit.
 *
 * @param weights of positive labels, which move what minimises the loss
 */
export function logOdds({ elements }: LabelStatistics, weights: (element: number) => number): readonly number[] {
  return elements.map(({ count, mean }, element) => {
    const ones = count * mean;
    return Math.log((weights(element) * (ones + 0.5)) / (count - ones + 0.5));
  });
}

/** log(w·n) of each class, with half a label of each beside those that count, less their mean: a softmax sees no offset. */
export function logFrequencies({ classes }: LabelStatistics, weights: (element: number) => number): readonly number[] {
  const weight = (i: number): number => (weights(i) === 0 ? 1 : weights(i)); // a class that no loss moves
  const logs = (classes ?? []).map((count, i) => Math.log(weight(i) * (count + 0.5)));
  const mean = logs.reduce((sum, log) => sum + log, 0) / logs.length;
  return logs.map((log) => log - mean);
}

/** Negatives / positives of each element: with it as the weight of positives, both weigh the same; 1 without either. */
export function balancedPositives({ elements }: LabelStatistics): readonly number[] {
  return elements.map(({ count, mean }) => (mean > 0 && mean < 1 ? (count - count * mean) / (count * mean) : 1));
}

/** n / (classes that occur × n of the class), as scikit-learn's `balanced`; 1 for a class that never occurs. */
export function balancedClasses({ classes }: LabelStatistics): readonly number[] {
  const counts = classes ?? [];
  const all = counts.reduce((sum, count) => sum + count, 0);
  const occurring = counts.filter((count) => count > 0).length;
  return counts.map((count) => (count === 0 ? 1 : all / (occurring * count)));
}

/** The one element of a kind of width 1. */
export function onlyElement({ elements }: LabelStatistics): ElementStatistics {
  const [first] = elements;
  if (first === undefined) throw new Error('a label without elements');
  return first;
}
