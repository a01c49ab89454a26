/** @file Forgetting: a class goes with the weights that it alone needs, and the others stay. */
import { beforeAll, expect, test } from 'vitest';
import { binary, classification, type ForgetOptions, Project, tf, vector } from '../../../src/index.js';
import { taskDifference } from '../../../src/pathways/score/criteria.js';
import { inputStatistics } from '../../../src/pathways/score/inputs.js';
import { normals } from '../../../src/random.js';
import { asked, quiet, silent, thrownBy } from './ways.js';

const classes = ['a', 'b', 'c', 'd', 'e', 'f'] as const;
const size = 12;

/** Clusters around points of their own; `far` is of another direction than the classes. */
function drawnRows(count: number, seed: number) {
  return Array.from({ length: count }, (_, i) => {
    const kind = i % classes.length;
    const x = normals({ seed, stream: 'clusters', counter: i }, size).map((value, j) => {
      const centre = j % classes.length === kind ? 2 : 0;
      return centre + 0.6 * value;
    });
    return { x, kind: classes[kind] ?? 'a', far: (x[0] ?? 0) + (x[7] ?? 0) > 1 };
  });
}
const train = drawnRows(480, 1);
const held = drawnRows(300, 2);

function declared() {
  return new Project({
    name: 'clusters',
    inputs: { x: vector({ size }) },
    tasks: { kind: classification({ classes }), far: binary() },
    backbone: ({ x }) => {
      let at: tf.SymbolicTensor = x;
      for (const name of ['first', 'second', 'third']) {
        at = tf.layers.dense({ units: 48, name, activation: 'relu' }).apply(at) as tf.SymbolicTensor; // of one symbol
      }
      return { features: at };
    },
  }).flow('all', (task, x) => [task.kind(x.features), task.far(x.features)]);
}

type Clusters = ReturnType<typeof declared>;
const forget: Omit<ForgetOptions, 'data'> = { class: { task: 'kind', value: 'c' }, most: 0.2, steps: 40, ...asked };
let weights: ReturnType<Clusters['weights']> = {};
let learnt: Clusters;

beforeAll(async () => {
  learnt = declared();
  await learnt.fit(train, { ...quiet, epochs: 12 });
  weights = learnt.weights();
});

/** A project with the same weights. */
async function again(): Promise<Clusters> {
  const project = declared();
  await project.adopt(learnt, silent);
  return project;
}

const accuracyOf = async (project: Clusters, isWanted: (kind: string) => boolean) => {
  const rows = held.filter(({ kind }) => isWanted(kind));
  const predicted = await project.predict(rows, asked);
  return predicted.filter(({ kind }, i) => kind === rows[i]?.kind).length / rows.length;
};

test('a class falls to chance while the others lose less than 5 points, on rows that did not choose', async () => {
  const project = await again();
  const others = (kind: string): boolean => kind !== 'c';
  const before = {
    target: await accuracyOf(project, (kind) => kind === 'c'),
    others: await accuracyOf(project, others),
  };
  expect(before.target).toBeGreaterThan(0.95);
  expect(before.others).toBeGreaterThan(0.95);
  const curve = await project.pathways.forget({ ...forget, data: train });
  expect(curve.layers).toEqual(['backbone/second/kernel', 'backbone/third/kernel']);
  expect(curve.points).toHaveLength(41);
  expect(curve.points[0]).toMatchObject({ share: 0, weights: 0, lost: 0 });
  const { kept } = curve;
  expect(kept?.target).toBeLessThanOrEqual(1 / 6);
  expect(kept?.lost).toBeLessThan(0.05);
  expect([...(kept?.others.keys() ?? [])].sort()).toEqual(['far', 'kind']);
  const earlier = curve.points.filter(({ share }) => share < (kept?.share ?? 0));
  expect(earlier.every(({ target }) => (target ?? 0) > 1 / 6)).toBe(true);
  expect(await accuracyOf(project, (kind) => kind === 'c')).toBeLessThan(0.25);
  expect(await accuracyOf(project, others)).toBeGreaterThan(before.others - 0.05);
  // What is gone is what the curve says, in these layers alone.
  const now = project.weights();
  const gone = Object.keys(now).map((name): [string, number] => {
    return [name, [...(now[name]?.data ?? [])].filter((value, i) => value !== weights[name]?.data[i]).length];
  });
  const changed = gone.filter(([, count]) => count > 0);
  expect(changed.map(([name]) => name)).toEqual(curve.layers);
  expect(changed.reduce((sum, [, count]) => sum + count, 0)).toBe(kept?.weights);
  expect(String(curve)).toContain('<- kept');
});

