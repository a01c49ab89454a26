/** @file Small helpers over arrays of numbers and class names. */

/** `values[index]`, for an index known to be within bounds: spares the hot loops a check that the compiler asks for. */
export function at(values: ArrayLike<number>, index: number): number {
  return values[index] as number; // callers stay within bounds
}

/** A record of classes without a prototype, so that a class may bear any name. */
export function recordOf<Name extends string, Value>(
  names: readonly Name[],
  value: (index: number) => Value,
): Readonly<Record<Name, Value>> {
  const record: Record<string, Value> = Object.create(null);
  names.forEach((name, i) => {
    record[name] = value(i);
  });
  return Object.freeze(record);
}

/** Place of the greatest value; the first of equals. */
export function argmax(values: ArrayLike<number>, offset: number, length: number): number {
  let best = 0;
  for (let i = 1; i < length; i++) if (at(values, offset + i) > at(values, offset + best)) best = i;
  return best;
}
