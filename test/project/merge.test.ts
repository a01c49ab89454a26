import { expect, test } from 'vitest';
import { binary, type Note, Project, regression, type SymbolicTensors, sgd, tf, vector } from '../../src/index.js';

const engine = 'cpu' as const;
const rows = Array.from({ length: 12 }, (_, i) => ({
  x: [Math.sin(i * 1.7), Math.cos(i * 0.9)],
  open: i % 2 === 0,
  size: i % 2 === 0 ? i / 3 : null,
}));
const fitting = { engine, epochs: 2, progress: false, optimizer: sgd({ learningRate: 0.1 }) } as const;

const normalised = ({ x }: SymbolicTensors) => {
  const hidden = tf.layers.dense({ units: 3, name: 'stem' }).apply(x as tf.SymbolicTensor);
  return { features: tf.layers.batchNormalization({ name: 'norm' }).apply(hidden) as tf.SymbolicTensor };
};

interface Own {
  readonly seed?: number;
  readonly name?: string;
  readonly standardise?: false;
  readonly backbone?: typeof normalised;
}

/** @param own `standardise` is left out where it is to be learnt */
function declared({ seed = 1, name = 'door', backbone = normalised, ...own }: Own = { standardise: false }) {
  return new Project({
    name,
    seed,
    inputs: { x: vector({ size: 2, ...own }) },
    tasks: { open: binary(), size: regression(own) },
    backbone: (inputs) => backbone(inputs),
    onNote: () => {},
  }).flow('full', (task, x) => {
    const open = task.open(x.features);
    return [open, task.size(x.features).given(open)];
  });
}
type Subject = ReturnType<typeof declared>;

async function fitted(
  seed: number,
  options: Own = { standardise: false },
  data: Parameters<Subject['fit']>[0] = rows,
): Promise<Subject> {
  const project = declared({ ...options, seed });
  await project.fit(data, fitting);
  return project;
}

/** Every value, in the order of the layers. */
const valuesOf = ({ model }: Subject): number[] => model.getWeights().flatMap((weight) => [...weight.dataSync()]);
const codesOf = (notes: readonly Note[]): string[] => notes.map(({ code, path }) => `${code} ${path}`);

test('the mean of three projects: kernels, biases and moving averages; the others stay as they are', async () => {
  const [own, ...others] = [await fitted(1), await fitted(2), await fitted(3)] as const;
  const before = [own, ...others].map(valuesOf);
  const merging = await own.merge(others, { method: 'average' });
  valuesOf(own).forEach((value, i) => {
    expect(value).toBeCloseTo(before.reduce((sum, list) => sum + (list[i] ?? 0), 0) / 3, 6);
  });
  expect(others.map(valuesOf)).toEqual(before.slice(1));
  expect(merging).toMatchObject({ method: 'average', models: 3, notes: [] });
  expect(merging.interference.map(({ first, second, measure }) => [first, second, measure])).toEqual([
    [0, 1, 'cosine'],
    [0, 2, 'cosine'],
    [1, 2, 'cosine'],
  ]);
  expect(String(merging)).toMatch(
    /^3 models merged by average\n {2}the project and others\[0\]: cosine -?\d\.\d{3}\n.*\n {2}others\[0\] and others\[1\]: /,
  );
});

test('a merged project predicts with its new weights at once', async () => {
  const [own, other] = [await fitted(1), await fitted(2)];
  await own.predict(rows, { engine }); // the engine keeps the weights that it has seen
  await own.merge([other], { method: 'slerp', t: 1 });
  expect(await own.predict(rows, { engine })).toEqual(await other.predict(rows, { engine }));
});

test('thresholds stay, and the next fit begins anew without saying that it goes on', async () => {
  const [own, other] = [await fitted(1), await fitted(2)];
  await own.tune(rows, { engine, method: 'exact' });
  const { thresholds } = own;
  await own.merge([other], { method: 'average' });
  expect(own.thresholds).toEqual(thresholds);
  await expect(own.fit(rows, { ...fitting, continue: true })).rejects.toMatchObject({ code: 'CANNOT_CONTINUE' });
  expect((await own.fit(rows, fitting)).notes.map(({ code }) => code)).not.toContain('STARTED_ANEW');
});

