/** @file Tasks along an axis, from declaration to a saved model: every verb, on rows and tokens together. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { bindTable } from '../../src/data/bind.js';
import { adam, along, binary, Project, Table, tensor, tf } from '../../src/index.js';
import { layoutOf } from '../../src/tasks/layout.js';
import { tokenProject, tokenRows } from '../support/along.js';
import { naiveBinaryMetrics } from '../support/naive-metrics.js';

const train = tokenRows(256);
const heldOut = tokenRows(300).slice(256);

test.each(['onnx', 'cpu'] as const)(
  'on %s it learns, is tuned, evaluated, predicted, and saved',
  async (engine) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'headgate-along-'));
    try {
      const project = tokenProject();
      const fit = {
        engine,
        epochs: engine === 'cpu' ? 4 : 60,
        batchSize: 48,
        optimizer: adam({ learningRate: 0.01 }),
        progress: false,
        validation: heldOut,
      } as const;
      const { epochs } = await project.fit(train, fit);
      const [first, last] = [epochs[0], epochs.at(-1)];
      expect(last?.tasks.isName).toBeLessThan((engine === 'cpu' ? 1 : 0.5) * (first?.tasks.isName ?? 0));
      expect(last?.validation?.metrics.isName?.accuracy).toBeGreaterThan(engine === 'cpu' ? 0.5 : 0.95);
      await project.tune(heldOut, { engine });
      const evaluation = await project.evaluate(heldOut, { engine });
      const predictions = await project.predict(heldOut, { engine, probabilities: true });

      // The evaluation again, from predictions and labels: given the truth, a position counts where the row is English.
      const { layout, mask, labels } = boundOf(project, heldOut);
      const slot = layout.slot('isName');
      const answers = heldOut.flatMap(({ english }, row) =>
        Array.from({ length: 4 }, (_, token) => row * layout.width + slot.offset + token)
          .filter((at) => mask[at] === 1)
          .map((at) => ({ english, label: labels.values[at] === 1 })),
      );
      expect(answers.every(({ english }) => english === true)).toBe(true);
      const sample = evaluation.rows.find((row) => row.task_path === 'isName' && row.metric_name === 'accuracy');
      expect(sample?.num_samples).toBe(answers.length);
      const end = heldOut.flatMap((row, i) =>
        (predictions[i]?.isName ?? []).flatMap((answer, token) => {
          const label = row.isName?.[token] ?? null;
          return answer === null || label === null ? [] : { label, logit: answer.value ? 1 : -1 };
        }),
      );
      const naive = naiveBinaryMetrics(end);
      for (const metric of ['accuracy', 'precision', 'recall', 'f1_score']) {
        expect(evaluation.value('isName', metric, 'end_to_end')).toBeCloseTo(naive[metric] ?? Number.NaN, 12);
      }

      await project.save(path.join(folder, 'model'));
      const loaded = await tokenProject().load(path.join(folder, 'model'));
      expect(await loaded.predict(heldOut, { engine, probabilities: true })).toEqual(predictions);
      expect((await loaded.evaluate(heldOut, { engine })).rows).toEqual(evaluation.rows);
      const { rows } = await loaded.interpret(heldOut, { engine, top: 1 });
      expect(rows.filter((row) => row.task_path === 'isName').map(({ label }) => Array.isArray(label))).toEqual([
        true,
        true,
      ]);
      const tree = await loaded.explain(heldOut.slice(0, 1), { engine });
      expect(tree.split('\n').some((line) => line.includes('isName | each token: '))).toBe(
        predictions[0]?.english.value,
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
  120_000,
);

function boundOf(project: ReturnType<typeof tokenProject>, rows: readonly Record<string, unknown>[]) {
  return bindTable(rows, layoutOf(project.resolved));
}

test('a model of another axis, or of none, is not loaded', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'headgate-along-'));
  try {
    const of = (axis: 'token' | 'piece') =>
      new Project({
        name: 'one',
        inputs: { text: tensor({ shape: [2, 2], axes: ['token', 'piece'] }) },
        tasks: { word: along(axis, binary()) },
        backbone: ({ text }) => ({ features: text }),
        onNote: () => {},
      }).flow('full', (task, x) => [task.word(x.features)]);
    await of('token').save(path.join(folder, 'model'));
    await expect(of('piece').load(path.join(folder, 'model'))).rejects.toMatchObject({
      code: 'FLOW_MISMATCH',
      path: 'word.axis',
      expected: '"piece"',
      received: '"token"',
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a branch that is needed at some position of a row runs on that row, and on no other', async () => {
  let branchRows: number[] = [];
  class Spy extends tf.layers.Layer {
    static readonly className = 'AlongSpy';
    override computeOutputShape(shape: tf.Shape | tf.Shape[]): tf.Shape | tf.Shape[] {
      return shape;
    }
    override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
      const [x] = [inputs].flat() as [tf.Tensor];
      branchRows.push(x.shape[0] ?? Number.NaN);
      return x.mul(3);
    }
  }
  const project = new Project({
    name: 'branch',
    inputs: { text: tensor({ shape: [4, 3], axes: ['token', null] }) },
    tasks: { isName: along('token', binary()), isFirst: along('token', binary()) },
    backbone: ({ text }) => {
      const hidden = tf.layers.dense({ units: 6, activation: 'tanh' }).apply(text) as tf.SymbolicTensor;
      return { tokens: hidden, names: new Spy({ name: 'spy' }).apply(hidden) };
    },
    onNote: () => {},
  }).flow('full', (task, x) => {
    const isName = task.isName(x.tokens);
    return [isName, task.isFirst(x.names).given(isName)];
  });
  const rows = tokenRows(200);
  // a bias that lets in few tokens
  project.model.layers
    .find(({ name }) => name === 'head_tokens')
    ?.setWeights([tf.tensor2d([2, -1, 1.5, 1, -2, 1], [6, 1]), tf.tensor1d([-1.2])]);
  branchRows = [];
  const options = { engine: 'cpu', probabilities: true } as const;
  const gated = await project.predict(rows, options);
  const needed = gated.filter(({ isName }) => isName.some((answer) => answer?.value)).length;
  expect(needed).toBeGreaterThan(20);
  expect(needed).toBeLessThan(180);
  expect(branchRows).toEqual([needed]);
  const alone = [];
  for (const row of rows) alone.push(...(await project.predict([row], options)));
  expect(gated.map((row) => ({ ...row }))).toEqual(alone);
});

test('tensor columns and records of lists train to the same bytes', async () => {
  const asColumns = Table.fromColumns({
    text: { data: Float32Array.from(train.flatMap(({ text }) => text.flat())), shape: [4, 3] },
    english: train.map(({ english }) => english),
    isName: train.map(({ isName }) => isName),
    isFirst: { data: Uint8Array.from(train.flatMap(({ isFirst }) => isFirst.map(Number))), shape: [4] },
  });
  const losses = async (data: Table | typeof train) =>
    (await tokenProject().fit(data, { engine: 'onnx', epochs: 2, progress: false })).epochs.map(({ loss }) => loss);
  expect(await losses(asColumns)).toEqual(await losses(train));
});
