/** @file What a fit leaves behind on its way and at its end: the epoch's weights, the good ones, the first error. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { bindTable } from '../../src/data/bind.js';
import { tableFeed } from '../../src/data/feed.js';
import type { Engine, EngineState } from '../../src/engine/engine.js';
import { createEngine } from '../../src/engine/select.js';
import {
  adam,
  binary,
  type EpochRecord,
  HeadgateError,
  Project,
  regression,
  sgd,
  tf,
  vector,
} from '../../src/index.js';
import { buildNetwork } from '../../src/model/network.js';
import { layoutOf } from '../../src/tasks/layout.js';
import { type FitJob, train } from '../../src/train/fit.js';
import { releasing } from '../../src/train/releasing.js';
import type { Watcher } from '../../src/train/watchers/watcher.js';
import { asDeclared } from '../support/as-declared.js';

const tasks = { open: binary(), age: regression({ standardise: false }) };
const project = (layer: () => tf.layers.Layer = () => tf.layers.activation({ activation: 'linear' })) =>
  new Project({
    name: 'ends',
    inputs: { x: vector({ size: 2, standardise: false }) },
    tasks,
    backbone: ({ x }) => ({
      features: layer().apply(tf.layers.dense({ units: 3, activation: 'tanh' }).apply(x)) as tf.SymbolicTensor,
    }),
  }).flow('full', (task, x) => [task.open(x.features), task.age(x.features)]);
const table = Array.from({ length: 8 }, (_, i) => ({ x: [i / 4 - 1, 1 - i / 8], open: i % 3 === 0, age: i / 4 }));
const options = {
  ...asDeclared,
  engine: 'cpu',
  progress: false,
  batchSize: 3,
  optimizer: adam({ learningRate: 0.05 }),
} as const;

const weights = (model: tf.LayersModel): string[] =>
  model.getWeights().map((weight) => Buffer.from(new Float32Array(weight.dataSync()).buffer).toString('hex'));

async function failure(promise: Promise<unknown>): Promise<HeadgateError> {
  return promise.then(
    () => {
      throw new Error('nothing was thrown');
    },
    (error: HeadgateError) => error,
  );
}

for (const engine of ['cpu', 'onnx'] as const) {
  test(`${engine}: in onEpochEnd, predict, evaluate and save work with the weights of the epoch`, async () => {
    const own = project();
    const folder = mkdtempSync(path.join(tmpdir(), 'headgate-ends-'));
    const given = { ...options, engine };
    const seen: { record: EpochRecord; accuracy: number | null; predictions: unknown }[] = [];
    try {
      await own.fit(table, {
        ...given,
        epochs: 3,
        validation: table,
        onEpochEnd: async (record) => {
          const evaluation = await own.evaluate(table, { engine });
          seen.push({
            record,
            accuracy: evaluation.value('age', 'mean_absolute_error', 'given_truth'),
            predictions: await own.predict(table, { engine }),
          });
          if (record.epoch === 2) await own.save(folder);
        },
      });
      expect(seen.map(({ accuracy }) => accuracy)).toEqual(
        seen.map(({ record }) => record.validation?.metrics.age?.mean_absolute_error),
      );
      expect(new Set(seen.map(({ accuracy }) => accuracy)).size).toBe(3);
      const two = project();
      await two.fit(table, { ...given, epochs: 2 });
      const loaded = await project().load(folder);
      expect(weights(loaded.model)).toEqual(weights(two.model));
      expect(await loaded.predict(table, { engine })).toEqual(seen[1]?.predictions);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}

test('an epoch that is not finished is reported: its losses over the rows that it has seen', async () => {
  const controller = new AbortController();
  const stop: Watcher = {
    name: 'stop',
    on: (event) => event.kind === 'step' && event.total === 2 && controller.abort(),
  };
  const still = { ...options, optimizer: sgd({ learningRate: 0 }), seed: 4 };
  const own = project();
  const history = await own.fit(table, { ...still, epochs: 3, signal: controller.signal, watchers: [stop] });
  expect(history).toMatchObject({ ended: 'aborted', steps: 2, epochs: [], partial: { epoch: 1, steps: 2 } });
  expect(String(history)).toMatch(/^epoch 1\/3 {2}loss \d\.\d{4} {2}after 2 steps of it {2}\d\.\d s$/);
  // With a rate of 0, the same rows as an epoch of their own have the same losses.
  const rows: number[] = [];
  const { resolved } = own;
  for await (const { ids } of tableFeed(bindTable(table, layoutOf(resolved)), {
    batchSize: 3,
    seed: 4,
    mixesRows: false,
  }).batches(0, null)) {
    rows.push(...ids);
  }
  const seen = rows.slice(0, 6).map((row) => table[row] as (typeof table)[number]);
  const { epochs } = await own.fit(seen, { ...still, epochs: 1 });
  for (const task of ['open', 'age'] as const) {
    expect(history.partial?.tasks[task]).toBeCloseTo(epochs[0]?.tasks[task] ?? Number.NaN, 6);
  }
  expect((await project().fit(table, { ...options, epochs: 1 })).partial).toBeNull();
});

/** Reads data in inference, which a compiled step refuses, and not in training. */
class ReadsInInference extends tf.layers.Layer {
  static className = 'ReadsInInference';
  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: Record<string, unknown>): tf.Tensor {
    const input = [inputs].flat()[0] as tf.Tensor;
    if (kwargs.training !== true) input.dataSync();
    return input.mul(1);
  }
  override computeOutputShape(shape: tf.Shape): tf.Shape {
    return shape;
  }
}

