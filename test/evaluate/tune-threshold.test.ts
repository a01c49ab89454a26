import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  countsAt,
  standingFor,
  type TunedThreshold,
  tuneSorted,
  tuneThreshold,
} from '../../src/evaluate/tune-threshold.js';
import { accuracy, type CountMetric, confusionCounts, countMetrics, f1Score } from '../../src/tasks/metrics/counts.js';

const decide = (scores: ArrayLike<number>, threshold: number) => Array.from(scores, (s) => (s > threshold ? 1 : 0));

const valueAt = (scores: ArrayLike<number>, labels: ArrayLike<number>, metric: CountMetric, threshold: number) =>
  metric(confusionCounts(decide(scores, threshold), labels));

/** The same rule, naively: every threshold that could matter, each decided anew. Quadratic. */
function bruteForce(scores: Float32Array, labels: readonly number[], metric: CountMetric): TunedThreshold | null {
  const edges = [...new Set([0, ...scores, 1])].sort((a, b) => a - b);
  const middles = edges.slice(1).map((high, i) => Math.fround(((edges[i] ?? 0) + high) / 2));
  const candidates = [...middles, ...edges, 0.5];
  let best: TunedThreshold | null = null;
  for (const threshold of candidates) {
    const value = valueAt(scores, labels, metric, threshold);
    if (best === null || value > best.value) best = { threshold, value };
  }
  return best;
}

const score = fc.oneof(
  fc.constantFrom(0, 0.25, 0.5, 0.75, 1),
  fc.float({ min: 0, max: 1, noNaN: true }),
  // neighbours in float32, where midpoints round up to the higher of the two
  fc.integer({ min: 0, max: 5 }).map((ulp) => Math.fround(0.7) + ulp * 2 ** -24),
);
const rows = fc
  .array(fc.tuple(score, fc.constantFrom(0, 1)), { minLength: 1, maxLength: 30 })
  .map((pairs) => ({ scores: Float32Array.from(pairs, ([s]) => s), labels: pairs.map(([, label]) => label) }));

describe.each(Object.entries(countMetrics))('%s', (_, metric) => {
  test('attains the best value of a brute-force search, by a float32 threshold in [0, 1]', () => {
    fc.assert(
      fc.property(rows, ({ scores, labels }) => {
        const tuned = tuneThreshold(scores, labels, metric);
        if (tuned === null) throw new Error('there are rows');
        expect(tuned.value).toBe(bruteForce(scores, labels, metric)?.value);
        expect(tuned.value).toBe(valueAt(scores, labels, metric, tuned.threshold));
        expect(tuned.threshold).toBe(Math.fround(tuned.threshold));
        expect(tuned.threshold).toBeGreaterThanOrEqual(0);
        expect(tuned.threshold).toBeLessThanOrEqual(1);
      }),
      { numRuns: 300 },
    );
  });

  test('keeps 0.5 unless another threshold is strictly better', () => {
    fc.assert(
      fc.property(rows, ({ scores, labels }) => {
        const tuned = tuneThreshold(scores, labels, metric);
        if (tuned?.value === valueAt(scores, labels, metric, 0.5)) expect(tuned.threshold).toBe(0.5);
        else expect(tuned?.value).toBeGreaterThan(valueAt(scores, labels, metric, 0.5));
      }),
    );
  });
});

test('a threshold stands for all that decide alike, and is the one that the search gives', () => {
  const split = ({ scores, labels }: { scores: Float32Array; labels: number[] }) => {
    const of = (side: number) => Float64Array.from(scores.filter((_, row) => labels[row] === side)).sort();
    return { positives: of(1), negatives: of(0) };
  };
  fc.assert(
    fc.property(rows, fc.double({ min: 0, max: 1, noNaN: true }), (given, threshold) => {
      const sides = split(given);
      const standing = standingFor(threshold, sides);
      expect(decide(given.scores, standing)).toEqual(decide(given.scores, threshold));
      expect(standingFor(standing, sides)).toBe(standing);
      const counts = confusionCounts(decide(given.scores, threshold), given.labels);
      expect(countsAt(threshold, sides)).toEqual(counts);
      // the metric that no other decision attains
      const only: CountMetric = ({ tp, fp }) => (tp === counts.tp && fp === counts.fp ? 1 : 0);
      expect(tuneSorted(sides, only)?.threshold).toBe(standing);
    }),
    { numRuns: 300 },
  );
});

