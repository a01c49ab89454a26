import fc from 'fast-check';
import { expect, test } from 'vitest';
import { classesOf, isAffine, type Told, tellsClasses } from '../../../src/project/notes/told-labels.js';

const all = (list: readonly unknown[]) => list.map((_, row) => row);
const told = (values: readonly number[], labels: readonly number[]): Told | null => {
  const classes = classesOf(labels, all(labels));
  return classes === null ? null : tellsClasses(values, classes);
};

/** The same, naively: every pair of rows, every value of a class. */
function naive(values: readonly number[], labels: readonly number[]): Told | null {
  const of = (label: number) => values.filter((_, row) => labels[row] === label);
  const known = [...new Set(labels)];
  if (known.filter((label) => of(label).length >= 10).length < 2) return null;
  const meet = (a: readonly number[], b: readonly number[]) =>
    Math.min(...a) <= Math.max(...b) && Math.min(...b) <= Math.max(...a);
  if (known.every((a) => known.every((b) => a === b || !meet(of(a), of(b))))) return 'apart';
  const often = [...new Set(values)].filter((value) => values.filter((one) => one === value).length >= 10);
  return known.every((label) => new Set(of(label)).size === 1) && often.length > 1 ? 'constant' : null;
}

test('classes are apart, constant or neither, as every pair of rows says', () => {
  const cases = fc.integer({ min: 2, max: 4 }).chain((count) =>
    fc.record({
      labels: fc.array(fc.integer({ min: 0, max: count - 1 }), { minLength: 15, maxLength: 60 }),
      of: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: count, maxLength: count }),
      spread: fc.constantFrom(0, 0, 0.4, 0.6),
      noise: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 60, maxLength: 60 }),
    }),
  );
  const seen = new Set<Told | null>();
  fc.assert(
    fc.property(cases, ({ labels, of, spread, noise }) => {
      const values = labels.map((label, row) => (of[label] ?? 0) + spread * (noise[row] ?? 0));
      const expected = naive(values, labels);
      seen.add(expected);
      expect(told(values, labels)).toBe(expected);
    }),
    { numRuns: 400 },
  );
  expect([...seen].sort()).toEqual(['apart', 'constant', null].sort()); // each of them was asked for
});

test('classes of fewer than ten rows are told by chance, and say nothing', () => {
  const labels = Array.from({ length: 60 }, (_, row) => (row < 9 ? 1 : 0));
  expect(told(labels, labels)).toBeNull();
  expect(told([...labels], [1, ...labels.slice(0, -1)])).not.toBe(undefined);
  expect(
    told(
      all(labels),
      Array.from({ length: 60 }, (_, row) => (row < 10 ? 1 : 0)),
    ),
  ).toBe('apart');
});

test('affine: in float32, by a factor of either sign; not where it is only nearly so', () => {
  const labels = Array.from({ length: 200 }, (_, row) => 1990 + ((row * 37) % 200) / 7);
  const numbers = (of: (label: number) => number) => labels.map((label) => Math.fround(of(label)));
  const asked = (values: readonly number[]) => isAffine(values, labels, all(labels));
  expect(asked(numbers((label) => label))).toBe(true);
  expect(asked(numbers((label) => 32 - 1.8 * label))).toBe(true);
  expect(asked(numbers((label) => Math.log(label - 1980)))).toBe(false);
  expect(asked(numbers((label) => Math.round(label * 100)))).toBe(false);
  expect(asked(labels.map((label, row) => (row === 150 ? 0 : label)))).toBe(false);
  expect(asked(labels.map(() => 1))).toBe(false);
});
