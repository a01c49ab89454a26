/** @file Small images that tests write, sound ones and others. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { onTestFinished } from 'vitest';

/** An empty folder, removed after the test. */
export function emptyFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'headgate-images-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function write(folder: string, files: Readonly<Record<string, Uint8Array | string>>): void {
  for (const [file, bytes] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    writeFileSync(path.join(folder, file), bytes);
  }
}

type Channels = 1 | 2 | 3 | 4;

export function raw(pixels: readonly number[], width: number, height: number) {
  const channels = (pixels.length / width / height) as Channels; // tests give as many
  return sharp(Uint8Array.from(pixels), { raw: { width, height, channels } });
}

export const png = (pixels: readonly number[], width: number, height: number): Promise<Uint8Array> =>
  raw(pixels, width, height).png().toBuffer();

/** `count` numbers that look random, the same each time. */
export const noise = (count: number): number[] => Array.from({ length: count }, (_, i) => (i * 7919) % 251);

export const svg =
  '<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"><rect width="4" height="4" fill="red"/></svg>';

/** A sound PNG but for the size that its header tells: 60,000 × 60,000, which would take 10 GB. */
export async function bomb(): Promise<Uint8Array> {
  const bytes = Buffer.from(await png(noise(64 * 48 * 3), 64, 48));
  bytes.writeUInt32BE(60_000, 16);
  bytes.writeUInt32BE(60_000, 20);
  bytes.writeUInt32BE(crc32(bytes.subarray(12, 29)), 29);
  return bytes;
}

/** PNG specification, appendix D. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}
