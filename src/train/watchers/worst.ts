/** @file The tasks of which there is something to be said where there are too many to be shown. */

/**
 * At most `most` of the paths: those of the greatest losses, in the order that the paths have. A task without a loss
 * gives way to any that has one.
 */
export function worst(
  paths: readonly string[],
  most: number,
  loss: (path: string) => number | null,
): readonly string[] {
  if (paths.length <= most) return paths;
  const ranked = paths.map((path, place) => ({ place, loss: loss(path) ?? Number.NEGATIVE_INFINITY }));
  // two that have none are equal: their difference would be NaN
  ranked.sort((a, b) => (a.loss === b.loss ? a.place - b.place : b.loss - a.loss));
  const places = ranked.slice(0, most).map(({ place }) => place);
  return places.sort((a, b) => a - b).map((place) => paths[place] as string); // one each
}

/** `… and 90 more` */
export const andMore = (count: number): string => `… and ${count} more`;
