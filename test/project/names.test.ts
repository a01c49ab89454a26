/** @file Names of any script, and names that layers have: through every verb that writes or reads them. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { binary, Project, regression, tf, vector } from '../../src/index.js';

const engine = 'cpu' as const;
const onNote = () => {};

test('tasks, inputs, flows and projects of any script: fit, save, load, predict', async () => {
  const declared = () =>
    new Project({
      name: 'Maße',
      inputs: { 入力: vector({ size: 2 }), _x: vector({ size: 1 }) },
      tasks: { größe: regression(), _да: binary(), 出力: binary() },
      onNote,
    }).flow('fluß', (task, x) => {
      const yes = task._да(x.features);
      return [yes, task.größe(x.features).given(yes), task.出力(x.features)];
    });
  const rows = Array.from({ length: 4 }, (_, i) => ({ 入力: [i, 1], _x: i, größe: i, _да: i > 1 }));
  const folder = await mkdtemp(join(tmpdir(), 'headgate-'));
  try {
    const project = declared();
    await project.fit(rows, { engine, epochs: 2, progress: false });
    await project.save(join(folder, 'model'));
    const loaded = await declared().load(join(folder, 'model'));
    const [own, other] = await Promise.all([project, loaded].map((one) => one.predict(rows, { engine })));
    expect(other).toEqual(own);
    expect(Object.keys(own?.[0] ?? {})).toEqual(['_да', 'größe', '出力']);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('a project named as its input; a layer named as a head would be', async () => {
  const project = new Project({
    name: 'x',
    inputs: { x: vector({ size: 1 }) },
    tasks: { open: binary(), head_x: binary() },
    backbone: ({ x }) => {
      const hidden = tf.layers.dense({ units: 2, name: 'hidden' }).apply(x);
      return { features: tf.layers.dense({ units: 2, name: 'head_features' }).apply(hidden) as tf.SymbolicTensor };
    },
    onNote,
  }).flow('full', (task, { features }) => [task.open(features), task.head_x(features)]);
  const rows = [{ x: 1, open: true, head_x: false }];
  await project.fit(rows, { engine, epochs: 1, progress: false });
  expect(Object.keys((await project.predict(rows, { engine }))[0] ?? {})).toEqual(['open', 'head_x']);
});

test('a variable that somebody else disposed: said, with its name', async () => {
  const stem = tf.layers.dense({ units: 2 });
  const project = new Project({
    name: 'gone',
    inputs: { x: vector({ size: 1 }) },
    tasks: { open: binary() },
    backbone: ({ x }) => ({ features: stem.apply(x) as tf.SymbolicTensor }),
    onNote,
  }).flow('full', (task, x) => [task.open(x.features)]);
  await project.predict([{ x: 1 }], { engine });
  stem.dispose();
  const gone = { code: 'DISPOSED', path: expect.stringMatching(/^backbone\/.*kernel$/) };
  await expect(project.predict([{ x: 1 }], { engine })).rejects.toMatchObject(gone);
  await expect(project.fit([{ x: 1, open: true }], { engine })).rejects.toMatchObject(gone);
  await expect(project.save('/nowhere/at/all')).rejects.toMatchObject(gone);
});
