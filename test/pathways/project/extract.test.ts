/** @file Extraction: a smaller project with only what some tasks need predicts the same. */
import { expect, test } from 'vitest';
import { binary, image, type PathwaySettings, Project, regression, tf, vector } from '../../../src/index.js';
import { normals } from '../../../src/random.js';
import { asked, quiet, rows, silent, three, thrownBy } from './ways.js';

const kinds: readonly (readonly [string, PathwaySettings | undefined])[] = [
  ['units of their own', { granularity: 'unit', sparsity: 0.7, method: 'random' }],
  ['single weights', { granularity: 'weight', sparsity: 0.8, method: 'random' }],
  ['units that read others', { granularity: 'unit', sparsity: 0.7, method: 'random', readsOthers: true }],
  ['no pathways', undefined],
];

test.each(kinds)('%s: one task, with what its condition asks about, predicts as in the whole', async (_, pathways) => {
  for (const batchNorm of [false, true]) {
    const project = three({ ...(pathways === undefined ? {} : { pathways }), batchNorm, hidden: [40, 32] });
    await project.fit(rows, quiet);
    const { project: small, report } = await project.extract(['round'], silent);
    expect(small.graph.root.members.map(({ name }) => name)).toEqual(['red', 'round']);
    const [was, now] = await Promise.all([
      project.predict(rows, { ...asked, probabilities: true }),
      small.predict(rows, { ...asked, probabilities: true }),
    ]);
    for (const [i, row] of now.entries()) {
      const own = row as unknown as (typeof was)[number]; // the compiler does not know which tasks are left
      expect(own.red?.value).toBe(was[i]?.red?.value);
      expect(Math.abs((own.red?.probability ?? 0) - (was[i]?.red?.probability ?? 1))).toBeLessThan(1e-5);
      expect(own.round?.value ?? null).toBe(was[i]?.round?.value ?? null);
    }
    if (pathways?.granularity === 'unit' && pathways.readsOthers !== true) {
      expect(report.parameters.after).toBeLessThan(0.5 * report.parameters.before);
    }
    expect(String(report)).toContain('2 tasks: red, round');
    small.dispose();
    project.dispose();
  }
});

test('a convolutional backbone shrinks to a pathway of filters', async () => {
  const project = new Project({
    name: 'spots',
    inputs: { picture: image({ height: 8, width: 8, channels: 2 }), x: vector({ size: 3 }) },
    tasks: { bright: binary(), sum: regression() },
    pathways: { granularity: 'unit', sparsity: 0.75, method: 'gradient' },
    backbone: ({ picture, x }) => {
      const stem = tf.layers.conv2d({ filters: 16, kernelSize: 3, padding: 'same', name: 'stem' }).apply(picture);
      const norm = tf.layers.batchNormalization({ name: 'norm' }).apply(stem);
      const relu = tf.layers.reLU().apply(norm);
      const next = tf.layers
        .conv2d({ filters: 16, kernelSize: 3, strides: 2, activation: 'relu', name: 'next' })
        .apply(relu);
      const flat = tf.layers.flatten().apply(tf.layers.maxPooling2d({ poolSize: 2 }).apply(next)) as tf.SymbolicTensor;
      const joined = tf.layers.concatenate().apply([flat, x]);
      return { features: tf.layers.dense({ units: 24, activation: 'relu', name: 'last' }).apply(joined) };
    },
  }).flow('all', (task, x) => [task.bright(x.features), task.sum(x.features)]);
  const many = Array.from({ length: 64 }, (_, i) => {
    const pixels = normals({ seed: 3, stream: 'spots', counter: i }, 131);
    const x = pixels.slice(128);
    return { picture: pixels.slice(0, 128), x, bright: (pixels[0] ?? 0) > 0, sum: x.reduce((a, b) => a + b, 0) };
  });
  await project.fit(many, quiet);
  const { project: small, report } = await project.extract(['sum'], silent);
  expect(report.parameters.after).toBeLessThan(0.2 * report.parameters.before);
  const was = await project.predict(many, asked);
  const now = (await small.predict(many, asked)) as unknown as typeof was; // as above
  for (const [i, { sum }] of now.entries()) expect(Math.abs(sum - (was[i]?.sum ?? 99))).toBeLessThan(1e-4);
  await small.fit(many, quiet); // it is a project as any other
});

test('a task that is not there is said', async () => {
  const project = three();
  expect(await thrownBy(() => project.extract(['rond'], silent))).toMatchObject({
    code: 'UNKNOWN_TASK',
    suggestion: 'round',
  });
  expect(await thrownBy(() => project.extract([], silent))).toMatchObject({ code: 'INVALID_OPTIONS' });
});

test('milliseconds are those of a prediction of the rows that are given, and of nothing without rows', async () => {
  const project = three({ pathways: { granularity: 'unit', sparsity: 0.7, method: 'random' } });
  await project.fit(rows, { ...quiet, epochs: 1 });
  const plain = await project.extract(['red'], silent);
  expect(plain.report.milliseconds).toBeNull();
  expect(String(plain.report)).not.toContain('milliseconds');
  const { project: small, report } = await project.extract(['red'], { ...asked, timeOn: rows });
  const { before, after } = report.milliseconds ?? { before: 0, after: 0 };
  expect(after).toBeGreaterThan(0);
  expect(before).toBeGreaterThan(0);
  expect(String(report)).toMatch(/^milliseconds {2}\d+\.?\d* -> \d+\.?\d* \(/m);
  for (const one of [plain.project, small, project]) one.dispose();
});

test('rows that can be read once cannot be timed', async () => {
  const project = three({ pathways: { granularity: 'unit', sparsity: 0.7, method: 'random' } });
  async function* flowing() {
    yield* rows;
  }
  const error = await thrownBy(() => project.extract(['red'], { ...asked, timeOn: flowing() }));
  expect(error).toMatchObject({ code: 'INVALID_OPTIONS', path: 'extract.timeOn' });
  const wrong = await thrownBy(() => project.extract(['red'], { ...asked, timeOn: [{ a: 1 }] as typeof rows }));
  expect(wrong.code).toBe('UNKNOWN_COLUMN');
  project.dispose();
});
