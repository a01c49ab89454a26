/** @file Reads files that anybody may have written: regular ones of limited size, and nothing else. */
import { type BigIntStats, constants } from 'node:fs';
import { HeadgateError } from '../errors.js';
import type { FileSystem } from './folder-place.js';

export interface BoundedFile {
  readonly bytes: Uint8Array;
  /** Another one for another file of the same name, and after each change. */
  readonly identity: string;
  /** As the file was when its first byte was read. */
  readonly stats: BigIntStats;
}

/**
 * Links are refused: they can lead out of the folder. A pipe would block.
 *
 * @throws HeadgateError `NOT_A_FILE`, `FILE_TOO_LARGE`; and what the file system throws
 */
export async function readBounded(path: string, maximum: number, files: FileSystem): Promise<BoundedFile> {
  if (!(await files.lstat(path)).isFile()) throw notAFile(path);
  // The second check counts: the first cannot know what is opened, but keeps devices from being opened at all.
  const file = await files.open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  try {
    const stat = await file.stat({ bigint: true });
    if (!stat.isFile()) throw notAFile(path);
    if (stat.size > maximum) throw tooLarge(path, maximum, `${stat.size}`);
    const bytes = new Uint8Array(Number(stat.size));
    let length = 0;
    while (length < bytes.length) {
      const { bytesRead } = await file.read(bytes, length, bytes.length - length, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    const identity = [stat.dev, stat.ino, stat.mtimeNs, stat.size].join('.');
    return { bytes: bytes.subarray(0, length), identity, stats: stat };
  } finally {
    await file.close();
  }
}

function notAFile(path: string): HeadgateError {
  return new HeadgateError({
    code: 'NOT_A_FILE',
    path,
    problem: 'This must be a regular file.',
    expected: 'a file, not a link, folder, pipe or device',
    mend: 'Put a copy of the file itself there.',
  });
}

export function tooLarge(path: string, maximum: number, size: string): HeadgateError {
  return new HeadgateError({
    code: 'FILE_TOO_LARGE',
    path,
    problem: 'The file is larger than any that is read into memory.',
    expected: `at most ${maximum} bytes`,
    received: `${size} bytes`,
  });
}
