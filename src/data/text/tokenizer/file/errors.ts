/** @file What is wrong with a `tokenizer.json`. */
import type { z } from 'zod';
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

/** The value as the schema reads it. */
export function checked<T>(schema: z.ZodType<T>, value: unknown, path: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const at = [path, ...(issue?.path ?? [])].filter((key) => key !== '').join('.');
  throw invalidTokenizer(at, { problem: issue?.message ?? 'does not fit' });
}
