/** @file Metrics of numbers, in the units of the labels. Null without rows. */
import { at } from '../arrays.js';

/** Mean |prediction - label|. */
export function meanAbsoluteError(predictions: ArrayLike<number>, labels: ArrayLike<number>): number | null {
  return meanOf(labels.length, (i) => Math.abs(at(predictions, i) - at(labels, i)));
}

/** √ mean (prediction - label)². */
export function rootMeanSquaredError(predictions: ArrayLike<number>, labels: ArrayLike<number>): number | null {
  const mean = meanOf(labels.length, (i) => (at(predictions, i) - at(labels, i)) ** 2);
  return mean === null ? null : Math.sqrt(mean);
}

/** Coefficient of determination, 1 - Σ(prediction - label)² / Σ(label - mean)². Null where all labels are equal. */
export function r2(predictions: ArrayLike<number>, labels: ArrayLike<number>): number | null {
  const rows = labels.length;
  // compared, not computed: the mean of equal labels may differ from them by a rounding
  let constant = true;
  for (let i = 1; i < rows; i++) constant &&= at(labels, i) === at(labels, 0);
  const mean = meanOf(rows, (i) => at(labels, i));
  if (constant || mean === null) return null;
  const residual = meanOf(rows, (i) => (at(predictions, i) - at(labels, i)) ** 2);
  const total = meanOf(rows, (i) => (at(labels, i) - mean) ** 2);
  return residual === null || total === null ? null : 1 - residual / total;
}

function meanOf(count: number, term: (index: number) => number): number | null {
  if (count === 0) return null;
  let sum = 0;
  for (let i = 0; i < count; i++) sum += term(i);
  return sum / count;
}
