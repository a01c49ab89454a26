/** @file Where a folder lies that is replaced as a whole, and what is asked of a file system for it. */
import type nodeFiles from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';

/** What is asked of a file system; `node:fs/promises` by default. Tests hand in one that fails. */
export type FileSystem = Pick<typeof nodeFiles, 'lstat' | 'mkdir' | 'open' | 'readdir' | 'rename' | 'rm'>;

/** Where a folder's files are, and where its stand-ins lie: siblings, because a rename must stay on one disk. */
export interface FolderPlace {
  readonly folder: string;
  /** What whole old contents are named for the moment between two renames, followed by their writer's name. */
  readonly previous: string;
  /** What contents are named that are half written or half deleted, followed by their writer's name. */
  readonly unfinished: string;
}

export function placeOf(folder: string): FolderPlace {
  const path = resolve(folder);
  const sibling = (suffix: string): string => join(dirname(path), `.${basename(path)}.headgate-${suffix}`);
  return { folder: path, previous: sibling('previous'), unfinished: sibling('unfinished') };
}

export async function exists(path: string, files: FileSystem): Promise<boolean> {
  try {
    await files.lstat(path);
    return true;
  } catch (error) {
    if (isCode(error, 'ENOENT')) return false;
    throw error;
  }
}

export function isCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
