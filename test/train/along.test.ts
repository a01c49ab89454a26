/** @file A training step over positions: gradients, gates, padding, compiled size. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { HostTensors } from '../../src/engine/engine.js';
import { adam, along, binary, Project, sgd, tensor, tf } from '../../src/index.js';
import type { Backbone } from '../../src/model/network.js';
import { uniforms } from '../../src/random.js';
import { applies, labelAt, naiveLeaves, naiveLoss } from '../support/naive-loss.js';
import { type Cell, cellRows, type RandomFlow, randomMixedFlow, TOKENS } from '../support/random-flow.js';
import { type Bench, bench, bytes } from '../support/training.js';

type Matrix = number[][];

/** Tokens are the input's own; a row is their mean. */
const linear: Backbone = ({ x }) => {
  const given = x as tf.SymbolicTensor;
  const average = (name: string) => tf.layers.globalAveragePooling1d({ name }).apply(given) as tf.SymbolicTensor; // of one symbolic input
  return { leftTokens: given, rightTokens: given, left: average('left'), right: average('right') };
};

function inputs(rows: number, seed: number): number[][][] {
  const drawn = uniforms({ seed, stream: 'x', counter: 0 }, rows * TOKENS * 3);
  return Array.from({ length: rows }, (_, i) =>
    Array.from({ length: TOKENS }, (_, t) =>
      Array.from(drawn.subarray((i * TOKENS + t) * 3, (i * TOKENS + t + 1) * 3), (v) => Math.fround(v * 4 - 2)),
    ),
  );
}

const mean = (tokens: Matrix): number[] =>
  (tokens[0] ?? []).map((_, k) => tokens.reduce((sum, token) => sum + (token[k] ?? 0), 0) / tokens.length);

function matrix(values: HostTensors, name: string): Matrix {
  const { data, shape } = values[name] as HostTensors[string];
  const columns = shape.at(-1) ?? 1;
  return Array.from({ length: data.length / columns }, (_, i) =>
    Array.from(data.subarray(i * columns, (i + 1) * columns)),
  );
}

const product = (a: Matrix, b: Matrix): Matrix =>
  a.map((row) => (b[0] ?? []).map((_, j) => row.reduce((sum, value, k) => sum + value * (b[k]?.[j] ?? 0), 0)));

/** The task's columns in its feature's head. */
function columnsOf({ layout }: Bench, path: string): { feature: string; first: number; units: number } {
  for (const group of layout.groups) {
    const place = group.slots.findIndex(({ task }) => task.path === path);
    if (place >= 0)
      return { feature: group.feature, first: group.unitOffset + place * group.units, units: group.units };
  }
  throw new Error(path);
}

interface Stepped {
  readonly run: Bench;
  readonly labels: Record<string, Cell>[];
  readonly before: HostTensors;
  readonly after: HostTensors;
  readonly x: number[][][];
}

async function stepped(
  random: RandomFlow,
  rows: number,
  seed: number,
  engine: 'cpu' | 'onnx',
  size = rows,
): Promise<Stepped> {
  const run = await bench({ flow: random.flow, backbone: linear, optimizer: sgd(), learningRate: 1, seed, engine });
  const x = inputs(rows, seed);
  const labels = cellRows(random.flow, rows, seed);
  const before = await run.state.read();
  await run.step(
    labels.map((row, i) => ({ x: x[i], ...row })),
    size,
  );
  return { run, labels, before, after: await run.state.read(), x };
}

/** Every head has moved by the gradient of the naive reference, `featureᵀ × slopes` over rows and positions. */
function expectMovedByNaive({ graph, flow }: RandomFlow, { run, labels, before, after, x }: Stepped): void {
  const feature = (name: string): Matrix => (name.endsWith('Tokens') ? x.flat() : x.map(mean));
  const logits = new Map<string, Matrix>();
  for (const { path } of flow.tasks) {
    const own = columnsOf(run, path);
    const kernel = matrix(before, `head/${own.feature}/kernel`).map((row) =>
      row.slice(own.first, own.first + own.units),
    );
    logits.set(path, product(feature(own.feature), kernel)); // the biases start at 0
  }
  const weights = new Map(flow.tasks.map((task) => [task.path, task.kind.weight]));
  const { gradients } = naiveLoss(graph, weights, labels, logits);
  for (const { path } of flow.tasks) {
    const own = columnsOf(run, path);
    const slopes = gradients.get(path) ?? [];
    const inputsOfHead = feature(own.feature);
    const moved = (name: string, row: number, unit: number): number =>
      (matrix(before, name)[row]?.[own.first + unit] ?? Number.NaN) -
      (matrix(after, name)[row]?.[own.first + unit] ?? Number.NaN);
    for (let unit = 0; unit < own.units; unit++) {
      const bias = slopes.reduce((sum, slope) => sum + (slope[unit] ?? 0), 0);
      expect(Math.abs(moved(`head/${own.feature}/bias`, 0, unit) - bias), path).toBeLessThan(
        1e-4 * (1 + Math.abs(bias)),
      );
      for (let k = 0; k < 3; k++) {
        const kernel = slopes.reduce((sum, slope, i) => sum + (slope[unit] ?? 0) * (inputsOfHead[i]?.[k] ?? 0), 0);
        expect(Math.abs(moved(`head/${own.feature}/kernel`, k, unit) - kernel), path).toBeLessThan(
          1e-4 * (1 + Math.abs(kernel)),
        );
      }
    }
  }
}

