/** @file What the ways of splitting share. */

export interface Parts {
  readonly names: readonly string[];
  /** Of each part, the share of the rows that it and those before it have; 1 for the last. */
  readonly bounds: readonly number[];
  /** Of each part, the number of rows that it and those before it have. */
  readonly ends: readonly number[];
}

/** Values by row; null is missing. */
export interface SplitColumn {
  readonly value: (row: number) => unknown;
}

/** How many rows each part should have. */
export function sizesOf({ ends }: Pick<Parts, 'ends'>): number[] {
  return ends.map((end, part) => end - (ends[part - 1] ?? 0));
}

/** A name for a value: equal values have equal names, and 1, '1' and true three. */
export function nameOf(value: unknown): string {
  if (value instanceof Date) return `date ${value.getTime()}`;
  return typeof value === 'object' ? `json ${JSON.stringify(value)}` : `${typeof value} ${String(value)}`;
}
