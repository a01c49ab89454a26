/** @file A class is added to a trained task: what was learnt of the others stays, to the bit. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { classification, multilabel, Project, tf, vector } from '../../../src/index.js';
import { normals } from '../../../src/random.js';
import { asked, quiet, silent, thrownBy } from './ways.js';

const size = 6;
const all = ['a', 'b', 'c', 'd'] as const;
type Class = (typeof all)[number];

/** Clusters of four classes, and which of them are near. */
const rows = Array.from({ length: 240 }, (_, i) => {
  const kind = all[i % 4] ?? 'a';
  const x = normals({ seed: 9, stream: 'classes', counter: i }, size).map((v, j) => (j === i % 4 ? 2 : 0) + 0.4 * v);
  const traits = all.filter((_name, j) => (x[j] ?? 0) > 1);
  return { x, kind, traits };
});
const first = rows
  .filter(({ kind }) => kind !== 'd')
  .map((row) => ({ ...row, traits: row.traits.filter((name) => name !== 'd') }));

function declared<const K extends Class>(kinds: readonly K[], traits: readonly Class[], balanced = false) {
  return new Project({
    name: 'classes',
    inputs: { x: vector({ size }) },
    tasks: {
      kind: classification({ classes: kinds, ...(balanced ? { classWeights: 'balanced' as const } : {}) }),
      traits: multilabel({ classes: traits }),
    },
    backbone: ({ x }) => ({
      features: tf.layers.dense({ units: 24, name: 'hidden', activation: 'relu' }).apply(x),
    }),
  }).flow('all', (task, x) => [task.kind(x.features), task.traits(x.features)]);
}

/** Logits by task, a column a class, by name. */
function logitsOf(project: { readonly model: tf.LayersModel }, names: readonly (readonly string[])[]) {
  const x = tf.tensor2d(rows.map((row) => [...row.x]));
  const outputs = [project.model.predict(x)].flat() as tf.Tensor[]; // of one input
  return names.map((own, i) => {
    const values = outputs[i]?.dataSync() ?? [];
    return new Map(own.map((name, j) => [name, rows.map((_, row) => values[row * own.length + j])]));
  });
}

