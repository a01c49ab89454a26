/**
 * @file A shard of a cache: a large file of records of one size. A record: the digest of a file (32 bytes), the CRC-32 of its pixels, the
 * CRC-32 of these two and the way of decoding; the pixels.
 */
import { closeSync, fstatSync, openSync, readdirSync, readSync, rmSync, truncateSync, writeSync } from 'node:fs';
import path from 'node:path';
import { isCode } from '../../files/folder-place.js';
import { HEADER } from './appended-file.js';
import { crc32 } from './checksum.js';

export const MAGIC = new TextEncoder().encode('HGPIXEL2');
export const DIGEST = 32;
/** Bytes of a record before its pixels. */
export const HEAD = DIGEST + 8;

/** Digests as keys of maps: one byte a character. */
export const keyOf = (digest: Uint8Array): string =>
  Buffer.from(digest.buffer, digest.byteOffset, DIGEST).toString('latin1');

/**
 * What stands before the pixels.
 *
 * @param seed the CRC-32 of the way of decoding
 */
export function headOf(digest: Uint8Array, pixels: Uint8Array, seed: number): Buffer {
  const made = Buffer.alloc(HEAD);
  made.set(digest);
  made.writeUInt32LE(crc32(pixels), DIGEST);
  made.writeUInt32LE(crc32(made.subarray(0, DIGEST + 4), seed), DIGEST + 4);
  return made;
}

function headFits(head: Buffer, seed: number): boolean {
  return crc32(head.subarray(0, DIGEST + 4), seed) === head.readUInt32LE(DIGEST + 4);
}

const head = Buffer.alloc(HEAD);

/** Reads the pixels of this digest into `to`; false where they are not there, whole. */
export function readRecord(
  descriptor: number,
  slot: number,
  digest: Uint8Array,
  to: Uint8Array,
  seed: number,
): boolean {
  const at = HEADER + slot * (HEAD + to.length);
  return (
    readAt(descriptor, head, at) &&
    headFits(head, seed) &&
    head.subarray(0, DIGEST).equals(digest) &&
    readAt(descriptor, to, at + HEAD) &&
    crc32(to) === head.readUInt32LE(DIGEST)
  );
}

/** Whether all of `to` was there. */
function readAt(descriptor: number, to: Uint8Array, position: number): boolean {
  try {
    return readSync(descriptor, to, 0, to.length, position) === to.length;
  } catch {
    return false; // what cannot be read is damaged
  }
}

/** Null where there is no such file any more. */
export function openShard(shard: string): number | null {
  try {
    return openSync(shard, 'r');
  } catch (error) {
    if (isCode(error, 'ENOENT', 'ENOTDIR')) return null;
    throw error;
  }
}

export function shardsIn(folder: string): readonly string[] {
  try {
    const names = readdirSync(folder).filter((name) => name.endsWith('.pixels'));
    return names.sort().map((name) => path.join(folder, name));
  } catch (error) {
    if (isCode(error, 'ENOENT', 'ENOTDIR', 'EACCES')) return []; // writing says what is wrong
    throw error;
  }
}

/** Where nothing was written for so long, whoever wrote has ended: what is unfinished stays so. */
const ABANDONED_MILLISECONDS = 60_000;

export interface Scanned {
  /** Records of the shard, whole ones. */
  readonly records: number;
  /** Heads that are not what was written, and what is unfinished at the end. */
  readonly damaged: number;
  /** By digest: numbers of records, counted from 0. */
  readonly slots: ReadonlyMap<string, number>;
}

/** What a shard has from a record on, by the heads of its records. What is damaged is struck out, and found so once. */
export function scan(
  shard: string,
  { stride, seed, from }: { readonly stride: number; readonly seed: number; readonly from: number },
): Scanned {
  const slots = new Map<string, number>();
  const descriptor = openShard(shard);
  if (descriptor === null) return { records: from, damaged: 0, slots };
  try {
    const { size, mtimeMs } = fstatSync(descriptor);
    const start = Buffer.alloc(HEADER);
    const isShard = readAt(descriptor, start, 0) && start.equals(MAGIC);
    const records = isShard ? Math.max(from, Math.floor((size - HEADER) / stride)) : from;
    const isAbandoned = Date.now() - mtimeMs > ABANDONED_MILLISECONDS;
    const isTorn = !isShard || size !== HEADER + records * stride;
    let damaged = isTorn && isAbandoned ? 1 : 0;
    if (damaged > 0) attempt(() => (isShard ? truncateSync(shard, HEADER + records * stride) : rmSync(shard)));
    for (let slot = from; slot < records; slot++) {
      const isThere = readAt(descriptor, head, HEADER + slot * stride);
      if (isThere && headFits(head, seed)) slots.set(keyOf(head), slot);
      else if (!isThere || head.some((byte) => byte !== 0)) {
        damaged++;
        strike(shard, slot, stride);
      }
    }
    return { records, damaged, slots };
  } finally {
    closeSync(descriptor);
  }
}

/** Writes zeros over the head of a record, so that nobody finds it again. */
export function strike(shard: string, slot: number, stride: number): void {
  attempt(() => {
    const descriptor = openSync(shard, 'r+');
    try {
      const at = HEADER + slot * stride;
      if (fstatSync(descriptor).size >= at + HEAD) writeSync(descriptor, new Uint8Array(HEAD), 0, HEAD, at);
    } finally {
      closeSync(descriptor);
    }
  });
}

/** Tidying up, which a folder that is only for reading does not allow: then it is found to be damaged each time. */
function attempt(work: () => void): void {
  try {
    work();
  } catch {
    // as said above
  }
}
