/** @file Values that are JSON, and copies of them that nobody can change later. */
import type { Json } from './graph.js';

/** Arrays and objects within each other, in options of a task and arguments of a question. */
export const JSON_VALUE_DEPTH = 32;

/** A value that is written and read back the same: no function, no class instance, no NaN, no key `__proto__`. */
export function isJson(value: unknown, depth: number = JSON_VALUE_DEPTH): value is Json {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || depth === 0) return false;
  // `from`, since `every` would skip the holes of a sparse array
  if (Array.isArray(value)) return Array.from(value).every((part) => isJson(part, depth - 1));
  return isPlain(value) && Object.entries(value).every(([key, part]) => key !== '__proto__' && isJson(part, depth - 1));
}

export function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

export function frozenCopy(value: Json): Json {
  if (isList(value)) return Object.freeze(value.map(frozenCopy));
  if (typeof value !== 'object' || value === null) return value;
  return Object.freeze(Object.fromEntries(Object.entries(value).map(([key, part]) => [key, frozenCopy(part)])));
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