test('a fallback goes on where the first engine stopped: no step is taken twice, none is lost', async () => {
  const own = project(() => new ReadsInInference());
  const steps: number[] = [];
  const watch: Watcher = { name: 'watch', on: (event) => event.kind === 'step' && steps.push(event.total) };
  const given = { ...options, epochs: 2, validation: table, seed: 1, onNote: () => {} } as const;
  const history = await own.fit(table, { ...given, engine: 'onnx', fallback: 'cpu', watchers: [watch] });
  const fallbacks = history.notes.filter(({ code }) => code === 'ENGINE_FALLBACK');
  expect(fallbacks.map(({ text }) => text.split(':')[0])).toEqual(['DATA_READ_IN_STEP']);
  expect(steps).toEqual([1, 2, 3, 4, 5, 6]);
  expect([history.ended, history.steps, history.epochs.length]).toEqual(['completed', 6, 2]);
  const alone = await project(() => new ReadsInInference()).fit(table, given);
  history.epochs.forEach(({ loss, validation }, i) => {
    expect(Math.abs(loss - (alone.epochs[i]?.loss ?? 0))).toBeLessThan(1e-5);
    expect(Math.abs((validation?.loss ?? 0) - (alone.epochs[i]?.validation?.loss ?? 1))).toBeLessThan(1e-5);
  });
});

test('weights that are not finite do not take the epochs before with them', async () => {
  const linear = () =>
    new Project({
      name: 'linear',
      inputs: { x: vector({ size: 2, standardise: false }) },
      tasks,
      backbone: ({ x }) => ({ features: tf.layers.dense({ units: 3 }).apply(x) as tf.SymbolicTensor }),
    }).flow('full', (task, x) => [task.open(x.features), task.age(x.features)]);
  const good = { x: [1, -1], age: 1, open: true };
  const steep = { x: [9e18, -9e18], age: 1, open: true }; // a finite loss; its gradient is none
  const own = linear();
  const given = { ...options, batchSize: 1, optimizer: sgd({ learningRate: 1e-3 }) };
  await own.fit([good], { ...given, epochs: 2 });
  const kept = weights(own.model);
  const error = await failure(
    own.fit([steep], { ...given, optimizer: sgd({ learningRate: 10 }), epochs: 3, continue: true }),
  );
  expect(error.code).toBe('NON_FINITE_WEIGHTS');
  expect(error.mend).toContain('The weights from before the fit were kept.');
  expect(weights(own.model)).toEqual(kept);

  // In a later epoch: those of the epoch before are kept, and the error says so.
  const later = linear();
  const rate = ({ epoch }: { epoch: number }): number => (epoch < 2 ? 0 : 10);
  const second = await failure(
    later.fit([{ ...steep, open: null }], { ...given, epochs: 4, optimizer: sgd({ learningRate: rate }) }),
  );
  expect(second.code).toBe('NON_FINITE_WEIGHTS');
  expect(second.mend).toContain('The weights of step 2 were kept.');
  expect(second.problem).toContain('by step 3 (epoch 3)');
});

/** Makes the weights NaN after the first step, and fails then where it is given an error. */
const ruin = (isRuined: boolean, error: Error | null): Watcher => ({
  name: 'ruin',
  on: async (event, fit) => {
    if (event.kind !== 'step' || event.total !== 1) return;
    if (isRuined) {
      const { tensors } = await fit.snapshot();
      const nan = Object.entries(tensors).flatMap(([name, { shape, data }]) =>
        name.startsWith('head/')
          ? [
              [
                name,
                { shape, dtype: 'float32' as const, data: new Float32Array(data.length).fill(Number.NaN) },
              ] as const,
            ]
          : [],
      );
      await fit.write(Object.fromEntries(nan));
    }
    if (error !== null) throw error;
  },
});

