import type { Evaluation } from 'headgate';
import { expect, test } from 'vitest';
import { declareDigits } from '../../flows/digits/project.js';
import { readDigits } from '../../flows/digits/read.js';
import { generate } from '../../flows/security-camera/generator.js';
import { declareCamera } from '../../flows/security-camera/project.js';

const seeds = [1, 2, 3];

/** A metric of every task that has it, given the truth. */
function values(evaluation: Evaluation, metric: string): Record<string, number> {
  const rows = evaluation.rows.filter((row) => row.view === 'given_truth' && row.metric_name === metric);
  return Object.fromEntries(rows.map((row) => [row.task_path, row.metric_res ?? Number.NaN]));
}

test.each(seeds)(
  'the security camera learns all of its questions (seed %i)',
  async (seed) => {
    const {
      train,
      validation,
      test: held,
    } = generate({ rows: 6000, seed }).split({ train: 0.7, validation: 0.1, test: 0.2 }, { seed });
    const camera = declareCamera(seed);
    await camera.fit(train, { epochs: 10, batchSize: 64, seed, progress: false, engine: 'onnx' });
    await camera.tune(validation, { engine: 'onnx' });
    const evaluation = await camera.evaluate(held, { engine: 'onnx' });
    camera.dispose();

    const accuracies = values(evaluation, 'accuracy');
    expect(Object.keys(accuracies)).toHaveLength(6);
    for (const [path, accuracy] of Object.entries(accuracies)) expect(accuracy, path).toBeGreaterThanOrEqual(0.99);
    const errors = values(evaluation, 'mean_absolute_error');
    expect(Object.keys(errors)).toHaveLength(8);
    for (const [path, error] of Object.entries(errors)) expect(error / 64, path).toBeLessThanOrEqual(0.03); // of the side
  },
  300_000,
);

test.each(seeds)(
  'the digits are read, and their ink measured (seed %i)',
  async (seed) => {
    const { train, test: held } = (await readDigits()).split({ train: 0.8, test: 0.2 }, { seed });
    const digits = declareDigits(seed);
    await digits.fit(train, { epochs: 20, batchSize: 32, seed, progress: false, engine: 'onnx' });
    const evaluation = await digits.evaluate(held, { engine: 'onnx' });
    digits.dispose();

    const { hasLoop, loopDigit, plainDigit } = values(evaluation, 'accuracy');
    expect(hasLoop).toBeGreaterThanOrEqual(0.95);
    expect(loopDigit).toBeGreaterThanOrEqual(0.94);
    expect(plainDigit).toBeGreaterThanOrEqual(0.94);
    expect(values(evaluation, 'mean_absolute_error').writtenArea).toBeLessThanOrEqual(1.2); // of 64 pixels
  },
  120_000,
);
