/** @file One writer for a folder: each puts a file of its own there, and goes on only where no other living one has. */
import { randomUUID } from 'node:crypto';
import nodeFiles from 'node:fs/promises';
import { join } from 'node:path';
import { HeadgateError } from '../errors.js';
import { makeFolder } from './atomic-folder.js';
import { type FileSystem, isCode } from './folder-place.js';
import { isGone, ownName, released } from './leftovers.js';

const PREFIX = '.headgate-lock-';

/**
 * Makes the folder, if it is not there, and takes it. What a killed process left is taken away; of a process on another
 * machine nobody knows, so that its file stands. Two that come at once may both be refused, and never both be let in.
 *
 * @returns what gives the folder back
 * @throws HeadgateError `RUN_IN_USE`; and what the file system throws
 */
export async function lockFolder(folder: string, files: FileSystem = nodeFiles): Promise<() => Promise<void>> {
  await makeFolder(folder, files);
  const name = ownName(randomUUID());
  const own = join(folder, `${PREFIX}${name}`);
  const release = async (): Promise<void> => {
    try {
      await files.rm(own, { force: true });
    } finally {
      released(name);
    }
  };
  try {
    await (await files.open(own, 'wx')).close();
    await requireAlone(folder, own, files);
  } catch (error) {
    await release();
    throw error;
  }
  return release;
}

async function requireAlone(folder: string, own: string, files: FileSystem): Promise<void> {
  for (const entry of await files.readdir(folder)) {
    const path = join(folder, entry);
    if (!entry.startsWith(PREFIX) || path === own) continue;
    try {
      const { mtimeMs } = await files.lstat(path);
      if (!isGone(entry.slice(PREFIX.length), mtimeMs)) throw inUse(folder, path);
    } catch (error) {
      if (isCode(error, 'ENOENT')) continue; // it was given back
      throw error;
    }
    await files.rm(path, { force: true });
  }
}

function inUse(folder: string, path: string): HeadgateError {
  return new HeadgateError({
    code: 'RUN_IN_USE',
    path: folder,
    problem: 'another fit writes its checkpoints into this folder',
    expected: 'a folder of its own for each run',
    mend: `Wait until it has ended, or take another folder. If its process is gone (on another machine), delete ${path}.`,
  });
}
