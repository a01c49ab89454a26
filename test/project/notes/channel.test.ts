import { expect, test } from 'vitest';
import { type Note, note } from '../../../src/notes.js';
import { createNoteChannel, listWithNotes, withNotes } from '../../../src/project/notes/channel.js';

const [scale, never] = [
  note('INPUT_SCALE', 'inputs.x', 'Is that meant?'),
  note('NEVER_TRAINED', 'camera', 'By chance.'),
];

function printer() {
  const lines: string[] = [];
  return { lines, stream: { write: (line: string | Uint8Array) => lines.push(String(line)) > 0 } };
}

test('without a listener each distinct note is printed once; every result still has all of its own', () => {
  const { lines, stream } = printer();
  const channel = createNoteChannel(undefined, stream);
  const [first, second] = [channel.open(undefined), channel.open(undefined)];
  first.add([scale, scale]);
  second.add([scale, never]);
  expect(lines).toEqual([
    'headgate: INPUT_SCALE at inputs.x: Is that meant?\n',
    'headgate: NEVER_TRAINED at camera: By chance.\n',
  ]);
  expect(first.notes).toEqual([scale]);
  expect(second.notes).toEqual([scale, never]);
});

test('of one code a call prints ten and says that there are more; the result has all', () => {
  const { lines, stream } = printer();
  const channel = createNoteChannel(undefined, stream);
  const own = channel.open(undefined);
  const many = Array.from({ length: 3000 }, (_, i) => note('NO_LABEL_COUNTS', `t${i}`, 'None counts.'));
  own.add([...many, never]);
  expect(lines).toHaveLength(12);
  expect(lines.slice(9)).toEqual([
    'headgate: NO_LABEL_COUNTS at t9: None counts.\n',
    "headgate: NO_LABEL_COUNTS: there are more of these; the result's `notes`, and `onNote`, have all.\n",
    'headgate: NEVER_TRAINED at camera: By chance.\n',
  ]);
  expect(own.notes).toHaveLength(3001);
});

test('a call’s listener stands for the project’s, and that for printing', () => {
  const { lines, stream } = printer();
  const [ofProject, ofCall]: [Note[], Note[]] = [[], []];
  const channel = createNoteChannel((one) => ofProject.push(one), stream);
  channel.open(undefined).add(scale);
  channel.open(undefined).add(scale);
  channel.open((one) => ofCall.push(one)).add(never);
  expect(ofProject).toEqual([scale, scale]); // a listener hears of every call
  expect(ofCall).toEqual([never]);
  expect(lines).toEqual([]);
});

test('a list with notes is the list for everyone who does not ask', () => {
  const list = listWithNotes([1, 2], { notes: [never] });
  expect(list.notes).toEqual([never]);
  expect(JSON.stringify(list)).toBe('[1,2]');
  expect(Object.keys(list)).toEqual(['0', '1']);
  expect(withNotes({ a: 1 }, { notes: [never] })).toEqual({ a: 1, notes: [never] });
});
