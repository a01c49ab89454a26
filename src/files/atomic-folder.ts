/**
 * @file Replaces a whole folder at once, whoever else does the same: at any moment, and after a crash at any moment, the
 * old folder or the new one is there. No locks, so none can be left behind.
 */
import { randomUUID } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { exists, type FileSystem, type FolderPlace, isCode } from './folder-place.js';
import { ownName, released, removeLeftovers } from './leftovers.js';

/** How far a replacement came that failed. */
export type Outcome =
  /** What was there is there. */
  | 'untouched'
  /** What was there is whole, but under the name of a previous folder, where readers find it. */
  | 'aside'
  /** The new contents are there; the disk did not confirm it. */
  | 'replaced';

/** Thrown by `replaceFolder`; its `cause` is what went wrong. */
export class ReplacementFailed extends Error {
  readonly outcome: Outcome;

  constructor(outcome: Outcome, cause: unknown) {
    super('the folder could not be replaced', { cause });
    this.outcome = outcome;
  }
}

/**
 * Whole contents that stand in for a folder which is not there, the newest first: a writer is between its two renames,
 * or died there.
 */
export async function previousFolders({ previous }: FolderPlace, files: FileSystem): Promise<string[]> {
  const parent = dirname(previous);
  const found: { readonly path: string; readonly written: number }[] = [];
  for (const name of await namesIn(parent, files)) {
    if (!name.startsWith(basename(previous))) continue;
    const path = join(parent, name);
    try {
      // A folder's own time is that of its last file: renaming does not touch it.
      found.push({ path, written: (await files.lstat(path)).mtimeMs });
    } catch (error) {
      if (!isCode(error, 'ENOENT')) throw error; // its writer was done with it
    }
  }
  return found.sort((a, b) => b.written - a.written).map(({ path }) => path);
}

/**
 * Puts a folder with exactly these files in place of `place.folder`, in this order: everything is written and synced
 * under a name of its own; the old folder is renamed; the new one takes its name; the parent is synced; only then is
 * the old one deleted. Where another writer was faster, its folder is replaced in turn: the last one wins.
 *
 * @param check throws when the folder at a path may not be replaced
 * @throws ReplacementFailed, or what `check` throws
 */
export async function replaceFolder(
  place: FolderPlace,
  contents: ReadonlyMap<string, Uint8Array>,
  check: (folder: string) => Promise<void>,
  files: FileSystem,
): Promise<void> {
  const parent = dirname(place.folder);
  const own = ownName(randomUUID());
  const temporary = `${place.unfinished}-${own}`;
  const state: Swap = { place, own, outcome: 'untouched', aside: [] };
  try {
    await makeFolder(parent, files);
    await files.mkdir(temporary);
    for (const [name, bytes] of contents) await writeSynced(join(temporary, name), bytes, files);
    await syncFolder(temporary, files);
    await swap(state, temporary, check, files);
    await syncFolder(parent, files);
  } catch (error) {
    if (state.outcome !== 'replaced') await quietly(() => files.rm(temporary, { recursive: true, force: true }));
    throw state.refusal ?? new ReplacementFailed(state.outcome, error);
  } finally {
    released(own);
  }
  // The new folder is there for good. What cannot be deleted now is left to the next writer.
  for (const path of state.aside) await quietly(() => removeWhole(path, place, files));
  await quietly(() => removeLeftovers(place, files));
}

interface Swap {
  readonly place: FolderPlace;
  /** This writer's name. */
  readonly own: string;
  outcome: Outcome;
  /** Folders that this writer has moved away. */
  aside: string[];
  /** What `check` threw. */
  refusal?: unknown;
}

/** Other writers can come between any two renames; each attempt in which they do is one in which they were done. */
const ATTEMPTS = 1000;

async function swap(
  state: Swap,
  temporary: string,
  check: (folder: string) => Promise<void>,
  files: FileSystem,
): Promise<void> {
  const { folder, previous } = state.place;
  for (let attempt = 1; ; attempt++) {
    const aside = `${previous}-${state.own}-${attempt}`;
    if (await moved(folder, aside, files)) {
      state.outcome = 'aside';
      state.aside.push(aside);
      // Asked where nobody can change it any more.
      try {
        await check(aside);
      } catch (error) {
        state.refusal = error;
        await putBack(state, aside, files);
        throw error;
      }
    }
    try {
      await files.rename(temporary, folder);
      state.outcome = 'replaced';
      return;
    } catch (error) {
      const isOthers = isCode(error, 'ENOTEMPTY', 'EEXIST') || isBusy(error);
      if (!isOthers || attempt === ATTEMPTS) {
        // Moved away now or at an earlier attempt: the last one is the model.
        const last = state.aside.at(-1);
        if (last !== undefined) await putBack(state, last, files);
        throw error;
      }
      await setTimeout(isBusy(error) ? 10 : 0);
    }
  }
}

/** Renames a folder, if it is there. */
async function moved(from: string, to: string, files: FileSystem): Promise<boolean> {
  for (let attempt = 1; ; attempt++) {
    try {
      await files.rename(from, to);
      return true;
    } catch (error) {
      if (isCode(error, 'ENOENT')) return false;
      if (!isBusy(error) || attempt === ATTEMPTS) throw error;
      await setTimeout(10);
    }
  }
}

/** Back to its name, unless another writer's folder has taken it: then that is the model. */
async function putBack(state: Swap, aside: string, files: FileSystem): Promise<void> {
  try {
    if (await moved(aside, state.place.folder, files)) state.outcome = 'untouched';
  } catch (error) {
    if (isCode(error, 'ENOTEMPTY', 'EEXIST')) state.outcome = 'untouched';
    // else it stays aside, where readers find it, and the first error is the one to tell
  }
}

/** Windows refuses to rename what another process has open; readers are done soon. */
const isBusy = (error: unknown): boolean => process.platform === 'win32' && isCode(error, 'EPERM', 'EACCES', 'EBUSY');

/** Deletes a whole old folder, under a name by which no reader takes it for whole while it shrinks. */
async function removeWhole(path: string, place: FolderPlace, files: FileSystem): Promise<void> {
  const doomed = `${place.unfinished}-${ownName(randomUUID())}`;
  try {
    await files.rename(path, doomed);
    await syncFolder(dirname(doomed), files); // or a power cut could give back the name and not what was in it
    await files.rm(doomed, { recursive: true, force: true });
  } finally {
    released(basename(doomed).slice(basename(place.unfinished).length + 1));
  }
}

/** With the folders around it. (Node's own `recursive` never ends where a parent is there and takes no folder: /proc.) */
export async function makeFolder(path: string, files: FileSystem): Promise<void> {
  if (await exists(path, files)) return;
  if (dirname(path) !== path) await makeFolder(dirname(path), files);
  try {
    await files.mkdir(path);
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error; // else another writer was faster
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

/** A leftover that cannot be removed now is no failure of what has been done. */
async function quietly(run: () => Promise<unknown>): Promise<void> {
  try {
    await run();
  } catch {
    // the next writer tries again
  }
}

async function namesIn(folder: string, files: FileSystem): Promise<string[]> {
  try {
    return await files.readdir(folder);
  } catch (error) {
    if (isCode(error, 'ENOENT')) return [];
    throw error;
  }
}
