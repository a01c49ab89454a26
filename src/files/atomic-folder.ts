/** @file Replaces a whole folder at once: after a crash at any moment, the old one or the new one is there. */
import { randomUUID } from 'node:crypto';
import type nodeFiles from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';

/** What is asked of a file system; `node:fs/promises` by default. Tests hand in one that fails. */
export type FileSystem = Pick<typeof nodeFiles, 'lstat' | 'mkdir' | 'open' | 'readdir' | 'rename' | 'rm'>;

/** Where a folder's files are, and where its stand-ins lie: siblings, because a rename must stay on one disk. */
export interface FolderPlace {
  readonly folder: string;
  /** Holds the old contents for the moment between two renames. */
  readonly previous: string;
  /** What half-written new contents are named, followed by a random part. */
  readonly unfinished: string;
}

export function placeOf(folder: string): FolderPlace {
  const path = resolve(folder);
  const sibling = (suffix: string): string => join(dirname(path), `.${basename(path)}.headgate-${suffix}`);
  return { folder: path, previous: sibling('previous'), unfinished: sibling('unfinished-') };
}

export async function exists(path: string, files: FileSystem): Promise<boolean> {
  try {
    await files.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}

/**
 * Puts a folder with exactly these files in place of `place.folder`, in this order: everything is written and synced
 * under a temporary name; the old folder is renamed to `previous`; the new one takes its name; the parent is synced;
 * only then is the old one deleted. If it fails, the old folder is put back and what was written is removed.
 */
export async function replaceFolder(
  place: FolderPlace,
  contents: ReadonlyMap<string, Uint8Array>,
  files: FileSystem,
): Promise<void> {
  const parent = dirname(place.folder);
  await files.mkdir(parent, { recursive: true });
  await finishInterrupted(place, files);
  const temporary = `${place.unfinished}${randomUUID()}`;
  try {
    await files.mkdir(temporary);
    for (const [name, bytes] of contents) await writeSynced(join(temporary, name), bytes, files);
    await syncFolder(temporary, files);
    await swap(place, temporary, files);
  } catch (error) {
    await files.rm(temporary, { recursive: true, force: true });
    throw error;
  }
  await syncFolder(parent, files);
  await files.rm(place.previous, { recursive: true, force: true });
}

/** Clears up after a save that was cut off. */
async function finishInterrupted(place: FolderPlace, files: FileSystem): Promise<void> {
  if (await exists(place.previous, files)) {
    if (await exists(place.folder, files)) await files.rm(place.previous, { recursive: true });
    else await files.rename(place.previous, place.folder);
  }
  const parent = dirname(place.folder);
  for (const name of await files.readdir(parent)) {
    if (name.startsWith(basename(place.unfinished))) await files.rm(join(parent, name), { recursive: true });
  }
}

async function swap(place: FolderPlace, temporary: string, files: FileSystem): Promise<void> {
  const replaces = await exists(place.folder, files);
  if (replaces) await files.rename(place.folder, place.previous);
  try {
    await files.rename(temporary, place.folder);
  } catch (error) {
    if (replaces) await files.rename(place.previous, place.folder);
    throw error;
  }
}

async function writeSynced(path: string, bytes: Uint8Array, files: FileSystem): Promise<void> {
  const file = await files.open(path, 'wx');
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes the names in a folder durable. Windows has no such call and needs none. */
async function syncFolder(path: string, files: FileSystem): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await files.open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
