/** @file Whole numbers of rows in given shares. */

/** `rows` divided by these shares: each is rounded down, and what is left goes to the largest remainders, the first of equals. */
export function countsOf(shares: readonly number[], rows: number): number[] {
  // a share of rows that is whole but for float64's rounding is whole
  const exact = shares.map((share) => share * rows + 1e-9);
  const counts = exact.map(Math.floor);
  const left = rows - counts.reduce((a, b) => a + b, 0);
  const byRemainder = exact
    .map((value, i) => ({ i, remainder: value - Math.floor(value) }))
    .sort((a, b) => (Math.abs(a.remainder - b.remainder) < 1e-8 ? a.i - b.i : b.remainder - a.remainder));
  for (const { i } of byRemainder.slice(0, left)) counts[i] = (counts[i] as number) + 1;
  return counts;
}
