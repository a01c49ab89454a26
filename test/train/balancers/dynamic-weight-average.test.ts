/** @file Dynamic weight average by hand, as numpy has it, and in corners. */
import { expect, test } from 'vitest';
import { dynamicWeightAverage, type HeadgateError } from '../../../src/index.js';
import { recordsOf } from './records.js';

const ones = { a: 1, b: 1, c: 1 };
const losses = [
  { a: 2, b: 4, c: 1 },
  { a: 1, b: 4, c: 1.5 },
  { a: 0.5, b: 2, c: 1.5 },
];

function after(count: number, declared: Readonly<Record<string, number>> = ones, given: object[] = losses) {
  const records = recordsOf(given.slice(0, count) as Record<string, number | null>[], declared); // they are records
  return dynamicWeightAverage().weights({ epoch: count, records, declared });
}

const close = (given: Readonly<Record<string, number>>, expected: Readonly<Record<string, number>>): void => {
  expect(Object.keys(given)).toEqual(Object.keys(expected));
  for (const [path, weight] of Object.entries(expected)) expect(given[path], path).toBeCloseTo(weight, 12);
};

test('by hand: w = (½, 1, 3/2), T = 2', () => {
  // e^¼ = 1.284025416687741, e^½ = 1.648721270700128, e^¾ = 2.117000016612675; they add up to 5.049746704000544.
  close(after(2), {
    a: (3 * 1.284025416687741) / 5.049746704000544,
    b: (3 * 1.648721270700128) / 5.049746704000544,
    c: (3 * 2.117000016612675) / 5.049746704000544,
  });
});

test('as numpy computes 3 * exp(w / T) / sum(exp(w / T)), at two epochs', () => {
  close(after(2), { a: 0.7628256377713969, b: 0.9794875073995101, c: 1.2576868548290934 });
  close(after(3), { a: 0.913513027260852, b: 0.913513027260852, c: 1.172973945478296 });
});

test('the first two epochs have the declared weights; later ones multiply them', () => {
  const declared = { a: 2, b: 1, c: 0.5 };
  expect([after(0, declared), after(1, declared)]).toEqual([declared, declared]);
  const one = after(2);
  close(after(2, declared), { a: 2 * (one.a ?? 0), b: one.b ?? 0, c: 0.5 * (one.c ?? 0) });
});

test('absent in one of the two epochs, 0 before, or declared with 0: no part, and the others as without it', () => {
  const pair = after(2, { a: 1, b: 1 });
  for (const [first, second] of [
    [null, 1.5],
    [1.5, null],
    [0, 1.5],
    [null, null],
  ]) {
    const given = [
      { a: 2, b: 4, c: first },
      { a: 1, b: 4, c: second },
    ] as Record<string, number | null>[]; // wider
    const records = recordsOf(given, { a: 1, b: 1, c: 1.25 });
    close(dynamicWeightAverage().weights({ epoch: 2, records, declared: ones }), { ...pair, c: 1.25 });
  }
  close(after(2, { a: 1, b: 1, c: 0 }), { ...pair, c: 0 });
  const none = recordsOf([{ a: null }, { a: null }], { a: 0.75 });
  expect(dynamicWeightAverage().weights({ epoch: 2, records: none, declared: { a: 1 } })).toEqual({ a: 0.75 });
});

test('a loss that became 0 has the ratio 0, a great one overflows nothing', () => {
  const two = (a: number, b: number) =>
    after(2, { a: 1, b: 1 }, [
      { a: 1, b: 1 },
      { a, b },
    ]);
  close(two(0, 1), { a: 2 / (1 + Math.exp(0.5)), b: (2 * Math.exp(0.5)) / (1 + Math.exp(0.5)) });
  close(two(1e20, 1), { a: 2, b: 0 });
  close(two(1e20, 1e20), { a: 1, b: 1 });
});

test('a great temperature makes weights alike, a small one gives all to the slowest', () => {
  const records = recordsOf(losses.slice(0, 2), ones);
  const at = (temperature: number) =>
    dynamicWeightAverage({ temperature }).weights({ epoch: 2, records, declared: ones });
  for (const weight of Object.values(at(1e9))) expect(weight).toBeCloseTo(1, 6);
  close(at(1e-3), { a: 0, b: 0, c: 3 });
});

test('losses below 0 have no ratio, and a temperature is above 0', () => {
  const refused = (f: () => unknown): Partial<HeadgateError> => {
    try {
      f();
    } catch (error) {
      return error as HeadgateError; // nothing else is thrown
    }
    throw new Error('nothing was thrown');
  };
  expect(
    refused(() =>
      after(2, ones, [
        { a: 1, b: 1, c: 1 },
        { a: 1, b: -1, c: 1 },
      ]),
    ),
  ).toMatchObject({
    code: 'INVALID_TASK_WEIGHT',
    path: 'b',
    received: '-1',
  });
  for (const temperature of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
    const { code, path } = refused(() => dynamicWeightAverage({ temperature }));
    expect([code, path]).toEqual(['INVALID_OPTIONS', 'dynamicWeightAverage.temperature']);
  }
});
