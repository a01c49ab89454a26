import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readCsv } from '../../src/data/csv.js';
import { Table } from '../../src/data/table.js';
import { HeadgateError } from '../../src/errors.js';
import { binary } from '../../src/tasks/binary.js';
import { boundedRegression } from '../../src/tasks/bounded-regression.js';
import { classification } from '../../src/tasks/classification.js';
import type { TaskKind } from '../../src/tasks/kind.js';
import { multilabel } from '../../src/tasks/multilabel.js';
import { regression } from '../../src/tasks/regression.js';
import { encode } from '../tasks/cell.js';

const kinds: readonly TaskKind[] = [
  binary(),
  classification({ classes: ['1', '2', '3'] }),
  classification({ classes: ['red', 'green', 'NA'] }),
  classification({ classes: ['007', 'true', '1.0', '2020-01-01T00:00:00.000Z', '["a"]'] }),
  multilabel({ classes: ['1', '2', 'red'] }),
  boundedRegression({ min: 0, max: 3 }),
  regression(),
];

/** What a label means to a kind: its encoded elements, or the code of its refusal. */
function meaning(kind: TaskKind, label: unknown): unknown {
  try {
    return encode(kind, label);
  } catch (error) {
    if (error instanceof HeadgateError) return error.code;
    throw error;
  }
}

/** A field of a file, quotes and all. */
const field = fc.oneof(
  fc.constantFrom('0', '1', '2', '3', '4', '1.0', '01', '007', '-0', '.5', '1e0', '9007199254740993', 'Infinity'),
  fc.constantFrom('true', 'FALSE', 'yes', 'NA', '', '\\N', 'red', 'green', 'x', '2020-01-01T00:00:00.000Z'),
  fc.constantFrom('"1"', '"true"', '""', '"red"', '"[""red""]"', '"[""1"",""2""]"', '[]', '"[1,0,1]"', '"[""a""]"'),
);

test('a cell of a file means to every kind what it means alone, whatever else its column holds', async () => {
  await fc.assert(
    fc.asyncProperty(field, fc.array(field, { maxLength: 5 }), async (cell, others) => {
      const read = async (cells: readonly string[]) => {
        const text = `c,row\n${cells.map((value) => `${value},1\n`).join('')}`;
        return (await readCsv(new TextEncoder().encode(text))).table.value(0, 'c');
      };
      const alone = await read([cell]);
      const among = await read([cell, ...others]);
      for (const kind of kinds) expect(meaning(kind, among)).toEqual(meaning(kind, alone));
    }),
    { numRuns: 400 },
  );
});

test('a label of a record means to every kind what it means alone', () => {
  const label = fc.constantFrom<unknown>(
    0,
    1,
    2,
    4,
    '0',
    '1',
    '2',
    'red',
    true,
    'true',
    null,
    ['red'],
    [1, 0, 1],
    'yes',
  );
  fc.assert(
    fc.property(label, fc.array(label, { maxLength: 5 }), (cell, others) => {
      const table = Table.fromRecords([cell, ...others].map((c) => ({ c })));
      for (const kind of kinds) expect(meaning(kind, table.value(0, 'c'))).toEqual(meaning(kind, cell));
    }),
  );
});

test('classes called by numbers: a file of 1 and 2 is read by name, with and without an NA', async () => {
  const kind = classification({ classes: ['1', '2', '3'] });
  for (const text of ['c\n1\n2\n', 'c\n1\n2\nNA\n']) {
    const { table } = await readCsv(new TextEncoder().encode(text));
    expect([0, 1].map((row) => encode(kind, table.value(row, 'c'))[0])).toEqual([0, 1]);
  }
});
