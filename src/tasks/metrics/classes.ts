/** @file Metrics of class indices. */
import { at } from '../arrays.js';
import type { ConfusionCounts } from './counts.js';

/** `[true][predicted]` counts. */
export function confusionTable(
  decoded: ArrayLike<number>,
  labels: ArrayLike<number>,
  classes: number,
): readonly (readonly number[])[] {
  const table = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (let i = 0; i < labels.length; i++) {
    const row = table[at(labels, i)];
    if (row !== undefined) row[at(decoded, i)] = at(row, at(decoded, i)) + 1;
  }
  return table;
}

/** Each class against the rest. */
export function oneVersusRest(table: readonly (readonly number[])[]): readonly ConfusionCounts[] {
  const total = table.flat().reduce((sum, n) => sum + n, 0);
  return table.map((row, c) => {
    const tp = row[c] ?? 0;
    const fn = row.reduce((sum, n) => sum + n, 0) - tp;
    const fp = table.reduce((sum, other) => sum + (other[c] ?? 0), 0) - tp;
    return { tp, fp, fn, tn: total - tp - fp - fn };
  });
}

/**
 * Share of rows whose label is among the k classes of highest activation, `[rows, classes]` row-major. Of equal
 * activations the class that was declared first ranks higher, as in decoding. Null without rows.
 */
export function topAccuracy(
  activated: ArrayLike<number>,
  labels: ArrayLike<number>,
  classes: number,
  k: number,
): number | null {
  const rows = labels.length;
  if (rows === 0) return null;
  let hits = 0;
  for (let row = 0; row < rows; row++) {
    const label = at(labels, row);
    const own = at(activated, row * classes + label);
    let higher = 0;
    for (let c = 0; c < classes; c++) {
      const other = at(activated, row * classes + c);
      if (other > own || (other === own && c < label)) higher++;
    }
    if (higher < k) hits++;
  }
  return hits / rows;
}
