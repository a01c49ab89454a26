import { expect, test } from 'vitest';
import { boolean, columns } from '../../../src/index.js';
import { encoded, named, refusal, taught } from '../../support/columns.js';

const cells = (values: readonly unknown[]) => values.map((a) => ({ a }));

test('true, false, 1, 0, their texts and the declared words; a missing one is false beside a 1', () => {
  const spec = columns({ a: boolean({ yes: ['y', 'Y', 2], no: ['n'] }) });
  const yes = [true, 1, '1', 'true', 'TRUE', 'y', 'Y', 2, '2'];
  const no = [false, 0, '0', 'false', 'n'];
  expect(encoded(spec, cells([...yes, ...no, null, Number.NaN]))).toEqual([
    ...yes.map(() => [1, 0]),
    ...no.map(() => [0, 0]),
    [0, 1],
    [0, 1],
  ]);
  expect(named(taught(spec, cells(['y', null])), { a: 'y' })).toEqual({ a: 1, 'a?': 0 });
});

test.each(['yes', 'no', 'N', ' y', '', 2, -1, 0.5, ['y'], new Date(0)])('the word %j is not guessed', (cell) => {
  const error = refusal(() => encoded(columns({ a: boolean({ yes: ['y'], no: ['n'] }) }), cells([true, cell])));
  expect(error).toMatchObject({ code: 'INVALID_INPUT', path: 'rows[1].a' });
});

test('a declared word stands above what it says by itself; one word cannot be both', () => {
  const one = boolean({ yes: ['0'], no: [1] });
  expect(encoded(columns({ a: one }), cells([0, 1, true, false])).map(([value]) => value)).toEqual([1, 0, 1, 0]);
  expect(refusal(() => boolean({ yes: ['j', '1'], no: [1] }))).toMatchObject({
    code: 'INVALID_OPTIONS',
    path: 'boolean.no',
  });
});

test("missing: 'refuse'", () => {
  const spec = columns({ a: boolean({ missing: 'refuse' }) });
  expect(encoded(spec, cells([true]))).toEqual([[1]]);
  expect(refusal(() => encoded(spec, cells([true, null])))).toMatchObject({ code: 'INVALID_INPUT', path: 'rows[1].a' });
});
