/** @file A verb that reads a source holds a few chunks of it, never all. Rows are counted, not bytes. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { binary, type Chunk, Project, type Source, Table, vector } from '../../../src/index.js';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

const engine = 'cpu' as const;
const ROWS = 100_000;
const CHUNK = 2000;

/** Two numbers a row and a label; chunks are made when asked for, and counted for as long as they are alive. */
function counted() {
  const alive = new Set<WeakRef<Table>>();
  const seen = { chunks: 0, most: 0, readings: 0 };
  const source: Source = {
    rows: ROWS,
    columns: null,
    rowsAt: null,
    async *read(order, from): AsyncGenerator<Chunk> {
      seen.readings++;
      const start = Number(from ?? 0);
      for (let at = start; at < ROWS; at += CHUNK) {
        const ids = Uint32Array.from({ length: CHUNK }, (_, i) => at + i);
        const table = Table.fromColumns({
          a: Float64Array.from(ids, (id) => Math.sin(id)),
          b: Float64Array.from(ids, (id) => (id % 11) / 11),
          open: Array.from(ids, (id) => Math.sin(id) > 0.1),
        });
        alive.add(new WeakRef(table));
        seen.chunks++;
        if (seen.chunks % 10 === 0) {
          await new Promise((resolve) => setImmediate(resolve)); // what nobody holds can be collected only between turns
          collectGarbage();
          for (const one of alive) if (one.deref() === undefined) alive.delete(one);
          seen.most = Math.max(seen.most, alive.size);
        }
        expect(order === null || order.seed === 0).toBe(true);
        yield { table, ids, mark: at + CHUNK };
      }
    },
  };
  return { source, seen };
}

function declared() {
  return new Project({
    name: 'many',
    inputs: { x: vector({ columns: ['a', 'b'] }) },
    tasks: { open: binary() },
    backbone: ({ x }) => ({ features: x }),
  }).flow('full', (task, x) => [task.open(x.features)]);
}

/** Two that the reader holds, the one that is being made, and one for the collector. */
const FEW = 4;

test('fit with validation, evaluate, tune and predict: 100,000 rows, and few chunks of them at any time', async () => {
  const project = declared();
  const train = counted();
  const validation = counted();
  const history = await project.fit(train.source, {
    ...{ engine, epochs: 1, batchSize: 1000, progress: false, validation: validation.source },
  });
  expect([history.steps, history.epochs.length]).toEqual([100, 1]);
  // Once to learn what the rows are like, once for the epoch.
  expect(train.seen).toMatchObject({ chunks: (2 * ROWS) / CHUNK, readings: 2 });
  expect(validation.seen).toMatchObject({ chunks: ROWS / CHUNK, readings: 1 });
  const test = counted();
  const evaluation = await project.evaluate(test.source, { engine });
  expect(evaluation.rows.find(({ metric_name }) => metric_name === 'accuracy')?.num_samples).toBe(ROWS);
  const tuned = counted();
  await project.tune(tuned.source, { engine });
  const predicted = counted();
  let rows = 0;
  for await (const { open } of project.predict(predicted.source, { engine })) rows += typeof open === 'boolean' ? 1 : 0;
  expect(rows).toBe(ROWS);
  for (const { seen } of [train, validation, test, tuned, predicted]) expect(seen.most).toBeLessThanOrEqual(FEW);
  project.dispose();
});
