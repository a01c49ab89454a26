/** @file JSON that keeps every number: NaN, the infinities and -0, which JSON has not, are written as `{ "$number": "NaN" }`. */
import type { Json } from '../../flow/graph.js';

const KEY = '$number';

/** Own keys that begin with `$` get one more. What is undefined is left out. */
export function encodeExact(value: unknown): Json {
  if (typeof value === 'number') {
    if (Object.is(value, -0)) return { [KEY]: '-0' };
    return Number.isFinite(value) ? value : { [KEY]: String(value) };
  }
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (Array.isArray(value)) return value.map(encodeExact);
  if (typeof value !== 'object') throw new TypeError(`a ${typeof value} is no JSON`);
  const entries = Object.entries(value).filter(([, own]) => own !== undefined);
  return Object.fromEntries(entries.map(([key, own]) => [key.startsWith('$') ? `$${key}` : key, encodeExact(own)]));
}

/** What `encodeExact` was given. */
export function decodeExact(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(decodeExact);
  if (typeof json !== 'object' || json === null) return json;
  const entries = Object.entries(json);
  if (entries.length === 1 && entries[0]?.[0] === KEY) return Number(entries[0][1]);
  return Object.fromEntries(entries.map(([key, own]) => [key.startsWith('$') ? key.slice(1) : key, decodeExact(own)]));
}
