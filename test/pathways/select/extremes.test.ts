import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Mask, maskAt, packMask } from '../../../src/pathways/masks/mask.js';
import { blocks } from '../../../src/pathways/select/blocks.js';
import { largest, smallest } from '../../../src/pathways/select/extremes.js';
import { alongAxis, largestPerColumn, largestPerRow, nOfM } from '../../../src/pathways/select/lanes.js';
import { quickselect } from '../../../src/pathways/select/quickselect.js';

/** Few different values, so that ties are everywhere; both zeros and infinities among them. */
const score = fc.oneof(
  fc.constantFrom(0, -0, 1, 0.5, -1, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
  fc.double({ noNaN: true }),
);
const scored = fc.array(fc.tuple(score, fc.constantFrom(0, 1)), { maxLength: 60 }).map((pairs) => ({
  scores: Float64Array.from(pairs, ([value]) => value),
  allowed: packMask(
    'allowed',
    [pairs.length],
    pairs.map(([, bit]) => bit),
  ),
}));

/** By a stable sort of everything. */
function naive(scores: ArrayLike<number>, indices: readonly number[], count: number, take: 'largest' | 'smallest') {
  const sign = take === 'largest' ? -1 : 1;
  const of = (i: number) => scores[i] ?? 0;
  const order = [...indices].sort((a, b) => (of(a) === of(b) ? a - b : sign * of(a) < sign * of(b) ? -1 : 1));
  return order.slice(0, count).sort((a, b) => a - b);
}

const free = (mask: Mask, size: number) =>
  Array.from({ length: size }, (_, i) => i).filter((i) => maskAt(mask, i) === 1);

test('quickselect finds what stands at a place of the sorted numbers', () => {
  fc.assert(
    fc.property(fc.array(score, { minLength: 1, maxLength: 200 }), fc.nat(), (values, at) => {
      const place = at % values.length;
      const sorted = Float64Array.from(values).sort();
      expect(quickselect(Float64Array.from(values), place) + 0).toBe((sorted[place] ?? 0) + 0);
    }),
  );
});

test('quickselect takes no quadratic time, whatever the order', () => {
  const size = 2 ** 18;
  const orders: Record<string, (i: number) => number> = {
    ascending: (i) => i,
    descending: (i) => -i,
    'all equal': () => 1,
    'organ pipes': (i) => Math.min(i, size - i),
    'two values': (i) => i % 2,
  };
  for (const [name, of] of Object.entries(orders)) {
    const values = Float64Array.from({ length: size }, (_, i) => of(i));
    const expected = values.slice().sort()[1000];
    expect(quickselect(values, 1000), name).toBe(expected);
  }
});

test('the largest and the smallest are those of a sort, with ties to the lower index, among what is allowed', () => {
  fc.assert(
    fc.property(scored, fc.nat(), ({ scores, allowed }, wanted) => {
      const indices = free(allowed, scores.length);
      const count = wanted % (indices.length + 1);
      expect([...largest(scores, count, allowed)]).toEqual(naive(scores, indices, count, 'largest'));
      expect([...smallest(scores, count, allowed)]).toEqual(naive(scores, indices, count, 'smallest'));
      const all = scores.map((_, i) => i);
      expect([...largest(scores, count)]).toEqual(naive(scores, [...all], count, 'largest'));
    }),
  );
});

test('a zero is taken only when everything else is: the predecessor took every zero at a threshold of 0', () => {
  const scores = Float32Array.of(0, 0.1, -0, 0, 0.2);
  expect([...largest(scores, 2)]).toEqual([1, 4]);
  expect([...largest(scores, 3)]).toEqual([0, 1, 4]);
});

test('a count of 0 takes nothing: the predecessor took everything', () => {
  expect([...largest(Float32Array.of(1, 2), 0)]).toEqual([]);
  expect([...smallest(Float32Array.of(1, 2), 0)]).toEqual([]);
  expect([...largest(new Float32Array(0), 0)]).toEqual([]);
});

test("the predecessor's pickers: half of [[.1, -.9, .3], [.7, -.2, .5]]", () => {
  const weights = Float64Array.of(0.1, -0.9, 0.3, 0.7, -0.2, 0.5);
  const absolute = weights.map(Math.abs);
  expect([...largest(absolute, 3)]).toEqual([1, 3, 5]);
  expect([...smallest(absolute, 3)]).toEqual([0, 2, 4]);
  expect([...largest(weights, 3)]).toEqual([2, 3, 5]);
  expect([...smallest(weights, 3)]).toEqual([0, 1, 4]);
});

test('what cannot be selected is refused', () => {
  const scores = Float32Array.of(1, 2, 3);
  const mask = packMask('allowed', [3], [1, 0, 0]);
  const short = { code: 'SELECTION_TOO_LARGE', path: 'count', expected: 'at most 1', received: '2' };
  expect(() => largest(scores, 2, mask)).toThrow(expect.objectContaining(short));
  for (const count of [-1, 0.5, Number.NaN]) {
    expect(() => smallest(scores, count)).toThrow(expect.objectContaining({ code: 'INVALID_OPTIONS', path: 'count' }));
  }
  const nan = { code: 'INVALID_SCORE', path: 'scores[1]' };
  expect(() => largest(Float32Array.of(1, Number.NaN), 1)).toThrow(expect.objectContaining(nan));
  const length = { code: 'LENGTH_MISMATCH', path: 'allowed' };
  expect(() => largest(Float32Array.of(1, 2), 1, mask)).toThrow(expect.objectContaining(length));
});

const shaped = fc
  .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 6 }))
  .chain((shape) =>
    fc.record({
      shape: fc.constant(shape),
      scores: fc
        .array(score, { minLength: shape[0] * shape[1] * shape[2], maxLength: shape[0] * shape[1] * shape[2] })
        .map((values) => Float64Array.from(values)),
      axis: fc.integer({ min: -3, max: 2 }),
      count: fc.nat(),
    }),
  );

