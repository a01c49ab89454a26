/** @file The options of a column as its graph says them. */
import type { Json } from '../../flow/graph.js';

/** Options as JSON, without those at their default. */
export function noted(
  usual: Readonly<Record<string, Json>>,
  given: Readonly<Record<string, Json | undefined>>,
): { readonly [key: string]: Json } {
  const written = Object.entries(given).flatMap(([name, value]): [string, Json][] =>
    value === undefined || value === usual[name] ? [] : [[name, value]],
  );
  return Object.fromEntries(written);
}
