/** @file What a person sees of a fit: a bar on a terminal, lines elsewhere, nothing when told so. */
import { Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { expect, test, vi } from 'vitest';
import { binary, Project, vector } from '../../src/index.js';
import { createProgress } from '../../src/train/progress.js';

function fake(isTTY: boolean): { readonly stream: NodeJS.WriteStream; readonly text: () => string } {
  let text = '';
  const stream = new Writable({
    write: (chunk, _, done) => {
      text += String(chunk);
      done();
    },
  });
  // As much of a terminal as the bar asks of one.
  return { stream: Object.assign(stream, { isTTY, columns: 80 }) as unknown as NodeJS.WriteStream, text: () => text };
}

const record = (epoch: number) => ({
  epoch,
  loss: 0.25,
  tasks: { a: 0.25 },
  validation: { loss: 0.0005, tasks: { a: 0.0005 }, metrics: { a: {} } },
  learningRate: 0.1,
  seconds: 2.04,
});

test('lines, where nobody watches: one line an epoch', () => {
  const { stream, text } = fake(false);
  const progress = createProgress(true, 12, stream);
  for (const epoch of [1, 12]) {
    progress.epochStart(epoch, 3);
    for (const step of [1, 2, 3]) progress.step(step, 0.5);
    progress.epochEnd(record(epoch));
  }
  progress.end();
  expect(text()).toBe(
    [
      'epoch  1/12  loss 0.2500  validation 5.00e-4  2.0 s',
      'epoch 12/12  loss 0.2500  validation 5.00e-4  2.0 s',
      '',
    ].join('\n'),
  );
});

test('a bar on a terminal, replaced by the line when the epoch is over; the cursor comes back', () => {
  const { stream, text } = fake(true);
  const progress = createProgress(true, 2, stream);
  progress.epochStart(1, 3);
  progress.step(2, 0.5);
  progress.epochEnd(record(1));
  progress.end();
  const plain = stripVTControlCharacters(text());
  expect(plain).toMatch(/epoch 1\/2 \S+ 0\/3 {2}loss /);
  expect(plain.trimEnd().endsWith('epoch 1/2  loss 0.2500  validation 5.00e-4  2.0 s')).toBe(true);
  const [hide, show] = ['\u001b[?25l', '\u001b[?25h'];
  expect(text().lastIndexOf(show)).toBeGreaterThan(text().lastIndexOf(hide));
});

test('the terminal is left clean also when a fit ends in the middle of an epoch', () => {
  const { stream, text } = fake(true);
  const progress = createProgress(true, 2, stream);
  progress.epochStart(1, 3);
  progress.step(1, 0.5);
  progress.end();
  progress.end();
  expect(text().lastIndexOf('\u001b[?25h')).toBeGreaterThan(text().lastIndexOf('\u001b[?25l'));
});

test('no bar when told so, notes always; fit writes to standard error and says what looks like a slip', async () => {
  const written: string[] = [];
  const spy = vi.spyOn(process.stderr, 'write').mockImplementation((chunk) => {
    written.push(String(chunk));
    return true;
  });
  try {
    const project = new Project({
      name: 'progress',
      inputs: { x: vector({ size: 1 }) },
      tasks: { open: binary(), locked: binary() },
    }).flow('full', (task, x) => [task.open(x.features), task.locked(x.features)]);
    const rows = [
      { x: 1, open: true, lokced: true },
      { x: 2, open: false, lokced: false },
    ];
    await project.fit(rows, { engine: 'cpu', epochs: 1, progress: false });
    expect(written).toEqual([
      'headgate: NO_LABEL_COLUMN at locked: ' +
        'The task "locked" has no labels: there is no column "locked"; did you mean "lokced"?\n',
    ]);
    await project.fit(rows, { engine: 'cpu', epochs: 1 });
    expect(written[1]).toMatch(/^headgate: STARTED_ANEW at progress: /);
    expect(written[2]).toMatch(/^epoch 1\/1 {2}loss \d\.\d{4} {2}0\.\d s\n$/);
    expect(written).toHaveLength(3); // a note that was printed is not printed again
  } finally {
    spy.mockRestore();
  }
});
