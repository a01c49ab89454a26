/** @file The network as a `tf.LayersModel`: logits by path, one fused head a feature, default backbones. */
import { expect, test } from 'vitest';
import { bindInputs } from '../../src/data/inputs.js';
import { asTable } from '../../src/data/table.js';
import { createEngine } from '../../src/engine/select.js';
import {
  binary,
  classification,
  image,
  multilabel,
  Project,
  regression,
  sgd,
  tensor,
  tf,
  vector,
} from '../../src/index.js';
import { buildNetwork } from '../../src/model/network.js';
import { uniforms } from '../../src/random.js';
import { createScorer } from '../../src/score/scorer.js';
import { layoutOf } from '../../src/tasks/layout.js';

const tasks = {
  open: binary(),
  shirt: classification({ classes: ['red', 'green', 'blue'] }),
  person: binary(),
  traits: multilabel({ classes: ['hat', 'beard'] }),
  age: regression(),
};

const twoFeatures = () =>
  new Project({
    name: 'two',
    inputs: { x: vector({ size: 4 }) },
    tasks,
    backbone: ({ x }) => {
      const shared = tf.layers.dense({ units: 6, activation: 'tanh' }).apply(x);
      return {
        left: tf.layers.dense({ units: 5, activation: 'tanh' }).apply(shared),
        right: tf.layers.dense({ units: 3 }).apply(shared),
      };
    },
  })
    .flow('inner', (task, x) => [task.traits(x.right), task.age(x.left)])
    // binary tasks apart: their columns lie side by side in the head, and come back in flow order
    .flow('full', (task, x) => [task.open(x.left), task.shirt(x.left), task.person(x.left), task.inner(x)]);

const rows = Array.from({ length: 5 }, (_, i) => ({
  x: Array.from(uniforms({ seed: 1, stream: 'x', counter: i }, 4), (value) => value * 4 - 2),
}));

test('outputs of the model, by path and in flow order, are the logits that the engines score', async () => {
  const { resolved, backbone } = twoFeatures();
  const layout = layoutOf(resolved);
  const network = buildNetwork({ flow: resolved, layout, backbone, seed: 3 });
  const engine = await createEngine('cpu');
  const scorer = createScorer(engine, network, layout, 4);
  const state = await engine.createState(network.read());
  const { tasks: scored } = await scorer.score(state, bindInputs(asTable(rows), resolved.graph.inputs));
  expect(network.model.outputNames).toEqual(['open', 'shirt', 'person', 'inner.traits', 'inner.age']);
  const outputs = network.model.predict(tf.tensor2d(rows.map(({ x }) => x))) as tf.Tensor[];
  outputs.forEach((output, i) => {
    const { logits } = scored.get(network.model.outputNames[i] ?? '') ?? { logits: [] };
    expect(output.shape[0]).toBe(5);
    expect([...output.dataSync()]).toEqual([...logits]);
  });
  expect(new Set([...scored.values()].flatMap(({ logits }) => [...logits])).size).toBe(5 * 8);
});

test('one Dense layer a feature, whose columns are the units of all tasks that read it', () => {
  const { model } = twoFeatures();
  const dense = model.layers.filter((layer) => layer.getClassName() === 'Dense');
  expect(
    dense.map((layer) => [layer.name.startsWith('head_') ? layer.name : 'backbone', layer.getWeights()[0]?.shape]),
  ).toEqual([
    ['backbone', [4, 6]],
    ['backbone', [6, 5]],
    ['backbone', [6, 3]],
    ['head_left', [5, 1 + 3 + 1 + 1]],
    ['head_right', [3, 2]],
  ]);
});

test('a head starts as if it stood alone: Glorot bounds of its own units, zero bias, the same beside any sibling', () => {
  const alone = new Project({
    name: 'alone',
    inputs: { x: vector({ size: 50 }) },
    tasks,
    backbone: ({ x }) => ({ features: x }),
  }).flow('full', (task, x) => [task.shirt(x.features)]);
  const beside = new Project({
    name: 'beside',
    inputs: { x: vector({ size: 50 }) },
    tasks,
    backbone: ({ x }) => ({ features: x }),
  }).flow('full', (task, x) => [task.open(x.features), task.age(x.features), task.shirt(x.features)]);
  const logits = (model: tf.LayersModel): number[] => {
    const outputs = model.predict(tf.eye(50)) as tf.Tensor | tf.Tensor[];
    return [...((Array.isArray(outputs) ? outputs : [outputs]).at(-1)?.dataSync() ?? [])];
  };
  const kernel = logits(alone.model);
  expect(kernel).toHaveLength(150);
  expect(logits(beside.model)).toEqual(kernel);
  const bound = Math.sqrt(6 / (50 + 3));
  expect(Math.max(...kernel.map(Math.abs))).toBeLessThanOrEqual(bound);
  expect(Math.max(...kernel.map(Math.abs))).toBeGreaterThan(0.9 * bound);
});

