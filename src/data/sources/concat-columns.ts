/** @file The columns of several sources together. */
import type { ColumnInfo, Source } from './source.js';

/** Null where one of them does not know its own. */
export function unionOf(lists: readonly Source['columns'][]): Source['columns'] {
  const types = new Map<string, ColumnInfo['type']>();
  for (const list of lists) {
    if (list === null) return null;
    for (const { name, type } of list) types.set(name, types.has(name) && types.get(name) !== type ? null : type);
  }
  return [...types].map(([name, type]) => ({ name, type }));
}
