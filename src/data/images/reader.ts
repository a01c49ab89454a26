/** @file Pixels of files and of bytes, from the cache where it has them. */
import { statSync } from 'node:fs';
import path from 'node:path';
import { decodeImage } from './decode.js';
import { loadDecoder } from './decoder.js';
import { createPixelCache, type PixelCache, sha256 } from './pixel-cache.js';
import { maximumBytes, type Transform } from './transform.js';
import { type Root, readWithin } from './within.js';

export interface ImageCounts {
  /** Images decoded since the source was opened. */
  readonly decoded: number;
  /** Images whose pixels came from the cache. */
  readonly cached: number;
  /** Shards of the cache that were damaged, and decoded anew. */
  readonly damaged: number;
}

export interface ImageReader {
  /** @param file below the root */
  readonly ofFile: (root: Root, file: string) => Promise<Uint8Array>;
  /** @param name for messages */
  readonly ofBytes: (bytes: Uint8Array, name: string) => Promise<Uint8Array>;
  readonly counts: () => ImageCounts;
}

/** What a file held when it was last read. */
interface Known {
  /** Another one for another file of the same name, and after each change. */
  readonly identity: string;
  readonly digest: string;
}

export async function createImageReader(transform: Transform, folder: string | undefined): Promise<ImageReader> {
  const cache = folder === undefined ? null : await openCache(folder, transform);
  const known = new Map<string, Known>();
  const counts = { decoded: 0, cached: 0, damaged: 0 };

  const fromCache = (digest: string): Uint8Array | null => {
    const pixels = cache?.read(digest) ?? null;
    if (pixels === 'damaged') counts.damaged++;
    if (pixels === null || pixels === 'damaged') return null;
    counts.cached++;
    return pixels;
  };
  const decoded = async (bytes: Uint8Array, digest: string | null, name: string): Promise<Uint8Array> => {
    const found = digest === null ? null : fromCache(digest);
    if (found !== null) return found;
    const pixels = await decodeImage(bytes, transform, name);
    counts.decoded++;
    if (digest !== null) await cache?.write(digest, pixels);
    return pixels;
  };
  const digestOf = (bytes: Uint8Array): string | null => (cache === null ? null : sha256(bytes).toString('hex'));
  return {
    ofFile: async (root, file) => {
      const before = known.get(file);
      // The same file as when it was found to lie within the root, unchanged: it need not be read.
      if (before !== undefined && identityOf(path.resolve(root.folder, file)) === before.identity) {
        const found = fromCache(before.digest);
        if (found !== null) return found;
      }
      const { bytes, identity } = await readWithin(root, file, maximumBytes(transform));
      const digest = digestOf(bytes);
      const pixels = await decoded(bytes, digest, file);
      if (digest !== null) known.set(file, { identity, digest });
      return pixels;
    },
    ofBytes: async (bytes, name) => await decoded(bytes, digestOf(bytes), name),
    counts: () => ({ ...counts }),
  };
}

async function openCache(folder: string, transform: Transform): Promise<PixelCache> {
  const { versions } = await loadDecoder();
  return createPixelCache(folder, transform, versions.vips);
}

/** As `readBounded` tells it; null where there is no such file any more: reading it says why. */
function identityOf(file: string): string | null {
  try {
    const { dev, ino, mtimeNs, size } = statSync(file, { bigint: true });
    return [dev, ino, mtimeNs, size].join('.');
  } catch {
    return null;
  }
}
