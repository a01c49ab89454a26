import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { HostTensors } from '../../../src/engine/engine.js';
import { packMask } from '../../../src/pathways/masks/mask.js';
import { at, expectEach, first, float, lists, merged, mixed, model, second, wordsOf } from './models.js';

const models = fc.array(model, { minLength: 1, maxLength: 4 });
test('task arithmetic adds changes; one model gives itself back; a scale of -1 takes it away', () => {
  fc.assert(
    fc.property(model, models, (base, own) => {
      expectEach(merged(own, { method: 'task-arithmetic', base, scale: 0.5 }), (name, i) => {
        const from = at(base, name, i);
        return from + 0.5 * own.reduce((sum, each) => sum + at(each, name, i) - from, 0);
      });
      const [one] = own;
      if (one === undefined) return;
      expectEach(merged([one], { method: 'task-arithmetic', base }), (name, i) => at(one, name, i));
      expectEach(
        merged([one], { method: 'task-arithmetic', base, scale: [-1] }),
        (name, i) => 2 * at(base, name, i) - at(one, name, i),
      );
    }),
  );
});

/** TIES as the paper's algorithm says it, on one flat vector a model. */
function naiveTies(base: HostTensors, own: readonly HostTensors[], density: number, scale: number): number[] {
  const flat = (each: HostTensors) => mixed.flatMap((name) => [...(each[name]?.data ?? [])]);
  const from = flat(base);
  const trimmed = own.map((each) => {
    const change = flat(each).map((x, i) => x - (from[i] ?? 0));
    const order = change.map((_, i) => i).sort((i, j) => Math.abs(change[j] ?? 0) - Math.abs(change[i] ?? 0) || i - j);
    const kept = new Set(order.slice(0, Math.ceil(density * from.length)));
    return change.map((x, i) => (kept.has(i) ? x : 0));
  });
  return from.map((x, i) => {
    const changes = trimmed.map((change) => change[i] ?? 0);
    const sign = Math.sign(changes.reduce((sum, change) => sum + change, 0));
    const agreeing = changes.filter((change) => sign !== 0 && Math.sign(change) === sign);
    return (
      x + (agreeing.length === 0 ? 0 : (scale * agreeing.reduce((sum, change) => sum + change, 0)) / agreeing.length)
    );
  });
}

test('TIES: trim over all parameters, elect a sign, mean of those that agree', () => {
  fc.assert(
    fc.property(
      model,
      models,
      fc.constantFrom(0, 0.25, 0.5, 1),
      fc.constantFrom(1, 0.5),
      (base, own, density, scale) => {
        const result = merged(own, { method: 'ties', base, density, scale });
        const flat = mixed.flatMap((name) => [...(result[name]?.data ?? [])]);
        const expected = naiveTies(base, own, density, scale);
        flat.forEach((x, i) => void expect(x).toBeCloseTo(expected[i] ?? Number.NaN, 5));
      },
    ),
  );
});

test('TIES by hand: the stronger sign wins, and the weaker change does not dilute it', () => {
  const base = { bias: float([3], [0, 0, 1]) };
  const own = [
    [3, 2, 1],
    [-1, 4, 2],
    [1, -1, 0],
  ].map((values) => ({ bias: float([3], values) }));
  // changes: [3, -1, 1] → +, mean of 3 and 1; [2, 4, -1] → +, mean of 2 and 4; [0, 1, -1] cancel: the base stays
  expect(lists(merged(own, { method: 'ties', base, density: 1 }))).toEqual([[2, 3, 1]]);
});

test('DARE: without dropping it is the mean, or the sum, of the changes', () => {
  fc.assert(
    fc.property(model, models, (base, own) => {
      expectEach(merged(own, { method: 'dare', base, drop: 0, combine: 'task-arithmetic', scale: 0.5 }), (name, i) =>
        at(merged(own, { method: 'task-arithmetic', base, scale: 0.5 }), name, i),
      );
      expectEach(merged(own, { method: 'dare', base, drop: 0 }), (name, i) =>
        at(merged(own, { method: 'average' }), name, i),
      );
    }),
  );
});

