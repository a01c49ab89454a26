/** @file The one random generator: Philox4x32-10, a pure function of (seed, stream, counter, position). */
import { type ErrorCode, HeadgateError, show } from './errors.js';
import { createFiller, type Filler, type StreamWords } from './random/philox.js';

/** Names a run of random numbers. Equal keys give equal numbers, on every engine and machine. */
export interface RandomStreamKey {
  /** Any safe integer, 0 and negative ones included. */
  readonly seed: number;
  /** What the numbers are for, e.g. `shuffle` or `dropout/1`; a number is taken as the stream's id itself (uint32). */
  readonly stream: string | number;
  /** How often the stream was drawn before, e.g. the step or the epoch: a safe integer, at least 0. */
  readonly counter: number;
}

/** Four 32-bit words. */
export type Words4 = readonly [number, number, number, number];

const WORD = 2 ** 32;
/** Words made at a time: small enough for the first-level cache. */
const CHUNK = 4096;

/**
 * One block of Philox4x32-10: Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC 2011).
 * Writes four uint32 words to `out` at `offset`.
 */
export function philox4x32(counter: Words4, key: readonly [number, number], out: Uint32Array, offset = 0): void {
  block(counter[0], counter[1], counter[2], counter[3], key[0], key[1], out, offset);
}

/** The words of a stream, from word `first` (a multiple of 4) on. A stream has 2^34 words. */
export function randomWords(key: RandomStreamKey, out: Uint32Array, first = 0): Uint32Array {
  const { c1, c2, c3, k0, k1 } = streamWords(key);
  const fill = out.length < WORTH_FILLING ? null : filler();
  if (fill !== null) {
    fill.words(out, first / 4, { c1, c2, c3, k0, k1 });
    return out;
  }
  const whole = out.length - (out.length % 4);
  let index = first / 4;
  for (let i = 0; i < whole; i += 4) block(index++, c1, c2, c3, k0, k1, out, i);
  if (whole < out.length) {
    const last = new Uint32Array(4);
    block(index, c1, c2, c3, k0, k1, last, 0);
    out.set(last.subarray(0, out.length - whole), whole);
  }
  return out;
}

/** Fewer numbers are made before WebAssembly is called. */
const WORTH_FILLING = 64;

let made: Filler | null | undefined;

/** Made when it is first needed; null where there is none. */
function filler(): Filler | null {
  if (made === undefined) made = createFiller();
  return made;
}

function streamWords(key: RandomStreamKey): StreamWords {
  const { seed, counter } = key;
  if (!Number.isSafeInteger(seed)) throw invalid('INVALID_SEED', 'seed', 'a safe integer', seed);
  if (!Number.isSafeInteger(counter) || counter < 0) {
    throw invalid('INVALID_COUNTER', 'counter', 'a safe integer, at least 0', counter);
  }
  return {
    c1: counter | 0,
    c2: Math.floor(counter / WORD) | 0,
    c3: typeof key.stream === 'string' ? streamId(key.stream) : key.stream,
    k0: seed | 0,
    k1: Math.floor(seed / WORD) | 0,
  };
}

/**
 * Uniform in [0, 1): the top 24 bits of a word, so that every value is exact in float32.
 *
 * @throws HeadgateError `INVALID_SEED`, `INVALID_COUNTER`
 * @example uniforms({ seed: 1, stream: 'my noise', counter: 0 }, 10)
 */
export function uniforms(key: RandomStreamKey, count: number, out = new Float32Array(count)): Float32Array {
  const fill = count < WORTH_FILLING ? null : filler();
  if (fill !== null) {
    fill.uniforms(out.length === count ? out : out.subarray(0, count), 0, streamWords(key));
    return out;
  }
  const words = new Uint32Array(Math.min(CHUNK, count));
  for (let start = 0; start < count; start += CHUNK) {
    const length = Math.min(CHUNK, count - start);
    randomWords(key, words.subarray(0, length), start);
    for (let i = 0; i < length; i++) out[start + i] = ((words[i] as number) >>> 8) * 2 ** -24;
  }
  return out;
}

/**
 * Standard normal, by Box and Muller (1958) in float64, rounded to float32. Words 2i and 2i+1 make values 2i and 2i+1.
 *
 * @throws HeadgateError `INVALID_SEED`, `INVALID_COUNTER`
 */
