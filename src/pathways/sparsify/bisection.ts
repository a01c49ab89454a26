/** @file Finds the highest sparsity that is good enough, by halving. */

export interface Range {
  /** Is tried first, unless `leastIsGood`. */
  readonly least: number;
  readonly most: number;
  /** The search ends when what fits and what does not lie as near as this. */
  readonly precision: number;
  readonly leastIsGood: boolean;
}

/**
 * @param fits tries a sparsity, above all that have fitted and below all that have not; null ends the search
 * @returns the highest that was tried and fits; null where none was, or none did
 */
export async function highestFitting(
  { least, most, precision, leastIsGood }: Range,
  fits: (sparsity: number) => Promise<boolean | null>,
): Promise<number | null> {
  if (!leastIsGood && (await fits(least)) !== true) return null;
  let low = least;
  let found = leastIsGood ? null : least;
  if (most <= low) return found;
  const highest = await fits(most);
  if (highest !== false) return highest === true ? most : found;
  let high = most;
  while (high - low > precision) {
    const middle = (low + high) / 2;
    const isFitting = await fits(middle);
    if (isFitting === null) return found;
    if (isFitting) {
      low = middle;
      found = middle;
    } else high = middle;
  }
  return found;
}
