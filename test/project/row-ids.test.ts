/** @file Results and errors name a row by its number in the data that it was first read from, whatever was chosen since. */
import { expect, test } from 'vitest';
import { HeadgateError, Project, regression, sgd, Table, tableSource, tf, vector } from '../../src/index.js';
import { asDeclared } from '../support/as-declared.js';

const engine = 'cpu' as const;

/** Predicts `x` times `slope`. */
function scaling(slope: number) {
  const project = new Project({
    name: 'ids',
    inputs: { x: vector({ columns: ['x'], standardise: false }) },
    tasks: { y: regression({ standardise: false }), z: regression({ standardise: false }) },
    backbone: ({ x }) => ({ features: x }),
  }).flow('full', (task, x) => [task.y(x.features), task.z(x.features)]);
  const kernel = project.model.layers.find((layer) => layer.getClassName() === 'Dense');
  tf.tidy(() => kernel?.setWeights([tf.tensor2d([slope, slope], [1, 2]), tf.zeros([2])]));
  return project;
}

/** Row i: x = i / 1000, and y is off by 1 in row 17 and by 2 in row 481, z in row 333. */
const table = Table.fromColumns({
  x: Array.from({ length: 500 }, (_, i) => i / 1000),
  y: Array.from({ length: 500 }, (_, i) => i / 1000 + (i === 17 ? 1 : i === 481 ? 2 : 0)),
  z: Array.from({ length: 500 }, (_, i) => (i % 2 === 0 ? null : i / 1000 + (i === 333 ? 3 : 0))),
});
const shuffled = table.split({ all: 1 }, { seed: 3 }).all;

async function failure(run: () => Promise<unknown>): Promise<HeadgateError> {
  const error: unknown = await run().catch((cause: unknown) => cause);
  if (error instanceof HeadgateError) return error;
  throw new Error(`expected a HeadgateError, got ${String(error)}`);
}

test('interpret names the rows of the table, not their places in a part of a split', async () => {
  const project = scaling(1);
  const odd = shuffled.filter((row) => Number(row.x) > 0.01);
  expect(odd.ids.indexOf(481)).not.toBe(481);
  for (const data of [table, shuffled, odd, tableSource(table, { chunkRows: 7 })]) {
    const found = await project.interpret(data, { engine, top: 2 });
    expect(found.task('y').worst.map(({ row, loss }) => [row, Math.round(1000 * loss) / 1000])).toEqual([
      [481, 4],
      [17, 1],
    ]);
    expect(found.task('z').worst[0]).toMatchObject({ row: 333, label: 3.333 });
    expect(found.overall.worst.map(({ row }) => row)).toEqual([333, 481]);
  }
  project.dispose();
});

test('explain says both, the place and the row, where they differ', async () => {
  const project = scaling(1);
  const some = table.select([4, 1, 481]);
  const heads = (text: string): string[] => text.match(/inp .*/g) ?? [];
  expect(heads(await project.explain(some, { engine }))).toEqual([
    'inp 0 (row 4 of its source)',
    'inp 1',
    'inp 2 (row 481 of its source)',
  ]);
  expect(heads(await project.explain(tableSource(table), { engine }))).toEqual(
    Array.from({ length: 500 }, (_, i) => `inp ${i}`),
  );
  project.dispose();
});

test('a loss that is not finite names the rows of its batch in the table', async () => {
  const project = scaling(1);
  const poisoned = table.with(
    'y',
    Array.from({ length: 500 }, (_, i) => (i === 217 ? 3e38 : 0)),
  );
  const part = poisoned.select([40, 217, 9]);
  const options = {
    ...asDeclared,
    engine,
    batchSize: 1,
    epochs: 1,
    optimizer: sgd({ learningRate: 0 }),
    progress: false,
  } as const;
  for (const data of [part, part.split({ all: 1 }, { seed: 1 }).all]) {
    const { code, path, problem } = await failure(() => project.fit(data, options));
    expect([code, path]).toEqual(['NON_FINITE_LOSS', 'y']);
    expect(problem).toContain('(rows 217)');
  }
  const { problem } = await failure(() => project.fit(tableSource(poisoned, { chunkRows: 9 }), options));
  expect(problem).toContain('(rows 217)');
  project.dispose();
});

test('a score that is not finite names its row, also beyond the first call of the engine', async () => {
  const project = scaling(1e30);
  const wild = table.with(
    'x',
    Array.from({ length: 500 }, (_, i) => (i === 407 ? 3e38 : 0)),
  );
  const part = wild.select([407, 3]);
  for (const data of [wild, wild.split({ all: 1 }, { seed: 2 }).all, part, tableSource(wild, { chunkRows: 7 })]) {
    for (const run of [
      () => project.evaluate(data, { engine }),
      () => project.interpret(data, { engine }),
      () => project.explain(data, { engine }),
    ]) {
      expect(await failure(run)).toMatchObject({ code: 'NON_FINITE_SCORE', path: 'y, row 407' });
    }
  }
  project.dispose();
});
