/**
 * @file A file of records of one size that one process appends to and any may read. A record says by its own checksum whether it is
 * whole; what a process that died left unfinished at the end is none, and nobody appends to it.
 */
import { randomUUID } from 'node:crypto';
import nodeFiles from 'node:fs/promises';
import path from 'node:path';
import { HeadgateError } from '../../errors.js';
import { isCode } from '../../files/folder-place.js';

/** Bytes before the first record: the kind of file. */
export const HEADER = 8;

/** Where the records lie that were appended together. */
export interface Appended {
  readonly file: string;
  /** Number of the first of them in the file, counted from 0. */
  readonly slot: number;
}

export interface Appender {
  /**
   * One write after the other, in the order of the calls.
   *
   * @param parts of whole records, in their order; they must stay as they are until it is done
   * @throws HeadgateError `SAVE_FAILED`
   */
  readonly append: (parts: readonly Uint8Array[]) => Promise<Appended>;
}

/**
 * Appends to a file of its own, in a folder that is made with it; to another one when it has become large, or a write failed: after
 * half of a record nothing could be found again.
 *
 * @param magic of `HEADER` bytes
 * @param place for messages
 */
export function createAppender(
  folder: string,
  {
    magic,
    extension,
    stride,
    most,
    place,
  }: {
    readonly magic: Uint8Array;
    readonly extension: string;
    /** Bytes of a record. */
    readonly stride: number;
    /** Bytes of a file after which the next one begins. */
    readonly most: number;
    readonly place: string;
  },
): Appender {
  let own: { readonly file: string; records: number } | null = null;
  let last: Promise<unknown> = Promise.resolve();
  const write = async (parts: readonly Uint8Array[]): Promise<Appended> => {
    const current = own ?? { file: path.join(folder, `${randomUUID()}.${extension}`), records: 0 };
    own = null;
    try {
      if (current.records === 0) await begin(current.file, parts);
      else await writeAt(current.file, 'r+', parts, HEADER + current.records * stride);
    } catch (cause) {
      // Somebody has emptied the cache meanwhile.
      if (current.records > 0 && isCode(cause, 'ENOENT')) return await write(parts);
      throw notSaved(place, cause);
    }
    const slot = current.records;
    current.records += bytesOf(parts) / stride;
    if (current.records * stride < most) own = current;
    return { file: current.file, slot };
  };
  const begin = async (file: string, parts: readonly Uint8Array[]): Promise<void> => {
    await nodeFiles.mkdir(folder, { recursive: true });
    await writeAt(file, 'wx', [magic, ...parts], 0);
  };
  return {
    append: (parts) => {
      const written = last.then(() => write(parts));
      last = written.catch(() => {}); // it is thrown where it was asked for
      return written;
    },
  };
}

const bytesOf = (parts: readonly Uint8Array[]): number => parts.reduce((sum, { length }) => sum + length, 0);

/** In one piece as far as the system takes them so, without a copy of them. */
async function writeAt(file: string, flag: 'wx' | 'r+', parts: readonly Uint8Array[], position: number): Promise<void> {
  const opened = await nodeFiles.open(file, flag);
  try {
    const { bytesWritten } = await opened.writev(parts, position);
    const all = bytesOf(parts);
    const rest = bytesWritten < all ? Buffer.concat(parts).subarray(bytesWritten) : null;
    for (let done = 0; rest !== null && done < rest.length; ) {
      done += (await opened.write(rest, done, rest.length - done, position + bytesWritten + done)).bytesWritten;
    }
  } finally {
    await opened.close();
  }
}

function notSaved(place: string, cause: unknown): HeadgateError {
  return new HeadgateError(
    {
      code: 'SAVE_FAILED',
      path: place,
      problem: 'Decoded pixels could not be kept.',
      received: cause instanceof Error ? cause.message : String(cause),
      mend: 'Give a `cache` folder that can be written and has room, or none.',
    },
    { cause },
  );
}
