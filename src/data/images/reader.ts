/** @file Pixels of files and of bytes, from the cache where it has them. */
import { type BigIntStats, lstatSync, statSync } from 'node:fs';
import path from 'node:path';
import { sha256 } from './checksum.js';
import { DECODING, decodeImage } from './decode.js';
import { loadDecoder } from './decoder.js';
import { createKnownFiles, identityOf, type KnownFiles } from './known-files.js';
import { type CacheSession, createPixelCache, type PixelCache } from './pixel-cache.js';
import { maximumBytes, type Transform } from './transform.js';
import { type Root, readWithin, realPath } from './within.js';

export interface ImageCounts {
  /** Images decoded since the source was opened. */
  readonly decoded: number;
  /** Images whose pixels came from the cache. */
  readonly cached: number;
  /** Images and ends of shards that were damaged in the cache; what was in them is decoded anew. */
  readonly damaged: number;
}

export interface ImageReader {
  readonly session: () => ImageSession;
  readonly counts: () => ImageCounts;
}

/** Images that are read together. Pixels are written to `to`, which has as many bytes. */
export interface ImageSession {
  /** @param file below the root */
  readonly ofFile: (root: Root, file: string, to: Uint8Array) => Promise<void>;
  /** @param name for messages */
  readonly ofBytes: (bytes: Uint8Array, name: string, to: Uint8Array) => Promise<void>;
  /**
   * Keeps what was decoded.
   *
   * @throws HeadgateError `SAVE_FAILED`
   */
  readonly end: () => Promise<void>;
}

interface Cache {
  readonly pixels: PixelCache;
  readonly files: KnownFiles;
}

/** What a file held when this source last read it. */
interface Known {
  readonly identity: string;
  readonly digest: Buffer;
}

export async function createImageReader(transform: Transform, folder: string | undefined): Promise<ImageReader> {
  const cache = folder === undefined ? null : await openCache(folder, transform);
  const known = new Map<string, Known>();
  const counts = { decoded: 0, cached: 0, damaged: 0 };

  const session = (): ImageSession => {
    const stored = cache?.pixels.session() ?? null;
    const folders = new Map<string, boolean>(); // looked at again in each session: they may have become links
    const fromCache = (digest: Buffer, to: Uint8Array): boolean => {
      const found = stored?.read(digest, to) ?? false;
      if (found === 'damaged') counts.damaged++;
      if (found !== true) return false;
      counts.cached++;
      return true;
    };
    const read = async (bytes: Uint8Array, digest: Buffer | null, name: string, to: Uint8Array): Promise<void> => {
      if (digest !== null && fromCache(digest, to)) return;
      to.set(await decodeImage(bytes, transform, name));
      counts.decoded++;
      if (digest !== null) await stored?.write(digest, to);
    };
    const digestOf = (bytes: Uint8Array): Buffer | null => (cache === null ? null : sha256(bytes));
    return {
      ofFile: async (root, file, to) => {
        const seen = cache === null ? null : await digestKnown(root, file, { known, folders, files: cache.files });
        if (seen !== null && fromCache(seen, to)) return;
        const readAt = Date.now();
        const { bytes, stats } = await readWithin(root, file, maximumBytes(transform));
        const digest = digestOf(bytes);
        await read(bytes, digest, file, to);
        if (digest === null) return;
        known.set(file, { identity: identityOf(stats), digest });
        cache?.files.add(stats, digest, readAt);
      },
      ofBytes: async (bytes, name, to) => await read(bytes, digestOf(bytes), name, to),
      end: async () => await endOf(stored, cache),
    };
  };
  return { session, counts: () => ({ ...counts, damaged: counts.damaged + (cache?.pixels.damaged() ?? 0) }) };
}

async function endOf(stored: CacheSession | null, cache: Cache | null): Promise<void> {
  await stored?.end();
  await cache?.files.save(); // after the pixels: what a file held is of use where they are there
}

async function openCache(folder: string, transform: Transform): Promise<Cache> {
  const { versions } = await loadDecoder();
  return {
    pixels: createPixelCache(folder, transform, `${versions.vips} ${DECODING}`),
    files: createKnownFiles(folder),
  };
}

/**
 * The digest of a file that is as it was when it was last read, by this source or by another one; null where it must be read. Files
 * that this source has not read itself must lie in a folder that lies within the root, and be no links.
 */
async function digestKnown(
  root: Root,
  file: string,
  {
    known,
    folders,
    files,
  }: {
    readonly known: ReadonlyMap<string, Known>;
    readonly folders: Map<string, boolean>;
    readonly files: KnownFiles;
  },
): Promise<Buffer | null> {
  const place = path.resolve(root.folder, file);
  const before = known.get(file);
  if (before !== undefined) {
    const stats = statsOf(place, statSync);
    return stats !== null && identityOf(stats) === before.identity ? before.digest : null;
  }
  const stats = statsOf(place, lstatSync);
  if (stats === null || !stats.isFile()) return null;
  const digest = files.digestOf(identityOf(stats));
  if (digest === null) return null;
  const folder = path.dirname(file);
  const isWithin = folders.get(folder) ?? (await liesWithin(root, folder));
  folders.set(folder, isWithin);
  return isWithin && path.dirname(place) === path.resolve(root.folder, folder) ? digest : null;
}

async function liesWithin(root: Root, folder: string): Promise<boolean> {
  return await realPath(root, folder).then(
    () => true,
    () => false, // reading the file says what is wrong
  );
}

/** Null where there is no such file any more: reading it says why. */
function statsOf(file: string, read: typeof statSync | typeof lstatSync): BigIntStats | null {
  try {
    return read(file, { bigint: true }) ?? null;
  } catch {
    return null;
  }
}
