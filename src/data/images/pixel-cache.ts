/** @file Decoded pixels on disk: a shard for each content of a file and each transform, which is never half of one. */
import { createHash, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import nodeFiles from 'node:fs/promises';
import path from 'node:path';
import { HeadgateError } from '../../errors.js';
import { exists, isCode } from '../../files/folder-place.js';
import type { Transform } from './transform.js';

/** A shard: these bytes, the SHA-256 of its key and its pixels, its pixels. */
const MAGIC = new TextEncoder().encode('HGPIXEL1');
const CHECKSUM = 32;

export interface PixelCache {
  /** @returns null where there is none, `damaged` where what is there cannot be trusted */
  readonly read: (digest: string) => Uint8Array | null | 'damaged';
  /** @throws HeadgateError `SAVE_FAILED` */
  readonly write: (digest: string, pixels: Uint8Array) => Promise<void>;
}

/**
 * @param version of what decodes: another one may decode to other pixels
 */
export function createPixelCache(folder: string, transform: Transform, version: string): PixelCache {
  const { height, width, channels, fit, background, maxPixels } = transform;
  const made = JSON.stringify([version, height, width, channels, fit, background, maxPixels]);
  const key = sha256(made).toString('hex').slice(0, 32);
  const size = height * width * channels;
  const placeOf = (digest: string) => path.join(folder, key, digest.slice(0, 2), `${digest}.pixels`);
  const checksum = (digest: string, pixels: Uint8Array) => sha256(`${key}/${digest}/`, pixels);
  return {
    read: (digest) => {
      let shard: Uint8Array;
      try {
        // By far cheaper than a read that is handed to another thread, for so few bytes.
        shard = readFileSync(placeOf(digest));
      } catch (error) {
        return isCode(error, 'ENOENT') ? null : 'damaged';
      }
      const pixels = shard.subarray(MAGIC.length + CHECKSUM);
      const isWhole = pixels.length === size && MAGIC.every((byte, i) => shard[i] === byte);
      if (!isWhole) return 'damaged';
      return checksum(digest, pixels).equals(shard.subarray(MAGIC.length, MAGIC.length + CHECKSUM))
        ? pixels
        : 'damaged';
    },
    write: (digest, pixels) => replaceFile(placeOf(digest), [MAGIC, checksum(digest, pixels), pixels], folder),
  };
}

/** Under a name of its own first: who reads the place sees the old file or the new one. */
async function replaceFile(place: string, parts: readonly Uint8Array[], folder: string): Promise<void> {
  const temporary = `${place}.${randomUUID()}.unfinished`;
  try {
    await nodeFiles.mkdir(path.dirname(place), { recursive: true });
    await nodeFiles.writeFile(temporary, Buffer.concat(parts), { flag: 'wx' });
    await nodeFiles.rename(temporary, place);
  } catch (cause) {
    await nodeFiles.rm(temporary, { force: true }).catch(() => {}); // the error below says what is wrong
    // Windows replaces no file that another process reads: it is the same shard.
    if (process.platform === 'win32' && (await exists(place, nodeFiles))) return;
    throw new HeadgateError(
      {
        code: 'SAVE_FAILED',
        path: folder,
        problem: 'Decoded pixels could not be kept.',
        received: cause instanceof Error ? cause.message : String(cause),
        mend: 'Give a `cache` folder that can be written and has room, or none.',
      },
      { cause },
    );
  }
}

export function sha256(...parts: readonly (string | Uint8Array)[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}
