/** @file Pathways through each family of layers: assigned, trained, a task alone, extracted, saved; and what no unit can be of. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type PathwaySettings, Project, regression, sgd, tf, vector } from '../../../src/index.js';
import { MaskedTransformerEncoderLayer } from '../../../src/model/masked/masked-transformer-encoder-layer.js';
import { uniforms } from '../../../src/random.js';
import { silent, thrownBy } from './ways.js';

type Symbol = tf.SymbolicTensor;
type Body = (x: Symbol) => Symbol;
type EngineName = 'cpu' | 'onnx' | 'wasm';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headgate-'));
});
afterAll(() => rm(folder, { recursive: true }));

const at = (layer: { apply: (x: Symbol) => unknown }, x: Symbol): Symbol => layer.apply(x) as Symbol; // of a symbolic input
const shaped = (...targetShape: number[]): Body => {
  return (x) => at(tf.layers.reshape({ targetShape }), x);
};
const flat: Body = (x) => at(tf.layers.flatten(), x);
const line = shaped(6, 4);
const image = shaped(3, 4, 2);
const named = { name: 'own', biasInitializer: 'randomUniform' } as const;
const gated = { ...named, units: 12, recurrentActivation: 'sigmoid' } as const;
const window = { ...named, kernelSize: 2, padding: 'same' } as const;

interface Family {
  readonly body: Body;
  /** Kernels of the layer, by the last parts of their names. */
  readonly kernels: readonly string[];
  /** Whether its units can be of pathways, and of which group they are. */
  readonly units: string | null;
}

const families: Readonly<Record<string, Family>> = {
  simpleRNN: {
    body: (x) => at(tf.layers.simpleRNN({ ...named, units: 12 }), line(x)),
    kernels: ['kernel', 'recurrent_kernel'],
    units: 'own',
  },
  lstm: { body: (x) => at(tf.layers.lstm(gated), line(x)), kernels: ['kernel', 'recurrent_kernel'], units: 'own' },
  gru: { body: (x) => at(tf.layers.gru(gated), line(x)), kernels: ['kernel', 'recurrent_kernel'], units: 'own' },
  embedding: {
    body: (x) => flat(at(tf.layers.embedding({ inputDim: 9, outputDim: 12, name: 'own' }), x)),
    kernels: ['embeddings'],
    units: 'own',
  },
  conv1d: {
    body: (x) => flat(at(tf.layers.conv1d({ ...window, filters: 12 }), line(x))),
    kernels: ['kernel'],
    units: 'own',
  },
  conv3d: {
    body: (x) => flat(at(tf.layers.conv3d({ ...window, filters: 12 }), shaped(2, 3, 4, 1)(x))),
    kernels: ['kernel'],
    units: 'own',
  },
  transposed: {
    body: (x) => flat(at(tf.layers.conv2dTranspose({ ...window, filters: 12 }), image(x))),
    kernels: ['kernel'],
    units: 'own',
  },
  separable: {
    body: (x) => flat(at(tf.layers.separableConv2d({ ...window, filters: 12 }), image(x))),
    kernels: ['depthwise_kernel', 'pointwise_kernel'],
    units: 'own',
  },
  // Its channels are those of the convolution that it reads.
  depthwise: {
    body: (x) => {
      const stem = at(tf.layers.conv2d({ filters: 12, kernelSize: 1, name: 'stem' }), image(x));
      return flat(at(tf.layers.depthwiseConv2d({ ...window, depthMultiplier: 2 }), stem));
    },
    kernels: ['depthwise_kernel'],
    units: 'stem',
  },
  attention: {
    body: (x) =>
      flat(
        at(new MaskedTransformerEncoderLayer({ numHeads: 2, feedForwardSize: 8, dropout: 0, name: 'own' }), line(x)),
      ),
    kernels: ['self_attention_query_kernel', 'self_attention_value_kernel', 'feed_forward_1_kernel'],
    units: null,
  },
};