test('weights that are not finite replace the error of the loss that they ruined, and no other', async () => {
  const own = project();
  const before = weights(own.model);
  const ended = (isRuined: boolean, error: Error | null) =>
    failure(own.fit(table, { ...options, epochs: 2, watchers: [ruin(isRuined, error)] }));
  const mine = new Error('mine');
  expect(await ended(true, mine)).toBe(mine);
  expect(weights(own.model)).toEqual(before);
  expect((await ended(true, null)).code).toBe('NON_FINITE_WEIGHTS');
  expect(weights(own.model)).toEqual(before);
  // With finite weights it is the same error, and they are written.
  expect(await ended(false, mine)).toBe(mine);
  expect(weights(own.model)).not.toEqual(before);
});

test('releases run last first, each of them, and the first error is the one that is thrown', async () => {
  const order: string[] = [];
  const run = (fails: boolean) =>
    releasing(async (defer) => {
      defer(() => order.push('a'));
      defer(() => {
        order.push('b');
        throw new Error('of b');
      });
      defer(async () => order.push('c'));
      if (fails) throw new Error('of the body');
      return 1;
    });
  await expect(run(true)).rejects.toThrow('of the body');
  await expect(run(false)).rejects.toThrow('of b');
  expect(order).toEqual(['c', 'b', 'a', 'c', 'b', 'a']);
  expect(await releasing(async () => 7)).toBe(7);
});

/** An engine whose state cannot be read any more, and that counts what it holds. */
function failing(engine: Engine, held: { states: number; steps: number }, first: Error): Engine {
  return {
    ...engine,
    createState: async (values) => {
      const state = await engine.createState(values);
      held.states++;
      const broken: EngineState = {
        ...state,
        read: () => Promise.reject(new Error('the device is lost')),
        dispose: () => {
          held.states--;
          state.dispose();
        },
      };
      return broken;
    },
    compile: (step) => {
      const compiled = engine.compile(step);
      held.steps++;
      return {
        run: () => Promise.reject(first),
        dispose: () => {
          held.steps--;
          compiled.dispose();
        },
      };
    },
  };
}

test.each([
  new Error('the first error'),
  new HeadgateError({ code: 'NON_FINITE_LOSS', path: 'open', problem: 'of the first', mend: 'None.' }),
])('an engine that fails twice: the first error, everything given back, the end told to watchers', async (first) => {
  const { resolved, backbone } = project();
  const layout = layoutOf(resolved);
  const network = buildNetwork({ flow: resolved, layout, backbone, seed: 0 });
  const held = { states: 0, steps: 0 };
  const events: string[] = [];
  const job: FitJob = {
    network,
    layout,
    engine: failing(await createEngine('cpu'), held, first),
    feed: tableFeed(bindTable(table, layout), { batchSize: 3, seed: 0, mixesRows: false }),
    epochs: 1,
    optimizer: adam(),
    clipNorm: null,
    seed: 0,
    signal: null,
    watchers: [{ name: 'events', on: (event) => void events.push(event.kind) }],
  };
  const tensors = tf.memory().numTensors;
  expect(await failure(train(job))).toBe(first);
  expect(held).toEqual({ states: 0, steps: 0 });
  expect(tf.memory().numTensors).toBe(tensors);
  expect(events).toEqual(['begin', 'epochBegin', 'end']);
  network.dispose();
});

test('timers and signals get their turn also on an engine that computes in this thread', async () => {
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 20);
  const history = await project().fit(table, { ...options, epochs: 100_000, signal: controller.signal });
  expect(history.ended).toBe('aborted');
});

test('a watcher may stop a fit within an epoch, replace tensors, and copy the state', async () => {
  const own = project();
  const zero: Watcher = {
    name: 'zero',
    on: async (event, fit) => {
      if (event.kind !== 'step' || event.total !== 2) return;
      const { tensors } = await fit.snapshot();
      const bias = Object.keys(tensors).filter((name) => name.startsWith('head/') && name.endsWith('bias'));
      await fit.write(
        Object.fromEntries(
          bias.map((name) => {
            const { shape = [] } = tensors[name] ?? {};
            return [name, { shape, dtype: 'float32' as const, data: new Float32Array(shape[0] ?? 0) }];
          }),
        ),
      );
      fit.stop('stopped');
    },
  };
  const history = await own.fit(table, { ...options, epochs: 5, watchers: [zero] });
  expect(history).toMatchObject({ ended: 'stopped', steps: 2, partial: { steps: 2 } });
  const biases = own.model.layers.flatMap((layer) => (layer.name.startsWith('head_') ? [layer.getWeights()[1]] : []));
  expect(biases.flatMap((bias) => [...(bias?.dataSync() ?? [1])])).toEqual([0, 0]);
});