test('the order of the rows does not matter', () => {
  fc.assert(
    fc.property(rows, ({ scores, labels }) => {
      const reversed = tuneThreshold(scores.slice().reverse(), [...labels].reverse(), accuracy);
      expect(reversed).toEqual(tuneThreshold(scores, labels, accuracy));
    }),
  );
});

test('the midpoint of the gap is taken; of equal gaps the one nearest 0.5, then the lower', () => {
  expect(tuneThreshold([0.125, 0.25, 0.375], [0, 0, 1], accuracy)).toEqual({ threshold: 0.3125, value: 1 });
  expect(tuneThreshold([0.625, 0.75], [0, 1], accuracy)).toEqual({ threshold: 0.6875, value: 1 });
  // accuracy 2/3 below 0.125, between 0.25 and 0.375 and nowhere nearer to 0.5
  expect(tuneThreshold([0.125, 0.25, 0.375], [1, 0, 1], accuracy)?.threshold).toBe(0.3125);
  // 0.25 and 0.75 are right three times out of four, 0.5 twice
  const symmetric = tuneThreshold([0.125, 0.375, 0.625, 0.875], [0, 1, 0, 1], accuracy);
  expect(symmetric).toEqual({ threshold: 0.25, value: 0.75 });
});

test('everything and nothing can be decided true, except at scores of 0', () => {
  expect(tuneThreshold([0.25, 0.5], [1, 1], accuracy)).toEqual({ threshold: 0.125, value: 1 });
  expect(tuneThreshold([0.75, 1], [0, 0], accuracy)).toEqual({ threshold: 1, value: 1 });
  expect(tuneThreshold([0, 0.5], [1, 1], accuracy)).toEqual({ threshold: 0.25, value: 0.5 });
});

test('neighbouring float32 scores are separated, in float32 as in float64', () => {
  const low = Math.fround(0.7);
  const high = low + 2 ** -24;
  expect(Math.fround(high)).toBe(high);
  const tuned = tuneThreshold(Float32Array.of(low, high), [0, 1], accuracy);
  expect(tuned?.value).toBe(1);
  expect(decide([low, high], Math.fround(tuned?.threshold ?? 0))).toEqual([0, 1]);
});

test('float64 scores closer than float32 can tell are separated too', () => {
  const tuned = tuneThreshold([0.7, 0.7 + 2 ** -40], [0, 1], accuracy);
  expect(tuned?.value).toBe(1);
  expect(decide([0.7, 0.7 + 2 ** -40], tuned?.threshold ?? 0)).toEqual([0, 1]);
});

test('between scores that float32 cannot tell apart: their midpoint, or where there is none the lower', () => {
  const ulp = 2 ** -56; // of numbers from 1/16 to 1/8
  const [low, odd] = [0.1, 0.1 + ulp];
  expect(tuneThreshold([low, low + 4 * ulp], [0, 1], accuracy)?.threshold).toBe(low + 2 * ulp);
  for (const first of [low, odd]) {
    // of two neighbours one is even, and halves are rounded to it
    expect(tuneThreshold([first, first + ulp], [0, 1], accuracy)).toEqual({ threshold: first, value: 1 });
  }
});

test('no rows: nothing to tune', () => {
  expect(tuneThreshold([], [], accuracy)).toBeNull();
});