const rows = Array.from({ length: 24 }, (_, i) => {
  const x = [...uniforms({ seed: 8, stream: 'families', counter: i }, 24)].map((u) => Math.floor(u * 9));
  return { x, a: (x[0] ?? 0) / 9, b: (x[5] ?? 0) / 9 - (x[7] ?? 0) / 9, c: (x[23] ?? 0) / 9 };
});

function declared({ body }: Family) {
  return new Project({
    name: 'family',
    inputs: { x: vector({ size: 24, standardise: false }) },
    tasks: {
      a: regression({ standardise: false }),
      b: regression({ standardise: false }),
      c: regression({ standardise: false }),
    },
    backbone: ({ x }) => {
      const last = tf.layers.dense({ units: 12, activation: 'tanh', name: 'last', biasInitializer: 'randomUniform' });
      return { features: at(last, body(x)) };
    },
    onNote: () => {},
  }).flow('all', (task, x) => [task.a(x.features), task.b(x.features), task.c(x.features)]);
}

const kinds = ['weight', 'unit'] as const;
const settingsOf = (granularity: (typeof kinds)[number]): PathwaySettings => ({
  ...{ granularity, method: 'random', sparsity: 0.7 },
});

async function through(name: string, granularity: (typeof kinds)[number], engine: EngineName): Promise<void> {
  const family = families[name] as Family; // one of them
  const project = declared(family);
  const fit = {
    ...silent,
    engine,
    progress: false,
    epochs: 2,
    batchSize: 8,
    heads: 'drawn',
    lossUnits: 'plain',
  } as const;
  const optimizer = sgd({ learningRate: 0.01, momentum: 0.9, weightDecay: 0.01 });
  await project.pathways.assign({ ...settingsOf(granularity), engine: 'cpu' });
  for (const kernel of granularity === 'weight' ? family.kernels : []) {
    const masks = ['a', 'b', 'c'].map(
      (way) => project.pathways.seenBy(way, `backbone/own/${kernel}`) ?? new Uint8Array(0),
    );
    for (const mask of masks)
      expect(mask.reduce((sum, one) => sum + one, 0)).toBe(Math.floor(0.3 * mask.length + 1e-9));
    expect(masks[0]?.some((one, i) => one === 1 && (masks[1]?.[i] === 1 || masks[2]?.[i] === 1))).toBe(false);
  }
  if (granularity === 'unit') {
    const group = project.pathways.units('b')?.get(family.units ?? '');
    expect(group?.reduce((sum, one) => sum + one, 0) ?? 0).toBe(family.units === null ? 0 : 3);
  }
  await project.fit(rows, { ...fit, optimizer });
  const [was, before] = [await project.predict(rows, { ...silent, engine }), project.weights()];
  await project.fitTasks(['b'], rows, { ...fit, optimizer });
  const now = await project.predict(rows, { ...silent, engine });
  expect(now.map(({ a, c }) => [a, c])).toEqual(was.map(({ a, c }) => [a, c]));
  expect(now.map(({ b }) => b)).not.toEqual(was.map(({ b }) => b));
  let moved = 0;
  for (const [parameter, { data }] of Object.entries(project.weights())) {
    const isOwn = parameter.startsWith('head/b/') || parameter.startsWith('pathway/b/');
    const trained = isOwn ? null : project.pathways.trainedBy('b', parameter);
    data.forEach((value, i) => {
      if (Object.is(value, before[parameter]?.data[i])) return;
      moved++;
      expect(isOwn || (trained?.[i] ?? 1) === 1, `${parameter}[${i}]`).toBe(true);
    });
  }
  expect(moved).toBeGreaterThan(10);

  const { project: small } = await project.extract(['b'], silent);
  const fromSmall = (await small.predict(rows, { ...silent, engine })) as unknown as typeof now; // one of the tasks
  for (const [i, { b }] of fromSmall.entries()) expect(Math.abs(b - (now[i]?.b ?? 99))).toBeLessThan(1e-5);

  const path = join(folder, `${name}-${granularity}-${engine}`);
  await project.save(path, silent);
  const loaded = await declared(family).load(path, silent);
  expect(loaded.pathways.list).toEqual(project.pathways.list);
  expect(await loaded.predict(rows, { ...silent, engine })).toEqual(now);
  for (const one of [project, loaded]) await one.fitTasks(['c'], rows, { ...fit, optimizer });
  expect(loaded.weights()).toEqual(project.weights());
  for (const one of [project, small, loaded]) one.dispose();
}

