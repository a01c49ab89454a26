/** @file Which rows of a batch see which mask. */

export interface Slice {
  /** Which of the masks. */
  readonly sample: number;
  readonly start: number;
  readonly end: number;
}

/**
 * Row i of a batch of B sees mask ⌊i·K/B⌋: masks have rows that follow each other, as many each as can be, whatever B is.
 * Of a batch with fewer rows than masks, some masks have none and are left out.
 */
export function slicesOf(rows: number, samples: number): readonly Slice[] {
  return Array.from({ length: samples }, (_, sample) => ({
    sample,
    start: Math.ceil((sample * rows) / samples),
    end: Math.ceil(((sample + 1) * rows) / samples),
  })).filter(({ start, end }) => end > start);
}
