/** @file The first place where two declarations differ, as data. */

export interface Difference {
  readonly path: string;
  readonly problem: string;
  /** What the program declares. */
  readonly expected: unknown;
  /** What was saved. */
  readonly received: unknown;
}

export function firstOf<T>(
  items: readonly T[],
  difference: (item: T, index: number) => Difference | null,
): Difference | null {
  for (const [i, item] of items.entries()) {
    const found = difference(item, i);
    if (found) return found;
  }
  return null;
}

export function differenceOf(path: string, problem: string, expected: unknown, received: unknown): Difference | null {
  return canonical(expected) === canonical(received) ? null : { path, problem, expected, received };
}

/** Field by field, as deep as both are records. */
export function fieldsDifference(path: string, saved: object, declared: object): Difference | null {
  const theirs = new Map<string, unknown>(Object.entries(saved));
  const ours = new Map<string, unknown>(Object.entries(declared));
  return firstOf([...new Set([...ours.keys(), ...theirs.keys()])], (field) => {
    const [expected, received] = [ours.get(field), theirs.get(field)];
    if (isRecord(expected) && isRecord(received)) return fieldsDifference(`${path}.${field}`, received, expected);
    return differenceOf(`${path}.${field}`, 'The saved model differs here.', expected, received);
  });
}

/** Names that are in one and not in the other, in the order of the declared ones. */
export function keysDifference(
  prefix: string,
  what: string,
  saved: readonly string[],
  declared: readonly string[],
): Difference | null {
  const [theirs, ours] = [new Set(saved), new Set(declared)];
  const missing = declared.find((name) => !theirs.has(name));
  if (missing !== undefined) {
    const problem = `The saved model has no such ${what}.`;
    return { path: prefix + missing, problem, expected: declared, received: saved };
  }
  const extra = saved.find((name) => !ours.has(name));
  if (extra === undefined) return null;
  const problem = `The saved model has this ${what}, the program has not.`;
  return { path: prefix + extra, problem, expected: declared, received: saved };
}

export const isRecord = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** JSON with sorted keys: equal text means equal values. */
export function canonical(value: unknown): string | undefined {
  return JSON.stringify(value, (_, part: unknown) =>
    isRecord(part) ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))) : part,
  );
}
