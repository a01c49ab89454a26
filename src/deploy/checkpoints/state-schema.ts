/** @file What the JSON of a checkpoint must be. Numbers may be any: a loss of an epoch can be infinite. */
import { z } from 'zod';
import type { Json } from '../../flow/graph.js';

const real = z.custom<number>((value) => typeof value === 'number', 'must be a number');
const count = z.number().int().nonnegative();
/** It comes of JSON; its numbers may be any, too. */
const json = z.custom<Json>((value) => value !== undefined, 'must be there');
const byTask = z.record(z.string(), real.nullable());
const metrics = z.record(z.string(), byTask);

const validation = z.strictObject({
  loss: real,
  tasks: byTask,
  metrics,
  endToEnd: metrics.exactOptional(),
});

const skipped = z.strictObject({ steps: count, path: z.string(), problem: z.string() });

const record = z.strictObject({
  epoch: count,
  loss: real,
  tasks: byTask,
  penalty: real,
  weights: z.record(z.string(), real),
  learningRate: real,
  seconds: real,
  dataWait: real,
  skipped: skipped.exactOptional(),
  validation: validation.nullable(),
});

const running = z.strictObject({
  sums: z.strictObject({ sums: z.array(real), counts: z.array(real), total: real, penalty: real, batches: count }),
  seconds: real,
  waited: real.exactOptional(),
  stepped: real.exactOptional(),
  learningRate: real,
});

export const stateSchema = z.strictObject({
  cursor: z.strictObject({ epoch: count, step: count, mark: json }),
  steps: count,
  running,
  records: z.array(record),
  startedAnew: z.array(z.string()),
  best: z.strictObject({ epoch: count, monitor: z.string(), value: real }).nullable(),
  watchers: z.record(z.string(), json),
  run: z.strictObject({
    optimizer: z.string(),
    seed: z.number().int(),
    rows: count.nullable(),
    batchSize: count,
    accumulate: count.exactOptional(),
  }),
  asked: z.literal('stopped').exactOptional(),
  skipping: z.strictObject({ rateFactor: real, inRow: count, ofEpoch: skipped.nullable() }).exactOptional(),
  facts: z.record(z.string(), z.string()),
});