test('the same rows give the same weights; how many rows there are of the target or of the rest does not matter', async () => {
  const own = train.filter(({ kind }) => kind === 'c');
  const [one, same, more] = await Promise.all([again(), again(), again()]);
  const first = await one.pathways.forget({ ...forget, data: train });
  const second = await same.pathways.forget({ ...forget, data: train });
  expect(second.points).toEqual(first.points);
  expect(same.weights()).toEqual(one.weights());
  // The target three times as often: sums would say that it uses everything more.
  const third = await more.pathways.forget({ ...forget, data: [...train, ...own, ...own] });
  expect(third.kept?.weights).toBe(first.kept?.weights);
  expect(third.points.map(({ target }) => target)).toEqual(first.points.map(({ target }) => target));
  const [inputs, weights] = [Float32Array.of(1, -2, 0, 3), { shape: [2, 1], data: Float32Array.of(2, -1) }];
  const once = inputStatistics({ rows: 2, columns: 2, data: inputs });
  const twice = inputStatistics({ rows: 4, columns: 2, data: Float32Array.of(...inputs, ...inputs) });
  expect([...taskDifference(weights, once, twice)]).toEqual([0, 0]);
});

test('where nothing meets the criterion, nothing changes', async () => {
  const project = await again();
  const curve = await project.pathways.forget({ ...forget, data: train, most: 0.001, steps: 2 });
  expect(curve.kept).toBeNull();
  expect(project.weights()).toEqual(weights);
  expect(String(curve)).toContain('nothing was changed');
  const first = await project.pathways.forget({
    ...forget,
    data: train,
    layers: 'first*',
    steps: 1,
    until: { target: -1 },
  });
  expect(first.layers).toEqual(['backbone/first/kernel']);
});

test('of a pathway only its own weights go; a task is forgotten by rows on which it does not count', async () => {
  const project = await again();
  await project.pathways.assign({ method: 'magnitude', granularity: 'weight', sparsity: 0.5, ...asked });
  await project.fit(train, { ...quiet, epochs: 6 });
  const before = project.weights();
  const was = await project.predict(held, asked);
  const curve = await project.pathways.forget({ ...forget, data: train, most: 0.3, until: { target: 0.5, others: 1 } });
  expect(curve.kept?.weights).toBeGreaterThan(0);
  expect((await project.predict(held, asked)).map(({ far }) => far)).toEqual(was.map(({ far }) => far));
  const [own, now] = [project.pathways.trainedBy('kind', 'backbone/second/kernel'), project.weights()];
  const name = 'backbone/second/kernel';
  now[name]?.data.forEach((value, i) => {
    if (value !== before[name]?.data[i]) expect(own?.[i]).toBe(1);
  });
  const partly = train.map((row) => (row.kind === 'a' ? row : { x: row.x, kind: row.kind }));
  const task = await project.pathways.forget({ task: 'far', data: partly, until: { target: 0 }, steps: 2, ...asked });
  expect(task).toMatchObject({ target: 'far', kept: null });
});

test('bad input says what is wrong and where', async () => {
  const project = await again();
  const thrown = (options: object) =>
    thrownBy(() => project.pathways.forget({ ...asked, ...options } as unknown as ForgetOptions));
  const data = train;
  expect(await thrown({ data })).toMatchObject({ code: 'INVALID_OPTIONS', path: 'pathways.forget.class' });
  expect(await thrown({ class: { task: 'kind', value: 'c' } })).toMatchObject({ path: 'pathways.forget.data' });
  expect(await thrown({ data, task: 'far' })).toMatchObject({ path: 'pathways.forget.until.target' });
  expect(await thrown({ data, class: { task: 'kin', value: 'c' } })).toMatchObject({
    code: 'UNKNOWN_TASK',
    suggestion: 'kind',
  });
  expect(await thrown({ data, class: { task: 'kind', value: 'g' } })).toMatchObject({ code: 'UNKNOWN_CLASS' });
  expect(await thrown({ data, class: { task: 'kind', value: 'c' }, layers: 'fourth' })).toMatchObject({
    code: 'NOTHING_TO_MASK',
    path: 'pathways.forget.layers',
  });
  expect(await thrown({ data: train.slice(0, 2), class: { task: 'kind', value: 'c' } })).toMatchObject({
    code: 'EMPTY_DATASET',
    problem: 'no row is of kind = c: what is to go is told by the difference',
  });
  expect(project.weights()).toEqual(weights);
});
