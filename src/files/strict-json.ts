/** @file Reads JSON that others wrote: valid UTF-8, no duplicate keys, not too deep. */
import { HeadgateError } from '../errors.js';

/** Deeper than any file of ours, and far from any stack's end. */
const maximumJsonDepth = 256;

/**
 * Parses JSON bytes. Throws `INVALID_JSON` when they are not UTF-8 or not JSON, when a key stands twice in an object
 * (readers differ on which one counts) or when it nests deeper than `maximumJsonDepth`.
 */
export function parseStrictJson(bytes: Uint8Array, path: string): unknown {
  const text = decodeUtf8(bytes, path);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw invalidJson(path, cause instanceof Error ? cause.message : 'It does not parse.', cause);
  }
  checkKeys(text, path);
  return value;
}

function decodeUtf8(bytes: Uint8Array, path: string): string {
  try {
    // A byte order mark would be dropped silently; kept, it is not JSON and is refused.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw invalidJson(path, 'The bytes are not UTF-8.', cause);
  }
}

/** Walks text already known to be JSON. `JSON.parse` keeps the last of two equal keys without a word. */
function checkKeys(text: string, path: string): void {
  const open: (Set<string> | null)[] = []; // the keys of each open object; null for an array
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (char === '{' || char === '[') {
      if (open.length === maximumJsonDepth) throw invalidJson(path, `It nests deeper than ${maximumJsonDepth} levels.`);
      open.push(char === '{' ? new Set() : null);
    } else if (char === '}' || char === ']') {
      open.pop();
    } else if (char === '"') {
      const start = i;
      for (i++; text[i] !== '"'; i++) if (text[i] === '\\') i++;
      const keys = open.at(-1);
      if (!keys || !isKey(text, i + 1)) continue;
      const key: string = JSON.parse(text.slice(start, i + 1));
      if (keys.has(key)) throw invalidJson(path, `The key ${JSON.stringify(key)} stands twice in one object.`);
      keys.add(key);
    }
  }
}

function isKey(text: string, after: number): boolean {
  let i = after;
  while (text[i] === ' ' || text[i] === '\n' || text[i] === '\r' || text[i] === '\t') i++;
  return text[i] === ':';
}

function invalidJson(path: string, problem: string, cause?: unknown): HeadgateError {
  return new HeadgateError({ code: 'INVALID_JSON', path, problem, expected: 'one JSON document in UTF-8' }, { cause });
}
