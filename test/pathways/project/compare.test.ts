/** @file `project.pathways.compare`, against naive readings of the same numbers: loops over rows, and gradients by tfjs. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  adam,
  type CompareOptions,
  iterableSource,
  type Pathway,
  Project,
  regression,
  tf,
  vector,
} from '../../../src/index.js';
import type { Matrix } from '../../../src/pathways/matrix.js';
import { linearCka } from '../../../src/pathways/tracker/similarity.js';
import { asked, paths, quiet, rows, type Three, three, thrownBy } from './ways.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headgate-compare-'));
});
afterAll(() => rm(folder, { recursive: true }));

type Data = Parameters<Three['pathways']['compare']>[0]['data'];
const data: Data = rows;
const LAYERS = ['layer1', 'layer2'] as const;
const placeOf = (layer: string | null): number => LAYERS.map(String).indexOf(String(layer));

async function trained(epochs: number, shape: Parameters<typeof three>[0] = {}): Promise<Three> {
  const project = three(shape);
  await project.fit(rows, { ...quiet, epochs, optimizer: adam({ learningRate: 0.02 }) });
  return project;
}

/** What both layers give for each row, computed by hand; through a pathway, of the weights and units that it sees. */
function layersByHand(project: Three, pathway: Pathway | null = null): readonly Matrix[] {
  const weights = project.weights();
  const valuesOf = (name: string): Float64Array => {
    const own = pathway?.copies.includes(name) ? `pathway/${pathway.name}/${name}` : name;
    const value = weights[own];
    if (value === undefined) throw new Error(`there is no ${own}`);
    const seen = pathway === null || own !== name ? null : project.pathways.seenBy(pathway.name, name);
    return Float64Array.from(value.data, (w, i) => (seen?.[i] === 0 ? 0 : w));
  };
  const units = pathway === null ? null : project.pathways.units(pathway.name);
  let inputs = rows.map(({ a, b, c }) => [a, b, c]);
  return LAYERS.map((layer): Matrix => {
    const [kernel, bias] = [valuesOf(`backbone/${layer}/kernel`), valuesOf(`backbone/${layer}/bias`)];
    inputs = inputs.map((row) =>
      Array.from(bias, (b, j) => {
        if (units?.get(layer)?.[j] === 0) return 0;
        return Math.max(
          0,
          row.reduce((sum, x, i) => sum + x * Number(kernel[i * bias.length + j]), b),
        );
      }),
    );
    return { rows: rows.length, columns: bias.length, data: Float32Array.from(inputs.flat()) };
  });
}

const rowOf = ({ columns, data: values }: Matrix, row: number) => [
  ...values.subarray(row * columns, (row + 1) * columns),
];
const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, i) => sum + x * (b[i] ?? 0), 0);
const cosine = (a: readonly number[], b: readonly number[]) => dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));

function meanCosine(x: Matrix, y: Matrix): number {
  const all = Array.from({ length: x.rows }, (_, row) => cosine(rowOf(x, row), rowOf(y, row))).filter(Number.isFinite);
  return all.reduce((sum, one) => sum + one, 0) / all.length;
}

test.each(['cpu', 'onnx', 'wasm'] as const)('%s: layers of two models, by CKA and by cosine', async (engine) => {
  const [project, other] = [await trained(3), await trained(40)];
  const [x, y] = [layersByHand(project), layersByHand(other)];
  for (const batchSize of [256, 10]) {
    const options = { engine, data, with: other, batchSize, onNote: () => {} } as const;
    const cka = await project.pathways.compare(options);
    const cosines = await project.pathways.compare({ ...options, measure: 'cosine' });
    expect(cka).toMatchObject({ between: 'models', measure: 'cka', rows: 96 });
    expect(cka.pairs.map(({ at, first, second }) => [at, first, second])).toEqual(
      LAYERS.map((at) => [at, 'three', 'three']),
    );
    for (const [i, at] of LAYERS.entries()) {
      const [own, theirs] = [x[i], y[i]];
      if (own === undefined || theirs === undefined) throw new Error('there are two layers');
      expect(cka.value('three', 'three', at)).toBeCloseTo(linearCka(own, theirs) ?? -1, 5);
      expect(cosines.value('three', 'three', at)).toBeCloseTo(meanCosine(own, theirs), 5);
    }
  }
});

