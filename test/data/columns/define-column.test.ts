import { expect, test } from 'vitest';
import { type ColumnKind, columns, defineColumn, invalidCell, number } from '../../../src/index.js';
import { encoded, named, refusal, taught } from '../../support/columns.js';

/** A kind from outside: letters as their place in the alphabet, less the mean of the training rows. */
const letter: ColumnKind<string | null> = {
  kind: 'example/letter',
  options: { alphabet: 'latin' },
  width: 2,
  learn: () => {
    let [sum, count] = [0, 0];
    return {
      add: (cell) => {
        sum += String(cell).charCodeAt(0) - 65;
        count += 1;
      },
      result: () => ({ learnt: { mean: count === 0 ? 0 : sum / count }, unknown: 0 }),
    };
  },
  encoder: (learnt) => {
    const mean = typeof learnt === 'object' && learnt !== null && 'mean' in learnt ? Number(learnt.mean) : 0;
    return {
      places: ['', '?'],
      says: `mean ${mean}`,
      encode: (cell, { values, offset }, where) => {
        if (cell === null) {
          values[offset + 1] = 1;
          return 'missing';
        }
        if (typeof cell !== 'string' || !/^[A-Z]$/.test(cell)) {
          throw invalidCell(cell, where, { problem: 'no letter', expected: 'A…Z', mend: 'Write a letter.' });
        }
        values[offset] = cell.charCodeAt(0) - 65 - mean;
        return 'present';
      },
    };
  },
};

test('a kind from outside learns, encodes, names its numbers and refuses, alone and beside others', () => {
  const rows = [
    { a: 'A', n: 1 },
    { a: 'C', n: 2 },
    { a: null, n: 3 },
  ];
  const spec = taught(columns({ n: number({ scale: 'none', missing: 'refuse' }), a: defineColumn(letter) }), rows);
  expect(encoded(spec, rows)).toEqual([
    [1, -1, 0],
    [2, 1, 0],
    [3, 0, 1],
  ]);
  expect(named(spec, { a: 'B', n: 5 })).toEqual({ n: 5, a: 0, 'a?': 0 });
  expect(refusal(() => encoded(spec, [{ a: 'a', n: 1 }]))).toMatchObject({ code: 'INVALID_INPUT', path: 'rows[0].a' });
  expect(encoded(defineColumn(letter), [{ x: 'B' }])).toEqual([[1, 0]]);
});

test.each<[string, object]>([
  ['a name', { kind: '' }],
  ['options that are JSON', { options: { at: new Date(0) } }],
  ['a width', { width: 0 }],
  ['a width that is whole', { width: 1.5 }],
  ['an encoder', { encoder: null }],
  ['a function to learn with', { learn: 3 }],
  ['true or false', { isAlone: 'yes' }],
])('a kind must have %s', (_, part) => {
  expect(refusal(() => defineColumn({ ...letter, ...part } as ColumnKind))).toMatchObject({ code: 'INVALID_KIND' });
});

test('a kind whose encoder has another width, or makes NaN, is found out', () => {
  const wide = defineColumn({ ...letter, width: 3 });
  expect(refusal(() => encoded(wide, [{ x: 'A' }]))).toMatchObject({ code: 'INVALID_KIND' });
  const encoder: ColumnKind['encoder'] = () => ({
    places: ['', '?'],
    says: '',
    encode: (_, { values, offset }) => {
      values[offset + 1] = Number.NaN;
      return 'present';
    },
  });
  const error = refusal(() => encoded(defineColumn({ ...letter, encoder }), [{ x: 'A' }]));
  expect(error).toMatchObject({ code: 'INVALID_INPUT', path: 'rows[0].x' });
});
