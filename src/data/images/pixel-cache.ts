/** @file Decoded pixels on disk, by the SHA-256 of the file that they are of and the way they were decoded. */
import { closeSync } from 'node:fs';
import path from 'node:path';
import { createAppender } from './appended-file.js';
import { crc32, sha256 } from './checksum.js';
import { HEAD, headOf, keyOf, MAGIC, openShard, readRecord, scan, shardsIn, strike } from './shard.js';
import type { Transform } from './transform.js';

/** A shard's bytes after which the next one begins. */
const SHARD_BYTES = 2 ** 28;
/** Pixels that wait to be written, at most, but for those of one image. */
const PENDING_BYTES = 2 ** 23;

/** What many reads have in common: open shards. */
export interface CacheSession {
  /** Whether the pixels were there, and are now in `to`; `damaged` where what is there cannot be trusted. */
  readonly read: (digest: Buffer, to: Uint8Array) => boolean | 'damaged';
  /**
   * Keeps these pixels, which are written now or at the end, and must stay as they are until then.
   *
   * @throws HeadgateError `SAVE_FAILED`
   */
  readonly write: (digest: Buffer, pixels: Uint8Array) => Promise<void>;
  /**
   * Writes what waits, and closes what was opened.
   *
   * @throws HeadgateError `SAVE_FAILED`
   */
  readonly end: () => Promise<void>;
}

export interface PixelCache {
  readonly session: () => CacheSession;
  /** Records that were found to be damaged in looking for what there is, until now. */
  readonly damaged: () => number;
}

interface Place {
  readonly shard: string;
  /** Number of the record in it. */
  readonly slot: number;
}

/** One way of decoding: its shards, and what of each digest is where. */
interface Shelf {
  /** Bytes of a record. */
  readonly stride: number;
  /** The CRC-32 of the way. */
  readonly seed: number;
  /** The pixels of a digest where they are not written yet. */
  readonly unwritten: (key: string) => Uint8Array | null;
  /** Null where it is not known. */
  readonly place: (key: string) => Place | null;
  /** A place turned out to be none. */
  readonly forget: (key: string) => void;
  readonly keep: (key: string, head: Buffer, pixels: Uint8Array) => void;
  /** Bytes that wait to be written. */
  readonly waiting: () => number;
  readonly flush: () => Promise<void>;
  /** Looks for what other processes may have added, where something was missing. */
  readonly look: () => void;
  readonly damaged: () => number;
}

/**
 * @param version of what decodes: another one may decode to other pixels
 */
export function createPixelCache(folder: string, transform: Transform, version: string): PixelCache {
  const { height, width, channels, fit, background, maxPixels } = transform;
  const made = JSON.stringify([version, height, width, channels, fit, background, maxPixels]);
  const shelf = createShelf(folder, sha256(made).subarray(0, 16), HEAD + height * width * channels);
  return { session: () => createSession(shelf), damaged: shelf.damaged };
}

function createShelf(folder: string, way: Buffer, stride: number): Shelf {
  const own = path.join(folder, way.toString('hex'));
  const seed = crc32(way);
  const appender = createAppender(own, { magic: MAGIC, extension: 'pixels', stride, most: SHARD_BYTES, place: folder });
  const places = new Map<string, Place>();
  /** Records of each shard that were looked at. */
  const seen = new Map<string, number>();
  const unwritten = new Map<string, Uint8Array>();
  let pending: { readonly key: string; readonly parts: readonly Uint8Array[] }[] = [];
  let damaged = 0;
  let isMissing = true;
  return {
    stride,
    seed,
    unwritten: (key) => unwritten.get(key) ?? null,
    place: (key) => {
      const found = places.get(key) ?? null;
      if (found === null) isMissing = true;
      return found;
    },
    forget: (key) => {
      places.delete(key);
      isMissing = true;
    },
    keep: (key, head, pixels) => {
      unwritten.set(key, pixels);
      pending.push({ key, parts: [head, pixels] });
    },
    waiting: () => pending.length * stride,
    flush: async () => {
      const taken = pending;
      pending = [];
      if (taken.length === 0) return;
      try {
        const { file, slot } = await appender.append(taken.flatMap(({ parts }) => parts));
        for (const [i, { key }] of taken.entries()) places.set(key, { shard: file, slot: slot + i });
        seen.set(file, slot + taken.length);
      } finally {
        for (const { key } of taken) unwritten.delete(key);
      }
    },
    look: () => {
      if (!isMissing) return;
      isMissing = false;
      for (const shard of shardsIn(own)) {
        const found = scan(shard, { stride, seed, from: seen.get(shard) ?? 0 });
        damaged += found.damaged;
        seen.set(shard, found.records);
        for (const [key, slot] of found.slots) places.set(key, { shard, slot });
      }
    },
    damaged: () => damaged,
  };
}

function createSession(shelf: Shelf): CacheSession {
  shelf.look();
  const { seed, stride } = shelf;
  const opened = new Map<string, number | null>();
  const descriptorOf = (shard: string): number | null => {
    const known = opened.get(shard);
    if (known !== undefined) return known;
    const descriptor = openShard(shard);
    opened.set(shard, descriptor);
    return descriptor;
  };
  return {
    read: (digest, to) => {
      const key = keyOf(digest);
      const waiting = shelf.unwritten(key);
      if (waiting !== null) {
        to.set(waiting);
        return true;
      }
      const found = shelf.place(key);
      if (found === null) return false;
      const descriptor = descriptorOf(found.shard);
      if (descriptor !== null && readRecord(descriptor, found.slot, digest, to, seed)) return true;
      shelf.forget(key);
      if (descriptor === null) return false; // somebody has removed it
      strike(found.shard, found.slot, stride);
      return 'damaged';
    },
    write: async (digest, pixels) => {
      shelf.keep(keyOf(digest), headOf(digest, pixels, seed), pixels);
      if (shelf.waiting() >= PENDING_BYTES) await shelf.flush();
    },
    end: async () => {
      for (const descriptor of opened.values()) if (descriptor !== null) closeSync(descriptor);
      opened.clear();
      await shelf.flush();
    },
  };
}
