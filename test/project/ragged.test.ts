/** @file Ragged rows, from declaration to a saved model: the documents of dnn_cool's second dataset. */
import { expect, test } from 'vitest';
import { adam } from '../../src/index.js';
import { documentProject, documents } from '../support/documents.js';

const train = documents(100, 1);
const heldOut = documents(40, 2);

test('the token flow of documents is above 0.99 on held-out documents, and evaluation counts their tokens', async () => {
  const project = documentProject();
  await project.fit(train, {
    engine: 'onnx',
    epochs: 12,
    batchSize: 20,
    optimizer: adam({ learningRate: 0.01 }),
    progress: false,
  });
  const { rows } = await project.evaluate(heldOut, { engine: 'onnx' });
  const tokens = heldOut.flatMap(({ document }) => document.flat());
  const of = (path: string, view: string) =>
    rows.find((row) => row.task_path === path && row.metric_name === 'accuracy' && row.view === view);
  expect(of('isZero', 'given_truth')?.num_samples).toBe(tokens.length);
  expect(of('isTwo', 'given_truth')?.num_samples).toBe(tokens.filter((token) => token !== 0).length);
  for (const view of ['given_truth', 'end_to_end']) {
    expect(of('isZero', view)?.metric_res).toBeGreaterThan(0.99);
    expect(of('isTwo', view)?.metric_res).toBeGreaterThan(0.99);
  }
}, 60_000);
