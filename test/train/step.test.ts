/** @file The whole training step: its gradient, the order of tasks, and labels that do not count. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { HostTensors } from '../../src/engine/engine.js';
import { adam, sgd } from '../../src/index.js';
import type { Backbone } from '../../src/model/network.js';
import { uniforms } from '../../src/random.js';
import { tf } from '../../src/tf.js';
import { applies, naiveLeaves, naiveLoss } from '../support/naive-loss.js';
import { type Label, labelRows, permuted, type RandomFlow, randomFlow } from '../support/random-flow.js';
import { type Bench, bench, bytes } from '../support/training.js';

const dense = (x: tf.SymbolicTensor | undefined, units: number) =>
  tf.layers.dense({ units, useBias: false }).apply(x as tf.SymbolicTensor) as tf.SymbolicTensor;

/** `left` is the input itself, `right` a product of it. */
const linear: Backbone = ({ x }) => ({ left: x as tf.SymbolicTensor, right: dense(x, 2) });
const RIGHT = 'dense.1/kernel';

interface Case {
  readonly random: RandomFlow;
  readonly rows: number;
  readonly seed: number;
}
const cases: fc.Arbitrary<Case> = fc.record({
  random: randomFlow,
  rows: fc.integer({ min: 1, max: 5 }),
  seed: fc.nat({ max: 1e6 }),
});

type Matrix = number[][];
const product = (a: Matrix, b: Matrix): Matrix =>
  a.map((row) => (b[0] ?? []).map((_, j) => row.reduce((sum, value, k) => sum + value * (b[k]?.[j] ?? 0), 0)));
const transposed = (a: Matrix): Matrix => (a[0] ?? []).map((_, j) => a.map((row) => row[j] ?? 0));

function matrix(values: HostTensors, name: string): Matrix {
  const { data, shape } = values[name] as HostTensors[string];
  const columns = shape.at(-1) ?? 1;
  return Array.from({ length: data.length / columns }, (_, i) =>
    Array.from(data.subarray(i * columns, (i + 1) * columns)),
  );
}

function inputsOf({ rows, seed }: Case): Matrix {
  const drawn = uniforms({ seed, stream: 'x', counter: 0 }, rows * 3);
  return Array.from({ length: rows }, (_, i) =>
    Array.from(drawn.subarray(i * 3, i * 3 + 3), (x) => Math.fround(x * 4 - 2)),
  );
}

/** First column and number of columns of each task in its feature's head. */
function columnsOf(run: Bench, path: string): { feature: string; first: number; units: number } {
  const group = run.layout.groups.find(({ slots }) => slots.some((slot) => slot.task.path === path));
  if (group === undefined) throw new Error(path);
  const place = group.slots.findIndex((slot) => slot.task.path === path);
  return { feature: group.feature, first: group.unitOffset + place * group.units, units: group.units };
}

test('after one SGD step of rate 1, every parameter has moved by the gradient of a naive row-by-row reference', async () => {
  await fc.assert(
    fc.asyncProperty(cases, async (example) => {
      const { random, rows, seed } = example;
      const run = await bench({ flow: random.flow, backbone: linear, optimizer: sgd(), learningRate: 1, seed });
      const x = inputsOf(example);
      const labels = labelRows(random.flow, rows, seed);
      const before = await run.state.read();
      await run.step(labels.map((row, i) => ({ x: x[i], ...row })));
      const after = await run.state.read();

      const rightKernel = Object.keys(before).find((name) => name.endsWith(RIGHT));
      const features = new Map([['left', x]]);
      if (rightKernel !== undefined) features.set('right', product(x, matrix(before, rightKernel)));
      const logits = new Map<string, Matrix>();
      for (const { path } of random.flow.tasks) {
        const { feature, first, units } = columnsOf(run, path);
        const kernel = matrix(before, `head/${feature}/kernel`).map((row) => row.slice(first, first + units));
        logits.set(path, product(features.get(feature) as Matrix, kernel)); // the biases start at 0
      }
      const weights = new Map(random.flow.tasks.map((task) => [task.path, task.kind.weight]));
      const { gradients } = naiveLoss(random.graph, weights, labels, logits);

      const expectMoved = (name: string, gradient: Matrix): void => {
        const [old, now] = [matrix(before, name), matrix(after, name)];
        gradient.forEach((row, i) => {
          row.forEach((value, j) => {
            const moved = (old[i]?.[j] ?? Number.NaN) - (now[i]?.[j] ?? Number.NaN);
            expect(Math.abs(moved - value), `${name}[${i}][${j}]`).toBeLessThan(1e-4 * (1 + Math.abs(value)));
          });
        });
      };
      for (const [feature, units] of run.layout.featureUnits) {
        const values = features.get(feature) as Matrix;
        const ofLogits: Matrix = values.map(() => Array<number>(units).fill(0));
        for (const { path } of random.flow.tasks) {
          const own = columnsOf(run, path);
          if (own.feature !== feature) continue;
          gradients.get(path)?.forEach((row, i) => {
            row.forEach((value, unit) => {
              (ofLogits[i] as number[])[own.first + unit] = value;
            });
          });
        }
        expectMoved(`head/${feature}/kernel`, product(transposed(values), ofLogits));
        expectMoved(`head/${feature}/bias`, product([values.map(() => 1)], ofLogits));
        if (feature === 'right' && rightKernel !== undefined) {
          const ofFeature = product(ofLogits, transposed(matrix(before, 'head/right/kernel')));
          expectMoved(rightKernel, product(transposed(x), ofFeature));
        }
      }
      run.state.dispose();
    }),
    { numRuns: 60 },
  );
});

