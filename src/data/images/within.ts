/** @file Files by paths that may come from anybody: none leads out of its folder, unless that is allowed. */
import nodeFiles from 'node:fs/promises';
import path from 'node:path';
import { HeadgateError } from '../../errors.js';
import { type BoundedFile, readBounded } from '../../files/bounded-file.js';

/** A folder that paths start from. */
export interface Root {
  /** As it was given, absolute. */
  readonly folder: string;
  /** Without links. */
  readonly real: string;
  readonly allowOutside: boolean;
}

/** @throws HeadgateError `UNREADABLE_FILE` where there is no such folder */
export async function rootOf(folder: string, allowOutside: boolean): Promise<Root> {
  try {
    const real = await nodeFiles.realpath(folder);
    if (!(await nodeFiles.stat(real)).isDirectory()) throw new Error('it is not a folder');
    return { folder: path.resolve(folder), real, allowOutside };
  } catch (cause) {
    throw unreadable(folder, cause);
  }
}

/**
 * The file's bytes. Where it must lie within the root, so must what its links lead to.
 *
 * @throws HeadgateError `OUTSIDE_ROOT`, `UNREADABLE_FILE`, `NOT_A_FILE`, `FILE_TOO_LARGE`
 */
export async function readWithin(root: Root, given: string, maximum: number): Promise<BoundedFile> {
  const real = await realPath(root, given);
  try {
    return await readBounded(real, maximum, nodeFiles);
  } catch (error) {
    if (!(error instanceof HeadgateError)) throw unreadable(given, error);
    throw new HeadgateError(
      { ...error, received: `${given}: ${error.received ?? 'something else'}` },
      { cause: error },
    );
  }
}

/** @throws HeadgateError `OUTSIDE_ROOT`, `UNREADABLE_FILE` */
export async function realPath(root: Root, given: string): Promise<string> {
  if (!root.allowOutside && leadsOut(given)) throw outside(given);
  let real: string;
  try {
    real = await nodeFiles.realpath(path.resolve(root.folder, given));
  } catch (cause) {
    throw unreadable(given, cause);
  }
  if (root.allowOutside) return real;
  const way = path.relative(root.real, real);
  if (way === '..' || way.startsWith(`..${path.sep}`) || path.isAbsolute(way)) throw outside(given);
  return real;
}

/** By its words alone, on any platform: tables travel. */
function leadsOut(given: string): boolean {
  return path.win32.isAbsolute(given) || /^[a-z]:/i.test(given) || given.split(/[\\/]/).includes('..');
}

function outside(given: string): HeadgateError {
  return new HeadgateError({
    code: 'OUTSIDE_ROOT',
    path: given,
    problem: 'This path leads, or could lead, out of its folder.',
    expected: 'a path below the folder: not absolute, without "..", and no link to elsewhere',
    received: given,
    mend: 'Where these paths are your own, allowOutside: true lets them.',
  });
}

export function unreadable(given: string, cause: unknown): HeadgateError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const problem = 'The file or folder could not be read.';
  return new HeadgateError(
    { code: 'UNREADABLE_FILE', path: given, problem, received: `${given}: ${reason}` },
    { cause },
  );
}
