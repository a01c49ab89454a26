/** @file CRC-32C (Castagnoli, RFC 3720 B.4), and how TFRecord masks it. `zlib.crc32` is of another polynomial. */

const POLYNOMIAL = 0x82f63b78; // reversed
const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit++) rest = (rest & 1) === 1 ? (rest >>> 1) ^ POLYNOMIAL : rest >>> 1;
  return rest;
});

/** An unsigned number of 32 bits; of the ASCII text `123456789` it is 0xe3069283. */
export function crc32c(bytes: Uint8Array): number {
  let rest = 0xffffffff;
  for (const byte of bytes) rest = (table[(rest ^ byte) & 0xff] ?? 0) ^ (rest >>> 8);
  return ~rest >>> 0;
}

/**
 * The checksum as a record holds it: a checksum of bytes that hold their own checksum would say little.
 * Source: github.com/tensorflow/tensorflow, tensorflow/core/lib/hash/crc32c.h, `Mask`.
 */
export function maskedCrc32c(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