test('a model beside itself is 1; each two layers of one model, whatever their widths', async () => {
  const project = await trained(10);
  const same = await project.pathways.compare({ ...asked, data, with: project });
  for (const { value } of same.pairs) expect(value).toBeCloseTo(1, 10);
  const layers = await project.pathways.compare({ ...asked, data });
  const [x, y] = layersByHand(project);
  if (x === undefined || y === undefined) throw new Error('there are two layers');
  expect(layers.pairs).toEqual([
    { at: null, first: 'layer1', second: 'layer2', value: expect.closeTo(linearCka(x, y) ?? -1, 5), skipped: 0 },
  ]);
  expect(layers.value('layer2', 'layer1')).toBe(layers.value('layer1', 'layer2'));
  const cosines = await project.pathways.compare({ ...asked, data, measure: 'cosine' });
  expect(cosines.value('layer1', 'layer2')).toBe(null); // 16 and 12 units: there is no angle
});

test('a folder is another model, as the project that was saved in it; rows of a source are those of a table', async () => {
  const project = await trained(3);
  const later = await trained(20, {
    pathways: { method: 'random', sparsity: 0.5, granularity: 'unit', exclusive: false },
  });
  await later.save(join(folder, 'later'));
  const ways = three({ pathways: { method: 'random', sparsity: 0.5, granularity: 'unit', exclusive: false } });
  await ways.load(join(folder, 'later'), asked.onNote === undefined ? {} : { onNote: asked.onNote });
  const options = { ...asked, data, tasks: ['size'] } as const;
  const was = ways.weights();
  const beside = await project.pathways.compare({ ...options, with: later });
  const saved = await ways.pathways.compare({ ...options, between: 'models', with: join(folder, 'later') });
  for (const { value } of saved.pairs) expect(value).toBeCloseTo(1, 10);
  const fromFolder = await project.pathways.compare({ ...options, with: join(folder, 'later') });
  expect(fromFolder.pairs.map(({ value }) => value)).toEqual(beside.pairs.map(({ value }) => value));
  expect(ways.weights()).toEqual(was);
  const source = iterableSource(() => rows);
  const flowing = await project.pathways.compare({ ...options, data: source, with: later, batchSize: 17 });
  for (const [i, { value }] of flowing.pairs.entries()) expect(value).toBeCloseTo(beside.pairs[i]?.value ?? -1, 5);
});

test.each([
  ['units that are computed at once', { granularity: 'unit', exclusive: true, sparsity: 0.7 }],
  ['units that overlap', { granularity: 'unit', exclusive: false, sparsity: 0.5 }],
  ['single weights', { granularity: 'weight', exclusive: false, sparsity: 0.5 }],
] as const)('tasks, each through its pathway: %s', async (_, settings) => {
  const project = await trained(10, { hidden: [40, 32], pathways: { method: 'random', ...settings } });
  const seen = new Map(project.pathways.list.map((pathway) => [pathway.name, layersByHand(project, pathway)]));
  for (const measure of ['cka', 'cosine'] as const) {
    const similarity = await project.pathways.compare({ ...asked, data, between: 'tasks', measure });
    expect(similarity.pairs).toHaveLength(6);
    expect(similarity.pairs.filter(({ value }) => value !== null).length).toBeGreaterThan(2);
    for (const { at, first, second, value } of similarity.pairs) {
      const layer = placeOf(at);
      const [x, y] = [seen.get(first)?.[layer], seen.get(second)?.[layer]];
      if (x === undefined || y === undefined) throw new Error(`nobody has ${at}`);
      const cka = linearCka(x, y);
      if (measure === 'cka') expect(value).toEqual(cka === null ? null : expect.closeTo(cka, 4));
      else if (settings.exclusive)
        expect(value ?? 0).toBe(0); // no unit is seen by two
      else expect(value).toBeCloseTo(meanCosine(x, y), 4);
    }
  }
  if (settings.granularity === 'weight') {
    const blind = await thrownBy(() => project.pathways.compare({ ...asked, data }));
    expect(blind).toMatchObject({ code: 'INVALID_OPTIONS', path: 'pathways.compare.tasks' });
  }
});

