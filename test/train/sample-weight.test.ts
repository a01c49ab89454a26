/** @file Weights of rows: 2 counts as the row twice, 0 as no row, on every engine. */
import { expect, test } from 'vitest';
import {
  along,
  binary,
  classification,
  multilabel,
  type PathwaySettings,
  Project,
  recordsSource,
  regression,
  sgd,
  tensor,
  tf,
  vector,
} from '../../src/index.js';
import { normals } from '../../src/random.js';
import { tokenRows } from '../support/along.js';

const rows = Array.from({ length: 24 }, (_, row) => {
  const [x = 0, y = 0, z = 0] = normals({ seed: 2, stream: 'weights', counter: row }, 3);
  return {
    x: [x, y],
    up: row % 5 === 0 ? null : y > 0,
    shade: ['dark', 'mid', 'light'][row % 3] ?? null,
    signs: row % 4 === 0 ? null : [...(x > 0 ? ['right'] : []), ...(z > 0 ? ['far'] : [])],
    size: row % 3 === 1 ? null : x * y,
    weight: row % 4,
  };
});
/** Each row as often as its weight says. */
const repeated = rows.flatMap((row) => Array.from({ length: row.weight }, () => ({ ...row })));

function network(pathways?: PathwaySettings) {
  return new Project({
    name: 'weighed',
    ...(pathways === undefined ? {} : { pathways }),
    seed: 3,
    inputs: { x: vector({ size: 2, standardise: false }) },
    tasks: {
      up: binary(),
      shade: classification({ classes: ['dark', 'mid', 'light'] }),
      signs: multilabel({ classes: ['right', 'far'] }),
      size: regression({ standardise: false }),
    },
    backbone: ({ x }) => ({ features: tf.layers.dense({ units: 6, activation: 'tanh' }).apply(x) }),
    onNote: () => {},
  }).flow('all', (task, x) => {
    const up = task.up(x.features);
    return [up, task.shade(x.features).given(up), task.signs(x.features), task.size(x.features)];
  });
}

const options = {
  epochs: 3,
  batchSize: 100,
  progress: false,
  heads: 'drawn',
  lossUnits: 'plain',
  optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }),
} as const;

/** Weights and the losses of the epochs. */
async function trained(
  engine: 'cpu' | 'onnx' | 'wasm',
  data: typeof rows,
  own: { sampleWeight?: string; stream?: boolean } = {},
) {
  const project = network();
  const { stream = false, ...given } = own;
  const history = await project.fit(stream ? recordsSource(data) : data, { ...options, ...given, engine });
  const result = { weights: project.weights(), losses: history.epochs.map(({ loss, tasks }) => ({ loss, ...tasks })) };
  project.dispose();
  return result;
}

type Trained = Awaited<ReturnType<typeof trained>>;

function expectNear(a: Trained, b: Trained): void {
  for (const [name, { data }] of Object.entries(a.weights)) {
    const other = b.weights[name]?.data ?? [];
    for (const [i, value] of data.entries()) expect(Math.abs(value - Number(other[i])), name).toBeLessThan(2e-6);
  }
  for (const [epoch, losses] of a.losses.entries()) {
    for (const [task, loss] of Object.entries(losses))
      expect(b.losses[epoch]?.[task as 'loss'], task).toBeCloseTo(Number(loss), 5);
  }
}

test.each(['cpu', 'onnx', 'wasm'] as const)('a weight of k is the row k times over (%s)', async (engine) => {
  const weighed = await trained(engine, rows, { sampleWeight: 'weight' });
  expectNear(weighed, await trained(engine, repeated));
  expect(weighed.losses).not.toEqual((await trained(engine, rows)).losses);
});

test.each(['cpu', 'onnx'] as const)(
  'tasks along an axis: all positions of a row weigh as it does (%s)',
  async (engine) => {
    const words = () =>
      new Project({
        name: 'words',
        seed: 1,
        inputs: { text: tensor({ shape: [4, 3], axes: ['token', null] }) },
        tasks: { english: binary(), isName: along('token', binary()), isFirst: along('token', binary()) },
        backbone: ({ text }) => ({
          tokens: tf.layers.dense({ units: 5, activation: 'tanh' }).apply(text),
          rows: tf.layers.flatten().apply(text),
        }),
        onNote: () => {},
      }).flow('full', (task, x) => [task.english(x.rows), task.isName(x.tokens), task.isFirst(x.tokens)]);
    const texts = tokenRows(12).map((row, i) => ({ ...row, weight: 1 + (i % 3) }));
    const twice = texts.flatMap((row) => Array.from({ length: row.weight }, () => ({ ...row })));
    const [a, b] = [words(), words()];
    await a.fit(texts, { ...options, engine, sampleWeight: 'weight' });
    await b.fit(twice, { ...options, engine });
    expectNear({ weights: a.weights(), losses: [] }, { weights: b.weights(), losses: [] });
    for (const one of [a, b]) one.dispose();
  },
);

test.each(['unit', 'weight'] as const)(
  'pathways of a %s that a weighed fit finds are those of the rows k times over',
  async (granularity) => {
    const found = async (data: typeof rows, own: { sampleWeight?: string }) => {
      const project = network({ granularity, sparsity: 0.8, method: 'gradient', exclusive: false });
      await project.fit(data, { ...options, ...own, engine: 'cpu' });
      const masks = project.pathways.list.map(({ name }) => [
        ...(project.pathways.seenBy(name, 'backbone/dense.1/kernel') ?? []),
      ]);
      project.dispose();
      return masks;
    };
    expect(await found(rows, { sampleWeight: 'weight' })).toEqual(await found(repeated, {}));
  },
);

test('a source gives the same as records', async () => {
  const stream = await trained('cpu', rows, { sampleWeight: 'weight', stream: true });
  expectNear(stream, await trained('cpu', rows, { sampleWeight: 'weight' }));
});

test('only what weights are to each other matters, however small they are', async () => {
  const small = rows.map((row) => ({ ...row, weight: row.weight * 1e-30 }));
  expectNear(
    await trained('onnx', small, { sampleWeight: 'weight' }),
    await trained('onnx', rows, { sampleWeight: 'weight' }),
  );
});

test.each([
  ['one below 0', -1],
  ['a missing one', null],
  ['none', Number.NaN],
  ['an infinite one', Number.POSITIVE_INFINITY],
  ['one beyond float32', 1e300],
  ['a text', 'heavy'],
] as const)('%s is refused, by its row', async (_, weight) => {
  const bad = rows.map((row, i) => (i === 7 ? { ...row, weight } : row)) as typeof rows;
  await expect(trained('cpu', bad, { sampleWeight: 'weight' })).rejects.toMatchObject({
    code: 'INVALID_WEIGHT',
    path: 'rows[7].weight',
  });
});

test('a column that is not there is refused, and rows that all weigh nothing', async () => {
  await expect(trained('cpu', rows, { sampleWeight: 'wieght' })).rejects.toMatchObject({
    code: 'UNKNOWN_COLUMN',
    path: 'fit.sampleWeight',
  });
  const nothing = rows.map((row) => ({ ...row, weight: 0 }));
  await expect(trained('cpu', nothing, { sampleWeight: 'weight' })).rejects.toMatchObject({
    code: 'NO_COUNTED_LABELS',
  });
});