/** The indices of each lane, by coordinates. */
function naiveLanes([a, b, c]: readonly [number, number, number], axis: number): number[][] {
  const lanes = new Map<string, number[]>();
  for (let i = 0; i < a * b * c; i++) {
    const place = [Math.floor(i / (b * c)), Math.floor(i / c) % b, i % c];
    place[(axis + 3) % 3] = -1;
    const key = String(place);
    lanes.set(key, [...(lanes.get(key) ?? []), i]);
  }
  return [...lanes.values()];
}

test('along any axis, each lane is selected for itself', () => {
  fc.assert(
    fc.property(shaped, ({ shape, scores, axis, count: wanted }) => {
      const lanes = naiveLanes(shape, axis);
      const count = wanted % ((lanes[0]?.length ?? 0) + 1);
      for (const take of ['largest', 'smallest'] as const) {
        const expected = lanes.flatMap((lane) => naive(scores, lane, count, take)).sort((a, b) => a - b);
        expect([...alongAxis(scores, shape, count, { axis, take })]).toEqual(expected);
      }
    }),
  );
});

test('N of each M along any axis; a shorter last group keeps its share', () => {
  fc.assert(
    fc.property(shaped, fc.integer({ min: 1, max: 4 }), ({ shape, scores, axis, count }, of) => {
      const keep = count % (of + 1);
      const groups = naiveLanes(shape, axis).flatMap((lane) =>
        Array.from({ length: Math.ceil(lane.length / of) }, (_, g) => lane.slice(g * of, (g + 1) * of)),
      );
      const expected = groups.flatMap((group) =>
        naive(scores, group, Math.ceil((keep * group.length) / of), 'largest'),
      );
      expect([...nOfM(scores, shape, { keep, of, axis })]).toEqual(expected.sort((a, b) => a - b));
    }),
  );
});

test('per row and per column of a kernel, also one of four axes', () => {
  const scores = Float32Array.of(1, 2, 3, 6, 5, 4);
  expect([...largestPerRow(scores, [2, 3], 1)]).toEqual([2, 3]);
  expect([...largestPerColumn(scores, [2, 3], 1)]).toEqual([3, 4, 5]);
  expect([...largestPerColumn(scores, [1, 2, 1, 3], 1)]).toEqual([3, 4, 5]);
  expect([
    ...nOfM(scores, [2, 3], { keep: 1, of: 2, axis: 1, allowed: packMask('m', [2, 3], [1, 0, 0, 1, 1, 1]) }),
  ]).toEqual([0, 3, 5]);
  expect(() => largestPerRow(scores, [2, 3], 4)).toThrow(expect.objectContaining({ code: 'SELECTION_TOO_LARGE' }));
  expect(() => largestPerRow(scores, [2, 2], 1)).toThrow(expect.objectContaining({ code: 'LENGTH_MISMATCH' }));
  const axis = { code: 'INVALID_OPTIONS', path: 'axis', expected: 'an axis of [2, 3]' };
  for (const wrong of [2, -3, 0.5]) {
    expect(() => alongAxis(scores, [2, 3], 1, { axis: wrong })).toThrow(expect.objectContaining(axis));
  }
  expect(() => nOfM(scores, [2, 3], { keep: 3, of: 2, axis: 0 })).toThrow(expect.objectContaining({ path: 'keep' }));
  expect(() => nOfM(scores, [2, 3], { keep: 0, of: 0, axis: 0 })).toThrow(expect.objectContaining({ path: 'of' }));
});

test('blocks are taken whole, by their mean, so that an edge is no handicap', () => {
  const scores = Float32Array.of(1, 1, 3, 1, 1, 0, 9, 0, 2);
  expect([...blocks(scores, [3, 3], 1, { block: [2, 2] })]).toEqual([6, 7]);
  expect([...blocks(scores, [3, 3], 2, { block: [2, 2] })]).toEqual([6, 7, 8]);
  expect([...blocks(scores, [3, 3], 1, { block: [2, 2], take: 'smallest' })]).toEqual([0, 1, 3, 4]);
  const allowed = packMask('m', [3, 3], [1, 1, 1, 1, 1, 1, 0, 1, 1]);
  expect([...blocks(scores, [3, 3], 1, { block: [2, 2], allowed })]).toEqual([8]);
  const short = { code: 'SELECTION_TOO_LARGE', expected: 'at most 3' };
  expect(() => blocks(scores, [3, 3], 4, { block: [2, 2], allowed })).toThrow(expect.objectContaining(short));
  const block = { code: 'INVALID_OPTIONS', path: 'block' };
  expect(() => blocks(scores, [3, 3], 1, { block: [0, 2] })).toThrow(expect.objectContaining(block));
});
