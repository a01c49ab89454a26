/** @file The parts of a schedule as pure functions, against their formulas written out and naive references. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { largest } from '../../../src/pathways/select/extremes.js';
import { countsAt, ones, pruned } from '../../../src/pathways/sparsify/prune.js';
import { exchanged } from '../../../src/pathways/sparsify/regrow.js';
import { sparsityAt, timelineOf } from '../../../src/pathways/sparsify/timeline.js';
import '../../support/properties.js';

const usual = { kind: 'cubic', from: 0, begin: 0.1, end: 0.7, every: 'epoch' } as const;

test('the curves begin and end where they should, and the cubic one is first the steepest', () => {
  for (const kind of ['cubic', 'linear'] as const) {
    expect(sparsityAt(kind, 0.2, 0.9, 0)).toBeCloseTo(0.2, 12);
    expect(sparsityAt(kind, 0.2, 0.9, 1)).toBeCloseTo(0.9, 12);
  }
  expect(sparsityAt('cubic', 0, 0.8, 0.5)).toBeCloseTo(0.7, 12);
  expect(sparsityAt('linear', 0, 0.8, 0.5)).toBeCloseTo(0.4, 12);
  expect(sparsityAt('constant', 0, 0.8, 0)).toBe(0.8);
});

test('every run ends at the final sparsity, wherever its schedule begins and ends, and never goes back', () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  const every = fc.oneof(fc.constant('epoch' as const), fc.integer({ min: 1, max: 9 }));
  const kinds = fc.constantFrom('cubic' as const, 'linear' as const, 'constant' as const);
  fc.assert(
    fc.property(kinds, share, share, every, fc.integer({ min: 1, max: 60 }), (kind, one, other, turn, of) => {
      const [begin, end] = [Math.min(one, other), Math.max(one, other)];
      const timeline = timelineOf({ kind, from: 0.1, begin, end, every: turn }, 0.9, null);
      const places = Array.from({ length: of }, (_, i) => ({ at: turn === 'epoch' ? i : i + 1, of }));
      const due = places.filter((moment) => timeline.isDue(moment));
      const values = due.map((moment) => timeline.sparsity(moment) ?? Number.NaN);
      expect(values.at(-1)).toBeCloseTo(0.9, 12);
      for (const [i, value] of values.entries()) if (i > 0) expect(value).toBeGreaterThanOrEqual(values[i - 1] ?? 1);
      const [first] = due;
      if (first !== undefined && first.at > 1)
        expect(first.at).toBe(Math.min(Math.round(begin * of), of - (turn === 'epoch' ? 1 : 0)));
    }),
  );
});

test('an exchange falls as a cosine to 0, and ends', () => {
  const timeline = timelineOf({ ...usual, begin: 0, end: 0 }, 0.9, { share: 0.4, until: 0.5 });
  const at = (epoch: number) => timeline.exchange({ at: epoch, of: 20 });
  expect(at(0)).toBeCloseTo(0.4, 12);
  expect(at(5)).toBeCloseTo(0.2, 12);
  expect(at(9)).toBeCloseTo(0.2 * (1 + Math.cos(0.9 * Math.PI)), 12);
  expect([at(10), at(19)]).toEqual([0, 0]);
  expect([0, 9, 10, 19].map((epoch) => timeline.isDue({ at: epoch, of: 20 }))).toEqual([true, true, false, false]);
});

const kernel = fc.record({
  rows: fc.integer({ min: 1, max: 7 }),
  columns: fc.integer({ min: 1, max: 5 }),
  seed: fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 35, maxLength: 35 }),
  had: fc.array(fc.boolean(), { minLength: 35, maxLength: 35 }),
});

test('pruning keeps the best of what was there, as many as were asked for, and of each unit one where it can', () => {
  fc.assert(
    fc.property(kernel, fc.double({ min: 0, max: 1, noNaN: true }), ({ rows, columns, seed, had }, sparsity) => {
      const shape = [rows, columns];
      const scores = Float64Array.from(seed.slice(0, rows * columns));
      const mask = Uint8Array.from(had.slice(0, rows * columns), Number);
      const held = [{ name: 'k', shape, scores, mask }];
      const settings = { granularity: 'weight', scope: 'layer', leastFanIn: undefined } as const;
      const left = pruned('p', held, settings, sparsity).get('k') ?? new Uint8Array(0);
      const count = Math.min(ones(mask), Math.round((1 - sparsity) * rows * columns));
      expect(ones(left)).toBe(count);
      left.forEach((value, i) => {
        if (value === 1) expect(mask[i]).toBe(1);
      });
      const isSpread = count >= columns && count < ones(mask);
      for (let unit = 0; isSpread && unit < columns; unit++) {
        const column = Array.from({ length: rows }, (_, row) => row * columns + unit);
        if (column.some((i) => mask[i] === 1)) expect(column.some((i) => left[i] === 1)).toBe(true);
      }
      const all = pruned('p', held, { ...settings, scope: 'global' }, sparsity).get('k');
      const packed = Float64Array.from(scores, (score, i) => (mask[i] === 1 ? score : -1));
      expect(Array.from(all ?? []).flatMap((value, i) => (value === 1 ? [i] : []))).toEqual([
        ...largest(packed, count),
      ]);
    }),
  );
});

test('erk keeps more of small kernels, and all together as many as were asked for', () => {
  const shapes = new Map([
    ['small', [4, 4]],
    ['large', [40, 50]],
  ]);
  const counts = countsAt(shapes, 'erk', 0.9);
  expect([...counts.values()].reduce((sum, count) => sum + count, 0)).toBe(Math.round(0.1 * 2016));
  expect((counts.get('small') ?? 0) / 16).toBeGreaterThan((counts.get('large') ?? 0) / 2000);
});

test('an exchange drops the smallest and grows the steepest, as many, and nothing that is taken', () => {
  fc.assert(
    fc.property(
      kernel,
      fc.array(fc.boolean(), { minLength: 35, maxLength: 35 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (one, others, share) => {
        const mask = Uint8Array.from(one.had, Number);
        const taken = Uint8Array.from(others, (value, i) => (value && mask[i] === 0 ? 1 : 0));
        const weights = Float64Array.from(one.seed, (value, i) => (i % 2 === 0 ? value : -value));
        const gradients = Float64Array.from(one.seed, (value, i) => ((value * 7 + i) % 6) - 3);
        const result = exchanged({ mask, taken, weights, gradients, share });
        const places = one.seed.map((_, i) => i);
        const kept = places.filter((i) => mask[i] === 1);
        const free = places.filter((i) => mask[i] === 0 && taken[i] === 0);
        const count = Math.min(Math.floor(share * kept.length + 1e-9), free.length);
        const by = (values: Float64Array, sign: number) => (a: number, b: number) =>
          sign * (Math.abs(values[a] ?? 0) - Math.abs(values[b] ?? 0)) || a - b;
        const dropped = kept.sort(by(weights, 1)).slice(0, count);
        const grown = free.sort(by(gradients, -1)).slice(0, count);
        const expected = places.map((i) => (grown.includes(i) || (mask[i] === 1 && !dropped.includes(i)) ? 1 : 0));
        expect(result.count).toBe(count);
        expect([...result.mask]).toEqual(expected);
      },
    ),
  );
});
