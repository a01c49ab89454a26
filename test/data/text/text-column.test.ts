/** @file Texts as an input: ids padded to one length, positions that rows have, masks, and what is too long. */
import { expect, test } from 'vitest';
import { bindTable } from '../../../src/data/bind.js';
import {
  along,
  classification,
  maskOf,
  Project,
  recordsSource,
  Table,
  text,
  tf,
  trainTokenizer,
} from '../../../src/index.js';
import { layoutOf } from '../../../src/tasks/layout.js';
import { encoded, notesOf, refusal } from '../../support/columns.js';
import { wordTokenizer } from '../../support/word-tokenizer.js';

const tokenizer = wordTokenizer(['a', 'b', 'c']);
const line = text({ tokenizer, length: 4 });

test('a text is the ids of its tokens, then padding; a missing or empty one is all padding', () => {
  const rows = [{ x: 'a b c' }, { x: 'c what a b' }, { x: '' }, { x: null }, {}];
  expect(encoded(line, rows)).toEqual([
    [5, 6, 7, 0],
    [7, 1, 5, 6],
    [0, 0, 0, 0],
    [0, 0, 0, 0],
    [0, 0, 0, 0],
  ]);
});

test('padding has the id that the tokenizer says', () => {
  const other = { ...tokenizer, special: { ...tokenizer.special, padding: 3 } };
  expect(encoded(text({ tokenizer: other, length: 3 }), [{ x: 'a' }, { x: null }])).toEqual([
    [5, 3, 3],
    [3, 3, 3],
  ]);
});

test('a text that is too long is an error that counts, or is cut and counted', () => {
  const rows = [{ x: 'a b c a b' }, { x: 'a' }, { x: 'b b b b b b' }];
  expect(refusal(() => encoded(line, rows))).toMatchObject({
    code: 'INVALID_INPUT',
    path: 'rows[0].x',
    problem: 'This text has 5 tokens, and the input holds 4.',
  });
  const cut = text({ tokenizer, length: 4, tooLong: 'cut' });
  expect(encoded(cut, rows)).toEqual([
    [5, 6, 7, 5],
    [5, 0, 0, 0],
    [6, 6, 6, 6],
  ]);
  expect(notesOf(cut, rows)).toEqual([
    'VALUES_CUT inputs.x: 2 of 3 values in the column "x" of the input "x" are longer than its 4 places: only their beginning is read.',
  ]);
});

test('a text may come in parts, with null where a token is to be found', () => {
  expect(encoded(line, [{ x: ['a b', null, 'c'] }, { x: [null] }, { x: [] }])).toEqual([
    [5, 6, 4, 7],
    [4, 0, 0, 0],
    [0, 0, 0, 0],
  ]);
  const withoutMask = { ...tokenizer, special: { ...tokenizer.special, mask: null } };
  const place = { code: 'INVALID_INPUT', path: 'rows[0].x[1]' };
  expect(refusal(() => encoded(text({ tokenizer: withoutMask, length: 4 }), [{ x: ['a', null] }]))).toMatchObject(
    place,
  );
  expect(refusal(() => encoded(line, [{ x: ['a', 5] }]))).toMatchObject(place);
});

test.each([[5], [true], [{ a: 1 }]])('%j is no text', (x) => {
  expect(refusal(() => encoded(line, [{ x }]))).toMatchObject({ code: 'INVALID_INPUT', path: 'rows[0].x' });
});

test('what it cannot work with is refused', () => {
  const given = [
    { length: 4 },
    { tokenizer, length: 0 },
    { tokenizer, length: 4, tooLong: 'drop' },
    { tokenizer: 5, length: 4 },
  ];
  for (const options of given) {
    expect(refusal(() => text(options as Parameters<typeof text>[0])).code).toBe('INVALID_OPTIONS'); // untyped code
  }
  expect(refusal(() => text({ tokenizer, length: 4, axis: 'a b' })).code).toBe('INVALID_NAME');
});

const declare = () =>
  new Project({
    name: 'tokens',
    inputs: { line: text({ tokenizer, length: 6 }), isThere: maskOf('line') },
    tasks: { next: along('token', classification({ classes: ['a', 'b', 'c'] })) },
    backbone: ({ line }) => {
      const embedded = tf.layers.embedding({ inputDim: tokenizer.size, outputDim: 8 }).apply(line) as tf.SymbolicTensor;
      return { tokens: tf.layers.dense({ units: 16, activation: 'relu' }).apply(embedded) };
    },
    seed: 1,
    onNote: () => {},
  }).flow('all', (task, x) => [task.next(x.tokens)]);

/** After each letter comes the one behind it. */
const rows = Array.from({ length: 60 }, (_, row) => {
  const letters = Array.from({ length: 1 + (row % 6) }, (_, i) => 'abc'[(row * 7 + i * (1 + (row % 2))) % 3] ?? 'a');
  return { line: letters.join(' '), next: letters.map((letter) => 'bca'['abc'.indexOf(letter)] ?? null) };
});

test('labels are one for each token of the row, its mask says which are there, and predictions are as long', async () => {
  const dataset = bindTable(rows, layoutOf(declare().resolved));
  const mask = dataset.inputs.isThere?.values ?? new Uint8Array();
  for (const [row, { next }] of rows.entries()) {
    expect(Array.from(mask.slice(row * 6, row * 6 + 6))).toEqual([
      ...next.map(() => 1),
      ...new Array(6 - next.length).fill(0),
    ]);
  }
  const project = declare();
  await project.fit(rows, { epochs: 60, batchSize: 16, progress: false });
  expect((await project.evaluate(rows)).value('next', 'accuracy')).toBe(1);
  expect(await project.predict(rows)).toEqual(rows.map(({ next }) => ({ next })));
  expect((await project.evaluate(recordsSource(rows))).rows).toEqual((await project.evaluate(rows)).rows);
});

test('a row with another number of labels than tokens says both', async () => {
  const wrong = [{ line: 'a b c', next: ['a', 'b'] }];
  await expect(declare().fit(wrong, { progress: false })).rejects.toMatchObject({
    code: 'WRONG_SHAPE',
    path: 'rows[0].next',
  });
});

test('a model that is loaded needs the tokenizer that it was saved with', async () => {
  const own = trainTokenizer(['to be or not to be'], { kind: 'words' });
  const other = trainTokenizer(['to be or not to bee'], { kind: 'words' });
  const words = (tokens: typeof own) => text({ tokenizer: tokens, length: 8 }).columnKinds[0]?.options;
  expect(words(own)).toEqual(words(trainTokenizer(['be to or not be to'], { kind: 'words' })));
  expect(words(own)).not.toEqual(words(other));
});

test('the data report counts tokens where a row has them', async () => {
  const report = await declare().describeData(Table.fromRecords(rows));
  const [next] = report.tasks;
  expect(next).toMatchObject({ path: 'next', labelled: rows.reduce((sum, { next }) => sum + next.length, 0) });
});
