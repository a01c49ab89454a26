import { expect, test } from 'vitest';
import { bindTable } from '../../src/data/bind.js';
import { Table } from '../../src/data/table.js';
import { HeadgateError } from '../../src/errors.js';
import { vector } from '../../src/flow/inputs.js';
import { Project } from '../../src/project.js';
import { binary } from '../../src/tasks/binary.js';
import { boundedRegression } from '../../src/tasks/bounded-regression.js';
import { layoutOf } from '../../src/tasks/layout.js';
import { regression } from '../../src/tasks/regression.js';
import { tf } from '../../src/tf.js';
import { adamW } from '../../src/train/optimizers/adam.js';
import { targetsOf } from '../support/targets.js';
import { encode, errorOf } from '../tasks/cell.js';

const START = 1.7e9;
const timeline = Array.from({ length: 60 }, (_, i) => ({ x: i / 60, when: START + i, late: i > 30 }));
const oneFlow = (when: ReturnType<typeof regression>) =>
  new Project({
    name: 'clock',
    inputs: { x: vector({ columns: ['x'] }) },
    tasks: { when, late: binary() },
    backbone: ({ x }) => ({ features: tf.layers.dense({ units: 4 }).apply(x) }),
  }).flow('full', (task, x) => {
    const moment = task.when(x.features);
    return [moment, task.late(x.features).given(moment.above(START + 30))];
  });

test('a timestamp keeps its seconds: as a target, in a condition, and learnt', async () => {
  const project = oneFlow(regression({ standardise: { mean: START, deviation: 30 } }));
  const dataset = bindTable(timeline, layoutOf(project.resolved));
  const { offset } = dataset.layout.slot('when');
  const all = targetsOf(dataset);
  const targets = timeline.map((_, row) => all[row * dataset.layout.width + offset]);
  expect(targets).toEqual(timeline.map((_, i) => Math.fround(i / 30)));
  const late = dataset.layout.slot('late').index;
  expect(timeline.map((_, row) => dataset.applies[row * 2 + late])).toEqual(timeline.map((_, i) => Number(i > 30)));

  const fit = { epochs: 200, batchSize: 60, seed: 1, progress: false, optimizer: adamW({ learningRate: 0.02 }) };
  await project.fit(timeline, fit);
  const predicted = (await project.predict(timeline)).map((row) => row.when ?? Number.NaN);
  const error = predicted.reduce((sum, when, i) => sum + Math.abs(when - (START + i)), 0) / 60;
  expect(new Set(predicted).size).toBe(60);
  expect(error).toBeLessThan(2);
  const evaluation = await project.evaluate(timeline);
  const metric = (name: string) => evaluation.value('when', name);
  expect(metric('mean_absolute_error')).toBeCloseTo(error, 6);
  expect(metric('r2')).toBeGreaterThan(0.97);
  project.dispose();
});

test('bounds far from 0 are those that were written', () => {
  const kind = boundedRegression({ min: START, max: START + 60 });
  const target = (label: number) => Math.fround((label - (kind.target?.offset ?? 0)) * (kind.target?.scale ?? 1));
  expect([0, 15, 60].map((i) => target(encode(kind, START + i)[0] as number))).toEqual([0, 0.25, 1]);
  for (const label of [START - 1, START + 61, Math.fround(START + 100)]) {
    expect([label, errorOf(() => encode(kind, label)).code]).toEqual([label, 'LABEL_OUT_OF_RANGE']);
  }
  expect([...kind.decode({ rows: 1, logits: Float32Array.of(0), activated: Float32Array.of(0.25) }, [])]).toEqual([
    START + 15,
  ]);
  expect(encode(boundedRegression({ min: 100, max: 100.1 }), Math.fround(100.1))).toEqual([Math.fround(100.1)]);
});

test('what counts is the range of float32 in units of the loss', () => {
  const kind = regression({ standardise: { mean: 1e300, deviation: 1e299 } });
  expect(encode(kind, 1.1e300)).toEqual([1.1e300]);
  expect(errorOf(() => encode(regression({ standardise: { mean: 0, deviation: 1e-10 } }), 1e30)).code).toBe(
    'INVALID_LABEL',
  );
  for (const make of [
    () => regression({ standardise: { mean: 0, deviation: 5e-324 } }),
    () => boundedRegression({ min: 0, max: 5e-324 }),
  ]) {
    expect(errorOf(make).code).toBe('INVALID_OPTIONS');
  }
});

test('an input whose values float32 cannot tell apart is noted, with its column', () => {
  const layout = layoutOf(
    new Project({
      name: 'clock',
      inputs: { x: vector({ columns: ['when', 'y', 'fixed'] }), z: vector({ size: 1 }) },
      tasks: { late: binary() },
    }).flow('full', (task, x) => [task.late(x.features)]).resolved,
  );
  const rows = timeline.map(({ late, when }, i) => ({ late, when, y: 0.1 * i, fixed: START + 1, z: [1e9 + i] }));
  expect(bindTable(rows, layout).notes.map(({ code, text }) => `${code}: ${text}`)).toEqual([
    'LOSES_PRECISION: The column "when" of the input "x" lies from 1700000000 to 1700000059, and float32 moves its ' +
      'values by up to 59. Subtract an offset: table.derive("when", (row) => Number(row["when"]) - 1700000000).',
    'LOSES_PRECISION: The column "z" of the input "z" lies from 1000000000 to 1000000059, and float32 moves its ' +
      'values by up to 32. Subtract an offset: table.derive("z", (row) => Number(row["z"]) - 1000000000).',
  ]);
});

test('errors name a row by its place, and by its number in the source where rows were chosen before', () => {
  const layout = layoutOf(oneFlow(regression()).resolved);
  const table = Table.fromRecords([{ x: 0 }, { x: 1, when: 5 }, { x: null }, { x: 2, when: 'never' }]);
  const path = (part: Table) => {
    try {
      bindTable(part, layout);
    } catch (error) {
      return error instanceof HeadgateError ? error.path : error;
    }
    return 'nothing was thrown';
  };
  expect(path(table)).toBe('rows[2].x');
  expect(path(table.slice(1))).toBe('rows[1].x (row 2 of its source)');
  expect(path(table.filter((row) => row.x !== null && row.x !== 0))).toBe('rows[1].when (row 3 of its source)');
  expect([...bindTable(table.select([1, 0]), layout).ids]).toEqual([1, 0]);
});