const cases = fc.record({ random: randomMixedFlow, rows: fc.integer({ min: 1, max: 4 }), seed: fc.nat({ max: 1e6 }) });

test.each([
  ['cpu', 40],
  ['onnx', 25],
] as const)('on %s, one step moves every head by the gradient of a naive reference', async (engine, numRuns) => {
  await fc.assert(
    fc.asyncProperty(cases, async ({ random, rows, seed }) => {
      const result = await stepped(random, rows, seed, engine);
      expectMovedByNaive(random, result);
      result.run.state.dispose();
      await result.run.engine.dispose();
    }),
    { numRuns },
  );
});

test('padding rows of a batch changes no gradient', async () => {
  for (const random of fc.sample(randomMixedFlow, { numRuns: 6, seed: 11 })) {
    const result = await stepped(random, 3, 5, 'cpu', 8);
    expectMovedByNaive(random, result);
    result.run.state.dispose();
  }
});

test('deleting the labels of positions where their task does not apply changes no byte', async () => {
  let deleted = 0;
  for (const random of fc.sample(randomMixedFlow, { numRuns: 8, seed: 2 })) {
    const leaves = naiveLeaves(random.graph);
    const labels = cellRows(random.flow, 4, 9);
    const without = labels.map((row) =>
      Object.fromEntries(
        leaves.map((leaf) => {
          const { path, axis } = leaf.node;
          if (axis === undefined) return [path, row[path]];
          const cells = Array.from({ length: TOKENS }, (_, t) => {
            const label = labelAt(leaf.node, row, t);
            if (applies(leaves, leaf, row, t)) return label;
            deleted += Number(label !== null);
            return null;
          });
          return [path, cells];
        }),
      ),
    );
    const states = [];
    for (const rows of [labels, without]) {
      const run = await bench({ flow: random.flow, backbone: linear, optimizer: adam(), seed: 1 });
      const x = inputs(4, 3);
      for (let i = 0; i < 3; i++) await run.step(rows.map((row, place) => ({ x: x[place], ...row })));
      states.push(await run.state.read());
      run.state.dispose();
    }
    const [before = {}, after = {}] = states;
    for (const name of Object.keys(before)) expect(bytes(after, name), name).toBe(bytes(before, name));
  }
  expect(deleted).toBeGreaterThan(20);
});

/** Tasks at each of `tokens` positions, all of one loss. */
function manyTasks(tokens: number, count: number) {
  const tasks = Object.fromEntries(Array.from({ length: count }, (_, i) => [`t${i}`, along('token', binary())]));
  return new Project({
    name: 'many',
    inputs: { x: tensor({ shape: [tokens, 4], axes: ['token', null] }) },
    tasks,
    backbone: ({ x }) => ({ features: tf.layers.dense({ units: 5, activation: 'relu' }).apply(x) }),
  }).flow('full', (task, x) => Object.keys(tasks).map((name) => task[name]?.(x.features) as never));
}

const nodesOf = async (project: { explainGraph(): Promise<string> }): Promise<number> =>
  (await project.explainGraph()).split('\n').length;

test('the compiled step grows neither with positions nor with sibling tasks', async () => {
  const few = await nodesOf(manyTasks(4, 2));
  expect(await nodesOf(manyTasks(64, 2))).toBe(few);
  expect(await nodesOf(manyTasks(4, 16))).toBe(few);
});

test('a step whose tasks answer once a row is the same whether or not its inputs name axes', async () => {
  const graphOf = (axes: readonly (string | null)[] | undefined): Promise<string> =>
    new Project({
      name: 'rows',
      inputs: { x: tensor({ shape: [4, 4], ...(axes && { axes }) }) },
      tasks: { t0: binary(), t1: binary(), t2: binary() },
      backbone: ({ x }) => ({ features: tf.layers.flatten({ name: 'flat' }).apply(x) }),
    })
      .flow('full', (task, x) => {
        const first = task.t0(x.features);
        return [first, task.t1(x.features).given(first), task.t2(x.features)];
      })
      .explainGraph();
  const graph = await graphOf(undefined);
  expect(await graphOf(['token', null])).toBe(graph);
  expect(graph).not.toContain('Transpose');
});

test('rule 5: a head whose task counts at no position keeps its value and moments to the bit', async () => {
  const { resolved, backbone } = manyTasks(4, 2);
  const run = await bench({ flow: resolved, backbone: backbone as Backbone, optimizer: adam(), seed: 1 });
  const x = Array.from({ length: 3 }, (_, i) => Array.from({ length: 4 }, (_, t) => [i, t, 1, -1]));
  const labels = [true, false, true, null];
  await run.step(x.map((row) => ({ x: row, t0: labels, t1: labels })));
  const before = await run.state.read();
  await run.step(x.map((row) => ({ x: row, t0: labels, t1: [null, null, null, null] })));
  const after = await run.state.read();
  const column = (values: HostTensors, name: string, unit: number) => matrix(values, name).map((row) => row[unit]);
  const kernels = Object.keys(before).filter((name) => name.endsWith('head/features/kernel'));
  expect(kernels.length).toBe(3); // the weight and Adam's two moments
  for (const name of kernels) {
    expect(column(after, name, 1)).toEqual(column(before, name, 1));
    expect(column(after, name, 0)).not.toEqual(column(before, name, 0));
  }
});
