import fc from 'fast-check';
import { expect, test } from 'vitest';
import { columns, number } from '../../../src/index.js';
import { encoded, named, refusal, taught } from '../../support/columns.js';

const cells = (values: readonly unknown[]) => values.map((a) => ({ a }));

/** NumPy's `quantile`, from its definition. */
function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const place = share * (sorted.length - 1);
  const [low = Number.NaN, high = Number.NaN] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
  return low + (high - low) * (place % 1);
}

test('standardised by the median and the quartiles of the training rows, missing ones as the median beside a 1', () => {
  const spec = taught(columns({ a: number() }), cells([1, 2, 3, 4, 100, null, null]));
  // Quartiles 2, 3, 4: z = (x - 3) / 2, then z / √(1 + (z / 3)²).
  const z = (x: number) => (x - 3) / 2 / Math.sqrt(1 + ((x - 3) / 6) ** 2);
  expect(encoded(spec, cells([1, 3, 100, null, Number.NaN, undefined]))).toEqual([
    [Math.fround(z(1)), 0],
    [0, 0],
    [Math.fround(z(100)), 0],
    [0, 1],
    [0, 1],
    [0, 1],
  ]);
  expect(named(spec, { a: 5 })).toEqual({ a: Math.fround(z(5)), 'a?': 0 });
});

test('a number is as it was before anything was learnt', () => {
  expect(encoded(columns({ a: number() }), cells([7, null]))).toEqual([
    [7, 0],
    [0, 1],
  ]);
});

test('by quantiles: the middle of the shares of the training rows below and not above it', () => {
  const value = fc.oneof(fc.integer({ min: 0, max: 4 }), fc.double({ min: -1e9, max: 1e9, noNaN: true }));
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 40 }), fc.array(value, { maxLength: 10 }), (seen, asked) => {
      const spec = taught(columns({ a: number({ scale: 'quantiles' }) }), cells(seen));
      const cuts = Array.from({ length: 101 }, (_, i) => quantile(seen, i / 100));
      /** The greatest and least share at which the cuts, joined by lines, have the value. */
      const shares = (x: number): number => {
        const equal = cuts.flatMap((cut, i) => (cut === x ? i : []));
        if (equal.length > 0) return ((equal[0] ?? 0) + (equal.at(-1) ?? 0)) / 200;
        const above = cuts.findIndex((cut) => cut > x);
        if (above <= 0) return above === 0 ? 0 : 1;
        const [low = 0, high = 0] = cuts.slice(above - 1, above + 1);
        return (above - 1 + (x - low) / (high - low)) / 100;
      };
      const all = [...seen, ...asked];
      for (const [i, [coded = Number.NaN]] of encoded(spec, cells(all)).entries()) {
        expect(Math.abs(coded - (2 * shares(all[i] ?? 0) - 1) * Math.sqrt(3))).toBeLessThan(1e-5);
      }
    }),
  );
});

test('quantiles with many ties: each value at the middle of its rows; a missing one where the median is', () => {
  const spec = taught(
    columns({ a: number({ scale: 'quantiles' }) }),
    cells([...Array(80).fill(0), ...Array(20).fill(5)]),
  );
  const [[zero = 1] = [], [five = 0] = [], [less = 0] = [], [more = 0] = [], [missing = 1, flag] = []] = encoded(
    spec,
    cells([0, 5, -1, 6, null]),
  );
  const share = (coded: number) => coded / Math.sqrt(3) / 2 + 0.5;
  // 79 of 99 steps between the rows are zeros: the cut at 0.79 is the last zero, that at 0.80 lies between, 0.81 is a 5.
  expect([zero, five].map((coded) => Number(share(coded).toFixed(6)))).toEqual([0.395, 0.905]);
  expect([share(less), share(more)].map((x) => Number(x.toFixed(6)))).toEqual([0, 1]);
  expect([missing, flag]).toEqual([zero, 1]);
});

test('timestamps keep their seconds', () => {
  const start = 1_700_000_000;
  const rows = cells(Array.from({ length: 101 }, (_, i) => start + i));
  for (const scale of ['standardise', 'quantiles'] as const) {
    const coded = encoded(taught(columns({ a: number({ scale }) }), rows), rows).map(([value]) => value ?? 0);
    expect(coded.every((value, i) => i === 0 || value > (coded[i - 1] ?? 0))).toBe(true);
  }
});

test('a column of one value, of one row, and of none, is 0', () => {
  for (const scale of ['standardise', 'quantiles'] as const) {
    const spec = columns({ a: number({ scale }) });
    expect(encoded(taught(spec, cells([4, 4, 4])), cells([4]))).toEqual([[0, 0]]);
    expect(encoded(taught(spec, cells([4])), cells([4]))).toEqual([[0, 0]]);
    expect(encoded(taught(spec, cells([null, null])), cells([1e30, null]))).toEqual([
      [0, 0],
      [0, 1],
    ]);
  }
});

test("'none' leaves numbers as they are, and puts the median for missing ones", () => {
  const spec = taught(columns({ a: number({ scale: 'none' }) }), cells([1, 10, 3, null]));
  expect(encoded(spec, cells([7, null]))).toEqual([
    [7, 0],
    [3, 1],
  ]);
});

test("missing: 'refuse' has no second number, and refuses", () => {
  const spec = taught(columns({ a: number({ missing: 'refuse' }) }), cells([1, 2]));
  expect([spec.shape, encoded(spec, cells([1.5]))]).toEqual([[1], [[0]]]);
  expect(refusal(() => encoded(spec, cells([1, null])))).toMatchObject({ code: 'INVALID_INPUT', path: 'rows[1].a' });
});

test.each([
  ['a text', 'old', '"old"'],
  ['the text of a number', '7', '"7"'],
  ['an empty text', '', '""'],
  ['a boolean', true, 'true'],
  ['a whole number without end', 7n, '7n'],
  ['an infinite number', Number.POSITIVE_INFINITY, 'Infinity'],
  ['more than float32 holds', 1e300, '1e+300'],
])('%s is refused with its row and column', (_, cell, received) => {
  for (const spec of [columns({ a: number() }), taught(columns({ a: number() }), cells([1, 2, 3]))]) {
    const error = refusal(() => encoded(spec, cells([1, null, cell])));
    expect(error).toMatchObject({ code: 'INVALID_INPUT', path: 'rows[2].a', received });
  }
});
