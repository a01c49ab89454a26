/** @file What DuckDB says of a failure, as an error that says where it was and how to mend it. */
import { type ErrorCode, type ErrorFacts, HeadgateError } from '../../../errors.js';

/** Where a question failed, and what it means that it did. */
export interface FailureFacts {
  readonly code: ErrorCode;
  /** File names, for a person. */
  readonly path: string;
  readonly problem?: string;
  readonly mend?: string;
}

/** Any error of DuckDB or the file system; Headgate's own pass through. */
export function failure(error: unknown, facts: FailureFacts): HeadgateError {
  if (error instanceof HeadgateError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const extension = /Extension "?([^"\s]+?)"?(?:\.duckdb_extension)?"? (?:not found|could not)/i.exec(message)?.[1];
  const own: ErrorFacts =
    extension !== undefined || /autoloaded|INSTALL \w+/.test(message)
      ? missingExtension(facts.path, message, extension)
      : { problem: 'It could not be read.', ...facts, received: shortened(message) };
  return new HeadgateError(own, { cause: error });
}

function missingExtension(path: string, message: string, found: string | undefined): ErrorFacts {
  const file = found?.split('/').at(-1)?.replace('.duckdb_extension', '');
  const name = /INSTALL "?(\w+)/.exec(message)?.[1] ?? file ?? 'it';
  return {
    code: 'MISSING_EXTENSION',
    path,
    problem: `This needs an extension of DuckDB that is not installed here: ${name}.`,
    received: shortened(message),
    mend: `Headgate fetches none by itself. Run INSTALL ${name} once, in @duckdb/node-api or a DuckDB of its version (~/.duckdb/extensions keeps it), or bring the data as Parquet or CSV.`,
  };
}

export function missingPackage(cause: unknown): HeadgateError {
  return new HeadgateError(
    {
      code: 'MISSING_PACKAGE',
      path: '@duckdb/node-api',
      problem: 'Sources of files need the package @duckdb/node-api, which could not be loaded.',
      received: shortened(cause instanceof Error ? cause.message : String(cause)),
      mend: 'It has a native part for each platform, an optional dependency: install without --omit=optional.',
    },
    { cause },
  );
}

/** DuckDB quotes the statement below its words, and a whole line of a file within them. */
function shortened(message: string): string {
  const [said = ''] = message.split('\n\n');
  const line = said.replaceAll(/\s*\n\s*/g, ' ');
  return line.length > 300 ? `${line.slice(0, 297)}…` : line;
}
