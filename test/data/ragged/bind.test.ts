/** @file Cells of ragged inputs and of their labels: what is read, what is padded, and what is refused with its place. */
import { expect, test } from 'vitest';
import { createInputBatcher } from '../../../src/data/batches.js';
import { bindTable, createBinder } from '../../../src/data/bind.js';
import { bindInputs } from '../../../src/data/inputs.js';
import { inputPort } from '../../../src/data/ports.js';
import { withMasks } from '../../../src/flow/mask-input.js';
import { along, binary, maskOf, multilabel, Project, Table, tensor } from '../../../src/index.js';
import { layoutOf } from '../../../src/tasks/layout.js';
import { refusal } from '../../flow/refusal.js';

const specs = withMasks({
  there: maskOf('words'),
  words: tensor({ shape: [2, 3], axes: ['sentence', 'token'], ragged: true, padding: -1 }),
});

const bind = (words: readonly unknown[]) =>
  bindInputs(Table.fromRecords(words.map((cell) => ({ words: cell }))), specs);

test('rows are padded to the shape, and their mask is bytes of what is there', () => {
  const { inputs } = bind([[[1, 2, 3], [4]], [], [[], [true, 6]], [[7]]]);
  expect(Object.keys(inputs)).toEqual(['there', 'words']);
  expect(inputs.words?.values).toEqual(
    Float32Array.from([1, 2, 3, 4, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 1, 6, -1, 7, -1, -1, -1, -1, -1]),
  );
  expect(inputs.there?.values).toEqual(
    Uint8Array.from([1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 1, 0, 0, 0, 0, 0]),
  );
  expect(inputs.words?.extents?.lengths.map((own) => [...own])).toEqual([
    [2, 0, 2, 1],
    [3, 1, 0, 0, 0, 2, 1, 0],
  ]);
  const batch = createInputBatcher(inputs, 5)([2, 0]);
  expect(batch.tensors[inputPort('there')]).toMatchObject({ shape: [5, 2, 3], dtype: 'uint8' });
  expect([...(batch.tensors[inputPort('there')]?.data ?? [])].slice(0, 13)).toEqual([
    0, 0, 0, 1, 1, 0, 1, 1, 1, 1, 0, 0, 0,
  ]);
});

test('lists, typed arrays, arrays with a shape and rows of a tensor column say the same', () => {
  const expected = bind([
    [
      [1, 2],
      [3, 4],
    ],
    [
      [5, 6],
      [7, 8],
    ],
  ]);
  const cells = [[Float32Array.of(1, 2), Uint8Array.of(3, 4)], { data: Float32Array.of(5, 6, 7, 8), shape: [2, 2] }];
  const column = { data: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8), shape: [2, 2] };
  for (const inputs of [bind(cells), bindInputs(Table.fromColumns({ words: column }), specs)].map(
    (one) => one.inputs,
  )) {
    expect(inputs).toEqual(expected.inputs);
  }
});

test('axes that are not named as ragged are whole, and the mask goes as far as the last ragged one', () => {
  const own = withMasks({
    x: tensor({ shape: [3, 2], axes: ['token', null], ragged: ['token'] }),
    m: maskOf('x'),
  });
  expect(own.m).toMatchObject({ shape: [3], axes: ['token'] });
  const { inputs } = bindInputs(Table.fromRecords([{ x: [[1, 2]] }, { x: [] }]), own);
  expect([...(inputs.m?.values ?? [])]).toEqual([1, 0, 0, 0, 0, 0]);
  const leaves = withMasks({ x: tensor({ shape: [2, 2], ragged: true }), m: maskOf('x') });
  const innermost = bindInputs(Table.fromRecords([{ x: [[1], [2, 3]] }]), leaves).inputs;
  expect([...(innermost.x?.values ?? [])]).toEqual([1, 0, 2, 3]);
  expect([...(innermost.m?.values ?? [])]).toEqual([1, 0, 1, 1]);
});

