/** @file Philox4x32-10 as WebAssembly: four blocks at a time, one in each lane. */
import {
  type Bytes,
  bump,
  constant,
  END,
  get,
  I32,
  name,
  SIMD,
  section,
  set,
  sized,
  unsigned,
  V128,
  vector,
} from '../wasm/encoding.js';

/** `words` and `uniforms`: a place in memory, groups of 16 numbers, the first block's number, c1, c2, c3, k0, k1. */
export const ENTRIES = ['words', 'uniforms'] as const;

/** Numbers that a group has: four blocks of four. */
export const GROUP = 16;

const [PLACE, GROUPS, INDEX, C1, C2, C3, K0, K1] = [0, 1, 2, 3, 4, 5, 6, 7] as const;
/** Of vectors: the four words of each block, and products. */
const WORDS = [8, 9, 10, 11] as const;
const [LOW0, HIGH0, LOW2, HIGH2] = [12, 13, 14, 15] as const;

const MULTIPLIERS = [0xd2511f53, 0xcd9e8d57] as const;
const INCREMENTS = [0x9e3779b9, 0xbb67ae85] as const;
const ROUNDS = 10;

const simd = (code: number): Bytes => [SIMD, ...unsigned(code)];
const SPLAT = simd(0x11);
const XOR = simd(0x51);
const EXTEND_LOW = simd(0xde);
const EXTEND_HIGH = simd(0xdf);

/** Lanes of two vectors, 0 to 3 of the first and 4 to 7 of the second. */
const lanes = (...chosen: readonly number[]): Bytes => [
  ...simd(0x0d),
  ...chosen.flatMap((lane) => [0, 1, 2, 3].map((byte) => 4 * lane + byte)),
];
const literal = (...values: readonly number[]): Bytes => [
  ...simd(0x0c),
  ...new Uint8Array(Int32Array.from(values).buffer),
];
const every = (value: number): Bytes => literal(value, value, value, value);

/** The binary module. It imports `env.memory`. */
export function philoxModule(): Uint8Array<ArrayBuffer> {
  const type = [0x60, ...vector(Array<Bytes>(8).fill([I32])), ...vector([])];
  const memory = [...name('env'), ...name('memory'), 0x02, 0x00, 0x01];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, vector([type])),
    ...section(2, vector([memory])),
    ...section(3, vector(ENTRIES.map(() => [0x00]))),
    ...section(7, vector(ENTRIES.map((entry, i) => [...name(entry), 0x00, ...unsigned(i)]))),
    ...section(10, vector(ENTRIES.map((entry) => sized(body(entry === 'uniforms'))))),
  ]);
}

function body(asUniforms: boolean): Bytes {
  const [x0, x1, x2, x3] = WORDS;
  return [
    ...vector([[...unsigned(8), V128]]),
    ...[0x03, 0x40], // loop
    ...[...get(INDEX), ...SPLAT, ...literal(0, 1, 2, 3), ...simd(0xae), ...set(x0)],
    ...[...get(C1), ...SPLAT, ...set(x1)],
    ...[...get(C2), ...SPLAT, ...set(x2)],
    ...[...get(C3), ...SPLAT, ...set(x3)],
    ...Array.from({ length: ROUNDS }, (_, i) => round(i)).flat(),
    ...stores(asUniforms),
    ...bump(PLACE, 4 * GROUP),
    ...bump(INDEX, 4),
    ...bump(GROUPS, -1),
    ...[...get(GROUPS), 0x0d, 0x00], // again, while there are groups
    ...[END, END],
  ];
}

function round(i: number): Bytes {
  const [x0, x1, x2, x3] = WORDS;
  const product = (x: number, multiplier: number, code: Bytes, to: number): Bytes => [
    ...get(x),
    ...every(multiplier | 0),
    ...code,
    ...set(to),
  ];
  const key = (local: number, increment: number): Bytes => [
    ...get(local),
    ...constant(Math.imul(increment, i)),
    0x6a, // i32.add
    ...SPLAT,
  ];
  const high = (low: number, other: number): Bytes => [...get(low), ...get(other), ...lanes(1, 3, 5, 7)];
  const low = (first: number, other: number): Bytes => [...get(first), ...get(other), ...lanes(0, 2, 4, 6)];
  return [
    ...product(x0, MULTIPLIERS[0], EXTEND_LOW, LOW0),
    ...product(x0, MULTIPLIERS[0], EXTEND_HIGH, HIGH0),
    ...product(x2, MULTIPLIERS[1], EXTEND_LOW, LOW2),
    ...product(x2, MULTIPLIERS[1], EXTEND_HIGH, HIGH2),
    ...[...high(LOW2, HIGH2), ...get(x1), ...XOR, ...key(K0, INCREMENTS[0]), ...XOR, ...set(x0)],
    ...[...low(LOW2, HIGH2), ...set(x1)],
    ...[...high(LOW0, HIGH0), ...get(x3), ...XOR, ...key(K1, INCREMENTS[1]), ...XOR, ...set(x2)],
    ...[...low(LOW0, HIGH0), ...set(x3)],
  ];
}

/** Block by block, as one would write them: the vectors have them side by side. */
function stores(asUniforms: boolean): Bytes {
  const [x0, x1, x2, x3] = WORDS;
  const pairs = [
    [x0, x1, lanes(0, 4, 1, 5), LOW0],
    [x2, x3, lanes(0, 4, 1, 5), HIGH0],
    [x0, x1, lanes(2, 6, 3, 7), LOW2],
    [x2, x3, lanes(2, 6, 3, 7), HIGH2],
  ] as const;
  const blocks = [
    [LOW0, HIGH0, lanes(0, 1, 4, 5)],
    [LOW0, HIGH0, lanes(2, 3, 6, 7)],
    [LOW2, HIGH2, lanes(0, 1, 4, 5)],
    [LOW2, HIGH2, lanes(2, 3, 6, 7)],
  ] as const;
  const uniform = [
    ...[...constant(8), ...simd(0xad)], // the top 24 bits
    ...simd(0xfa), // as floats, which hold them
    ...[...simd(0x0c), ...new Uint8Array(new Float32Array(4).fill(2 ** -24).buffer), ...simd(0xe6)],
  ];
  return [
    ...pairs.flatMap(([a, b, chosen, to]) => [...get(a), ...get(b), ...chosen, ...set(to)]),
    ...blocks.flatMap(([a, b, chosen], i) => [
      ...get(PLACE),
      ...[...get(a), ...get(b), ...chosen],
      ...(asUniforms ? uniform : []),
      ...[...simd(0x0b), 0x04, ...unsigned(16 * i)], // aligned to 16 bytes
    ]),
  ];
}
