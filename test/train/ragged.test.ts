/** @file A training step on ragged rows: against a naive reference, and what padded positions may not change. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { HostTensors } from '../../src/engine/engine.js';
import { resolveFlow } from '../../src/flow/resolve.js';
import { adam, sgd, tf } from '../../src/index.js';
import type { Backbone } from '../../src/model/network.js';
import { naiveLoss } from '../support/naive-loss.js';
import {
  instancesOf,
  type RaggedRow,
  type RandomRagged,
  raggedInputs,
  raggedRows,
  randomRagged,
  SHAPE,
} from '../support/random-ragged.js';
import { bench, bytes } from '../support/training.js';

type Matrix = number[][];

const applied = (layer: tf.layers.Layer, ...x: tf.SymbolicTensor[]): tf.SymbolicTensor =>
  layer.apply(x.length === 1 ? (x[0] as tf.SymbolicTensor) : x) as tf.SymbolicTensor; // one output

/** A token is its own numbers, a sentence those of its tokens, a row those of its sentences: 0 where nothing is there. */
const masked: Backbone = ({ x, present }) => {
  const column = applied(tf.layers.reshape({ targetShape: [...SHAPE, 1] }), present as tf.SymbolicTensor);
  const wide = applied(tf.layers.concatenate(), column, column, column);
  const tokens = applied(tf.layers.multiply(), x as tf.SymbolicTensor, wide);
  const sentences = applied(tf.layers.reshape({ targetShape: [SHAPE[0], SHAPE[1] * 3] }), tokens);
  const rows = applied(tf.layers.flatten(), tokens);
  const features = Object.entries({ 0: rows, 1: sentences, 2: tokens });
  return Object.fromEntries(
    features.flatMap(([level, one]) => [
      [`left${level}`, one],
      [`right${level}`, one],
    ]),
  );
};

/** What the network gives a head at a position: what `masked` says, by loops of its own. */
function featureAt({ x }: RaggedRow, places: readonly number[]): number[] {
  const [sentence, token] = places;
  if (sentence === undefined)
    return Array.from({ length: SHAPE[0] }, (_, s) => featureAt({ x, labels: {} }, [s])).flat();
  if (token !== undefined) return [...(x[sentence]?.[token] ?? [])];
  return Array.from({ length: SHAPE[1] }, (_, t) => x[sentence]?.[t] ?? [0, 0, 0]).flat();
}

function matrix(values: HostTensors, name: string): Matrix {
  const { data, shape } = values[name] as HostTensors[string];
  const columns = shape.at(-1) ?? 1;
  return Array.from({ length: data.length / columns }, (_, i) =>
    Array.from(data.subarray(i * columns, (i + 1) * columns)),
  );
}

const asRecords = (rows: readonly RaggedRow[]) => rows.map(({ x, labels }) => ({ x, ...labels }));

/** Every head moves by the naive gradient at the positions that are there. */
async function expectNaiveStep(ragged: RandomRagged, count: number, seed: number, engine: 'cpu' | 'onnx' | 'wasm') {
  const { random, flat, levels } = ragged;
  const rows = raggedRows(ragged, count, seed);
  const run = await bench({ flow: random.flow, backbone: masked, optimizer: sgd(), learningRate: 1, seed, engine });
  const before = await run.state.read();
  await run.step(asRecords(rows));
  const after = await run.state.read();
  const weights = new Map(random.flow.tasks.map((task) => [task.path, task.kind.weight]));
  let counted = 0;
  for (const level of [0, 1, 2] as const) {
    const instances = instancesOf(rows, levels, level);
    const features = instances.map(({ row, places }) => featureAt(rows[row] as RaggedRow, places));
    const columns = new Map(
      run.layout.groups.flatMap((group) =>
        group.slots.map(({ task }, k) => [task.path, { ...group, first: group.unitOffset + k * group.units }] as const),
      ),
    );
    const logits = new Map<string, Matrix>();
    for (const [path, own] of columns) {
      logits.set(
        path,
        features.map(() => [0, 0, 0]),
      ); // of the other levels: nobody looks at their gradients
      if (levels.get(path) !== level) continue;
      const kernel = matrix(before, `head/${own.feature}/kernel`);
      const unit = (x: readonly number[], j: number): number =>
        x.reduce((sum, value, k) => sum + value * (kernel[k]?.[own.first + j] ?? Number.NaN), 0);
      logits.set(
        path,
        features.map((x) => Array.from({ length: own.units }, (_, j) => unit(x, j))),
      );
    }
    const { gradients, tasks } = naiveLoss(
      flat,
      weights,
      instances.map(({ labels }) => labels),
      logits,
    );
    for (const path of logits.keys()) {
      if (levels.get(path) !== level) continue;
      counted += tasks.get(path)?.count ?? 0;
      const own = columns.get(path);
      const slopes = gradients.get(path) ?? [];
      if (own === undefined) throw new Error(path);
      const moved = (name: string, row: number, unit: number): number =>
        (matrix(before, name)[row]?.[own.first + unit] ?? Number.NaN) -
        (matrix(after, name)[row]?.[own.first + unit] ?? Number.NaN);
      const expectNear = (actual: number, expected: number): void => {
        expect(Math.abs(actual - expected), path).toBeLessThan(1e-4 * (1 + Math.abs(expected)));
      };
      for (let unit = 0; unit < own.units; unit++) {
        const sum = (factor: (i: number) => number): number =>
          slopes.reduce((all, slope, i) => all + (slope[unit] ?? 0) * factor(i), 0);
        expectNear(
          moved(`head/${own.feature}/bias`, 0, unit),
          sum(() => 1),
        );
        for (let k = 0; k < (features[0]?.length ?? 0); k++) {
          expectNear(
            moved(`head/${own.feature}/kernel`, k, unit),
            sum((i) => features[i]?.[k] ?? 0),
          );
        }
      }
    }
  }
  run.state.dispose();
  await run.engine.dispose();
  return counted;
}

