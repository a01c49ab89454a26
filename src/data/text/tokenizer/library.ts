/** @file The library that encodes: loaded when the first tokenizer is made, and at once, for rows are bound without waiting. */
import { createRequire } from 'node:module';

type Library = typeof import('@huggingface/tokenizers');

/** What encodes and decodes, as the library has it. */
export type LibraryTokenizer = InstanceType<Library['Tokenizer']>;

const require = createRequire(import.meta.url);

/**
 * @param file a `tokenizer.json` as `file/` prepares it: what the library reads otherwise than Python does is put in other words
 * @param unknown the piece of what is unknown; the library takes WordLevel's from here, not from the file
 */
export function libraryTokenizer(file: object, unknown: string | null): LibraryTokenizer {
  const { Tokenizer } = require('@huggingface/tokenizers') as Library; // the package says so itself
  return new Tokenizer(file, { unk_token: unknown, clean_up_tokenization_spaces: false });
}