test('the project’s seed draws the weights, whatever the seed of a fit', async () => {
  const kernel = (model: tf.LayersModel): number[] => [...(model.getWeights()[0]?.dataSync() ?? [])];
  const seeded = (seed?: number) =>
    new Project({
      name: 'seed',
      inputs: { x: vector({ size: 2 }) },
      tasks,
      ...(seed === undefined ? {} : { seed }),
    }).flow('full', (task, x) => [task.open(x.features)]);
  expect(kernel(seeded(5).model)).toEqual(kernel(seeded(5).model));
  expect(kernel(seeded(5).model)).not.toEqual(kernel(seeded(6).model));
  expect(kernel(seeded().model)).toEqual(kernel(seeded(0).model));
  const still = { engine: 'cpu', epochs: 1, optimizer: sgd({ learningRate: 0 }), progress: false } as const;
  const data = [{ x: [1, 2], open: true }];
  const fitted = async (project: ReturnType<typeof seeded>, seed?: number) => {
    await project.fit(data, { ...still, ...(seed === undefined ? {} : { seed }) });
    return kernel(project.model);
  };
  expect(await fitted(seeded(5))).toEqual(kernel(seeded(5).model));
  expect(await fitted(seeded(5), 7)).toEqual(kernel(seeded(5).model));
});

const summary = (model: tf.LayersModel) =>
  model.layers.flatMap((layer) => {
    const name = layer.getClassName();
    return name === 'InputLayer' || name === 'HeadgateUnitSlice'
      ? []
      : [`${name} ${JSON.stringify(layer.outputShape)}`];
  });

test('default backbones: a perceptron, a strided net for images, joined when there are several inputs', () => {
  const of = (inputs: ConstructorParameters<typeof Project>[0]['inputs']) =>
    summary(
      new Project({ name: 'default', inputs, tasks: { open: binary() } }).flow('full', (task, x) => [
        task.open(x.features),
      ]).model,
    );
  expect(of({ x: vector({ size: 4 }) })).toEqual(['Dense [null,128]', 'Dense [null,128]', 'Dense [null,1]']);
  expect(of({ frame: image({ height: 16, width: 12, channels: 3 }) })).toEqual([
    'Conv2D [null,8,6,16]',
    'Conv2D [null,4,3,32]',
    'Flatten [null,384]',
    'Dense [null,128]',
    'Dense [null,128]',
    'Dense [null,1]',
  ]);
  const mixed = of({
    frame: image({ height: 3, width: 3, channels: 1 }),
    series: tensor({ shape: [5, 2] }),
    x: vector({ size: 4 }),
  });
  expect([...mixed].sort()).toEqual(
    [
      'Flatten [null,9]',
      'Flatten [null,10]',
      'Concatenate [null,23]',
      'Dense [null,128]',
      'Dense [null,128]',
      'Dense [null,1]',
    ].sort(),
  );
});

test('default backbones learn what they must', async () => {
  const frames = Array.from({ length: 32 }, (_, i) => ({
    frame: Uint8Array.from({ length: 64 }, (_, j) => (j % 8 < 4 === (i % 2 === 0) ? 255 : 0)),
    level: i < 16 ? 1 : -1,
    left: i % 2 === 0,
    high: i < 16,
  }));
  const project = new Project({
    name: 'mixed',
    inputs: { frame: image({ height: 8, width: 8, channels: 1 }), level: vector({ size: 1 }) },
    tasks: { left: binary(), high: binary() },
  }).flow('full', (task, x) => [task.left(x.features), task.high(x.features)]);
  const { epochs } = await project.fit(frames, { engine: 'wasm', epochs: 8, batchSize: 8, progress: false, seed: 1 });
  expect(epochs.at(-1)?.loss).toBeLessThan(0.5 * (epochs[0]?.loss ?? 0));
  const evaluation = await project.evaluate(frames, { engine: 'wasm' });
  expect([evaluation.value('left', 'accuracy'), evaluation.value('high', 'accuracy')]).toEqual([1, 1]);
});

test('two inputs keep their names, whatever order the backbone reads them in', async () => {
  const project = new Project({
    name: 'inputs',
    inputs: { a: vector({ size: 2 }), b: vector({ size: 1 }) },
    tasks: { sum: regression() },
    backbone: ({ b, a }) => ({ features: tf.layers.concatenate().apply([b, a]) }),
  }).flow('full', (task, x) => [task.sum(x.features)]);
  expect(project.model.inputNames).toEqual(['a', 'b']);
  const head = project.model.layers.find((layer) => layer.getClassName() === 'Dense');
  head?.setWeights([tf.tensor2d([[100], [1], [10]]), tf.zeros([1])]);
  expect(await project.predict([{ a: [1, 2], b: 3 }], { engine: 'cpu' })).toEqual([{ sum: 321 }]);
});
