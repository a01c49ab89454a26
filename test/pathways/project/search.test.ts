/** @file `project.pathways.search`: masks of weights of a network at rest, beside networks whose weights were put to 0 by hand. */
import { expect, test } from 'vitest';
import { adam, type SearchOptions, tf, type WeightMasks } from '../../../src/index.js';
import { randomMask } from '../../../src/pathways/search/pools.js';
import { asked, quiet, rows, type Three, three, thrownBy } from './ways.js';

const train = rows.slice(0, 64);
const validation = rows.slice(64);

async function trained(shape: Parameters<typeof three>[0] = {}): Promise<Three> {
  const project = three(shape);
  await project.fit(train, { ...quiet, epochs: 40, optimizer: adam({ learningRate: 0.02 }) });
  return project;
}

/** Multiplies kernels by a mask, by hand. */
async function masked(
  project: Three,
  masks: WeightMasks['masks'],
  shape: Parameters<typeof three>[0] = {},
): Promise<Three> {
  const copy = three(shape);
  await copy.adopt(project, { onNote: () => {} });
  for (const [name, mask] of masks) {
    const layer = copy.model.getLayer(name.split('/')[1] ?? '');
    const [kernel, bias] = layer.getWeights();
    if (kernel === undefined || bias === undefined) throw new Error('a dense layer has two');
    layer.setWeights([kernel.mul(tf.tensor(Float32Array.from(mask), kernel.shape)), bias]);
  }
  return copy;
}

const accuracy = async (project: Three, of = rows): Promise<number> =>
  (await project.evaluate(of, asked)).value('red', 'accuracy', 'given_truth') ?? Number.NaN;

const monitor = { task: 'red', metric: 'accuracy' } as const;

test.each(['cpu', 'onnx', 'wasm'] as const)(
  '%s: random: each candidate is worth what a network with these weights is, the best is taken',
  async (engine) => {
    const project = await trained();
    const options = {
      ...asked,
      engine,
      tasks: ['red'],
      method: 'random',
      candidates: 6,
      sparsity: 0.6,
      monitor,
      validation,
    } as const;
    const found = await project.pathways.search(train, options);
    const pools = found.layers.map(({ name, weights, kept }) => {
      return { name, shape: [weights], allowed: new Uint8Array(weights).fill(1), kept };
    });
    expect(pools.map(({ name, kept }) => [name, kept])).toEqual([
      ['backbone/layer1/kernel', 48 - 28],
      ['backbone/layer2/kernel', 192 - 115],
    ]);
    const byHand: number[] = [];
    for (let number = 0; number < 6; number++)
      byHand.push(await accuracy(await masked(project, randomMask(pools, 0, number)), train));
    expect(found.tries.map(({ value }) => value)).toEqual(byHand.map((value) => expect.closeTo(value, 10)));
    expect(found.best).toBe(byHand.indexOf(Math.max(...byHand)));
    expect(found.masks).toEqual(randomMask(pools, 0, found.best ?? -1));
    expect(found.masked).toBeCloseTo(await accuracy(await masked(project, found.masks), validation), 10);
    expect(found.unmasked).toBeCloseTo(await accuracy(project, validation), 10);
    expect(found).toMatchObject({
      of: 'red',
      steps: 0,
      ended: 'completed',
      maskable: 240,
      kept: 97,
      monitor: 'red.accuracy (given_truth)',
    });
    const other = await project.pathways.search(train, { ...options, seed: 1 });
    expect(other.masks).not.toEqual(found.masks);
  },
);

test('by default it is the loss of these tasks that is best, the least of it', async () => {
  const project = await trained();
  const options = { ...asked, tasks: ['red', 'size'], method: 'random', candidates: 5 } as const;
  const found = await project.pathways.search(train, options);
  const values = found.tries.map(({ value }) => value ?? Number.POSITIVE_INFINITY);
  expect(found.best).toBe(values.indexOf(Math.min(...values)));
  expect([found.masked, found.monitor]).toEqual([values[found.best ?? -1], 'loss']);
  const [one, two] = [
    await project.pathways.search(train, { ...options, tasks: ['red'] }),
    await project.pathways.search(train, { ...options, tasks: ['size'] }),
  ];
  for (const [i, { value }] of found.tries.entries()) {
    expect(value).toBeCloseTo((one.tries[i]?.value ?? 0) + (two.tries[i]?.value ?? 0), 6);
  }
});

