import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HeadgateError } from '../../../src/errors.js';
import { bucketsOf } from '../../../src/files/events/histogram.js';
import { histogramValue } from '../../../src/files/events/values.js';

test('every number is in the one bucket whose edges hold it', () => {
  const numbers = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(numbers, fc.integer({ min: 1, max: 12 }), (values, count) => {
      fc.pre(new Set(values.map((value) => value + 0)).size > 1);
      const buckets = bucketsOf(Float64Array.from(values), count);
      expect(buckets.length).toBe(count);
      expect(buckets[0]?.[0]).toBe(Math.min(...values) + 0);
      expect(buckets.at(-1)?.[1]).toBe(Math.max(...values) + 0);
      for (const [i, [left, right, counted]] of buckets.entries()) {
        const own = values.filter((value) => value >= left && (i === count - 1 ? value <= right : value < right));
        expect(counted).toBe(own.length);
      }
    }),
  );
});

test('a number that is not finite is refused by its tag', () => {
  for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(() => histogramValue('weights', [1, wrong])).toThrow(HeadgateError);
    expect(() => histogramValue('weights', [1, wrong])).toThrow(
      expect.objectContaining({ code: 'INVALID_TENSOR', path: 'weights' }),
    );
  }
});