test('classes of a task: the mean over all pairs of different rows, without a row and itself', async () => {
  const project = await trained(20);
  const layers = layersByHand(project);
  const similarity = await project.pathways.compare({ ...asked, data, between: 'classes', tasks: ['round'] });
  // Of `round` given `red`: rows of which it is asked.
  const of = (name: string) => rows.flatMap(({ red, round }, i) => (red && String(round) === name ? [i] : []));
  for (const { at, first, second, value, skipped } of similarity.pairs) {
    const layer = layers[placeOf(at)];
    if (layer === undefined) throw new Error(`there is no ${at}`);
    const all = of(first).flatMap((a) =>
      of(second).flatMap((b) => (a === b ? [] : [cosine(rowOf(layer, a), rowOf(layer, b))])),
    );
    expect(value).toBeCloseTo(all.reduce((sum, one) => sum + one, 0) / all.length, 5);
    expect(skipped).toBe(0);
  }
  expect(similarity.pairs.map(({ first, second }) => `${first} ${second}`).slice(0, 3)).toEqual([
    'false false',
    'false true',
    'true true',
  ]);
});

test.each(['cpu', 'onnx', 'wasm'] as const)(
  '%s: gradients of tasks on the shared weights say which agree',
  async (engine) => {
    const project = await trained(5);
    const options = { engine, data, between: 'gradients', batchSize: rows.length, onNote: () => {} } as const;
    const similarity = await project.pathways.compare(options);
    const gradients = gradientsByHand(project);
    const names = ['kernel', 'bias'].flatMap((last) => LAYERS.map((layer) => `backbone/${layer}/${last}`));
    for (const [i, first] of paths.entries()) {
      for (const second of paths.slice(i + 1)) {
        const of = (path: string, name: string) => gradients.get(path)?.get(name) ?? [];
        for (const name of names) {
          expect(similarity.value(first, second, name)).toBeCloseTo(cosine(of(first, name), of(second, name)), 4);
        }
        const all = (path: string) => names.flatMap((name) => of(path, name));
        expect(similarity.value(first, second, null)).toBeCloseTo(cosine(all(first), all(second)), 4);
      }
    }
    expect(similarity).toMatchObject({ measure: 'cosine', rows: 96 });
    expect(similarity.pairs.slice(0, 3).every(({ at }) => at === null)).toBe(true);
  },
);

/** Of each task's mean loss over the rows that count, by tfjs's own gradients. */
function gradientsByHand(project: Three): ReadonlyMap<string, ReadonlyMap<string, readonly number[]>> {
  const weights = project.weights();
  const tensor = (name: string) => tf.tensor(weights[name]?.data ?? [], [...(weights[name]?.shape ?? [])]);
  const names = LAYERS.flatMap((layer) => [`backbone/${layer}/kernel`, `backbone/${layer}/bias`]);
  const x = tf.tensor2d(rows.map(({ a, b, c }) => [a, b, c]));
  const labels: Readonly<Record<string, readonly number[]>> = {
    red: rows.map(({ red }) => Number(red)),
    round: rows.map(({ round }) => Number(round)),
    size: rows.map(({ size }) => size),
  };
  const counts: Readonly<Record<string, readonly number[]>> = {
    red: rows.map(() => 1),
    round: rows.map(({ red }) => Number(red)),
    size: rows.map(() => 1),
  };
  return new Map(
    paths.map((path) => {
      const loss = (...[k1, b1, k2, b2]: tf.Tensor[]): tf.Scalar => {
        if (k1 === undefined || b1 === undefined || k2 === undefined || b2 === undefined)
          throw new Error('four are given');
        const features = x.matMul(k1).add(b1).relu().matMul(k2).add(b2).relu();
        const logits = features
          .matMul(tensor(`head/${path}/kernel`))
          .add(tensor(`head/${path}/bias`))
          .reshape([-1]);
        const y = tf.tensor1d([...(labels[path] ?? [])]);
        const each = path === 'size' ? logits.sub(y).square() : logits.softplus().sub(logits.mul(y)); // -log p of a yes or no
        return each.mul(tf.tensor1d([...(counts[path] ?? [])])).sum() as tf.Scalar;
      };
      const given = names.map(tensor);
      const grads = tf.grads(loss)(given);
      return [path, new Map(grads.map((gradient, i) => [names[i] ?? '', [...gradient.dataSync()]]))] as const;
    }),
  );
}

