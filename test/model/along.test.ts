/** @file Heads along an axis: one product at all positions, the features that they may read, the model by path. */
import { expect, test } from 'vitest';
import { bindInputs } from '../../src/data/inputs.js';
import { asTable } from '../../src/data/table.js';
import { createEngine } from '../../src/engine/select.js';
import { along, binary, classification, HeadgateError, Project, tensor, tf } from '../../src/index.js';
import { buildNetwork } from '../../src/model/network.js';
import { createScorer } from '../../src/score/scorer.js';
import { layoutOf } from '../../src/tasks/layout.js';
import { tokenRows } from '../support/along.js';

const apply = (layer: tf.layers.Layer, x: unknown): tf.SymbolicTensor =>
  layer.apply(x as tf.SymbolicTensor) as tf.SymbolicTensor; // of one symbolic input

const project = (backbone: (x: tf.SymbolicTensor) => tf.SymbolicTensor) =>
  new Project({
    name: 'words',
    inputs: { text: tensor({ shape: [4, 3], axes: ['token', null] }) },
    tasks: {
      row: binary(),
      word: along('token', binary()),
      sort: along('token', classification({ classes: ['a', 'b', 'c'] })),
      more: along('token', binary()),
    },
    backbone: ({ text }) => ({ tokens: backbone(text), rows: apply(tf.layers.flatten(), text) }),
  }).flow('full', (task, x) => [task.row(x.rows), task.word(x.tokens), task.sort(x.tokens), task.more(x.tokens)]);

const dense = (x: tf.SymbolicTensor) => apply(tf.layers.dense({ units: 5, activation: 'tanh' }), x);

test.each(['cpu', 'onnx'] as const)(
  'on %s, scores are the outputs of the model, position by position',
  async (name) => {
    const { resolved, backbone } = project(dense);
    const layout = layoutOf(resolved);
    const network = buildNetwork({ flow: resolved, layout, backbone, seed: 3 });
    expect(network.store.parameters.map(({ name, shape }) => [name, shape])).toEqual([
      ['backbone/dense.1/kernel', [3, 5]],
      ['backbone/dense.1/bias', [5]],
      ['head/row/kernel', [12, 1]],
      ['head/row/bias', [1]],
      ['head/word/kernel', [5, 1]],
      ['head/word/bias', [1]],
      ['head/more/kernel', [5, 1]],
      ['head/more/bias', [1]],
      ['head/sort/kernel', [5, 3]],
      ['head/sort/bias', [3]],
    ]);
    const engine = await createEngine(name);
    const scorer = createScorer(engine, network, layout, 8);
    const state = await engine.createState(network.read());
    const rows = tokenRows(13).map(({ text }) => ({ text })); // two calls, the second padded
    const scores = await scorer.score(state, bindInputs(asTable(rows), resolved.graph.inputs));
    const outputs = network.model.predict(tf.tensor3d(rows.map(({ text }) => text))) as tf.Tensor[];
    expect(network.model.outputs.map(({ shape }) => shape)).toEqual([
      [null, 1],
      [null, 4, 1],
      [null, 4, 3],
      [null, 4, 1],
    ]);
    outputs.forEach((output, i) => {
      const { logits } = scores.tasks.get(network.model.outputNames[i] ?? '') ?? { logits: new Float32Array() };
      const expected = output.dataSync();
      expect(logits.length).toBe(expected.length);
      logits.forEach((logit, at) => {
        expect(Math.abs(logit - (expected[at] ?? Number.NaN))).toBeLessThan(1e-5);
      });
    });
    await engine.dispose();
  },
);

test.each<[string, (x: tf.SymbolicTensor) => tf.SymbolicTensor, string]>([
  ['one vector a row', (x) => apply(tf.layers.flatten(), x), '[batch, 12]'],
  ['another length', (x) => apply(tf.layers.conv1d({ filters: 2, kernelSize: 2 }), x), '[batch, 3, 2]'],
  ['four axes', (x) => apply(tf.layers.reshape({ targetShape: [4, 3, 1] }), x), '[batch, 4, 3, 1]'],
])('a feature of %s cannot be read along the axis', (_, backbone, received) => {
  let error: unknown;
  try {
    void project(backbone).model;
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(HeadgateError);
  expect(error).toMatchObject({
    code: 'FEATURE_SHAPE',
    path: 'features.tokens',
    problem: 'the head of "word" needs one vector at each of 4 positions of the axis "token"',
    expected: '[batch, 4, size]',
    received,
  });
});

test('a task with one answer a row cannot read a feature of positions', () => {
  const wrong = new Project({
    name: 'wrong',
    inputs: { text: tensor({ shape: [4, 3], axes: ['token', null] }) },
    tasks: { row: binary() },
    backbone: ({ text }) => ({ tokens: dense(text) }),
  }).flow('full', (task, x) => [task.row(x.tokens)]);
  expect(() => wrong.model).toThrow(
    expect.objectContaining({ code: 'FEATURE_SHAPE', expected: '[batch, size]', received: '[batch, 4, 5]' }),
  );
});