test.each(['cpu', 'onnx', 'wasm'] as const)(
  '%s: edge-popup finds in a drawn network what no drawn mask is near, and trains nothing',
  async (engine) => {
    const project = three({ hidden: [48, 32] });
    const was = project.weights();
    const options = { ...asked, engine, tasks: ['red'], sparsity: 0.5, monitor } as const;
    const found = await project.pathways.search(train, { ...options, epochs: 60, validation });
    const drawn = await project.pathways.search(train, { ...options, method: 'random', candidates: 20, validation });
    expect([found.steps, found.tries.length, found.kept]).toEqual([120, 60, drawn.kept]);
    const best = ({ tries, best: place }: WeightMasks) => tries[place ?? -1]?.value ?? 0;
    expect(best(found)).toBeGreaterThan(0.9);
    expect(best(found)).toBeGreaterThan(best(drawn) + 0.1);
    expect(found.masked ?? 0).toBeGreaterThan(0.85);
    expect(found.masked ?? 0).toBeGreaterThan((found.unmasked ?? 1) + 0.1);
    const losses = found.tries.map(({ loss }) => loss ?? Number.NaN);
    expect(losses.at(-1)).toBeLessThan(0.9 * (losses[0] ?? 0));
    expect(project.weights()).toEqual(was);
    const copy = await masked(project, found.masks, { hidden: [48, 32] });
    expect(await accuracy(copy, validation)).toBeCloseTo(found.masked ?? -1, 10);
    const again = await project.pathways.search(train, { ...options, epochs: 60, validation });
    expect([again.masks, again.tries]).toEqual([found.masks, found.tries]);
  },
);

test('frozen layers are masked like others, and layers may be left out', async () => {
  const project = await trained();
  for (const layer of project.model.layers) layer.trainable = false;
  const options = { ...asked, tasks: ['size'], epochs: 2 } as const;
  const all = await project.pathways.search(train, options);
  expect(all.layers.map(({ name }) => name)).toEqual(['backbone/layer1/kernel', 'backbone/layer2/kernel']);
  const one = await project.pathways.search(train, { ...options, exclude: ['layer1'] });
  expect([...one.masks.keys()]).toEqual(['backbone/layer2/kernel']);
});

test('a task in a pathway is looked at within it, and what is found is one', async () => {
  for (const granularity of ['unit', 'weight'] as const) {
    const project = await trained({ pathways: { method: 'random', granularity, sparsity: 0.7 } });
    const found = await project.pathways.search(train, { ...asked, tasks: ['red'], epochs: 3 });
    for (const [kernel, mask] of found.masks) {
      const seen = project.pathways.seenBy('red', kernel);
      const size = seen?.reduce((sum, value) => sum + value, 0) ?? 0;
      expect(mask.every((value, i) => value <= (seen?.[i] ?? 1))).toBe(true);
      expect(mask.reduce((sum, value) => sum + value, 0)).toBe(size - Math.floor(size / 2));
    }
    expect(found.unmasked).toBeGreaterThan(0);
    expect(found.pathway('small')).toEqual({
      ...{ name: 'small', tasks: ['red'], reads: found.masks, trains: new Map(), units: null, copies: [] },
    });
  }
});

/** A signal that has fired when it is asked for the time after `asks`. */
function firesAfter(asks: number): AbortSignal {
  const { signal } = new AbortController();
  let asked = 0;
  Object.defineProperty(signal, 'aborted', { get: () => ++asked > asks });
  return signal;
}