test('weights of two checkpoints, parameter by parameter, without rows', async () => {
  const project = await trained(3);
  await project.save(join(folder, 'early'));
  const before = project.weights();
  await project.fit(rows, { ...quiet, epochs: 10 });
  const after = project.weights();
  const similarity = await project.pathways.compare({
    between: 'weights',
    with: join(folder, 'early'),
    onNote: () => {},
  });
  const names = Object.keys(after);
  expect(similarity.pairs.map(({ at }) => at)).toEqual([null, ...names]);
  const of = (values: typeof after, name: string) => [...(values[name]?.data ?? [])].map(Number);
  for (const { at, first, second, value } of similarity.pairs) {
    expect([first, second]).toEqual(['three', join(folder, 'early')]);
    const chosen = at === null ? names : [at];
    const all = (values: typeof after) => chosen.flatMap((name) => of(values, name));
    expect(value).toBeCloseTo(cosine(all(after), all(before)), 10);
  }
  const some = await project.pathways.compare({
    between: 'weights',
    with: project,
    layers: 'layer2',
    onNote: () => {},
  });
  expect(some.pairs.map(({ at, value }) => [at, value])).toEqual([
    [null, expect.closeTo(1, 12)],
    ['backbone/layer2/kernel', expect.closeTo(1, 12)],
    ['backbone/layer2/bias', expect.closeTo(1, 12)],
  ]);
});

test('what is the same for all rows, or 0 everywhere, is null and no number', async () => {
  const project = await trained(3);
  const network = project.model;
  const layer = network.getLayer('layer2');
  const [kernel, bias] = layer.getWeights();
  if (kernel === undefined || bias === undefined) throw new Error('a dense layer has two');
  layer.setWeights([tf.zerosLike(kernel), tf.fill(bias.shape, 0.1)]); // 0.1 is no float32: means of it are off
  for (const engine of ['cpu', 'onnx', 'wasm'] as const) {
    const options = { ...asked, engine, data };
    const constant = await project.pathways.compare(options);
    expect(constant.value('layer1', 'layer2')).toBe(null);
    expect((await project.pathways.compare({ ...options, between: 'tasks' })).value('red', 'size', 'layer2')).toBe(
      null,
    );
  }
  layer.setWeights([tf.zerosLike(kernel), tf.zerosLike(bias)]);
  const none = await project.pathways.compare({ ...asked, data, with: project, measure: 'cosine' });
  expect(none.pairs[1]).toEqual({ at: 'layer2', first: 'three', second: 'three', value: null, skipped: 96 });
  expect(String(none)).toMatch(/layer2 .* – +96$/m);
  const dead = await project.pathways.compare({ ...asked, data, between: 'gradients' });
  expect(dead.value('red', 'size', 'backbone/layer1/kernel')).toBe(null);
  const zero = await project.pathways.compare({
    between: 'weights',
    with: project,
    layers: 'layer2',
    onNote: () => {},
  });
  expect(zero.pairs.map(({ value }) => value)).toEqual([null, null, null]);
  layer.setWeights([tf.fill(kernel.shape, Number.NaN), bias]);
  for (const given of [{ data }, { between: 'weights', with: project }] as const) {
    const error = await thrownBy(() => project.pathways.compare({ ...asked, ...given }));
    expect(error).toMatchObject({ code: 'NOT_COMPARABLE', received: 'NaN' });
    expect(error.path).toContain('layer2'); // of the kernel, where weights are compared
  }
});

