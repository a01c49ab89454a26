/** @file Reads a `tokenizer.json` that anybody may have written. */
import nodeFiles from 'node:fs/promises';
import { HeadgateError, placedAt, show } from '../../../errors.js';
import { readBounded } from '../../../files/bounded-file.js';
import { parseStrictJson } from '../../../files/strict-json.js';
import type { Json } from '../../../flow/graph.js';
import { type Tokenizer, tokenizerOf } from './tokenizer.js';

/** The largest in use have 35 million. */
const MOST_BYTES = 2 ** 26;

/**
 * Reads a `tokenizer.json`: one of ours, or of HuggingFace's `tokenizers` (BPE, WordPiece, Unigram, WordLevel).
 *
 * @throws HeadgateError `UNREADABLE_FILE`, `NOT_A_FILE`, `FILE_TOO_LARGE`, `INVALID_JSON`, and `INVALID_TOKENIZER` as `tokenizerOf`
 * @example const tokenizer = await readTokenizer('tokenizer.json');
 */
export async function readTokenizer(path: string): Promise<Tokenizer> {
  if (typeof path !== 'string') {
    throw new HeadgateError({
      code: 'UNREADABLE_FILE',
      path: 'path',
      problem: 'This is no path.',
      received: show(path),
    });
  }
  const json = parseStrictJson(await bytesOf(path), path);
  try {
    return tokenizerOf(json as Json); // parsed just now
  } catch (error) {
    throw error instanceof HeadgateError ? placedAt(`${path}: ${error.path}`, error) : error;
  }
}

async function bytesOf(path: string): Promise<Uint8Array> {
  try {
    // The user's own path may be a link, as those of HuggingFace's cache are.
    return (await readBounded(await nodeFiles.realpath(path), MOST_BYTES, nodeFiles)).bytes;
  } catch (cause) {
    if (cause instanceof HeadgateError) throw cause;
    const problem = 'The file cannot be read.';
    const received = cause instanceof Error ? cause.message : String(cause);
    throw new HeadgateError({ code: 'UNREADABLE_FILE', path, problem, received }, { cause });
  }
}
