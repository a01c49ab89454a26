/** @file Makes what tfjs draws from Math.random (initialiser and dropout seeds) a function of a seed and a counter. */
import { randomWords } from '../random.js';
import type { RandomKey } from './engine.js';

const BUFFER = 64;

/**
 * Runs `f` with `Math.random` replaced by a generator of (seed, counter), and puts the old one back. `f` must be
 * synchronous: whatever runs after it returns sees the old generator.
 */
export function withHostRandom<T>(key: RandomKey, f: () => T): T {
  const original = Math.random;
  Math.random = generator(key);
  try {
    return f();
  } finally {
    Math.random = original;
  }
}

/** Uniform in [0, 1) with 53 random bits. */
function generator({ seed, counter }: RandomKey): () => number {
  const words = new Uint32Array(BUFFER);
  let first = 0;
  let position = BUFFER;
  return () => {
    if (position === BUFFER) {
      randomWords({ seed, counter, stream: 'host' }, words, first);
      first += BUFFER;
      position = 0;
    }
    const high = (words[position++] as number) >>> 5;
    const low = (words[position++] as number) >>> 6;
    return (high * 2 ** 26 + low) * 2 ** -53;
  };
}