test('positions of a row are one representation, their mean', async () => {
  const grid = new Project({
    name: 'grid',
    inputs: { x: vector({ columns: ['a', 'b', 'c'], standardise: false }) },
    tasks: { size: regression() },
    backbone: ({ x }) => {
      const wide = tf.layers.dense({ units: 8, name: 'wide' }).apply(x);
      const image = tf.layers.reshape({ targetShape: [2, 2, 2], name: 'image' }).apply(wide);
      const flat = tf.layers.flatten({ name: 'flat' }).apply(image) as tf.SymbolicTensor;
      return { features: flat };
    },
    onNote: () => {},
  }).flow('all', (task, x) => [task.size(x.features)]);
  const similarity = await grid.pathways.compare({ ...asked, data, layers: ['wide', 'image'] });
  const weights = grid.weights();
  const [kernel, bias] = ['kernel', 'bias'].map((last) =>
    [...(weights[`backbone/wide/${last}`]?.data ?? [])].map(Number),
  );
  const wide = rows.map(({ a, b, c }) =>
    Array.from(
      { length: 8 },
      (_, j) =>
        dot(
          [a, b, c],
          [0, 1, 2].map((i) => kernel?.[i * 8 + j] ?? 0),
        ) + (bias?.[j] ?? 0),
    ),
  );
  const means = wide.map((row) =>
    [0, 1].map((channel) => row.filter((_, i) => i % 2 === channel).reduce((sum, v) => sum + v, 0) / 4),
  );
  const x = { rows: 96, columns: 8, data: Float32Array.from(wide.flat()) };
  const y = { rows: 96, columns: 2, data: Float32Array.from(means.flat()) };
  expect(similarity.value('wide', 'image')).toBeCloseTo(linearCka(x, y) ?? -1, 5);
});

test('the result is frozen, and a table of at most 80 columns', async () => {
  const project = await trained(3);
  for (const between of ['layers', 'tasks', 'gradients'] as const) {
    const similarity = await project.pathways.compare({ ...asked, data, between });
    expect(
      Object.isFrozen(similarity) && Object.isFrozen(similarity.pairs) && similarity.pairs.every(Object.isFrozen),
    ).toBe(true);
    const lines = String(similarity).split('\n');
    expect(lines).toHaveLength(similarity.pairs.length + 3);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
  }
  const similarity = await project.pathways.compare({ ...asked, data });
  expect(String(similarity).split('\n').slice(0, 3)).toEqual([
    'linear CKA between layers of one model, of 96 rows',
    '',
    `${' '.repeat(64)}cka`,
  ]);
});

async function* readOnce() {
  yield* rows;
}

const wrong: readonly [CompareOptions, string, string][] = [
  [{}, 'INVALID_OPTIONS', 'pathways.compare.data'],
  [{ data, between: 'models' }, 'INVALID_OPTIONS', 'pathways.compare.with'],
  [{ data, between: 'layers', with: 'x' }, 'INVALID_OPTIONS', 'pathways.compare.with'],
  [{ data, with: 7 as never }, 'INVALID_OPTIONS', 'pathways.compare.with'],
  [{ data, between: 'weights', with: 'x' }, 'INVALID_OPTIONS', 'pathways.compare.data'],
  [{ data, between: 'gradients', measure: 'cka' }, 'INVALID_OPTIONS', 'pathways.compare.measure'],
  [{ data, layers: 'layer3' }, 'EMPTY_GROUP', 'pathways.compare.layers'],
  [{ data, layers: 'layer1' }, 'INVALID_OPTIONS', 'pathways.compare.layers'],
  [{ data, between: 'gradients', layers: 'layer3' }, 'EMPTY_GROUP', 'pathways.compare.layers'],
  [{ data, between: 'tasks', tasks: ['rod', 'size'] }, 'UNKNOWN_TASK', 'pathways.compare.tasks'],
  [{ data, between: 'tasks', tasks: ['red'] }, 'INVALID_OPTIONS', 'pathways.compare.tasks'],
  [{ data, tasks: ['red', 'size'] }, 'INVALID_OPTIONS', 'pathways.compare.tasks'],
  [{ data, between: 'classes' }, 'INVALID_OPTIONS', 'pathways.compare.tasks'],
  [{ data, between: 'classes', tasks: ['size'] }, 'INVALID_OPTIONS', 'pathways.compare.tasks'],
  [{ data, with: 'nowhere/at/all' }, 'MODEL_NOT_FOUND', 'nowhere/at/all'],
  [{ data: readOnce() }, 'INVALID_OPTIONS', 'pathways.compare.data'],
];

