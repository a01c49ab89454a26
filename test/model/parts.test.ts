/** @file Which networks may be cut into parts, and that masks and states are not lost where they are not. */
import { expect, test } from 'vitest';
import { bindInputs } from '../../src/data/inputs.js';
import { asTable } from '../../src/data/table.js';
import { createEngine } from '../../src/engine/select.js';
import { gatedDecisions } from '../../src/evaluate/gated-decisions.js';
import { binary, Project, tensor, tf } from '../../src/index.js';
import { buildNetwork } from '../../src/model/network.js';
import { createScorer } from '../../src/score/scorer.js';
import { initialThresholds } from '../../src/score/scores.js';
import { layoutOf } from '../../src/tasks/layout.js';

type Branch = (x: tf.SymbolicTensor) => tf.SymbolicTensor;

/** `rare` lets rows into a branch that reads the whole sequence. */
function networkOf(branch: Branch) {
  const { resolved: flow, backbone } = new Project({
    name: 'parts',
    inputs: { x: tensor({ shape: [4, 2] }) },
    tasks: { rare: binary(), inner: binary() },
    backbone: ({ x }) => ({ shared: tf.layers.flatten().apply(x), branch: branch(x) }),
  }).flow('full', (task, x) => {
    const rare = task.rare(x.shared);
    return [rare, task.inner(x.branch).given(rare)];
  });
  const layout = layoutOf(flow);
  return { flow, layout, network: buildNetwork({ flow, layout, backbone, seed: 2 }) };
}

const apply = (layer: tf.layers.Layer, x: tf.SymbolicTensor | tf.SymbolicTensor[]): tf.SymbolicTensor =>
  layer.apply(x) as tf.SymbolicTensor;
const lstm = () => tf.layers.lstm({ units: 3 });

const masked: Branch = (x) => apply(lstm(), apply(tf.layers.masking({ maskValue: 0 }), x));
const nested: Branch = (x) => {
  const inner = tf.sequential({ layers: [tf.layers.masking({ maskValue: 0, inputShape: [4, 2] }), lstm()] });
  return apply(inner, x);
};
const embedded: Branch = (x) => {
  const tokens = apply(tf.layers.flatten(), x);
  return apply(lstm(), apply(tf.layers.embedding({ inputDim: 5, outputDim: 2, maskZero: true }), tokens));
};
const stateful: Branch = (x) => {
  const state = apply(tf.layers.dense({ units: 3 }), apply(tf.layers.flatten(), x));
  return lstm().apply(x, { initialState: [state, state] } as never) as tf.SymbolicTensor;
};

test.each<[string, Branch, boolean]>([
  ['layers that pass on tensors alone', (x) => apply(lstm(), x), true],
  ['a masking layer', masked, false],
  ['a masking layer inside a model', nested, false],
  ['an embedding that masks zeros', embedded, false],
  ['a layer that is given its state', stateful, false],
])('a branch with %s', (_, branch, isCut) => {
  const { parts } = networkOf(branch).network;
  expect(parts?.branches.map(({ name }) => name) ?? null).toEqual(isCut ? ['branch'] : null);
});

test('predictions behind a mask are those of the whole network, cut or not', async () => {
  const rows = Array.from({ length: 96 }, (_, i) => ({
    x: Array.from({ length: 8 }, (_, j) => (j >= 2 * (1 + (i % 4)) ? 0 : Math.sin(i * 8 + j))),
  }));
  const { flow, layout, network } = networkOf(masked);
  const engine = await createEngine('cpu');
  const scorer = createScorer(engine, network, layout, 256);
  const state = await engine.createState(network.read());
  const source = bindInputs(asTable(rows), flow.graph.inputs);
  const whole = await scorer.score(state, source);
  const logits = [...(whole.tasks.get('inner')?.logits ?? [])];

  // What tfjs itself says, which knows of the mask.
  const outputs = network.model.predict(tf.tensor3d(rows.map(({ x }) => [0, 2, 4, 6].map((j) => x.slice(j, j + 2)))));
  const [, inner] = outputs as tf.Tensor[];
  expect(logits).toEqual([...(inner?.dataSync() ?? [])]);
  if (network.parts === null) return;
  const thresholds = initialThresholds(flow.tasks);
  const scorePart = (part: Parameters<typeof scorer.scorePart>[1], given: Parameters<typeof scorer.scorePart>[2]) =>
    scorer.scorePart(state, part, given);
  const { scores: gated } = await gatedDecisions({ layout, parts: network.parts, thresholds, scorePart }, source);
  expect([...(gated.tasks.get('inner')?.logits ?? [])]).toEqual(logits);
});
