/**
 * @file TFRecord: byte strings one after another, each with checksums of its length and of itself.
 * Source: tensorflow.org/tutorials/load_data/tfrecord, "TFRecords format details".
 */
import { HeadgateError } from '../../errors.js';
import { maskedCrc32c } from './crc32c.js';

/** Length (u64), checksum of the length (u32); little-endian. */
const HEAD = 12;
const TAIL = 4;

/** The record as it is appended to a file. */
export function frameRecord(data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEAD + data.length + TAIL);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedCrc32c(bytes.subarray(0, 8)), true);
  bytes.set(data, HEAD);
  view.setUint32(HEAD + data.length, maskedCrc32c(data), true);
  return bytes;
}

export interface Records {
  /** Views of the bytes that were read. */
  readonly records: readonly Uint8Array[];
  /** Bytes after the last whole record: a writer is at work there, or was killed there. */
  readonly unfinished: number;
}

/**
 * Every whole record. A last one that is cut short is not an error: its writer may still be at work.
 *
 * @param path of the file, for messages
 * @throws HeadgateError `CHECKSUM_MISMATCH` for a record whose bytes are not those that were written
 */
export function readRecords(bytes: Uint8Array, path: string): Records {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const records: Uint8Array[] = [];
  let start = 0;
  while (bytes.length - start >= HEAD) {
    check(view.getUint32(start + 8, true), bytes.subarray(start, start + 8), { path, start, part: 'length' });
    const length = view.getBigUint64(start, true);
    if (length > BigInt(bytes.length - start - HEAD - TAIL)) break; // also where that is below 0
    const from = start + HEAD;
    const end = from + Number(length);
    const data = bytes.subarray(from, end);
    check(view.getUint32(end, true), data, { path, start, part: 'data' });
    records.push(data);
    start = end + TAIL;
  }
  return { records, unfinished: bytes.length - start };
}

interface Place {
  readonly path: string;
  readonly start: number;
  readonly part: 'length' | 'data';
}

function check(written: number, bytes: Uint8Array, { path, start, part }: Place): void {
  const own = maskedCrc32c(bytes);
  if (own === written) return;
  throw new HeadgateError({
    code: 'CHECKSUM_MISMATCH',
    path,
    problem: `The ${part} of the record at byte ${start} is not what was written.`,
    expected: `the masked CRC-32C ${hexadecimal(written)}`,
    received: hexadecimal(own),
  });
}

const hexadecimal = (value: number): string => `0x${value.toString(16).padStart(8, '0')}`;
