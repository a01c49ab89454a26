/**
 * @file Folders that earlier versions wrote load for ever. `saved-0.1.0` was written by the code of d9e0ebe:
 * `npx tsx scripts/fixtures/make-saved-folder.ts <checkout of d9e0ebe> test/fixtures/saved-0.1.0`; `saved-format-2` in the
 * same way by 617e879, before anything was learnt of inputs and labels.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { load } from '../../src/deploy/load.js';
import * as headgate from '../../src/index.js';
import { savedProject, savedRows } from '../support/saved-project.js';
import { freshFolder } from './saved-model.js';

const fixture = join(import.meta.dirname, '../fixtures/saved-0.1.0');
const recorded = JSON.parse(readFileSync(join(fixture, 'predictions.json'), 'utf8'));

/** Equal but for the last digits of numbers. What 0.1.0 called the probability of a regression was its raw output. */
function expectClose(actual: unknown, expected: unknown, path = ''): void {
  if (path.endsWith('.probability') && actual === null) expect(typeof expected, path).toBe('number');
  else if (typeof expected === 'number') {
    expect(Math.abs(Number(actual) - expected) / Math.max(1, Math.abs(expected)), path).toBeLessThan(1e-6);
  } else if (typeof expected === 'object' && expected !== null) {
    expect(Object.keys(actual ?? {}), path).toEqual(Object.keys(expected));
    for (const [key, value] of Object.entries(expected))
      expectClose(Reflect.get(actual ?? {}, key), value, `${path}.${key}`);
  } else expect(actual, path).toBe(expected);
}

test('0.1.0: the same predictions, from heads that lay in another order than the flow', async () => {
  const project = savedProject(headgate);
  await project.load(join(fixture, 'model'));
  expect(Object.fromEntries(project.thresholds)).toEqual(recorded.thresholds);
  const predictions = await project.predict(savedRows, { engine: 'cpu', probabilities: true });
  expectClose(predictions, recorded.predictions);
  expect(predictions.filter(({ person }) => person !== null).length).toBeGreaterThan(10);
});

test('format 2 before statistics: the same predictions, raw inputs and labels, also after it was saved anew', async () => {
  const earlier = join(import.meta.dirname, '../fixtures/saved-format-2');
  const { predictions } = JSON.parse(readFileSync(join(earlier, 'predictions.json'), 'utf8'));
  const project = savedProject(headgate);
  await project.load(join(earlier, 'model'));
  expect(project.describe().inputs).toEqual({});
  const options = { engine: 'cpu', probabilities: true } as const;
  expect(await project.predict(savedRows, options)).toEqual(predictions);
  const folder = join(freshFolder(), 'model');
  await project.save(folder);
  const again = await savedProject(headgate).load(folder);
  expect(await again.predict(savedRows, options)).toEqual(predictions);
  await again.fit(savedRows, { engine: 'cpu', epochs: 1, progress: false });
  expect(again.describe().inputs).toEqual({}); // its weights read raw inputs
});

test('0.1.0: it trains on, and what is saved anew is of this version and says the same', async () => {
  const project = savedProject(headgate);
  await project.load(join(fixture, 'model'));
  const optimizer = headgate.adam({ learningRate: 0.01 });
  const options = { engine: 'cpu', epochs: 8, batchSize: 8, seed: 3, progress: false, optimizer } as const;
  const fresh = await savedProject(headgate).fit(savedRows, options);
  const { epochs } = await project.fit(savedRows, options);
  expect(epochs[0]?.loss).toBeLessThan(fresh.epochs[0]?.loss ?? 0); // it goes on from what it had learnt
  expect(epochs.at(-1)?.loss).toBeLessThan(epochs[0]?.loss ?? 0);

  const folder = join(freshFolder(), 'model');
  await project.save(folder);
  const { version, weights } = await load(folder);
  expect(version).toBe(2);
  expect(Object.keys(weights).sort().slice(0, 16)).toEqual([
    'backbone/batch_normalization.1/beta',
    'backbone/batch_normalization.1/gamma',
    'backbone/batch_normalization.1/moving_mean',
    'backbone/batch_normalization.1/moving_variance',
    'backbone/conv2d.1/bias',
    'backbone/conv2d.1/kernel',
    'backbone/dense.1/bias',
    'backbone/dense.1/kernel',
    'backbone/sequential.1/dense.1/bias',
    'backbone/sequential.1/dense.1/kernel',
    'backbone/sequential.1/neck/bias',
    'backbone/sequential.1/neck/kernel',
    'head/blocked/bias',
    'head/blocked/kernel',
    'head/person.age/bias',
    'head/person.age/kernel',
  ]);
  const again = await savedProject(headgate).load(folder);
  const predict = { engine: 'cpu', probabilities: true } as const;
  expect(await again.predict(savedRows, predict)).toEqual(await project.predict(savedRows, predict));
});

test('0.1.0: without a declaration, the names are those of the file', async () => {
  const { version, writer, backbone, weights } = await load(join(fixture, 'model'));
  expect([version, writer, backbone]).toEqual([1, null, null]);
  expect(Object.keys(weights)).toContain('backbone/06.sequential/3.bias');
});
