/** @file Fingerprints that were seen: 16 to 32 bytes each, where a `Set` takes several times that and ends at 2^24. */
import type { Fingerprint } from './fingerprint.js';

export interface FingerprintSet {
  readonly size: () => number;
  readonly has: (fingerprint: Fingerprint) => boolean;
  /** Whether it is new. */
  readonly add: (fingerprint: Fingerprint) => boolean;
}

/** Open addressing with linear probing, half full at most. */
export function fingerprintSet(): FingerprintSet {
  let capacity = 1024;
  let slots = new Int32Array(2 * capacity);
  let size = 0;
  /** Place of the fingerprint, or of the gap that it would take; 0, 0 is a gap. */
  const placeOf = (high: number, low: number): number => {
    for (let place = (low & (capacity - 1)) * 2; ; place = (place + 2) & (2 * capacity - 1)) {
      const [first, second] = [slots[place], slots[place + 1]];
      if ((first === high && second === low) || (first === 0 && second === 0)) return place;
    }
  };
  const isThere = (place: number): boolean => slots[place] !== 0 || slots[place + 1] !== 0;
  const put = (high: number, low: number): void => {
    const place = placeOf(high, low);
    slots[place] = high;
    slots[place + 1] = low;
  };
  const grow = (): void => {
    const before = slots;
    capacity *= 2;
    slots = new Int32Array(2 * capacity);
    for (let i = 0; i < before.length; i += 2) {
      const [high = 0, low = 0] = [before[i], before[i + 1]]; // within the array
      if (high !== 0 || low !== 0) put(high, low);
    }
  };
  return {
    size: () => size,
    has: (fingerprint) => isThere(placeOf(...keyOf(fingerprint))),
    add: (fingerprint) => {
      const [high, low] = keyOf(fingerprint);
      if (isThere(placeOf(high, low))) return false;
      if (2 * (size + 1) > capacity) grow();
      put(high, low);
      size++;
      return true;
    },
  };
}

/** Never 0, 0. */
function keyOf({ high, low }: Fingerprint): [number, number] {
  return high === 0 && low === 0 ? [0, 1] : [high, low];
}