test('bad input is refused', () => {
  expect(() => tuneThreshold([0.1], [1, 0], accuracy)).toThrow(
    'LENGTH_MISMATCH at labels: Scores and labels must be of the same rows.\n  expected: 1 labels\n  received: 2',
  );
  expect(() => tuneThreshold([0.1, Number.NaN], [1, 0], accuracy)).toThrow('INVALID_SCORE at scores[1]');
  expect(() => tuneThreshold([0.1, 1.5], [1, 0], accuracy)).toThrow('received: 1.5');
  expect(() => tuneThreshold([0.1, 0.5], [1, -1], accuracy)).toThrow('INVALID_LABEL at labels[1]');
  expect(() => tuneThreshold([0.1, 0.5], [1, 0], ({ tp, fp }) => tp / (tp + fp))).toThrow(
    'INVALID_METRIC at metric: The metric gave no finite number at threshold',
  );
});

test('100,000 rows cost one metric of four counts for each distinct score', () => {
  let state = 1;
  const random = () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
  const scores = Float32Array.from({ length: 100_000 }, random);
  const labels = Array.from(scores, (s) => (random() < s ? 1 : 0));
  let calls = 0;
  const counted: CountMetric = (counts) => {
    calls++;
    return f1Score(counts);
  };
  const tuned = tuneThreshold(scores, labels, counted);
  expect(calls).toBe(new Set(scores).size + 1);
  expect(tuned?.value).toBe(valueAt(scores, labels, f1Score, tuned?.threshold ?? 0));
});

describe('never below the grids of dnn_cool', () => {
  const numbers = z.array(z.number());
  const golden = z
    .object({
      logits12: z.array(numbers),
      labels: z.record(z.string(), z.array(z.union([z.number(), numbers]))),
      gt_masks: z.record(z.string(), numbers),
      tuned_head: z.record(z.string(), z.object({ threshold: z.number(), thresholds: numbers }).partial()),
      tuned_v020_binary: z.record(z.string(), z.number()),
    })
    .parse(JSON.parse(readFileSync(new URL('../fixtures/golden_dnn_cool.json', import.meta.url), 'utf8')));

  const column = (path: string, logit: number, element?: number) => {
    const short = path.split('.').at(-1) ?? '';
    const inside = (golden.gt_masks[path] ?? []).flatMap((mask, row) => (mask === 1 ? [row] : []));
    const scores = Float32Array.from(inside, (row) => 1 / (1 + Math.exp(-(golden.logits12[row]?.[logit] ?? 0))));
    const labels = inside.map((row) => {
      const label = golden.labels[short]?.[row];
      return typeof label === 'number' ? label : (label?.[element ?? 0] ?? Number.NaN);
    });
    return { scores, labels };
  };
  const grid = (from: number, to: number) => Array.from({ length: 100 }, (_, i) => from + (i * (to - from)) / 99);

  test.each([
    ['blocked', 0],
    ['open', 1],
    ['locked', 2],
    ['person', 3],
  ])('%s', (path, logit) => {
    const { scores, labels } = column(path, logit);
    const old = golden.tuned_head[path]?.threshold ?? Number.NaN;
    const oldest = golden.tuned_v020_binary[path] ?? Number.NaN;
    for (const [metric, theirs, thresholds] of [
      [f1Score, old, grid(0.01, 0.99)],
      [accuracy, oldest, grid(0, 1)],
    ] as const) {
      const best = Math.max(...thresholds.map((t) => valueAt(scores, labels, metric, t)));
      expect(valueAt(scores, labels, metric, theirs)).toBe(best);
      expect(tuneThreshold(scores, labels, metric)?.value).toBeGreaterThanOrEqual(best);
    }
  });

  test.each([0, 1, 2])('class %i of the traits', (element) => {
    const path = 'person_flow.face.traits';
    const { scores, labels } = column(path, 5 + element, element);
    const best = Math.max(...grid(0, 1).map((t) => valueAt(scores, labels, accuracy, t)));
    const theirs = golden.tuned_head[path]?.thresholds?.[element] ?? Number.NaN;
    expect(valueAt(scores, labels, accuracy, theirs)).toBe(best);
    expect(tuneThreshold(scores, labels, accuracy)?.value).toBeGreaterThanOrEqual(best);
  });
});