test('a signal ends it after what is running: the best so far is given; before the first, nothing is left out', async () => {
  const project = await trained();
  const drawing = { ...asked, tasks: ['red'], method: 'random', candidates: 8 } as const;
  const whole = await project.pathways.search(train, drawing);
  const some = await project.pathways.search(train, { ...drawing, signal: firesAfter(3) });
  const three = await project.pathways.search(train, { ...drawing, candidates: 3 });
  expect([some.ended, some.tries, some.masks]).toEqual(['aborted', whole.tries.slice(0, 3), three.masks]);
  const popping = { ...asked, tasks: ['red'], batchSize: 16 } as const;
  const epoch = await project.pathways.search(train, { ...popping, epochs: 1 });
  const ended = await project.pathways.search(train, { ...popping, epochs: 4, signal: firesAfter(5) });
  expect([ended.ended, ended.steps, ended.tries, ended.masks]).toEqual(['aborted', 4, epoch.tries, epoch.masks]);
  const within = await project.pathways.search(train, { ...popping, epochs: 4, signal: firesAfter(8) });
  expect([within.ended, within.steps, within.tries.length, within.tries[0]]).toEqual(['aborted', 6, 2, epoch.tries[0]]);
  for (const options of [drawing, popping]) {
    const none = await project.pathways.search(train, { ...options, signal: AbortSignal.abort() });
    expect(none).toMatchObject({ ended: 'aborted', best: null, tries: [], steps: 0, kept: none.maskable });
    expect(none.masked).toBe(none.unmasked);
    expect(String(none)).toContain('none was measured, aborted');
  }
});

test('the result is frozen, and a table of at most 80 columns', async () => {
  const project = await trained();
  const found = await project.pathways.search(train, { ...asked, tasks: ['red'], epochs: 2 });
  expect([found, found.tries, found.layers, found.tasks].every(Object.isFrozen)).toBe(true);
  const lines = String(found).split('\n');
  expect(lines.slice(0, 2)).toEqual([
    'red: 120 of 240 weights kept',
    `edge-popup, 2 epochs, the ${(found.best ?? 0) + 1}. is best`,
  ]);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
});

async function* readOnce() {
  yield* rows;
}

test('bad input says what is wrong and where', async () => {
  const project = three();
  const wrong: readonly [Record<string, unknown>, string, string][] = [
    [{ tasks: [] }, 'INVALID_OPTIONS', 'pathways.search.tasks'],
    [{ tasks: ['rod'] }, 'UNKNOWN_TASK', 'pathways.search.tasks'],
    [{ sparsity: 1 }, 'INVALID_OPTIONS', 'pathways.search.sparsity'],
    [{ method: 'edge' }, 'INVALID_OPTIONS', 'pathways.search.method'],
    [{ candidates: 0 }, 'INVALID_OPTIONS', 'pathways.search.candidates'],
    [{ include: 'layer3' }, 'NOTHING_TO_MASK', 'pathways.search'],
    [{ monitor: { task: 'red', metric: 'acuracy' } }, 'UNKNOWN_METRIC', 'pathways.search.monitor.metric'],
    [{ monitor: { task: 'size', metric: 'mean_absolute_error' } }, 'INVALID_OPTIONS', 'pathways.search.monitor.task'],
    [{ monitor: { ...monitor, view: 'end_to_end' } }, 'INVALID_OPTIONS', 'pathways.search.monitor'],
    [{ signal: true }, 'INVALID_OPTIONS', 'pathways.search.signal'],
  ];
  for (const [given, code, path] of wrong) {
    const options = { ...asked, tasks: ['red'], ...given } as unknown as SearchOptions; // what a caller without types may give
    const error = await thrownBy(() => project.pathways.search(train, options));
    expect([error.code, error.path.replace(/\.view$/, '')], JSON.stringify(given)).toEqual([code, path]);
  }
  const once = await thrownBy(() => project.pathways.search(readOnce(), { ...asked, tasks: ['red'] }));
  expect(once).toMatchObject({ code: 'INVALID_OPTIONS', path: 'pathways.search.data' });
});