test.each(Object.keys(families).flatMap((name) => kinds.map((kind) => [name, kind] as const)))(
  '%s, by %s: a task alone leaves the others to the bit, extracted and loaded it answers the same',
  (name, kind) => through(name, kind, 'cpu'),
);

test.each([
  ['lstm', 'weight', 'onnx'],
  ['gru', 'unit', 'onnx'],
  ['attention', 'weight', 'onnx'],
  ['depthwise', 'unit', 'onnx'],
  ['separable', 'unit', 'wasm'],
  ['embedding', 'weight', 'wasm'],
  ['simpleRNN', 'unit', 'wasm'],
  ['transposed', 'weight', 'wasm'],
] as const)('%s, by %s, on %s', through);

test('where no unit can be of a pathway that is refused, with the layer and why; beside others such layers stay whole', async () => {
  const project = declared(families.attention as Family); // it is there
  const asked = { ...settingsOf('unit'), engine: 'cpu' } as const;
  const error = await thrownBy(() => project.pathways.assign({ ...asked, include: ['own'] }));
  expect(error).toMatchObject({ code: 'NOTHING_TO_MASK', path: 'pathways' });
  expect(error.received).toContain('own/self_attention_query_kernel');
  expect(error.mend).toContain("granularity: 'weight'");
  expect(project.pathways.list).toEqual([]);
  await project.pathways.assign(asked);
  expect(project.pathways.seenBy('a', 'backbone/own/self_attention_query_kernel')).toBeNull();
  expect(project.pathways.seenBy('a', 'backbone/own/feed_forward_1_kernel')).toBeNull();
  const last = project.pathways.seenBy('a', 'backbone/last/kernel');
  expect(last?.reduce((sum, one) => sum + one, 0)).toBe(24 * 3);
  const { layers } = await project.pathways.report();
  expect(layers.find(({ kernel }) => kernel.includes('query'))?.seen.get('a')).toBe(1);
});

test('a unit that another group stands or falls with is in no pathway without it', async () => {
  // The table's dimensions and the recurrent units are added: what is one in the sum is one in both.
  const tied: Family = {
    body: (x) => {
      const table = at(tf.layers.embedding({ inputDim: 9, outputDim: 8, name: 'table' }), x);
      const states = at(
        tf.layers.gru({ units: 8, returnSequences: true, recurrentActivation: 'sigmoid', name: 'states' }),
        table,
      );
      return at(tf.layers.globalAveragePooling1d({}), tf.layers.add().apply([table, states]) as Symbol); // of two symbols
    },
    kernels: [],
    units: null,
  };
  const project = declared(tied);
  await project.pathways.assign({ ...settingsOf('unit'), engine: 'cpu' });
  for (const way of ['a', 'b', 'c']) {
    const table = project.pathways.seenBy(way, 'backbone/table/embeddings') ?? new Uint8Array(0);
    const recurrent = project.pathways.seenBy(way, 'backbone/states/recurrent_kernel') ?? new Uint8Array(0);
    const own = [...table.subarray(0, 8)];
    expect(own.filter((one) => one === 1)).toHaveLength(2);
    // Three gates of eight units along the columns.
    recurrent.forEach((one, i) => void expect(one).toBe(own[Math.floor(i / 24)] && own[(i % 24) % 8] ? 1 : 0));
  }
});
