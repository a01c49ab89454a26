import { expect, test } from 'vitest';
import { crc32c, maskedCrc32c } from '../../../src/files/events/crc32c.js';
import { readEvents } from '../../../src/files/events/read.js';
import { frameRecord, readRecords } from '../../../src/files/events/records.js';
import { golden, goldenEvents } from './golden.js';

test('crc32c: the check value, and the vectors of RFC 3720 B.4', () => {
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
  expect(crc32c(new Uint8Array())).toBe(0);
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
  expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
  expect(maskedCrc32c(new Uint8Array())).toBe(0xa282ead8);
});

test('a file that is cut at any byte gives all whole records, and how many bytes are left', () => {
  const { records } = readRecords(golden, 'w');
  expect(records.length).toBe(goldenEvents.length + 1);
  const ends = records.map((record) => record.byteOffset - golden.byteOffset + record.length + 4);
  expect(ends.at(-1)).toBe(golden.length);
  for (let length = 0; length <= golden.length; length++) {
    const { events, unfinished } = readEvents(golden.subarray(0, length), 'w');
    const whole = ends.filter((end) => end <= length);
    expect(events.length).toBe(whole.length);
    expect(unfinished).toBe(length - (whole.at(-1) ?? 0));
  }
});

test('no byte of a file can be another one', () => {
  for (let place = 0; place < golden.length; place++) {
    const changed = golden.slice();
    changed[place] = (changed[place] ?? 0) ^ 0x10;
    expect(() => readRecords(changed, 'w'), `byte ${place}`).toThrow(
      expect.objectContaining({ code: 'CHECKSUM_MISMATCH', path: 'w' }),
    );
  }
});

test('a length greater than any file, with its right checksum, is a record that is not finished', () => {
  const bytes = frameRecord(new Uint8Array(4));
  new DataView(bytes.buffer).setBigUint64(0, 0xffff_ffff_ffff_ffffn, true);
  new DataView(bytes.buffer).setUint32(8, maskedCrc32c(bytes.subarray(0, 8)), true);
  expect(readRecords(bytes, 'w')).toEqual({ records: [], unfinished: 20 });
});

test('an empty record, and views into larger buffers', () => {
  const framed = frameRecord(new Uint8Array());
  expect(framed.length).toBe(16);
  const larger = new Uint8Array(40);
  larger.set(framed, 7);
  expect(readRecords(larger.subarray(7, 23), 'w')).toEqual({ records: [new Uint8Array()], unfinished: 0 });
});