test.each<[string, unknown, string, string, string, string]>([
  ['too many lists', [[1], [2], [3]], 'WRONG_SHAPE', 'rows[1].words', 'a list of 3', 'at most 2'],
  ['too long a list', [[1], [1, 2, 3, 4]], 'WRONG_SHAPE', 'rows[1].words[1]', 'a list of 4', 'at most 3'],
  ['a number in place of a list', [1, 2], 'WRONG_SHAPE', 'rows[1].words[0]', '1', 'a list of numbers'],
  ['a flat array', Float32Array.of(1, 2), 'WRONG_SHAPE', 'rows[1].words', 'Float32Array', '2 levels of lists'],
  ['a text', '[[1]]', 'WRONG_SHAPE', 'rows[1].words', '"[[1]]"', '2 levels of lists'],
  ['a list too deep', [[[1]]], 'INVALID_INPUT', 'rows[1].words[0][0]', '[1]', 'finite numbers'],
  ['nothing', null, 'INVALID_INPUT', 'rows[1].words', 'null', 'finite numbers'],
  ['no list within', [[1], null], 'INVALID_INPUT', 'rows[1].words[1]', 'null', 'finite numbers'],
  ['no number within', [[1, undefined]], 'INVALID_INPUT', 'rows[1].words[0][1]', 'undefined', 'finite numbers'],
  ['NaN', [[Number.NaN]], 'INVALID_INPUT', 'rows[1].words[0][0]', 'NaN', 'finite numbers'],
  ['too large a number', [[], [1e39]], 'INVALID_INPUT', 'rows[1].words[1][0]', '1e+39', 'finite numbers'],
])('%s is refused, with its place', (_, cell, code, path, received, expected) => {
  const error = refusal(() => bind([[[1]], cell]));
  expect([error.code, error.path]).toEqual([code, path]);
  expect(error.received).toContain(received);
  expect(error.expected).toContain(expected);
});

test('the axis that is too short, or too long, is named', () => {
  expect(refusal(() => bind([[[1, 2, 3, 4]]])).problem).toContain('longer than the axis "token"');
  const own = { x: tensor({ shape: [3, 2], axes: ['token', null], ragged: ['token'] }) };
  const short = refusal(() => bindInputs(Table.fromRecords([{ x: [[1, 2], [1]] }]), own));
  expect([short.code, short.path, short.expected, short.received]).toEqual([
    'WRONG_SHAPE',
    'rows[0].x[1]',
    '2',
    'a list of 1',
  ]);
  expect(short.problem).toContain('shorter than axis 1');
  const chosen = Table.fromRecords([{ words: [] }, { words: [[1, 2, 3, 4]] }]).select([1]);
  expect(refusal(() => bindInputs(chosen, specs)).path).toBe('rows[0].words[0] (row 1 of its source)');
});

test('two ragged inputs of one axis reach equally far in every row', () => {
  const both = {
    a: tensor({ shape: [3], axes: ['token'], ragged: true }),
    b: tensor({ shape: [3, 2], axes: ['token', null], ragged: ['token'] }),
  };
  const rows = [
    {
      a: [1, 2],
      b: [
        [1, 1],
        [2, 2],
      ],
    },
    {
      a: [1],
      b: [
        [1, 1],
        [2, 2],
      ],
    },
  ];
  expect(bindInputs(Table.fromRecords(rows.slice(0, 1)), both).rows).toBe(1);
  const error = refusal(() => bindInputs(Table.fromRecords(rows), both));
  expect([error.code, error.path, error.expected, error.received]).toEqual([
    'WRONG_SHAPE',
    'rows[1].b',
    '1, as in "a"',
    '2',
  ]);
});

const layout = layoutOf(
  new Project({
    name: 'labels',
    inputs: specs,
    tasks: {
      sentence: along('sentence', binary()),
      word: along(['sentence', 'token'], binary()),
      traits: along(['sentence', 'token'], multilabel({ classes: ['a', 'b'] })),
    },
    backbone: () => ({ s: {} as never, t: {} as never }),
  }).flow('full', (task, x) => [task.sentence(x.s), task.word(x.t), task.traits(x.t)]).resolved,
);

function elements(rows: readonly Record<string, unknown>[], path: string) {
  const { labels } = bindTable([...rows], layout);
  const { offset, columns } = layout.slot(path);
  return Array.from({ length: labels.rows }, (_, row) =>
    Array.from({ length: columns }, (_, i) => {
      const at = row * labels.width + offset + i;
      return labels.present[at] === 1 ? labels.values[at] : null;
    }),
  );
}

