/** @file The learning-rate range test: its numbers against a loop of plain arithmetic, and a project that stays as it is. */
import { expect, test } from 'vitest';
import {
  adamW,
  binary,
  type FindLearningRateOptions,
  type HeadgateError,
  iterableSource,
  Project,
  regression,
  sgd,
  tf,
  vector,
} from '../../src/index.js';
import { steepest } from '../../src/train/rate-range/curve.js';

const line = () =>
  new Project({
    name: 'line',
    inputs: { x: vector({ size: 1, standardise: false }) },
    tasks: { y: regression({ standardise: false }) },
    backbone: ({ x }) => ({ features: x }),
    onNote: () => {},
  }).flow('full', (task, x) => [task.y(x.features)]);
const points = [
  { x: [1], y: 3 },
  { x: [-2], y: 1 },
  { x: [0.5], y: -1 },
];
const plain = { batchSize: 3, optimizer: sgd(), lossUnits: 'plain', heads: 'drawn' } as const;

function firstOf(project: ReturnType<typeof line>): { w: number; b: number } {
  const weights = project.weights();
  return { w: weights['head/y/kernel']?.data[0] ?? Number.NaN, b: weights['head/y/bias']?.data[0] ?? Number.NaN };
}

for (const engine of ['cpu', 'onnx', 'wasm'] as const) {
  test(`${engine}: rates, losses, running means and the end are those of gradient descent by hand`, async () => {
    const project = line();
    let { w, b } = firstOf(project);
    // Few: nothing comes so near the minimum that rounding decides how it leaves it.
    const [least, most, steps] = [0.01, 20, 16];
    const rates: number[] = [];
    const losses: number[] = [];
    const smoothed: number[] = [];
    let [mean, share] = [0, 0];
    for (let i = 0; i < steps; i++) {
      const rate = least * (most / least) ** (i / (steps - 1));
      let [loss, ofW, ofB] = [0, 0, 0];
      for (const { x, y } of points) {
        const error = w * (x[0] ?? 0) + b - y;
        loss += error ** 2 / 3;
        ofW += (2 * error * (x[0] ?? 0)) / 3;
        ofB += (2 * error) / 3;
      }
      [w, b] = [w - rate * ofW, b - rate * ofB];
      [mean, share] = [0.8 * mean + 0.2 * loss, 0.8 * share + 0.2];
      rates.push(rate);
      losses.push(loss);
      smoothed.push(mean / share);
      if (mean / share > 4 * Math.min(...smoothed)) break;
    }
    const curve = await project.findLearningRate(points, { ...plain, engine, least, most, steps, smoothing: 0.8 });
    expect(curve.ended).toBe('diverged');
    expect(curve.rates).toEqual(rates);
    expect(rates.length).toBeLessThan(steps);
    for (const [i, loss] of losses.entries()) {
      expect(Math.abs((curve.losses[i] ?? Number.NaN) / loss - 1), `loss ${i}`).toBeLessThan(1e-4);
      expect(Math.abs((curve.smoothed[i] ?? Number.NaN) / (smoothed[i] ?? 0) - 1), `mean ${i}`).toBeLessThan(1e-4);
    }
    // Descent diverges above 2 / λ, with λ = 3.57 the greatest eigenvalue of the loss's second derivative.
    expect(rates.at(-1)).toBeGreaterThan(2 / 3.57);
    expect(curve.suggestion).toBeLessThan(2 / 3.57);
    expect(curve.suggestion).toBeGreaterThanOrEqual(least);
  });
}

test('the steepest fall of the running mean, taken back by its delay; null where nothing falls', () => {
  const rates = [1, 2, 3, 4, 5, 6, 7, 8];
  const smoothed = [9, 9, 8.5, 8, 5, 4, 3.9, 20];
  expect(steepest({ rates, smoothed }, 0)).toBe(5); // 8 → 4 around it
  expect(steepest({ rates, smoothed }, 0.5)).toBe(4);
  expect(steepest({ rates, smoothed }, 0.9)).toBe(1);
  expect(steepest({ rates, smoothed: [null, 9, 8, 5, 5, 6, 7, 8] }, 0)).toBe(3);
  expect(steepest({ rates, smoothed: [1, 2, 3, 4, 5, 6, 7, 8] }, 0)).toBeNull();
  expect(steepest({ rates: [], smoothed: [] }, 0.9)).toBeNull();
  expect(steepest({ rates, smoothed: rates.map(() => null) }, 0)).toBeNull();
});