test('a base project: changes of it, and the share of those that oppose each other', async () => {
  const base = await fitted(1);
  const [own, other] = [declared(), declared()];
  for (const project of [own, other]) await project.merge([base], { method: 'slerp', t: 1 });
  await own.fit(rows.slice(0, 6), fitting);
  await other.fit(rows.slice(6), fitting);
  const [from, one, two] = [base, own, other].map(valuesOf) as [number[], number[], number[]];
  const { interference } = await own.merge([other], { method: 'task-arithmetic', base, scale: [1, 0.5] });
  const names = own.model.weights.flatMap((weight) => [...weight.read().dataSync()].map(() => weight.name));
  let [both, opposite] = [0, 0];
  valuesOf(own).forEach((value, i) => {
    const [b, x, y] = [from[i] ?? 0, one[i] ?? 0, two[i] ?? 0];
    const isAverage = /moving/.test(names[i] ?? '');
    expect(value).toBeCloseTo(isAverage ? (x + y) / 2 : b + (x - b) + 0.5 * (y - b), 5);
    if (isAverage || x === b || y === b) return;
    both++;
    if (x > b !== y > b) opposite++;
  });
  expect(interference).toEqual([{ first: 0, second: 1, measure: 'opposite-signs', value: opposite / both }]);
});

test('a head is taken over by a mask, with what its task has learnt of its labels', async () => {
  const own = await fitted(
    1,
    {},
    rows.map((row) => ({ ...row, size: null })),
  );
  const other = await fitted(1, {});
  expect(own.describe().tasks.size).toBe(undefined);
  const ones = (length: number) => Array.from({ length }, () => 1);
  const masks = { 'head/size/kernel': ones(3), 'head/size/bias': new Uint8Array([1]) };
  const { notes } = await own.merge([other], { method: 'replace', masks });
  expect(codesOf(notes)).toEqual(['NEVER_TRAINED door.size']);
  expect(own.describe().tasks.size).toEqual(other.describe().tasks.size);
});

test('importances by parameter, as lists or typed arrays', async () => {
  const [own, other] = [await fitted(1), await fitted(2)];
  const expected = valuesOf(other);
  const names = ['backbone/stem/kernel', 'backbone/stem/bias', 'head/open/kernel', 'head/size/kernel'];
  const sizes = [6, 3, 3, 3];
  const map = (value: number) =>
    Object.fromEntries(names.map((name, i) => [name, new Float32Array(sizes[i] ?? 0).fill(value)]));
  await own.merge([other], { method: 'importance-weighted', importances: [map(0), map(1)] });
  expect(valuesOf(own).slice(0, 9)).toEqual(expected.slice(0, 9));
});

test('what takes part and was never trained, and what is standardised otherwise, is said', async () => {
  const own = await fitted(1, {});
  const scaled = rows.map((row) => ({
    ...row,
    x: row.x.map((value) => value * 7),
    size: row.size === null ? null : row.size * 5,
  }));
  const other = await fitted(2, {}, scaled);
  const { inputs, tasks } = own.describe();
  const { notes } = await own.merge([other, declared({})], { method: 'average' });
  expect(codesOf(notes)).toEqual([
    'NEVER_TRAINED others[1]',
    'SCALES_DIFFER others[0].inputs.x',
    'SCALES_DIFFER others[0].size',
  ]);
  expect(own.describe()).toMatchObject({ inputs, tasks });
});

