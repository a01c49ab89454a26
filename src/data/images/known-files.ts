/**
 * @file What files held when they were last read, kept in the cache: so that a source which is opened anew need not read each file to
 * know what it holds. A file is taken to be as it was where its device, inode, size, and the times of its last change and of the
 * last change of its entry are; paths are not kept.
 */
import { type BigIntStats, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createAppender, HEADER } from './appended-file.js';
import { crc32 } from './checksum.js';
import { DIGEST } from './shard.js';

const MAGIC = new TextEncoder().encode('HGFILES1');
const IDENTITY = 40;
const STRIDE = IDENTITY + DIGEST + 4;
const MOST_BYTES = 2 ** 24;
/** Within so long after a change a file system may give another change the same time (FAT: two seconds). */
const SETTLED_MILLISECONDS = 2000;

export interface KnownFiles {
  /** The digest of such a file; null where none was seen. */
  readonly digestOf: (identity: string) => Buffer | null;
  /** @param readAt when it was read, in milliseconds: what had just been changed may be changed again, unseen, and is not kept */
  readonly add: (stats: BigIntStats, digest: Buffer, readAt: number) => void;
  /** Writes what is new. @throws HeadgateError `SAVE_FAILED` */
  readonly save: () => Promise<void>;
}

/** Another one for another file, and after each change of one. */
export function identityOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  const bytes = Buffer.alloc(IDENTITY);
  for (const [i, value] of [dev, ino, size, mtimeNs, ctimeNs].entries()) {
    bytes.writeBigUInt64LE(BigInt.asUintN(64, value), i * 8);
  }
  return bytes.toString('latin1');
}

export function createKnownFiles(cache: string): KnownFiles {
  const folder = path.join(cache, 'files');
  const appender = createAppender(folder, {
    ...{ magic: MAGIC, extension: 'files', stride: STRIDE, most: MOST_BYTES },
    place: cache,
  });
  const known = new Map(filesIn(folder).flatMap(readEntries));
  let pending: Buffer[] = [];
  return {
    digestOf: (identity) => {
      const digest = known.get(identity);
      return digest === undefined ? null : Buffer.from(digest, 'latin1');
    },
    add: (stats, digest, readAt) => {
      const changed = stats.ctimeNs > stats.mtimeNs ? stats.ctimeNs : stats.mtimeNs;
      if (readAt - Number(changed / 1_000_000n) < SETTLED_MILLISECONDS) return;
      const identity = identityOf(stats);
      known.set(identity, digest.toString('latin1'));
      const entry = Buffer.alloc(STRIDE);
      entry.write(identity, 'latin1');
      entry.set(digest, IDENTITY);
      entry.writeUInt32LE(crc32(entry.subarray(0, STRIDE - 4)), STRIDE - 4);
      pending.push(entry);
    },
    save: async () => {
      if (pending.length === 0) return;
      const entries = pending;
      pending = [];
      await appender.append(entries);
    },
  };
}

function filesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.files'))
      .map((name) => path.join(folder, name));
  } catch {
    return []; // then the images themselves are read
  }
}

/** Whole entries, identities and digests with one byte a character; the others are as if they were not there. */
function readEntries(file: string): [string, string][] {
  const bytes = contentOf(file);
  if (!MAGIC.every((byte, i) => bytes[i] === byte)) return [];
  const entries: [string, string][] = [];
  for (let at = HEADER; at + STRIDE <= bytes.length; at += STRIDE) {
    const entry = bytes.subarray(at, at + STRIDE);
    if (crc32(entry.subarray(0, STRIDE - 4)) !== entry.readUInt32LE(STRIDE - 4)) continue;
    entries.push([entry.toString('latin1', 0, IDENTITY), entry.toString('latin1', IDENTITY, IDENTITY + DIGEST)]);
  }
  return entries;
}

function contentOf(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch {
    return Buffer.alloc(0);
  }
}
