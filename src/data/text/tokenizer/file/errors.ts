/** @file What is wrong with a `tokenizer.json`. */
import { HeadgateError, show } from '../../../../errors.js';

export interface TokenizerFault {
  readonly problem: string;
  readonly expected?: string;
  readonly received?: unknown;
  readonly mend?: string;
}

/** @param path within the file: `model.vocab`; empty for the whole */
export function invalidTokenizer(path: string, { received, ...fault }: TokenizerFault): HeadgateError {
  const shown = received === undefined ? undefined : show(received);
  return new HeadgateError({ code: 'INVALID_TOKENIZER', path: path || 'tokenizer', received: shown, ...fault });
}