test('bad input says what is wrong and where', async () => {
  const project = three();
  for (const [given, code, path] of wrong) {
    const error = await thrownBy(() => project.pathways.compare({ ...asked, ...given }));
    expect([error.code, error.path], JSON.stringify(given)).toEqual([code, path]);
  }
  const narrow = three({ hidden: [12] });
  const byLayers = await thrownBy(() => project.pathways.compare({ ...asked, data, with: narrow }));
  expect(byLayers).toMatchObject({ code: 'EMPTY_GROUP', path: 'pathways.compare.with' });
  const byWeights = await thrownBy(() =>
    project.pathways.compare({ between: 'weights', with: narrow, onNote: () => {} }),
  );
  expect(byWeights).toMatchObject({ code: 'PARAMETER_MISMATCH', path: 'backbone/layer1/kernel' });
  const similarity = await project.pathways.compare({ ...asked, data, between: 'tasks' });
  expect(await thrownBy(() => similarity.value('red', 'sise'))).toMatchObject({
    code: 'UNKNOWN_PAIR',
    suggestion: 'size',
  });
  expect(await thrownBy(() => similarity.value('red', 'size'))).toMatchObject({ code: 'UNKNOWN_PAIR' });
});

test('it reads both projects: neither is disposed meanwhile, and a fit beside it changes nothing of it', async () => {
  const [project, other] = [await trained(3), await trained(4)];
  const before = await project.pathways.compare({ ...asked, data, with: other });
  const running = project.pathways.compare({ ...asked, data, with: other });
  expect((await thrownBy(() => project.dispose())).code).toBe('PROJECT_BUSY');
  expect((await thrownBy(() => other.dispose())).code).toBe('PROJECT_BUSY');
  const [found] = await Promise.all([running, other.fit(rows, quiet), project.fit(rows, quiet)]);
  expect(found.pairs).toEqual(before.pairs);
  other.dispose();
  expect((await thrownBy(() => project.pathways.compare({ ...asked, data, with: other }))).code).toBe('DISPOSED');
});

test('a layer that is called in several places has no output that is one: it is left out, and refused by name', async () => {
  const twice = new Project({
    name: 'twice',
    inputs: { x: vector({ columns: ['a', 'b', 'c'], standardise: false }) },
    tasks: { size: regression() },
    backbone: ({ x }) => {
      const shared = tf.layers.dense({ units: 3, name: 'shared' });
      const last = tf.layers.dense({ units: 4, name: 'last' });
      const first = tf.layers.dense({ units: 3, name: 'first' }).apply(x);
      return { features: last.apply(shared.apply(shared.apply(first))) as tf.SymbolicTensor };
    },
    onNote: () => {},
  }).flow('all', (task, x) => [task.size(x.features)]);
  const similarity = await twice.pathways.compare({ ...asked, data });
  expect(similarity.pairs.map(({ first, second }) => [first, second])).toEqual([['first', 'last']]);
  const error = await thrownBy(() => twice.pathways.compare({ ...asked, data, layers: 'shared' }));
  expect(error).toMatchObject({ code: 'EMPTY_GROUP', expected: 'some of first, last' });
});

test('as a task that the other project has not', async () => {
  const one = new Project({
    name: 'one',
    inputs: { x: vector({ columns: ['a', 'b', 'c'], standardise: false }) },
    tasks: { size: regression() },
    backbone: ({ x }) => {
      const wide = tf.layers.dense({ units: 5, name: 'layer1' }).apply(x);
      return { features: tf.layers.dense({ units: 4, name: 'layer2' }).apply(wide) as tf.SymbolicTensor };
    },
    onNote: () => {},
  }).flow('all', (task, x) => [task.size(x.features)]);
  const project = three();
  const similarity = await project.pathways.compare({ ...asked, data, with: one, tasks: ['size'] });
  expect(similarity.pairs.map(({ second }) => second)).toEqual(['one', 'one']);
  const error = await thrownBy(() => project.pathways.compare({ ...asked, data, with: one, tasks: ['red'] }));
  expect(error).toMatchObject({ code: 'UNKNOWN_TASK', path: 'pathways.compare.tasks' });
});
