/** @file Files hold each task's head by itself: how heads are fused in memory is no part of them. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { binary, Project, vector } from '../../src/index.js';
import { freshFolder } from './saved-model.js';

const rows = [{ x: [1, 2, 3] }, { x: [-1, 0.5, 2] }];

/** Three tasks of a kind of one's own; `b` stands by itself in the layout unless its key is the others'. */
function declared(key: string) {
  const mine = (lossKey: string) => Object.freeze({ ...binary(), kind: 'mine', options: {}, lossKey });
  return new Project({
    name: 'heads',
    inputs: { x: vector({ size: 3 }) },
    tasks: { a: mine('one'), b: mine(key), c: mine('one') },
    backbone: ({ x }) => ({ features: x }),
  }).flow('full', (task, x) => [task.a(x.features), task.b(x.features), task.c(x.features)]);
}

test('a kind whose lossKey groups otherwise keeps its heads', async () => {
  const [apart, together] = [declared('two'), declared('one')];
  const folder = join(freshFolder(), 'model');
  await apart.save(folder);
  await together.load(folder);
  const options = { engine: 'cpu', probabilities: true } as const;
  const before = await apart.predict(rows, options);
  const marked = before.map((row) =>
    Object.fromEntries(Object.entries(row).map(([name, own]) => [name, { ...own, neverTrained: true }])),
  );
  expect(await together.predict(rows, options)).toEqual(marked); // it was saved before any fit
  expect(before[0]?.b).not.toEqual(before[0]?.c); // or swapped heads would not be seen
});
