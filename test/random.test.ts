import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HeadgateError } from '../src/errors.js';
import {
  normals,
  permutation,
  philox4x32,
  type RandomStreamKey,
  randomWords,
  streamId,
  uniforms,
  type Words4,
} from '../src/random.js';

const ONES = 0xffffffff;

/** Philox in BigInt, straight from the paper's formula. */
function naivePhilox(counter: Words4, key: readonly [number, number]): number[] {
  const mask = 0xffffffffn;
  let [a, b, c, d] = counter.map(BigInt) as [bigint, bigint, bigint, bigint];
  let [k0, k1] = key.map(BigInt) as [bigint, bigint];
  for (let round = 0; round < 10; round++) {
    const p0 = 0xd2511f53n * a;
    const p1 = 0xcd9e8d57n * c;
    [a, b, c, d] = [(p1 >> 32n) ^ b ^ k0, p1 & mask, (p0 >> 32n) ^ d ^ k1, p0 & mask];
    k0 = (k0 + 0x9e3779b9n) & mask;
    k1 = (k1 + 0xbb67ae85n) & mask;
  }
  return [a, b, c, d].map(Number);
}

test.each<[string, Words4, [number, number], string[]]>([
  ['zeros', [0, 0, 0, 0], [0, 0], ['6627e8d5', 'e169c58d', 'bc57ac4c', '9b00dbd8']],
  ['ones', [ONES, ONES, ONES, ONES], [ONES, ONES], ['408f276d', '41c83b0e', 'a20bc7c6', '6d5451fd']],
  [
    'digits of pi',
    [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    [0xa4093822, 0x299f31d0],
    ['d16cfe09', '94fdcceb', '5001e420', '24126ea1'],
  ],
])('gives the known answers of the Random123 distribution: %s', (_, counter, key, expected) => {
  const out = new Uint32Array(4);
  philox4x32(counter, key, out);
  expect([...out].map((word) => word.toString(16).padStart(8, '0'))).toEqual(expected);
});

test('equals the formula in BigInt for any counter and key', () => {
  const word = fc.integer({ min: 0, max: ONES });
  fc.assert(
    fc.property(fc.tuple(word, word, word, word), fc.tuple(word, word), (counter, key) => {
      const out = new Uint32Array(6);
      philox4x32(counter, key, out, 1);
      expect([...out]).toEqual([0, ...naivePhilox(counter, key), 0]);
    }),
  );
});

test('lays seed, stream and counter out in words, the high ones included', () => {
  const key: RandomStreamKey = { seed: 5 + 7 * 2 ** 32, stream: 11, counter: 3 + 2 ** 32 };
  expect([...randomWords(key, new Uint32Array(8))]).toEqual([
    ...naivePhilox([0, 3, 1, 11], [5, 7]),
    ...naivePhilox([1, 3, 1, 11], [5, 7]),
  ]);
  expect([...randomWords({ ...key, seed: -1 }, new Uint32Array(3), 8)]).toEqual(
    naivePhilox([2, 3, 1, 11], [ONES, ONES]).slice(0, 3),
  );
});

test('is a pure function of its key, and each part of the key matters', () => {
  const key = { seed: 0, stream: 'shuffle', counter: 0 };
  const first = [...uniforms(key, 5)];
  expect([...uniforms(key, 5)]).toEqual(first);
  expect([...uniforms({ ...key, stream: streamId('shuffle') }, 5)]).toEqual(first);
  for (const other of [{ seed: 1 }, { seed: 2 ** 32 }, { seed: -1 }, { stream: 'init' }, { counter: 1 }]) {
    expect([...uniforms({ ...key, ...other }, 5)]).not.toEqual(first);
  }
});

test('a longer draw begins with the shorter one, also across chunks', () => {
  const key = { seed: 42, stream: 'long', counter: 9 };
  for (const draw of [uniforms, normals]) {
    const long = draw(key, 10_001);
    for (const count of [0, 1, 2, 3, 4095, 4096, 4097, 8193]) {
      expect(draw(key, count)).toEqual(long.slice(0, count));
    }
  }
});

test('uniforms are the top 24 bits, below 1, with the moments of a uniform', () => {
  const values = uniforms({ seed: 1, stream: 'u', counter: 0 }, 200_000);
  let [sum, squares] = [0, 0];
  for (const value of values) {
    if (!(value >= 0 && value < 1 && Number.isInteger(value * 2 ** 24)))
      throw new Error(`not a 24-bit uniform: ${value}`);
    sum += value;
    squares += value * value;
  }
  expect(sum / values.length).toBeCloseTo(1 / 2, 2);
  expect(squares / values.length).toBeCloseTo(1 / 3, 2);
});

test('normals have the moments of a standard normal', () => {
  const values = normals({ seed: 1, stream: 'n', counter: 0 }, 200_000);
  const moment = (power: number) => values.reduce((sum, value) => sum + value ** power, 0) / values.length;
  expect(moment(1)).toBeCloseTo(0, 1.9);
  expect(moment(2)).toBeCloseTo(1, 1.9);
  expect(Math.abs(moment(3))).toBeLessThan(0.03);
  expect(Math.abs(moment(4) - 3)).toBeLessThan(0.1);
  expect(values.every(Number.isFinite)).toBe(true);
});

test('a permutation holds every index once', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 300 }), fc.maxSafeInteger(), (count, seed) => {
      const order = permutation(count, { seed, stream: 'p', counter: 0 });
      expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
    }),
  );
});

