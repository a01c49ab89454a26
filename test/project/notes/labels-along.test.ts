/** @file Notes about labels at positions: each position counts by itself. */
import { expect, test } from 'vitest';
import { bindTable } from '../../../src/data/bind.js';
import { asTable } from '../../../src/data/table.js';
import { along, binary, multilabel, Project, tensor } from '../../../src/index.js';
import { watchTraining } from '../../../src/project/notes/labels.js';
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
/** `[code, path, text]` of what is said of these rows. */
function said(rows: readonly Record<string, unknown>[]): string[][] {
  const layout = layoutOf(resolved);
  const table = asTable(rows.map((row) => ({ text, ...row })));
  const watch = watchTraining(layout, null);
  watch.see(bindTable(table, layout), table);
  return watch.notes().map((note) => [note.code, note.path, note.text]);
}

test('why no label counts is counted position by position', () => {
  const notes = said([
    { word: [false, null], name: [true, true] },
    { word: [false, null], name: [null, true] },
  ]);
  expect(notes).toContainEqual([
    'NO_LABEL_COUNTS',
    'name',
    'None of its 3 labels counts, so it learns nothing and its metrics say nothing: on these rows its condition is ' +
      'unknown 2 times and false 1 times. Where it is unknown, labels count with given(…, { whenUnknown: "include" }).',
  ]);
});

test('labels that differ between positions differ; those that do not are noted, class by class', () => {
  const traits = [
    [1, 0],
    [0, 1],
  ];
  expect(said([{ word: [true, false], traits }])).toEqual([]);
  expect(said([{ word: [true, true], traits: [traits[0], traits[0]] }])).toEqual([
    ['CLASS_NEVER_OCCURS', 'traits', '1 of its 2 classes never occur in the labels that count: b.'],
    ['LABELS_ALL_EQUAL', 'word', 'All its labels that count say true: there is nothing to tell apart.'],
    [
      'LABELS_ALL_EQUAL',
      'traits',
      'All its labels that count say {"a":true,"b":false}: there is nothing to tell apart.',
    ],
  ]);
});
