/** @file Cells that hold a label for each position. */
import { expect, test } from 'vitest';
import { createBatcher } from '../../src/data/batches.js';
import { bindTable } from '../../src/data/bind.js';
import { TARGETS } from '../../src/data/ports.js';
import { along, binary, HeadgateError, multilabel, Project, regression, Table, tensor } from '../../src/index.js';
import { layoutOf } from '../../src/tasks/layout.js';

const layout = layoutOf(
  new Project({
    name: 'cells',
    inputs: { text: tensor({ shape: [3], axes: ['token'] }) },
    tasks: {
      word: along('token', binary()),
      traits: along('token', multilabel({ classes: ['a', 'b'] })),
      height: along('token', regression({ standardise: { mean: 10, deviation: 2 } })),
    },
  }).flow('full', (task, x) => [task.word(x.features), task.traits(x.features), task.height(x.features)]).resolved,
);

function bind(columns: Parameters<typeof Table.fromColumns>[0], rows: number) {
  const text = { data: new Float32Array(rows * 3), shape: [3] };
  return bindTable(Table.fromColumns({ text, ...columns }), layout);
}

/** Values of a task row by row, null where its element is missing. */
function elements({ labels }: ReturnType<typeof bind>, path: string) {
  const { offset, columns } = layout.slot(path);
  return Array.from({ length: labels.rows }, (_, row) =>
    Array.from({ length: columns }, (_, i) => {
      const at = row * labels.width + offset + i;
      return labels.present[at] === 1 ? labels.values[at] : null;
    }),
  );
}

test('a list with missing positions, a list that is missing, and elements that are', () => {
  const dataset = bind(
    {
      word: [[true, null, 0], null, ['true', undefined, Number.NaN]],
      traits: [[['a'], null, { b: true }], [[null, true], [], ['a', 'b']], null],
    },
    3,
  );
  expect(elements(dataset, 'word')).toEqual([
    [1, null, 0],
    [null, null, null],
    [1, null, null],
  ]);
  expect(elements(dataset, 'traits')).toEqual([
    [1, 0, null, null, null, 1],
    [null, 1, 0, 0, 1, 1],
    [null, null, null, null, null, null],
  ]);
});

test('arrays of numbers and rows of a tensor are lists, too; several elements make one label', () => {
  const dataset = bind(
    {
      word: [Uint8Array.of(1, 0, 1), Uint8Array.of(0, 0, 1)],
      traits: { data: Uint8Array.of(1, 0, 0, 0, 1, 1, 0, 1, 1, 1, 0, 0), shape: [3, 2] },
      height: [Float32Array.of(12, Number.NaN, 8), [10, 11, null]],
    },
    2,
  );
  expect(elements(dataset, 'word')).toEqual([
    [1, 0, 1],
    [0, 0, 1],
  ]);
  expect(elements(dataset, 'traits')).toEqual([
    [1, 0, 0, 0, 1, 1],
    [0, 1, 1, 1, 0, 0],
  ]);
  expect(elements(dataset, 'height')).toEqual([
    [12, null, 8],
    [10, 11, null],
  ]);
  const { offset } = layout.slot('height');
  const { tensors } = createBatcher(dataset, 2)([0, 1]);
  expect([...(tensors[TARGETS]?.data ?? [])].slice(offset, offset + 3)).toEqual([1, 0, -1]);
});

function refused(columns: Parameters<typeof Table.fromColumns>[0], rows: number): HeadgateError {
  try {
    bind(columns, rows);
  } catch (error) {
    if (error instanceof HeadgateError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

test.each<[string, Parameters<typeof Table.fromColumns>[0], number, string, string, string]>([
  [
    'too short',
    {
      word: [
        [true, true, true],
        [true, true],
      ],
    },
    2,
    'WRONG_SHAPE',
    'rows[1].word',
    'a list of 2',
  ],
  ['too long', { word: [[1, 1, 1, 1]] }, 1, 'WRONG_SHAPE', 'rows[0].word', 'a list of 4'],
  ['one label', { word: [true] }, 1, 'WRONG_SHAPE', 'rows[0].word', 'true'],
  ['a text', { word: ['[1, 0, 1]'] }, 1, 'WRONG_SHAPE', 'rows[0].word', '"[1, 0, 1]"'],
  ['an empty list', { word: [[]] }, 1, 'WRONG_SHAPE', 'rows[0].word', 'a list of 0'],
  [
    'a tensor of another length',
    { word: { data: new Uint8Array(4), shape: [4] } },
    1,
    'WRONG_SHAPE',
    'rows[0].word',
    'an array of shape [4]',
  ],
  [
    'a wrong label at a position',
    {
      word: [
        [1, 0, 0],
        [1, 2, 0],
      ],
    },
    2,
    'INVALID_LABEL',
    'rows[1].word[1]',
    '2',
  ],
  ['an unknown class at a position', { traits: [[[], [], ['c']]] }, 1, 'UNKNOWN_CLASS', 'rows[0].traits[2]', '"c"'],
  ['an infinite label', { height: [[1, 2, 1e300]] }, 1, 'INVALID_LABEL', 'rows[0].height[2]', '1e+300'],
])('%s is refused, with its row', (_, columns, rows, code, path, received) => {
  const error = refused(columns, rows);
  expect([error.code, error.path, error.received]).toEqual([code, path, received]);
});