test('projects of one declaration may have other names; other flows and layers are refused, and nothing changes', async () => {
  const own = await fitted(1);
  const before = valuesOf(own);
  await own.merge([own, await fitted(1, { name: 'gate', standardise: false })], { method: 'average' });
  expect(valuesOf(own)).toEqual(before);

  const code = 'MERGE_MISMATCH';
  const fewer = new Project({
    name: 'door',
    inputs: { x: vector({ size: 2, standardise: false }) },
    tasks: { open: binary(), size: regression({ standardise: false }) },
    backbone: (inputs) => normalised(inputs),
    onNote: () => {},
  }).flow('full', (task, x) => [task.open(x.features)]);
  await expect(own.merge([fewer], { method: 'average' })).rejects.toMatchObject({
    ...{ code, path: 'size', expected: '["open","size"]', received: '["open"]' },
    problem: 'others[0] is another network than the project here; nothing was changed',
  });
  const wide = declared({
    standardise: false,
    backbone: ({ x }) => ({
      features: tf.layers
        .dense({ units: 3, activation: 'relu', name: 'stem' })
        .apply(x as tf.SymbolicTensor) as tf.SymbolicTensor,
    }),
  });
  await expect(own.merge([own, wide], { method: 'average' })).rejects.toMatchObject({
    code,
    path: expect.stringMatching(/^backbone\/stem/),
  });
  await expect(own.merge([own], { method: 'ties', base: wide })).rejects.toMatchObject({
    code,
    problem: expect.stringMatching(/^the base is another network/),
  });
  expect(valuesOf(own)).toEqual(before);
});

test('a merge that makes a weight infinite, or whose listener throws, changes nothing', async () => {
  const [own, other, base] = [await fitted(1), await fitted(2), declared()];
  const before = valuesOf(own);
  const infinite = own.merge([other], { method: 'task-arithmetic', base, scale: 1e300 });
  await expect(infinite).rejects.toMatchObject({ code: 'NON_FINITE_WEIGHTS', path: expect.stringMatching(/\//) });
  const onNote = () => {
    throw new RangeError('heard enough');
  };
  await expect(own.merge([declared()], { method: 'average', onNote })).rejects.toThrow(RangeError);
  expect(valuesOf(own)).toEqual(before);
});

test.each<[object, string]>([
  [{}, 'merge.method'],
  [{ method: 'mean' }, 'merge.method'],
  [{ method: 'average', weights: [1, 1] }, 'merge.weights'],
  [{ method: 'weighted' }, 'merge.weights'],
  [{ method: 'weighted', weights: [1, 1], t: 0.5 }, 'merge.t'],
  [{ method: 'ties' }, 'merge.base'],
  [{ method: 'ties', base: {} }, 'merge.base'],
  [{ method: 'ties', base: declared(), scale: [1, 2] }, 'merge.scale'],
  [{ method: 'slerp', t: 2 }, 'merge.t'],
  [{ method: 'replace', masks: { 'head/open/bias': 1 } }, 'merge.masks'],
])('%j is refused at %s', async (options, path) => {
  const own = declared();
  const refused = own.merge([declared()], options as never);
  await expect(refused).rejects.toMatchObject({ code: 'INVALID_OPTIONS', path: expect.stringContaining(path) });
});

test('masks and parameters that do not fit are named', async () => {
  const [own, other] = [declared(), declared()];
  const replace = (masks: Record<string, number[]>) => own.merge([other], { method: 'replace', masks });
  await expect(replace({ 'head/open/bias': [2] })).rejects.toMatchObject({
    code: 'INVALID_MASK',
    path: 'merge.masks.head/open/bias[0]',
  });
  await expect(replace({ 'head/open/bias': [1, 1] })).rejects.toMatchObject({
    code: 'INVALID_MASK',
    path: 'merge.masks.head/open/bias',
  });
  await expect(replace({ 'head/opens/bias': [1] })).rejects.toMatchObject({
    ...{ code: 'MERGE_MISMATCH', path: 'masks.head/opens/bias', suggestion: 'head/open/bias' },
  });
});

test('what is no project is refused, and a disposed one says so', async () => {
  const own = declared();
  const list = { code: 'INVALID_OPTIONS', path: 'merge.others' };
  await expect(own.merge([], { method: 'average' })).rejects.toMatchObject(list);
  await expect(own.merge({} as never, { method: 'average' })).rejects.toMatchObject(list);
  const one = { code: 'INVALID_OPTIONS', path: 'merge.others[1]', expected: 'a Project' };
  await expect(own.merge([own, {} as never], { method: 'average' })).rejects.toMatchObject(one);
  const gone = declared({ name: 'gone', standardise: false });
  gone.dispose();
  await expect(own.merge([gone], { method: 'average' })).rejects.toMatchObject({ code: 'DISPOSED', path: 'gone' });
});
