import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  andMask,
  containsMask,
  densityOf,
  differenceMask,
  equalMasks,
  jaccard,
  notMask,
  orMask,
} from '../../../src/pathways/masks/algebra.js';
import { gatherLive, scatterLive } from '../../../src/pathways/masks/live.js';
import {
  countOf,
  emptyMask,
  fullMask,
  indicesOf,
  maskAt,
  maskFromBits,
  maskOf,
  packMask,
  unpackMask,
} from '../../../src/pathways/masks/mask.js';

const bit = fc.constantFrom(0, 1);
const bits = fc.array(bit, { maxLength: 70 });
const pairs = fc.array(fc.tuple(bit, bit), { maxLength: 70 });
const pack = (values: readonly number[]) => packMask('mask', [values.length], values);
const of = (values: readonly (readonly number[])[], side: 0 | 1) => values.map((pair) => pair[side] ?? 0);

test('the least significant bit is the first element, and no bit stands behind the last', () => {
  expect([...packMask('mask', [3, 3], [1, 0, 0, 1, 0, 0, 0, 0, 1]).bits]).toEqual([0b1001, 1]);
  expect([...fullMask([3, 3]).bits]).toEqual([255, 1]);
  expect([...notMask(emptyMask([11])).bits]).toEqual([255, 7]);
  expect(emptyMask([]).bits).toHaveLength(1);
});

test('packing and unpacking are inverse; indices, count and single bits agree', () => {
  fc.assert(
    fc.property(bits, (values) => {
      const mask = pack(values);
      expect([...unpackMask(mask)]).toEqual(values);
      expect([...indicesOf(mask)]).toEqual(values.flatMap((value, i) => (value === 1 ? [i] : [])));
      expect(countOf(mask)).toBe(values.filter((value) => value === 1).length);
      expect(values.map((_, i) => maskAt(mask, i))).toEqual(values);
      expect(maskAt(mask, values.length)).toBe(0);
      expect(equalMasks(maskOf([values.length], indicesOf(mask)), mask)).toBe(true);
      expect(equalMasks(maskFromBits('mask', [values.length], mask.bits), mask)).toBe(true);
    }),
  );
});

test('the algebra is that of each element', () => {
  fc.assert(
    fc.property(pairs, (values) => {
      const [a, b] = [of(values, 0), of(values, 1)];
      const each = (combine: (x: number, y: number) => boolean) => values.map(([x, y]) => Number(combine(x, y)));
      expect([...unpackMask(andMask(pack(a), pack(b)))]).toEqual(each((x, y) => x + y === 2));
      expect([...unpackMask(orMask(pack(a), pack(b)))]).toEqual(each((x, y) => x + y > 0));
      expect([...unpackMask(differenceMask(pack(a), pack(b)))]).toEqual(each((x, y) => x > y));
      expect([...unpackMask(notMask(pack(a)))]).toEqual(each((x) => x === 0));
      expect(equalMasks(notMask(notMask(pack(a))), pack(a))).toBe(true);
      expect(containsMask(pack(a), pack(b))).toBe(values.every(([x, y]) => x >= y));
      const [both, either] = [each((x, y) => x + y === 2), each((x, y) => x + y > 0)].map(
        (list) => list.filter((value) => value === 1).length,
      ) as [number, number];
      expect(jaccard(pack(a), pack(b))).toBe(either === 0 ? 1 : both / either);
    }),
  );
});

test('the overlap is intersection over union: the predecessor divided by |A| + |B|, so that a mask overlapped itself by half', () => {
  const { iou } = JSON.parse(readFileSync('test/fixtures/mann_dum_fixtures.json', 'utf8'));
  const [a, b] = [pack(iou.a), pack(iou.b)];
  expect(jaccard(a, b)).toBe(iou.true_IoU);
  expect(jaccard(a, a)).toBe(1);
  expect(countOf(andMask(a, b)) / (countOf(a) + countOf(b))).toBe(iou.reference_IOU);
  expect(jaccard(emptyMask([4]), emptyMask([4]))).toBe(1);
});

test('density, of no elements too', () => {
  expect(densityOf(pack([1, 0, 0, 1, 0]))).toBe(0.4);
  expect(densityOf(emptyMask([0, 3]))).toBe(null);
});

test('live values are kept to the bit: -0, and the payload of a NaN', () => {
  const data = new Float32Array(4);
  new Uint32Array(data.buffer).set([0x80000000, 0x7fc12345, 0x3f800000, 0xffabcdef]);
  const mask = pack([1, 1, 0, 1]);
  const live = gatherLive(mask, data);
  expect([...new Uint32Array(live.buffer)]).toEqual([0x80000000, 0x7fc12345, 0xffabcdef]);
  expect([...new Uint32Array(scatterLive(mask, live).buffer)]).toEqual([0x80000000, 0x7fc12345, 0, 0xffabcdef]);
});

test('gathering what was scattered gives it back, for every type', () => {
  fc.assert(
    fc.property(bits, (values) => {
      const mask = pack(values);
      for (const data of [Float32Array, Int32Array, Uint8Array].map((type) => new type(values.map((_, i) => i + 1)))) {
        const live = gatherLive(mask, data);
        expect([...live]).toEqual(values.flatMap((value, i) => (value === 1 ? [i + 1] : [])));
        expect([...scatterLive(mask, live)]).toEqual(values.map((value, i) => value * (i + 1)));
      }
    }),
  );
});

test('what is no mask is refused with its place', () => {
  const code = 'INVALID_MASK';
  expect(() => packMask('masks.stem/kernel', [2, 2], [1, 0, 1])).toThrow(
    expect.objectContaining({ code, path: 'masks.stem/kernel', expected: '4 values, for shape [2, 2]' }),
  );
  for (const value of [2, -1, 0.5, Number.NaN]) {
    const place = { code, path: 'mask[1]', expected: '0 or 1', received: String(value) };
    expect(() => packMask('mask', [2], [1, value])).toThrow(expect.objectContaining(place));
  }
  for (const index of [3, -1, 0.5]) {
    expect(() => maskOf([3], [0, index])).toThrow(expect.objectContaining({ code, path: 'indices[1]' }));
  }
  expect(() => maskFromBits('m', [9], Uint8Array.of(255))).toThrow(expect.objectContaining({ code, path: 'm' }));
  expect(() => maskFromBits('m', [3], Uint8Array.of(8))).toThrow(expect.objectContaining({ code, path: 'm' }));
  const mismatch = { code: 'MASK_MISMATCH', expected: '[4]', received: '[2, 2]' };
  expect(() => andMask(emptyMask([4]), emptyMask([2, 2]))).toThrow(expect.objectContaining(mismatch));
  expect(equalMasks(emptyMask([4]), emptyMask([2, 2]))).toBe(false);
  const length = { code: 'LENGTH_MISMATCH' };
  expect(() => gatherLive(pack([1, 0]), new Float32Array(3))).toThrow(expect.objectContaining(length));
  expect(() => scatterLive(pack([1, 0]), new Float32Array(2))).toThrow(expect.objectContaining(length));
});
