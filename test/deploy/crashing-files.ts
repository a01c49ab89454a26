/** @file A file system that dies at its n-th call, as a process does, and may lose what was not synced, as a machine does. */
import nodeFiles from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { FileSystem } from '../../src/files/folder-place.js';

export class Crash extends Error {}

export interface CrashingFiles {
  readonly files: FileSystem;
  readonly crashed: () => boolean;
  /** What a power cut leaves: files whose bytes were not synced are empty, renames whose folder was not synced undone. */
  readonly losePower: () => Promise<void>;
}

/** The first `calls` calls work; the next one is done by half at most, and nothing works after it. */
export function crashingFiles(calls: number): CrashingFiles {
  let left = calls;
  let dead = false;
  let unsynced: string[] = [];
  let renames: (readonly [from: string, to: string])[] = [];

  const step = async (byHalf?: () => Promise<unknown>): Promise<void> => {
    if (dead) throw new Crash();
    if (left-- > 0) return;
    dead = true;
    await byHalf?.();
    throw new Crash();
  };

  const open = async (path: string, flags: string | number) => {
    await step();
    const handle = await nodeFiles.open(path, flags);
    if (flags === 'wx') unsynced.push(path);
    return {
      stat: async (options: { bigint: true }) => {
        await step();
        return handle.stat(options);
      },
      read: async (bytes: Uint8Array, offset: number, length: number, position: number) => {
        await step();
        return handle.read(bytes, offset, length, position);
      },
      writeFile: async (bytes: Uint8Array) => {
        await step(() => handle.writeFile(bytes.subarray(0, bytes.length / 2)));
        await handle.writeFile(bytes);
      },
      sync: async () => {
        await step();
        await handle.sync();
        unsynced = unsynced.filter((other) => other !== path);
        renames = renames.filter(([from]) => dirname(from) !== path);
      },
      close: async () => {
        await handle.close(); // a dead process's files are closed for it
        await step();
      },
    };
  };

  const files = {
    lstat: async (path: string) => {
      await step();
      return nodeFiles.lstat(path);
    },
    mkdir: async (path: string, options?: { recursive: true }) => {
      await step();
      return nodeFiles.mkdir(path, options);
    },
    readdir: async (path: string) => {
      await step();
      return nodeFiles.readdir(path);
    },
    rename: async (from: string, to: string) => {
      await step();
      await nodeFiles.rename(from, to);
      renames.push([from, to]);
      unsynced = unsynced.map((path) => (dirname(path) === from ? join(to, path.slice(from.length)) : path));
    },
    rm: async (path: string, options: { recursive: true; force?: true }) => {
      await step(async () => {
        const names = await nodeFiles.readdir(path).catch(() => []);
        if (names[0]) await nodeFiles.rm(join(path, names[0]));
      });
      await nodeFiles.rm(path, options);
    },
    open,
  };
  return {
    files: files as unknown as FileSystem, // only the calls that saving makes
    crashed: () => dead,
    losePower: async () => {
      for (const path of unsynced) await nodeFiles.truncate(path).catch(() => {});
      for (const [from, to] of [...renames].reverse()) await nodeFiles.rename(to, from);
    },
  };
}
