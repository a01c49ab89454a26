/** @file A tokenizer's JSON as our own: whoever gave it may change theirs. */
import type { Json } from '../../../../flow/graph.js';
import { frozenCopy } from '../../../../flow/json.js';
import { isRecord } from '../../../../options.js';
import { invalidTokenizer } from './errors.js';

/** Deeper than any that is in use, and far from any stack's end. */
const DEPTH = 32;

/** @throws HeadgateError `INVALID_TOKENIZER` for what is no JSON object, or nests too deep (also: in itself) */
export function ownCopy(given: unknown): Json {
  if (!isRecord(given)) throw invalidTokenizer('', { problem: 'This is no JSON object.', received: given });
  checkPart(given, '', 1);
  return frozenCopy(given as Json); // just checked, part by part
}

function checkPart(part: unknown, path: string, depth: number): void {
  if (part === null || typeof part === 'string' || typeof part === 'boolean' || Number.isFinite(part)) return;
  const top = path.split('.').slice(0, 4).join('.');
  if (depth > DEPTH) throw invalidTokenizer(top, { problem: `This nests deeper than ${DEPTH} levels.` });
  if (Array.isArray(part)) {
    for (const [i, value] of part.entries()) checkPart(value, `${path}.${i}`, depth + 1);
  } else if (isRecord(part)) {
    for (const [key, value] of Object.entries(part)) checkPart(value, path === '' ? key : `${path}.${key}`, depth + 1);
  } else throw invalidTokenizer(top, { problem: 'This is not JSON.', received: part });
}
