/** @file Numbers as buckets of a histogram, as `numpy.histogram` counts them. */

/** Left edge, right edge, and how many numbers are from the one up to and without the other; with it in the last. */
export type Bucket = readonly [left: number, right: number, count: number];

/**
 * Buckets of equal width from the least number to the greatest. Where all numbers are one, every bucket is that point, and
 * the last has them all; where there are none, every bucket is empty at 0. Both as TensorBoard's `histogram_pb` has it.
 *
 * @param values finite
 */
export function bucketsOf(values: Float64Array, count: number): readonly Bucket[] {
  let least = Number.POSITIVE_INFINITY;
  let greatest = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (value < least) least = value;
    if (value > greatest) greatest = value;
  }
  if (values.length === 0) return Array.from({ length: count }, () => [0, 0, 0] as const);
  if (least === greatest) {
    return Array.from({ length: count }, (_, i) => [least, least, i === count - 1 ? values.length : 0] as const);
  }
  // Halves, as the distance of two doubles may be none itself.
  const half = greatest / 2 - least / 2;
  const edgeAt = (i: number): number => {
    const way = i * (half / count);
    return i === count ? greatest : Math.min(greatest, least + way + way);
  };
  const edges = Float64Array.from({ length: count + 1 }, (_, i) => edgeAt(i));
  const counts = new Float64Array(count);
  for (const value of values) {
    const place = bucketAt(edges, value);
    counts[place] = at(counts, place) + 1;
  }
  return Array.from(counts, (counted, i) => [at(edges, i), at(edges, i + 1), counted] as const);
}

/** The last bucket whose left edge is not above the value: by the edges that are shown, not by a quotient that is rounded. */
function bucketAt(edges: Float64Array, value: number): number {
  let low = 0;
  let high = edges.length - 2;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (at(edges, middle) <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}

const at = (numbers: Float64Array, place: number): number => numbers[place] ?? Number.NaN;
