/** @file The k-th smallest of some numbers, in linear time. */

/** Rounds without an end after which what is left is sorted: no order of the numbers makes this quadratic. */
const ROUNDS_PER_BIT = 3;

/**
 * The number that stands at `place` once `values` are sorted ascending; -0 and 0 are one number. Hoare's selection (1961)
 * with the middle of three as the pivot and what equals it set apart, so that ties cost nothing. Reorders `values`.
 *
 * @param place from 0 to `values.length - 1`
 */
export function quickselect(values: Float64Array, place: number): number {
  let [low, high] = [0, values.length - 1];
  for (let round = ROUNDS_PER_BIT * (32 - Math.clz32(values.length)); low < high; round--) {
    if (round === 0) {
      values.subarray(low, high + 1).sort();
      break;
    }
    const pivot = middleOf(at(values, low), at(values, (low + high) >>> 1), at(values, high));
    const [less, greater] = partition(values, low, high, pivot);
    if (place < less) high = less - 1;
    else if (place >= greater) low = greater;
    else return pivot;
  }
  return at(values, place);
}

/** Puts what is less than the pivot first and what is greater last; gives where the equal ones begin and end. */
function partition(values: Float64Array, low: number, high: number, pivot: number): readonly [number, number] {
  let [less, next, greater] = [low, low, high + 1];
  while (next < greater) {
    const value = at(values, next);
    if (value < pivot) swap(values, less++, next++);
    else if (value > pivot) swap(values, next, --greater);
    else next++;
  }
  return [less, greater];
}

function middleOf(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
}

function swap(values: Float64Array, i: number, j: number): void {
  const value = at(values, i);
  values[i] = at(values, j);
  values[j] = value;
}

function at(values: Float64Array, i: number): number {
  return values[i] as number; // callers stay within its length
}
