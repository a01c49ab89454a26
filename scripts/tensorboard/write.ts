/**
 * @file Writes what check.py reads: a fit with `tensorBoard`, and a file with one value of each kind; beside them, as JSON,
 * the numbers that must come back.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { histogramValue, imageValue, textValue } from '../../src/files/events/values.js';
import { createEventWriter } from '../../src/files/events/writer.js';
import { binary, Project, regression, tensorBoard, vector } from '../../src/index.js';

const folder = process.argv[2];
if (folder === undefined) throw new Error('usage: write.ts FOLDER');

const rows = Array.from({ length: 64 }, (_, i) => ({
  x: [Math.sin(i), Math.cos(i)],
  open: Math.sin(i) > 0,
  size: i / 3,
}));
const project = new Project({
  name: 'watched',
  inputs: { x: vector({ size: 2 }) },
  tasks: { open: binary(), size: regression() },
}).flow('full', (task, { features }) => [task.open(features), task.size(features)]);
const watchers = [tensorBoard({ dir: path.join(folder, 'fit'), everySteps: 2 })];
const history = await project.fit(rows, { epochs: 5, validation: rows, watchers, progress: false });

const png = new Uint8Array(
  Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==',
    'base64',
  ),
);
const numbers = Array.from({ length: 1000 }, (_, i) => Math.sin(i) * 3);
const text = '**open**: çà et là';
const writer = await createEventWriter(path.join(folder, 'kinds'));
await writer.write(7, [
  histogramValue('weights', numbers),
  textValue('tree', text),
  imageValue('worst', { width: 1, height: 1, png }),
]);
await writer.close();

const expected = {
  epochs: history.epochs,
  steps: history.steps,
  numbers,
  text,
  png: Buffer.from(png).toString('base64'),
};
writeFileSync(path.join(folder, 'expected.json'), JSON.stringify(expected));