test('every order of four is about equally likely', () => {
  const counts = new Map<string, number>();
  const draws = 24_000;
  for (let counter = 0; counter < draws; counter++) {
    const order = permutation(4, { seed: 3, stream: 'orders', counter }).join('');
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  expect(counts.size).toBe(24);
  let chiSquared = 0;
  for (const count of counts.values()) chiSquared += (count - draws / 24) ** 2 / (draws / 24);
  expect(chiSquared).toBeLessThan(49.7); // 23 degrees of freedom: 1 in 1,000
});

test('refuses seeds and counters that would lose bits', () => {
  const draw = (key: Partial<RandomStreamKey>) => () => uniforms({ seed: 0, stream: 's', counter: 0, ...key }, 1);
  for (const seed of [0.5, Number.NaN, 2 ** 53, Number.POSITIVE_INFINITY]) {
    expect(draw({ seed })).toThrow(HeadgateError);
    expect(draw({ seed })).toThrow(/^INVALID_SEED at seed: .*\n {2}expected: a safe integer\n {2}received: /);
  }
  for (const counter of [-1, 1.5, Number.NaN]) expect(draw({ counter })).toThrow(/^INVALID_COUNTER at counter: /);
});

test('stream ids are FNV-1a and differ for near names', () => {
  expect(streamId('')).toBe(0x811c9dc5);
  expect(new Set(['a', 'b', 'ab', 'ba', 'a/0', 'a/1', 'é', 'e'].map(streamId)).size).toBe(8);
});

test('long draws, which WebAssembly makes, are the blocks of the formula, from any block on', () => {
  const streams = [0, 7, 0x8000_0001, 0xffff_ffff];
  const seeds = [0, -5, 2 ** 40 + 3, -(2 ** 52)];
  for (const [i, seed] of seeds.entries()) {
    for (const [length, first] of [
      [64, 0],
      [65, 4],
      [20_001, 12],
      [40_000, 2 ** 34 - 40_000],
    ] as const) {
      const key = { seed, stream: streams[i] ?? 0, counter: i * 2 ** 33 + i };
      const words = randomWords(key, new Uint32Array(length), first);
      const own = new Uint32Array(4);
      for (const at of [0, 4, 16, 60, length - (length % 4) - 4]) {
        const counter: Words4 = [
          (first + at) / 4,
          key.counter % 2 ** 32,
          Math.floor(key.counter / 2 ** 32),
          key.stream,
        ];
        philox4x32(counter, [seed | 0, Math.floor(seed / 2 ** 32) | 0], own);
        expect(Array.from(words.subarray(at, at + 4))).toEqual(Array.from(own));
      }
      expect(Array.from(randomWords(key, new Uint32Array(63), first))).toEqual(Array.from(words.subarray(0, 63)));
    }
  }
  const key = { seed: 9, stream: 'long', counter: 3 };
  const words = randomWords(key, new Uint32Array(20_003));
  expect(uniforms(key, 20_003)).toEqual(Float32Array.from(words, (word) => (word >>> 8) * 2 ** -24));
  const longer = new Float32Array(200).fill(7);
  uniforms(key, 100, longer);
  expect([longer[99], longer[100]]).toEqual([uniforms(key, 100)[99], 7]);
});