test('deleting the labels of rows where their task does not apply changes no byte of the weights after 3 steps', async () => {
  await fc.assert(
    fc.asyncProperty(cases, async (example) => {
      const { random, rows, seed } = example;
      const labels = labelRows(random.flow, rows, seed);
      const leaves = naiveLeaves(random.graph);
      const deleted = labels.map((row) => {
        const kept: Record<string, Label> = {};
        for (const leaf of leaves) {
          const { path } = leaf.node;
          kept[path] = applies(leaves, leaf, row) ? (row[path] ?? null) : null;
        }
        return kept;
      });
      const trained = async (given: readonly Record<string, Label>[]): Promise<HostTensors> => {
        const run = await bench({ flow: random.flow, backbone: linear, optimizer: adam(), seed });
        const x = inputsOf(example);
        for (let i = 0; i < 3; i++) await run.step(given.map((row, j) => ({ x: x[j], ...row })));
        const values = await run.state.read();
        run.state.dispose();
        return values;
      };
      const [all, some] = [await trained(labels), await trained(deleted)];
      for (const name of Object.keys(all)) expect(bytes(some, name), name).toBe(bytes(all, name));
    }),
    { numRuns: 30 },
  );
});

/** Each task's own columns of the head, by path, and the shared parameters, by name. */
async function byPath(run: Bench, flow: RandomFlow['flow']): Promise<Map<string, number[]>> {
  const values = await run.state.read();
  const found = new Map<string, number[]>();
  for (const { path } of flow.tasks) {
    const { feature, first, units } = columnsOf(run, path);
    const own = ['kernel', 'bias'].flatMap((name) =>
      matrix(values, `head/${feature}/${name}`).flatMap((row) => row.slice(first, first + units)),
    );
    found.set(path, own);
  }
  const shared = Object.keys(values).find((name) => name.endsWith(RIGHT) && !name.startsWith('optimizer/'));
  if (shared !== undefined) found.set('shared', matrix(values, shared).flat());
  return found;
}

async function trainedSteps(flow: RandomFlow['flow'], example: Case, backbone: Backbone) {
  // A small epsilon would blow the rounding of a gradient that is zero up to a whole step.
  const optimizer = adam({ epsilon: 1e-3 });
  const run = await bench({ flow, backbone, optimizer, learningRate: 0.01, seed: example.seed });
  const x = inputsOf(example);
  // by path, so that both orders get the same labels
  const labels = labelRows(example.random.flow, example.rows, example.seed);
  const losses: number[] = [];
  for (let i = 0; i < 4; i++) {
    const outputs = await run.step(labels.map((row, j) => ({ x: x[j], ...row })));
    losses.push(outputs.loss?.data[0] ?? Number.NaN);
  }
  const weights = await byPath(run, flow);
  run.state.dispose();
  return { losses, weights };
}

test('permuting the returned array changes nothing but order: losses and weights by path after 4 Adam steps', async () => {
  await fc.assert(
    fc.asyncProperty(cases, fc.nat(), async (example, order) => {
      const a = await trainedSteps(example.random.flow, example, linear);
      const b = await trainedSteps(permuted(example.random, order), example, linear);
      // Not to the bit: the loss is a sum over tasks, and the gradient of a shared feature a sum over the columns of
      // its head; both are added up in flow order.
      a.losses.forEach((loss, i) => {
        expect(Math.abs((b.losses[i] ?? Number.NaN) - loss)).toBeLessThan(1e-5 * (1 + Math.abs(loss)));
      });
      expect(new Set(b.weights.keys())).toEqual(new Set(a.weights.keys()));
      for (const [path, values] of a.weights) {
        values.forEach((value, i) => {
          expect(Math.abs((b.weights.get(path)?.[i] ?? Number.NaN) - value), path).toBeLessThan(1e-3);
        });
      }
    }),
    { numRuns: 30 },
  );
});

test('to the bit where tasks share nothing but the input', async () => {
  const inputOnly: Backbone = ({ x }) => ({ left: x as tf.SymbolicTensor, right: x as tf.SymbolicTensor });
  await fc.assert(
    fc.asyncProperty(cases, fc.nat(), async (example, order) => {
      const a = await trainedSteps(example.random.flow, example, inputOnly);
      const b = await trainedSteps(permuted(example.random, order), example, inputOnly);
      for (const [path, values] of a.weights) expect(b.weights.get(path), path).toEqual(values);
    }),
    { numRuns: 30 },
  );
});
