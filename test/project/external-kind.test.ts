/** @file A task kind from outside the package, beside built-in ones, through every verb. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { adam, binary, Project, tf, vector } from '../../src/index.js';
import { asDeclared } from '../support/as-declared.js';
import { count } from '../tasks/external-kind.js';

const engine = 'cpu';

const declared = () =>
  new Project({
    name: 'parking',
    inputs: { x: vector({ columns: ['hour', 'rain'], standardise: false }) },
    tasks: { open: binary(), cars: count({ weight: 0.5 }), bikes: count(), full: binary() },
    backbone: ({ x }) => ({
      features: tf.layers.dense({ units: 8, activation: 'tanh' }).apply(x) as tf.SymbolicTensor,
    }),
  }).flow('lot', (task, x) => {
    const open = task.open(x.features);
    const cars = task.cars(x.features).given(open);
    return [open, cars, task.bikes(x.features).given(open), task.full(x.features).given(cars.atLeast(3))];
  });

const rows = Array.from({ length: 60 }, (_, i) => {
  const hour = (i % 12) / 6 - 1;
  const rain = i % 2;
  const open = hour > -0.7;
  const cars = open ? Math.round(Math.exp(1 + hour)) : null;
  return { hour, rain, open, cars, bikes: open ? (rain ? 0 : 2) : null, full: cars === null ? null : cars >= 5 };
});

test('a kind from outside trains, tunes, evaluates, predicts, explains, interprets, saves and loads', async () => {
  const project = declared();
  const { epochs } = await project.fit(rows, {
    ...asDeclared,
    engine,
    epochs: 60,
    batchSize: 20,
    optimizer: adam({ learningRate: 0.05 }),
    progress: false,
  });
  const [first, last] = [epochs[0], epochs.at(-1)];
  // the Poisson loss of a known rate: rate - count × log(rate), which bounds what can be learnt
  const best = rows.flatMap(({ cars }) => (cars === null ? [] : [cars - (cars === 0 ? 0 : cars * Math.log(cars))]));
  const bound = best.reduce((a, b) => a + b) / best.length;
  expect(last?.tasks.cars).toBeGreaterThan(bound);
  expect(last?.tasks.cars).toBeLessThan(bound + 0.05);
  expect(first?.tasks.cars).toBeGreaterThan(bound + 0.5);
  expect(last?.loss).toBeCloseTo(
    (last?.tasks.open ?? 0) + 0.5 * (last?.tasks.cars ?? 0) + (last?.tasks.bikes ?? 0) + (last?.tasks.full ?? 0),
    6,
  );

  const evaluation = await project.evaluate(rows, { engine });
  expect(evaluation.value('cars', 'mean_poisson_deviance')).toBeLessThan(0.1);
  const cars = evaluation.rows.find((row) => row.task_path === 'cars' && row.view === 'given_truth');
  expect(cars?.num_samples).toBe(rows.filter((row) => row.cars !== null).length);
  // its question gates another task: full counts where at least 3 cars are there
  expect(evaluation.rows.find((row) => row.task_path === 'full' && row.view === 'given_truth')?.num_samples).toBe(
    rows.filter((row) => (row.cars ?? 0) >= 3).length,
  );

  const tuning = await project.tune(rows, { engine });
  expect(tuning.rows.map((row) => row.task_path)).toEqual(['open', 'full']); // a count has no thresholds

  const busy = { hour: 5 / 6, rain: 0 };
  const closed = { hour: -1, rain: 1 };
  const predictions = await project.predict([busy, closed], { engine, probabilities: true });
  const rate = predictions[0]?.cars?.probability;
  expect(predictions[0]).toMatchObject({ open: { value: true }, cars: { value: 6 }, bikes: { value: 2 } });
  expect(Math.abs(Number(rate) - 6)).toBeLessThan(0.5);
  expect(predictions[1]).toMatchObject({ open: { value: false }, cars: null, bikes: null, full: null });
  const count: number | null | undefined = (await project.predict([busy], { engine }))[0]?.cars;
  expect(count).toBe(6);

  const tree = await project.explain([busy, closed], { engine, why: true });
  expect(tree).toContain(`cars | decoded: 6, rate: ${Number(rate).toFixed(4)}`);
  expect(tree).toContain('cars ✗ given open: open is False');

  const interpretation = await project.interpret(rows, { engine, top: 2 });
  expect(interpretation.task('cars').worst[0]).toMatchObject({
    label: expect.any(Number),
    prediction: expect.any(Number),
  });

  const folder = await mkdtemp(join(tmpdir(), 'headgate-'));
  try {
    await project.save(join(folder, 'model'));
    const loaded = await declared().load(join(folder, 'model'));
    expect(await loaded.predict(rows, { engine, probabilities: true })).toEqual(
      await project.predict(rows, { engine, probabilities: true }),
    );
    const flow = await readFile(join(folder, 'model', 'flow.json'), 'utf8');
    expect(flow).toContain('"test/count"');
    expect(flow).toContain('"weight": 0.5');
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('two tasks of the kind share one loss call, beside built-in kinds of one shared feature', () => {
  const { parameters, kinds } = (() => {
    const project = declared();
    return { parameters: project.model.weights.map((weight) => weight.originalName), kinds: project.resolved.tasks };
  })();
  expect(kinds.map(({ kind }) => kind.kind)).toEqual(['binary', 'test/count', 'test/count', 'binary']);
  expect(parameters.filter((name) => name.startsWith('head_'))).toEqual(['head_features/kernel', 'head_features/bias']);
});
