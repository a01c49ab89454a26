/** @file Notes about labels at positions: each position counts by itself. */
import { expect, test } from 'vitest';
import { bindTable } from '../../../src/data/bind.js';
import { along, binary, multilabel, Project, tensor } from '../../../src/index.js';
import { classesThatNeverOccur, labelsAllEqual, noLabelCounts } from '../../../src/project/notes/labels.js';
import { layoutOf } from '../../../src/tasks/layout.js';

const { resolved } = new Project({
  name: 'notes',
  inputs: { text: tensor({ shape: [2], axes: ['token'] }) },
  tasks: {
    word: along('token', binary()),
    name: along('token', binary()),
    traits: along('token', multilabel({ classes: ['a', 'b'] })),
  },
}).flow('full', (task, x) => {
  const word = task.word(x.features);
  return [word, task.name(x.features).given(word), task.traits(x.features)];
});

const text = [0, 0];
const bind = (rows: readonly Record<string, unknown>[]) =>
  bindTable(
    rows.map((row) => ({ text, ...row })),
    layoutOf(resolved),
  );

test('why no label counts is counted position by position', () => {
  const notes = noLabelCounts(
    bind([
      { word: [false, null], name: [true, true] },
      { word: [false, null], name: [null, true] },
    ]),
  );
  expect(notes.map(({ path, text: said }) => [path, said])).toEqual([
    [
      'name',
      'None of its 3 labels counts, so it learns nothing and its metrics say nothing: on these rows its condition is ' +
        'unknown 2 times and false 1 times.',
    ],
  ]);
});

test('labels that differ between positions differ; those that do not are noted, class by class', () => {
  const differing = bind([
    {
      word: [true, false],
      traits: [
        [1, 0],
        [0, 1],
      ],
    },
  ]);
  expect(labelsAllEqual(differing)).toEqual([]);
  expect(classesThatNeverOccur(differing)).toEqual([]);
  const equal = bind([
    {
      word: [true, true],
      traits: [
        [1, 0],
        [1, 0],
      ],
    },
  ]);
  expect(labelsAllEqual(equal).map(({ path, text: said }) => [path, said])).toEqual([
    ['word', 'All its labels that count say true: there is nothing to tell apart.'],
    ['traits', 'All its labels that count say {"a":true,"b":false}: there is nothing to tell apart.'],
  ]);
  expect(classesThatNeverOccur(equal).map(({ text: said }) => said)).toEqual([
    '1 of its 2 classes never occur in the labels that count: b.',
  ]);
});