test('labels are as long as the row, or as the shape; what lies beyond the row is not read', () => {
  const words = [[1, 2], [3]];
  const own = { words, sentence: [true, null], word: [[1, 0], [true]], traits: [[['a'], null], null] };
  const whole = {
    words,
    sentence: [true, null],
    word: [
      [1, 0, 'whatever'],
      [true, -1, -1],
    ],
    traits: [[['a'], null, ['no class']], null],
  };
  for (const row of [own, whole]) {
    expect(elements([row], 'sentence')).toEqual([[1, null]]);
    expect(elements([row], 'word')).toEqual([[1, 0, null, 1, null, null]]);
    expect(elements([row], 'traits')).toEqual([[1, 0, ...Array(10).fill(null)]]);
  }
  const empty = { words: [], sentence: [true, true], word: [], traits: null };
  expect(elements([empty], 'sentence')).toEqual([[null, null]]);
  expect(elements([empty], 'word')).toEqual([Array(6).fill(null)]);
});

test('a tensor column of labels is of the whole shape, or of that of all its rows', () => {
  const columns = (word: { data: Uint8Array; shape: number[] }, words: unknown[]) =>
    Table.fromColumns({ words, word, sentence: words.map(() => null) });
  const { labels } = bindTable(
    columns({ data: Uint8Array.of(1, 0, 7, 1, 7, 7, 0, 0, 0, 0, 0, 0), shape: [2, 3] }, [
      [[1, 2], [3]],
      [[], [4]],
    ]),
    layout,
  );
  const { offset } = layout.slot('word');
  const of = (row: number) => [...labels.values.subarray(row * labels.width + offset, row * labels.width + offset + 6)];
  const there = (row: number) => [
    ...labels.present.subarray(row * labels.width + offset, row * labels.width + offset + 6),
  ];
  expect([of(0), there(0), there(1)]).toEqual([
    [1, 0, 0, 1, 0, 0],
    [1, 1, 0, 1, 0, 0],
    [0, 0, 0, 1, 0, 0],
  ]);
  const small = bindTable(columns({ data: Uint8Array.of(1, 0), shape: [1, 2] }, [[[1, 2]]]), layout);
  expect([...small.labels.present.subarray(offset, offset + 6)]).toEqual([1, 1, 0, 0, 0, 0]);
});

test.each<[string, Record<string, unknown>, string, string, string]>([
  ['too few lists', { word: [[1, 0]] }, 'rows[0].word', 'a list of 1', 'a list of 2 lists'],
  [
    'too few labels',
    { word: [[1], [1]] },
    'rows[0].word[0]',
    'a list of 1',
    '2 labels, as many as the row has here, or of 3',
  ],
  [
    'too many labels',
    {
      word: [
        [1, 0],
        [1, 0],
      ],
    },
    'rows[0].word[1]',
    'a list of 2',
    '1 labels, as many as the row has here, or of 3',
  ],
  ['one label', { word: [true, true] }, 'rows[0].word[0]', 'true', '2 labels'],
  ['labels of sentences too many', { sentence: [1, 0, 1] }, 'rows[0].sentence', 'a list of 3', '2 labels'],
])('%s is refused, with both lengths', (_, cells, path, received, expected) => {
  const error = refusal(() => bindTable([{ words: [[1, 2], [3]], ...cells }], layout));
  expect([error.code, error.path, error.received]).toEqual(['WRONG_SHAPE', path, received]);
  expect(error.expected).toContain(expected);
});

test('a wrong label is named by its place', () => {
  const rows = [{ words: [[1, 2], [3]], word: [[1, 0], ['perhaps']] }];
  const error = refusal(() => bindTable(rows, layout));
  expect([error.code, error.path]).toEqual(['INVALID_LABEL', 'rows[0].word[1][0]']);
});

test('a chunk depends on its own rows alone', () => {
  const rows = [
    { words: [[1, 2], [3]], word: [[1, 0], [1]], sentence: [true, false], traits: null },
    { words: [], word: [], sentence: [], traits: [] },
    { words: [[], [5, 6, 7]], word: [[], [1, 0, 1]], sentence: null, traits: null },
  ];
  const whole = bindTable(rows, layout);
  const binder = createBinder(layout);
  for (const [i, row] of rows.entries()) {
    const own = binder.bindChunk(Table.fromRecords([row]), Uint32Array.of(i));
    const part = <T extends Uint8Array | Float64Array>(all: T) =>
      all.subarray((all.length / 3) * i, (all.length / 3) * (i + 1));
    expect(own.mask).toEqual(part(whole.mask));
    expect(own.applies).toEqual(part(whole.applies));
    expect(own.labels.values).toEqual(part(whole.labels.values));
    expect([...(own.inputs.there?.values ?? [])]).toEqual(
      [...(whole.inputs.there?.values ?? [])].slice(6 * i, 6 * i + 6),
    );
  }
});
