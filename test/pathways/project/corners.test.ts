/** @file Pathways where they meet other verbs: together and apart, while others read, in the graph, in memory. */
import { expect, test } from 'vitest';
import { type PathwaySettings, sgd, tf } from '../../../src/index.js';
import { asked, paths, quiet, rows, silent, three, thrownBy } from './ways.js';

const kinds: readonly (readonly [string, PathwaySettings])[] = [
  ['units', { granularity: 'unit', sparsity: 0.7, method: 'random' }],
  ['weights', { granularity: 'weight', sparsity: 0.7, method: 'random' }],
];

test.each(kinds)('%s of their own: trained together, pathways become what each becomes alone', async (_, pathways) => {
  const optimizer = sgd({ learningRate: 0.1, momentum: 0.5 });
  const options = { ...quiet, epochs: 2, optimizer, batchSize: 16 };
  const start = async () => {
    const project = three({ pathways });
    await project.pathways.assign(asked);
    return project;
  };
  const together = await start();
  await together.fit(rows, options);
  for (const path of paths) {
    const alone = await start();
    await alone.fitTasks([path], rows, options);
    const [joint, apart] = [together.weights(), alone.weights()];
    for (const name of Object.keys(apart)) {
      const seen = alone.pathways.seenBy(path, name);
      const isHead = name.startsWith('head/');
      if (isHead && !name.startsWith(`head/${path}/`)) continue;
      apart[name]?.data.forEach((value, i) => {
        if (seen !== null && seen[i] === 0) return;
        expect(Math.abs(value - (joint[name]?.data[i] ?? 99)), `${path}: ${name}[${i}]`).toBeLessThan(2e-5);
      });
    }
  }
});

test.each(kinds)('%s: the same seed gives the same bytes; engines agree', async (_, pathways) => {
  const trained = async (engine: 'cpu' | 'onnx') => {
    // A unit without weights would stand exactly where relu bends, and rounding would decide.
    const dense = { ...pathways, sparsity: 0.5, exclusive: false, method: 'magnitude' } as const;
    const project = three({ pathways: dense, batchNorm: true });
    await project.fit(rows, { ...quiet, engine, optimizer: sgd({ learningRate: 0.02 }) });
    return project.weights();
  };
  const [first, second, onnx] = [await trained('cpu'), await trained('cpu'), await trained('onnx')];
  expect(second).toEqual(first);
  for (const [name, { data }] of Object.entries(onnx)) {
    data.forEach((value, i) => void expect(Math.abs(value - (first[name]?.data[i] ?? 99)), name).toBeLessThan(1e-3));
  }
});

test('who reads while pathways are assigned reads what was there before, or what is there after', async () => {
  const project = three();
  await project.fit(rows, quiet);
  const before = await project.predict(rows, asked);
  const during = project.predict(rows, asked);
  const assigning = project.pathways.assign({ method: 'magnitude', sparsity: 0.7, ...asked });
  expect((await thrownBy(() => project.fit(rows, quiet))).code).toBe('PROJECT_BUSY');
  await assigning;
  expect(await during).toEqual(before);
  expect(await project.predict(rows, asked)).not.toEqual(before);
});

test('masks stand once in the graph, and a graph without pathways has none', async () => {
  const count = (text: string): number => new Set([...text.matchAll(/mask\/[\w/]+/g)].map(([name]) => name)).size;
  expect(count(await three().explainGraph())).toBe(0);
  const project = three();
  await project.pathways.assign({ method: 'random', sparsity: 0.7, ...asked });
  const text = await project.explainGraph();
  expect(count(text)).toBe(3); // of two kernels, and of the head's rows
});

test('no verb leaves a tensor behind', async () => {
  const before = tf.memory().numTensors;
  const project = three({ batchNorm: true });
  await project.fit(rows, quiet);
  await project.predict(rows, asked);
  await project.pathways.assign({ method: 'gradient', sparsity: 0.7, granularity: 'weight', data: rows, ...asked });
  await project.predict(rows, asked);
  const assigned = tf.memory().numTensors;
  await project.fitTasks(['size'], rows, quiet);
  await project.pathways.report(rows, asked);
  await project.predict(rows, asked);
  expect(tf.memory().numTensors).toBe(assigned);
  await project.pathways.remove('size');
  await project.predict(rows, asked);
  expect(tf.memory().numTensors).toBeLessThan(assigned);
  project.dispose();
  expect(tf.memory().numTensors).toBe(before);
});

test('the best weights are kept under masks, and a continued fit goes on to the bit', async () => {
  const pathways: PathwaySettings = { granularity: 'unit', sparsity: 0.7, method: 'random' };
  const options = { ...quiet, optimizer: sgd({ learningRate: 0.05, momentum: 0.9 }), validation: rows };
  const [whole, halves] = [three({ pathways }), three({ pathways })];
  await whole.fit(rows, { ...options, epochs: 4, keep: 'last' });
  await halves.fit(rows, { ...options, epochs: 2, keep: 'last' });
  await halves.fit(rows, { ...options, epochs: 2, keep: 'last', continue: true });
  expect(halves.weights()).toEqual(whole.weights());
  const best = three({ pathways });
  const history = await best.fit(rows, { ...options, epochs: 4 });
  expect(history.kept).not.toBeNull();
  const mask = best.pathways.seenBy('red', 'backbone/layer2/kernel');
  const others = ['round', 'size'].map((name) => best.pathways.seenBy(name, 'backbone/layer2/kernel'));
  best.weights()['backbone/layer2/kernel']?.data.forEach((value, i) => {
    if (mask?.[i] === 0 && others.every((other) => other?.[i] === 0)) expect(value).toBe(0);
  });
});

test('the declaration shows pathways: in the print and in the JSON', async () => {
  const project = three({ pathways: { sparsity: 0.5 } });
  expect(project.graph.pathways).toEqual({ sparsity: 0.5 });
  const named = three().flow('named', (task, x) => [task.red(x.features).via('colour'), task.all(x).via('rest')]);
  expect(String(named)).toContain('red (binary) via colour');
  expect(named.resolved.tasks.map(({ path, pathway }) => [path, pathway])).toEqual([
    ['red', 'colour'],
    ['all.red', 'rest'],
    ['all.round', 'rest'],
    ['all.size', 'rest'],
  ]);
  await named.pathways.assign({ method: 'random', sparsity: 0.5, ...silent, engine: 'cpu' });
  expect(named.pathways.list.map(({ name, tasks }) => [name, tasks.length])).toEqual([
    ['colour', 1],
    ['rest', 3],
  ]);
});
