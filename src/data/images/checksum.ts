/** @file Checksums of what lies in a cache: against disks and halves of writes, not against people. */
import { createHash } from 'node:crypto';
import zlib from 'node:zlib';

/** CRC-32 (ISO 3309), going on from `before`: Node's own, where it has one (20.15 and 22.2 on). */
export function crc32(bytes: Uint8Array, before = 0): number {
  return typeof zlib.crc32 === 'function' ? zlib.crc32(bytes, before) : plainCrc32(bytes, before);
}

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc >>> 0;
});

/** A byte at a time. */
export function plainCrc32(bytes: Uint8Array, before = 0): number {
  let crc = ~before;
  for (let i = 0; i < bytes.length; i++) crc = (TABLE[(crc ^ (bytes[i] as number)) & 0xff] as number) ^ (crc >>> 8);
  return ~crc >>> 0;
}

export function sha256(...parts: readonly (string | Uint8Array)[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}