const door = () =>
  new Project({
    name: 'door',
    inputs: { x: vector({ columns: ['a', 'b'] }) },
    tasks: { open: binary(), age: regression() },
    onNote: () => {},
    backbone: ({ x }) => {
      const hidden = tf.layers.dense({ units: 4, activation: 'tanh' }).apply(x);
      const normal = tf.layers.batchNormalization().apply(hidden);
      return { features: tf.layers.dropout({ rate: 0.3 }).apply(normal) as tf.SymbolicTensor };
    },
  }).flow('full', (task, x) => [task.open(x.features), task.age(x.features)]);
const rows = Array.from({ length: 10 }, (_, i) => ({
  ...{ a: 100 + i / 3, b: 1 - i / 5 },
  ...{ open: i === 7 ? null : i % 3 === 0, age: i === 9 ? 4 : null },
}));

function everythingOf(project: ReturnType<typeof door>): string {
  const weights = Object.entries(project.weights()).map(([name, { data }]) => [
    name,
    Buffer.from(data.buffer).toString('hex'),
  ]);
  return JSON.stringify([weights, [...project.thresholds], project.describe()]);
}

for (const engine of ['cpu', 'onnx', 'wasm'] as const) {
  test(`${engine}: it leaves no trace: the project, a fit after it and one that continues are those without it`, async () => {
    const [without, looked] = [door(), door()];
    const options = { engine, batchSize: 3, progress: false, optimizer: adamW() } as const;
    const range: FindLearningRateOptions = { engine, batchSize: 3, steps: 9, most: 0.5 };
    const before = everythingOf(looked);
    const tensors = tf.memory().numTensors;
    const drawn = await looked.findLearningRate(rows, range);
    expect(everythingOf(looked)).toBe(before);
    expect(tf.memory().numTensors).toBe(tensors);
    expect((await looked.findLearningRate(rows, range)).losses).toEqual(drawn.losses);
    await without.fit(rows, { ...options, epochs: 2, validation: rows });
    await looked.fit(rows, { ...options, epochs: 2, validation: rows });
    await without.tune(rows, { engine, metric: 'f1_score' });
    await looked.tune(rows, { engine, metric: 'f1_score' });
    expect(everythingOf(looked)).toBe(everythingOf(without));
    await looked.findLearningRate(rows, { ...range, seed: 4 });
    expect(everythingOf(looked)).toBe(everythingOf(without));
    const [one, two] = [without, looked].map((own) => own.fit(rows, { ...options, epochs: 2, continue: true }));
    expect((await two)?.epochs.map(({ loss }) => loss)).toEqual((await one)?.epochs.map(({ loss }) => loss));
    expect(everythingOf(looked)).toBe(everythingOf(without));
  });
}

test('its first loss is that of the first step of a fit: units, standardisation and where heads begin are the same', async () => {
  const project = door();
  const step: number[] = [];
  const watcher = {
    name: 'first',
    on: (event: { kind: string; loss?: number }) => event.kind === 'step' && step.push(event.loss ?? 0),
  };
  const options = { engine: 'cpu', batchSize: 5, seed: 3 } as const;
  const { losses, smoothed } = await project.findLearningRate(rows, { ...options, steps: 2 });
  await project.fit(rows, { ...options, epochs: 1, progress: false, watchers: [watcher] });
  expect(losses[0]).toBeCloseTo(step[0] ?? Number.NaN, 6);
  // `age` has a label in one of the two batches: its coming is no rise.
  const alone = losses.map((loss) => loss ?? 0);
  expect(Math.max(...alone)).not.toBeCloseTo(Math.min(...alone), 3);
  expect(smoothed.every((value) => value !== null && value > 0)).toBe(true);
});

