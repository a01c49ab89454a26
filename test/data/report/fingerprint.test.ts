import { expect, test } from 'vitest';
import { addCell, addFingerprint, sealed, startFingerprint } from '../../../src/data/report/fingerprint.js';
import { fingerprintSet } from '../../../src/data/report/fingerprint-set.js';
import { uniforms } from '../../../src/random.js';

const of = (...cells: readonly unknown[]): string => {
  const all = startFingerprint();
  for (const cell of cells) addCell(all, cell);
  const { high, low } = sealed(all);
  return `${high} ${low}`;
};

test('cells that an input reads as the same have one fingerprint', () => {
  expect(of(true)).toBe(of(1));
  expect(of(-0)).toBe(of(0));
  expect(of(undefined)).toBe(of(null));
  expect(of([1, 2])).toBe(of(Float32Array.of(1, 2)));
  expect(of({ data: Uint8Array.of(1, 2), shape: [2] })).toBe(of([1, 2]));
  expect(of(new Date(5))).toBe(of(new Date(5)));
});

test('other cells, orders and cuts have others', () => {
  const cells: readonly (readonly unknown[])[] = [
    [1],
    ['1'],
    [1, 1],
    [[1]],
    [[[1]]],
    [new Date(1)],
    [null],
    [null, null],
    [''],
    [[]],
    ['', ''],
    ['ab', 'c'],
    ['a', 'bc'],
    ['abc'],
    [1, 2],
    [2, 1],
    [-1, -2],
    [-2, -1],
    [[1, 2]],
    [[1], [2]],
    [Number.MAX_VALUE],
    [Number.MIN_VALUE],
    [{ a: 1 }],
    [{ a: 2 }],
    [1n],
  ];
  expect(new Set(cells.map((own) => of(...own))).size).toBe(cells.length);
});

test('no two of 200,000 rows that differ in little have one fingerprint, and no lane alone tells them apart by chance', () => {
  const [both, high, low] = [new Set<string>(), new Set<number>(), new Set<number>()];
  let rows = 0;
  for (let a = -100; a < 100; a++) {
    for (let b = -250; b < 250; b++) {
      for (const sign of [1, -1]) {
        const own = startFingerprint();
        for (const cell of [a, b * sign, sign]) addCell(own, cell);
        const key = sealed(own);
        both.add(`${key.high} ${key.low}`);
        high.add(key.high);
        low.add(key.low);
        rows++;
      }
    }
  }
  expect(rows).toBe(200_000);
  expect(both.size).toBe(rows);
  // Of 200,000 numbers of 32 bits, n²/2³³ = 4.7 pairs are expected to be equal.
  for (const lane of [high, low]) expect(rows - lane.size).toBeLessThan(20);
});

test('a fingerprint of fingerprints depends on their order', () => {
  const [first, second] = [startFingerprint(), startFingerprint()];
  addCell(first, 1);
  addCell(second, 2);
  const joined = (parts: readonly (typeof first)[]) => {
    const all = startFingerprint();
    for (const part of parts) addFingerprint(all, part);
    return sealed(all);
  };
  expect(joined([first, second])).not.toEqual(joined([second, first]));
  expect(joined([first, second])).toEqual(joined([first, second]));
});

test('a set of them is as a Set of their texts', () => {
  const drawn = uniforms({ seed: 1, stream: 'set', counter: 0 }, 20_000);
  const set = fingerprintSet();
  const naive = new Set<string>();
  for (let i = 0; i < 10_000; i++) {
    // few different ones, zeros among them, whose low bits are often equal
    const high = Math.floor((drawn[2 * i] as number) * 90) - 45;
    const low = (Math.floor((drawn[2 * i + 1] as number) * 90) - 45) << 20;
    if (high === 0 && low === 1) continue;
    expect(set.has({ high, low })).toBe(naive.has(`${high} ${low}`));
    expect(set.add({ high, low })).toBe(!naive.has(`${high} ${low}`));
    naive.add(`${high} ${low}`);
  }
  expect(set.size()).toBe(naive.size);
  expect(set.size()).toBeGreaterThan(5000);
});
