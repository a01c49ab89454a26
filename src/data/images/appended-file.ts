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
   * @param records whole ones
   * @throws HeadgateError `SAVE_FAILED`
   */
  readonly append: (records: Uint8Array) => Promise<Appended>;
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
  const write = async (records: Uint8Array): Promise<Appended> => {
    const current = own ?? { file: path.join(folder, `${randomUUID()}.${extension}`), records: 0 };
    own = null;
    try {
      if (current.records === 0) await begin(current.file, records);
      else await writeAt(current.file, records, HEADER + current.records * stride);
    } catch (cause) {
      // Somebody has emptied the cache meanwhile.
      if (current.records > 0 && isCode(cause, 'ENOENT')) return await write(records);
      throw notSaved(place, cause);
    }
    const slot = current.records;
    current.records += records.length / stride;
    if (current.records * stride < most) own = current;
    return { file: current.file, slot };
  };
  const begin = async (file: string, records: Uint8Array): Promise<void> => {
    await nodeFiles.mkdir(folder, { recursive: true });
    await nodeFiles.writeFile(file, Buffer.concat([magic, records]), { flag: 'wx' });
  };
  return {
    append: (records) => {
      const written = last.then(() => write(records));
      last = written.catch(() => {}); // it is thrown where it was asked for
      return written;
    },
  };
}

async function writeAt(file: string, bytes: Uint8Array, position: number): Promise<void> {
  const opened = await nodeFiles.open(file, 'r+');
  try {
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await opened.write(bytes, done, bytes.length - done, position + done);
      done += bytesWritten;
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