test('a signal ends it with what there is; every option that does not fit is refused', async () => {
  const project = door();
  const controller = new AbortController();
  controller.abort();
  const curve = await project.findLearningRate(rows, { engine: 'cpu', signal: controller.signal });
  expect(curve).toMatchObject({ rates: [], losses: [], suggestion: null, ended: 'aborted' });
  expect(curve.toString()).toContain('aborted after 0 steps');
  const refused = async (options: FindLearningRateOptions, data: typeof rows = rows) =>
    project.findLearningRate(data, { engine: 'cpu', ...options }).then(
      () => null,
      (error: HeadgateError) => [error.code, error.path],
    );
  expect(await refused({ least: 1, most: 1 })).toEqual(['INVALID_OPTIONS', 'findLearningRate.least']);
  expect(await refused({ steps: 1 })).toEqual(['INVALID_OPTIONS', 'findLearningRate.steps']);
  expect(await refused({ divergence: 1 })).toEqual(['INVALID_OPTIONS', 'findLearningRate.divergence']);
  expect((await refused({}, []))?.[0]).toBe('EMPTY_DATASET');
  const huge = rows.map((row) => ({ ...row, x: [1e30], y: 1e30 }));
  const overflowing = line().findLearningRate(huge, { engine: 'cpu', ...plain });
  await expect(overflowing).rejects.toMatchObject({ code: 'NON_FINITE_LOSS', path: 'findLearningRate' });
});

test('aborted within: what was measured until then; a source and row weights as in a fit', async () => {
  const given = { engine: 'cpu', batchSize: 3, steps: 9, most: 0.5 } as const;
  const whole = await door().findLearningRate(rows, given);
  const controller = new AbortController();
  let batches = 0;
  const source = iterableSource(
    async function* () {
      for (const row of rows) {
        // The second pass is the first epoch; the first learns.
        if (++batches === rows.length + 7) controller.abort();
        yield row;
      }
    },
    { chunkRows: 1, windowRows: 1 },
  );
  const cut = await door().findLearningRate(source, { ...given, signal: controller.signal });
  expect(cut.ended).toBe('aborted');
  expect(cut.losses.length).toBeGreaterThan(0);
  expect(cut.losses.length).toBeLessThan(9);
  expect(cut.rates).toEqual(whole.rates.slice(0, cut.losses.length));

  const weighed = rows.map((row, i) => ({ ...row, weight: i % 2 }));
  const own = await door().findLearningRate(weighed, { ...given, sampleWeight: 'weight', batchSize: 10 });
  const all = await door().findLearningRate(weighed, { ...given, batchSize: 10 });
  expect(own.losses[0]).not.toBeCloseTo(all.losses[0] ?? Number.NaN, 3);

  const once = { ...iterableSource(() => rows), once: true } as const;
  await expect(door().findLearningRate(once, given)).rejects.toMatchObject({
    code: 'INVALID_OPTIONS',
    path: 'findLearningRate.data',
  });
});

test('a source without rows is refused, also where nothing is left to learn of it', async () => {
  const project = door();
  await project.fit(rows, { engine: 'cpu', epochs: 1, progress: false });
  const empty = iterableSource(() => []);
  await expect(project.findLearningRate(empty, { engine: 'cpu' })).rejects.toMatchObject({ code: 'EMPTY_DATASET' });
});

test('with pathways: it runs through them, and they stay as they are', async () => {
  const project = door();
  await project.fit(rows, { engine: 'cpu', epochs: 1, progress: false });
  await project.pathways.assign({ sparsity: 0.5, readsOthers: false, method: 'random' });
  const before = everythingOf(project);
  const { losses } = await project.findLearningRate(rows, { engine: 'cpu', steps: 5, batchSize: 5 });
  expect(losses).toHaveLength(5);
  expect(everythingOf(project)).toBe(before);
  await project.fit(rows, { engine: 'cpu', epochs: 1, progress: false });
  expect(everythingOf(project)).not.toBe(before);
});

test('the chart: at most 80 columns and 22 lines, the end said', async () => {
  const curve = await line().findLearningRate(points, { ...plain, engine: 'cpu', least: 1e-4 });
  const lines = String(curve).split('\n');
  expect(Math.max(...lines.map((text) => text.length))).toBeLessThanOrEqual(80);
  expect(lines.length).toBeLessThanOrEqual(23);
  expect(lines.at(-1)).toMatch(/^it falls fastest at \d\.\de[+-]\d; the loss diverged after \d\.\de[+-]\d$/);
});