test('DARE: a change is dropped with its chance or made up for, by seed, model, name and element', () => {
  const size = 20_000;
  const zeros = {
    kernel: float(
      [size],
      Array.from({ length: size }, () => 0),
    ),
  };
  const ones = {
    kernel: float(
      [size],
      Array.from({ length: size }, () => 1),
    ),
  };
  const result = merged([ones], { method: 'dare', base: zeros, drop: 0.75, seed: 4, combine: 'task-arithmetic' });
  const own = Array.from(result.kernel?.data ?? []);
  expect(new Set(own)).toEqual(new Set([0, 4]));
  // 5000 are kept, with a standard deviation of 61
  expect(Math.abs(own.filter((x) => x === 4).length - 5000)).toBeLessThan(61 * 4);
  const again = (seed: number, options: readonly HostTensors[] = [ones]) =>
    lists(merged(options, { method: 'dare', base: zeros, drop: 0.75, seed, combine: 'task-arithmetic' }));
  expect(again(4)).toEqual(lists(result));
  expect(again(5)).not.toEqual(lists(result));
  expect(new Set(again(4, [ones, ones])[0])).toEqual(new Set([0, 4, 8])); // each model drops its own
});

test('SLERP: the ends are the models to the bit; between vectors of one length it keeps the length', () => {
  const [a, b] = [{ bias: float([2], [3, 0]) }, { bias: float([2], [0, 3]) }];
  expect(merged([a, b], { method: 'slerp', t: 1 / 3 }).bias?.data).toEqual(
    Float32Array.of(3 * Math.cos(Math.PI / 6), 3 * Math.sin(Math.PI / 6)),
  );
  fc.assert(
    fc.property(model, model, fc.constantFrom(0.25, 0.5, 0.75), (one, two, t) => {
      for (const name of mixed) {
        expect(wordsOf(merged([one, two], { method: 'slerp', t: 0 }), name)).toEqual(wordsOf(one, name));
        expect(wordsOf(merged([one, two], { method: 'slerp', t: 1 }), name)).toEqual(wordsOf(two, name));
        const [x, y] = [one, two].map((each) => Array.from(each[name]?.data ?? [])) as [number[], number[]];
        const dot = (p: number[], q: number[]) => p.reduce((sum, each, i) => sum + each * (q[i] ?? 0), 0);
        const cosine = dot(x, y) / Math.sqrt(dot(x, x) * dot(y, y));
        const angle = Math.acos(cosine);
        const isLine = !(Math.abs(cosine) <= 0.9995);
        const [p, q] = isLine
          ? [1 - t, t]
          : [Math.sin((1 - t) * angle) / Math.sin(angle), Math.sin(t * angle) / Math.sin(angle)];
        const result = merged([one, two], { method: 'slerp', t });
        x.forEach((each, i) => void expect(at(result, name, i)).toBeCloseTo(p * each + q * (y[i] ?? 0), 4));
      }
      const variance = merged([one, two], { method: 'slerp', t }).variance?.data ?? [];
      variance.forEach(
        (x, i) => void expect(x).toBeCloseTo((1 - t) * at(one, 'variance', i) + t * at(two, 'variance', i), 5),
      );
    }),
  );
});

test('SLERP: parallel, opposite and zero vectors go along the straight line', () => {
  const at3 = (values: readonly number[]) => ({ bias: float([2], values) });
  const half = (a: readonly number[], b: readonly number[]) =>
    lists(merged([at3(a), at3(b)], { method: 'slerp', t: 0.5 }))[0];
  expect(half([1, 1], [3, 3])).toEqual([2, 2]);
  expect(half([1, 1], [-3, -3])).toEqual([-1, -1]);
  expect(half([0, 0], [4, 2])).toEqual([2, 1]);
  expect(half([0, 0], [0, 0])).toEqual([0, 0]);
});

test('replace: the second where the mask selects: the predecessor crashed, and would have kept the wrong half', () => {
  const masks = { 'a/kernel': packMask('m', [2, 3], [1, 0, 0, 0, 0, 1]) };
  expect(lists(merged([first, second], { method: 'replace', masks }))).toEqual([
    [3, -1, 0.5, 0.5, 0.25, 2],
    lists(first)[1],
  ]);
  fc.assert(
    fc.property(model, model, fc.array(fc.constantFrom(0, 1), { minLength: 6, maxLength: 6 }), (one, two, bits) => {
      const own = { kernel: packMask('m', [2, 3], bits), variance: packMask('m', [3], [1, 1, 1]) };
      const result = merged([one, two], { method: 'replace', masks: own });
      bits.forEach((bit, i) => void expect(at(result, 'kernel', i)).toBe(at(bit === 1 ? two : one, 'kernel', i)));
      expect(wordsOf(result, 'variance')).toEqual(wordsOf(two, 'variance'));
      expect(wordsOf(result, 'bias')).toEqual(wordsOf(one, 'bias'));
    }),
  );
});
