/** @file How much a row speaks for one class against all others, as a number that does not saturate. */
import { at } from '../arrays.js';

const LN2 = Math.LN2;

/**
 * For each row and class a number that grows with softmax(logits)[class] and keeps growing where that has become 1 in
 * floating point: ln p up to p = 1/2, and -2 ln 2 - ln(1 - p) above, which meets it there with the same slope. So it
 * ranks as the margin logit_c - logsumexp(others) does, for one exponential a score.
 *
 * @returns `[rows, classes]`
 */
export function oneVersusRestKeys(logits: Float32Array, rows: number, classes: number): Float32Array {
  const keys = new Float32Array(rows * classes);
  for (let row = 0; row < rows; row++) {
    const from = row * classes;
    const { top, others } = logSums(logits, from, classes);
    const greatest = at(logits, from + top);
    const margin = greatest - others; // of the top class: ln p - ln(1 - p)
    // ln Σ exp(all), from the two parts, without overflow; ln(1 - p) of the top class is others - all
    const all = margin > 0 ? greatest + Math.log1p(Math.exp(-margin)) : others + Math.log1p(Math.exp(margin));
    for (let c = 0; c < classes; c++) keys[from + c] = at(logits, from + c) - all;
    if (margin > 0) keys[from + top] = all - others - 2 * LN2;
  }
  return keys;
}

/** The first class of greatest logit, and ln Σ exp over the others, which their own greatest keeps in range. */
function logSums(
  logits: Float32Array,
  from: number,
  classes: number,
): { readonly top: number; readonly others: number } {
  let top = 0;
  let second = Number.NEGATIVE_INFINITY;
  for (let c = 1; c < classes; c++) {
    const value = at(logits, from + c);
    if (value > at(logits, from + top)) {
      second = at(logits, from + top);
      top = c;
    } else if (value > second) second = value;
  }
  let sum = 0;
  for (let c = 0; c < classes; c++) if (c !== top) sum += Math.exp(at(logits, from + c) - second);
  return { top, others: second + Math.log(sum) };
}