test.each<[string, readonly Class[]]>([
  ['at the end', ['a', 'b', 'c', 'd']],
  ['anywhere, in another order', ['d', 'c', 'a', 'b']],
])(
  'a class that is new %s: the logits of the others are the same to the bit, and it can be trained',
  async (_, order) => {
    const folder = await mkdtemp(join(tmpdir(), 'headgate-'));
    try {
      const old = declared(['a', 'b', 'c'], ['a', 'b', 'c'], true);
      await old.fit(first, { ...quiet, epochs: 6 });
      await old.tune(first, { ...asked, metric: { traits: 'f1_score' } });
      await old.save(join(folder, 'model'), silent);
      const was = logitsOf(old, [
        ['a', 'b', 'c'],
        ['a', 'b', 'c'],
      ]);
      for (const from of [old, join(folder, 'model')]) {
        const grown = declared(order, order, true);
        const drawn = grown.weights();
        await grown.adopt(from, silent);
        const now = logitsOf(grown, [order, order]);
        for (const [i, task] of ['kind', 'traits'].entries()) {
          for (const name of ['a', 'b', 'c']) expect(now[i]?.get(name)).toEqual(was[i]?.get(name));
          const [kernel, bias] = [grown.weights()[`head/${task}/kernel`], grown.weights()[`head/${task}/bias`]];
          const place = order.indexOf('d');
          kernel?.data.forEach((value, at) => {
            if (at % 4 === place) expect(value).toBe(drawn[`head/${task}/kernel`]?.data[at]);
          });
          expect(bias?.data[place]).toBe(Math.min(...(old.weights()[`head/${task}/bias`]?.data ?? [])));
        }
        const [mine, theirs] = [grown.thresholds.get('traits'), old.thresholds.get('traits')];
        expect(order.map((name, i) => (name === 'd' ? null : mine?.[i]))).toEqual(
          order.map((name) => (name === 'd' ? null : theirs?.[['a', 'b', 'c'].indexOf(name)])),
        );
        expect(mine?.[order.indexOf('d')]).toBe(0.5);
        if (from !== old) continue; // it is the same project
        const backbone = grown.weights()['backbone/hidden/kernel'];
        await grown.fitTasks(['kind'], rows, { ...quiet, epochs: 90 });
        expect(grown.weights()['backbone/hidden/kernel']).toEqual(backbone);
        const evaluation = await grown.evaluate(rows, asked);
        expect(evaluation.value('kind', 'accuracy', 'given_truth')).toBeGreaterThan(0.9);
        const found = await grown.predict(rows, asked);
        const right = found.filter(({ kind }, i) => kind === 'd' && rows[i]?.kind === 'd').length;
        expect(right / rows.filter(({ kind }) => kind === 'd').length).toBeGreaterThan(0.8);
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  },
);

test.each(['kind', 'traits'] as const)(
  '%s: a class more is trained alone: the other task and the backbone stay to the bit',
  async (trained) => {
    const other = trained === 'kind' ? 'traits' : 'kind';
    const three = ['a', 'b', 'c'] as const;
    const old = declared(three, three);
    await old.fit(first, { ...quiet, epochs: 4 });
    const was = logitsOf(old, [three, three]);
    const grown = declared(trained === 'kind' ? all : three, trained === 'traits' ? all : three);
    await grown.adopt(old, silent);
    const order = [trained === 'kind' ? all : three, trained === 'traits' ? all : three];
    const now = logitsOf(grown, order);
    for (const i of [0, 1]) for (const name of three) expect(now[i]?.get(name)).toEqual(was[i]?.get(name));
    const before = grown.weights();
    // labels of the class that the other task does not know are left out
    const labelled = rows.map(({ x, kind, traits }) => ({
      x,
      kind: trained === 'traits' && kind === 'd' ? null : kind,
      traits: trained === 'kind' ? traits.filter((name) => name !== 'd') : traits,
    }));
    await grown.fitTasks([trained], labelled, { ...quiet, epochs: 40 });
    const after = grown.weights();
    for (const [name, { data }] of Object.entries(before)) {
      const isOwn = name.startsWith(`head/${trained}/`);
      expect(
        data.some((value, i) => !Object.is(value, after[name]?.data[i])),
        name,
      ).toBe(isOwn);
    }
    const place = ['kind', 'traits'].indexOf(other);
    const then = logitsOf(grown, order);
    for (const name of three) expect(then[place]?.get(name)).toEqual(was[place]?.get(name));
    // and the new class was learnt
    const predictions = await grown.predict(rows, asked);
    const isNew = (value: unknown): boolean =>
      typeof value === 'string' ? value === 'd' : typeof value === 'object' && Reflect.get(value ?? {}, 'd') === true;
    const truths = rows.map(({ kind, traits }) => (trained === 'kind' ? kind === 'd' : traits.includes('d')));
    const right = predictions.filter((one, i) => isNew(one[trained]) === truths[i]).length;
    expect(right / rows.length).toBeGreaterThan(0.85);
    expect(truths.filter(Boolean).length / rows.length).toBeGreaterThan(0.2);
    for (const project of [old, grown]) project.dispose();
  },
);

test('a class that is not declared here is named, and nothing is taken over', async () => {
  const old = declared(['a', 'b', 'c'], ['a', 'b', 'c']);
  await old.fit(first, { ...quiet, epochs: 1 });
  const other = declared(['a', 'b', 'd'], ['a', 'b', 'c']);
  const before = other.weights();
  expect(await thrownBy(() => other.adopt(old, silent))).toMatchObject({
    code: 'FLOW_MISMATCH',
    path: 'kind.classes',
    problem: 'the class "c" that the other project has learnt is not declared here; nothing was taken over',
  });
  const fewer = declared(['a', 'b', 'c'], ['a', 'b']);
  expect(await thrownBy(() => fewer.adopt(old, silent))).toMatchObject({ path: 'traits.classes' });
  expect(other.weights()).toEqual(before);
});