export function normals(key: RandomStreamKey, count: number, out = new Float32Array(count)): Float32Array {
  const words = new Uint32Array(Math.min(CHUNK, count + (count % 2)));
  for (let start = 0; start < count; start += CHUNK) {
    const length = Math.min(CHUNK, count - start);
    randomWords(key, words.subarray(0, length + (length % 2)), start);
    for (let i = 0; i < length; i += 2) {
      const radius = Math.sqrt(-2 * Math.log(((words[i] as number) + 1) / WORD)); // (0, 1]: the logarithm is finite
      const angle = (2 * Math.PI * (words[i + 1] as number)) / WORD;
      out[start + i] = radius * Math.cos(angle);
      if (i + 1 < length) out[start + i + 1] = radius * Math.sin(angle);
    }
  }
  return out;
}

/**
 * A random order of 0..count-1 by Fisher and Yates; every order is equally likely.
 *
 * @throws HeadgateError `INVALID_SEED`, `INVALID_COUNTER`
 */
export function permutation(count: number, key: RandomStreamKey): Uint32Array {
  const order = new Uint32Array(count);
  for (let i = 0; i < count; i++) order[i] = i;
  const words = new Uint32Array(Math.min(CHUNK, count + ((4 - (count % 4)) % 4)));
  let first = 0;
  let position = words.length;
  const next = (): number => {
    if (position === words.length) {
      randomWords(key, words, first);
      first += words.length;
      position = 0;
    }
    return words[position++] as number;
  };
  for (let i = count - 1; i > 0; i--) {
    const j = below(i + 1, next);
    const swapped = order[i] as number;
    order[i] = order[j] as number;
    order[j] = swapped;
  }
  return order;
}

/** The uint32 that stands for a stream's name: FNV-1a over its UTF-16 code units. */
export function streamId(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) {
    const unit = name.charCodeAt(i);
    hash = Math.imul(hash ^ (unit & 0xff), 0x01000193);
    hash = Math.imul(hash ^ (unit >>> 8), 0x01000193);
  }
  return hash >>> 0;
}

/** Unbiased integer in [0, bound): Lemire, "Fast random integer generation in an interval" (2019). */
function below(bound: number, next: () => number): number {
  const unfair = (WORD - bound) % bound; // words whose low product falls below this would favour small results
  for (;;) {
    const word = next();
    if (Math.imul(word, bound) >>> 0 >= unfair) return multiplyHigh(word, bound) >>> 0;
  }
}

/** High 32 bits of the 64-bit product of two uint32. */
function multiplyHigh(a: number, b: number): number {
  const [ah, al, bh, bl] = [a >>> 16, a & 0xffff, b >>> 16, b & 0xffff];
  const low = Math.imul(ah, bl) + (Math.imul(al, bl) >>> 16);
  const middle = Math.imul(al, bh) + (low & 0xffff);
  return (Math.imul(ah, bh) + (low >>> 16) + (middle >>> 16)) | 0;
}

/** Ten rounds; the products are written out in 16-bit halves, since JavaScript has no 64-bit one that is fast. */
function block(
  c0: number,
  c1: number,
  c2: number,
  c3: number,
  k0: number,
  k1: number,
  out: Uint32Array,
  at: number,
): void {
  let [x0, x1, x2, x3, key0, key1] = [c0 | 0, c1 | 0, c2 | 0, c3 | 0, k0 | 0, k1 | 0];
  for (let round = 0; round < 10; round++) {
    const h0 = x0 >>> 16;
    const l0 = x0 & 0xffff;
    const low0 = Math.imul(h0, 0x1f53) + (Math.imul(l0, 0x1f53) >>> 16);
    const middle0 = Math.imul(l0, 0xd251) + (low0 & 0xffff);
    const high0 = Math.imul(h0, 0xd251) + (low0 >>> 16) + (middle0 >>> 16);
    const h2 = x2 >>> 16;
    const l2 = x2 & 0xffff;
    const low2 = Math.imul(h2, 0x8d57) + (Math.imul(l2, 0x8d57) >>> 16);
    const middle2 = Math.imul(l2, 0xcd9e) + (low2 & 0xffff);
    const high2 = Math.imul(h2, 0xcd9e) + (low2 >>> 16) + (middle2 >>> 16);
    const product0 = Math.imul(x0, 0xd2511f53);
    const product2 = Math.imul(x2, 0xcd9e8d57);
    x0 = high2 ^ x1 ^ key0;
    x1 = product2;
    x2 = high0 ^ x3 ^ key1;
    x3 = product0;
    key0 = (key0 + 0x9e3779b9) | 0;
    key1 = (key1 + 0xbb67ae85) | 0;
  }
  out[at] = x0;
  out[at + 1] = x1;
  out[at + 2] = x2;
  out[at + 3] = x3;
}

function invalid(code: ErrorCode, path: string, expected: string, received: unknown): HeadgateError {
  return new HeadgateError({ code, path, problem: `This ${path} cannot be used.`, expected, received: show(received) });
}