const cases = fc.record({ ragged: randomRagged, count: fc.integer({ min: 1, max: 5 }), seed: fc.nat({ max: 1e6 }) });

test.each([
  ['cpu', 40],
  ['onnx', 15],
  ['wasm', 10],
] as const)(
  'on %s, one step on ragged rows moves every head by the gradient of a naive reference',
  async (engine, numRuns) => {
    let counted = 0;
    await fc.assert(
      fc.asyncProperty(cases, async ({ ragged, count, seed }) => {
        counted += await expectNaiveStep(ragged, count, seed, engine);
      }),
      { numRuns },
    );
    expect(counted).toBeGreaterThan(numRuns * 5);
  },
);

/** Labels as `raggedRows` gives them, in lists of the whole shape; what stands beyond the row is `slack`. */
function widened({ random, levels }: RandomRagged, rows: readonly RaggedRow[], slack: (kind: string) => unknown) {
  return rows.map(({ x, labels }) => {
    const own = random.flow.tasks.map(({ path, kind }): [string, unknown] => {
      const cell = labels[path];
      const level = levels.get(path) ?? 0;
      if (level === 0 || cell === null) return [path, cell];
      const list = (given: unknown, length: number, element: (one: unknown) => unknown): unknown =>
        Array.from({ length }, (_, i) =>
          Array.isArray(given) && i < given.length ? element(given[i]) : slack(kind.kind),
        );
      if (level === 1) return [path, list(cell, SHAPE[0], (one) => one)];
      return [path, list(cell, SHAPE[0], (one) => (one === null ? null : list(one, SHAPE[1], (label) => label)))];
    });
    return { x, ...Object.fromEntries(own) };
  });
}

/** Of any form: nothing at a position that is not there is read. */
const nonsense = (kind: string): unknown => (kind === 'binary' ? 'nobody knows' : [kind, -1]);

test.each(['cpu', 'onnx', 'wasm'] as const)(
  'on %s, neither the padding nor labels beyond the rows change a byte of losses, weights and moments',
  async (engine) => {
    for (const ragged of fc.sample(randomRagged, { numRuns: 4, seed: 8 })) {
      const rows = raggedRows(ragged, 5, 3);
      const states: HostTensors[] = [];
      const losses: string[] = [];
      for (const padding of [0, -7.25, 1e6]) {
        const graph = { ...ragged.random.graph, inputs: raggedInputs(padding) };
        const flow = resolveFlow(graph, ragged.random.kinds);
        const run = await bench({ flow, backbone: masked, optimizer: adam(), seed: 1, engine });
        const given = padding === 0 ? asRecords(rows) : widened(ragged, rows, nonsense);
        for (let i = 0; i < 3; i++) {
          const outputs = await run.step(given, 8);
          for (const name of Object.keys(outputs)) losses.push(`${padding} ${i} ${name} ${bytes(outputs, name)}`);
        }
        states.push(await run.state.read());
        run.state.dispose();
        await run.engine.dispose();
      }
      const [first = {}, ...others] = states;
      expect(losses.length).toBeGreaterThan(0);
      for (const other of others) {
        for (const name of Object.keys(first)) expect(bytes(other, name), name).toBe(bytes(first, name));
      }
      const of = (padding: number) =>
        losses.filter((line) => line.startsWith(`${padding} `)).map((line) => line.slice(String(padding).length));
      expect(of(-7.25)).toEqual(of(0));
      expect(of(1e6)).toEqual(of(0));
      losses.length = 0;
    }
  },
  60_000,
);

test('a network that works token by token needs no mask: padding changes no byte of it either', async () => {
  const tokens: Backbone = ({ x, present }) => {
    const hidden = applied(tf.layers.dense({ units: 8, activation: 'relu', name: 'hidden' }), x as tf.SymbolicTensor);
    const all = masked({ x, present } as never);
    return { ...all, left2: hidden, right2: hidden };
  };
  for (const ragged of fc.sample(randomRagged, { numRuns: 6, seed: 21 })) {
    const rows = asRecords(raggedRows(ragged, 4, 9));
    const states: HostTensors[] = [];
    for (const padding of [0, 3, -1e5]) {
      const flow = resolveFlow({ ...ragged.random.graph, inputs: raggedInputs(padding) }, ragged.random.kinds);
      const run = await bench({ flow, backbone: tokens, optimizer: adam(), seed: 1, engine: 'onnx' });
      for (let i = 0; i < 3; i++) await run.step(rows);
      states.push(await run.state.read());
      run.state.dispose();
      await run.engine.dispose();
    }
    const [first = {}, ...others] = states;
    for (const other of others) {
      for (const name of Object.keys(first)) expect(bytes(other, name), name).toBe(bytes(first, name));
    }
  }
}, 60_000);
