/** @file Weights by the first epoch's losses, in corners that fits seldom show. */
import { expect, test } from 'vitest';
import { firstEpochScale } from '../../../src/index.js';
import { recordsOf } from './records.js';

const declared = { a: 1, b: 2, c: 4 };

test('declared weight / loss of the first epoch, whatever came later', () => {
  const records = recordsOf(
    [
      { a: 4, b: 0.5, c: 8 },
      { a: 1, b: 9, c: null },
    ],
    declared,
  );
  const { weights } = firstEpochScale();
  expect(weights({ epoch: 0, records: [], declared })).toEqual({});
  for (const epoch of [1, 2]) {
    expect(weights({ epoch, records: records.slice(0, epoch), declared })).toEqual({ a: 0.25, b: 4, c: 0.5 });
  }
});

test('absent or 0 at first: left out, then by the first epoch that has a loss above 0', () => {
  const losses = [
    { a: null, b: 0, c: 2 },
    { a: 4, b: 0, c: 3 },
    { a: 5, b: 10, c: 3 },
  ];
  const records = recordsOf(losses, declared);
  const at = (epoch: number) => firstEpochScale().weights({ epoch, records: records.slice(0, epoch), declared });
  expect([1, 2, 3].map(at)).toEqual([{ c: 2 }, { a: 0.25, c: 2 }, { a: 0.25, b: 0.2, c: 2 }]);
});

test('a loss below 0 is refused by the name of its task', () => {
  const records = recordsOf([{ a: 1, b: -0.5, c: 2 }], declared);
  expect(() => firstEpochScale().weights({ epoch: 1, records, declared })).toThrow(
    expect.objectContaining({ code: 'INVALID_TASK_WEIGHT', path: 'b', received: '-0.5' }),
  );
});
