import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createBatcher } from '../../src/data/batches.js';
import { bindTable } from '../../src/data/bind.js';
import { COUNTS } from '../../src/data/ports.js';
import { asTable } from '../../src/data/table.js';
import { FALSE, knownTruths } from '../../src/flow/truth.js';
import { uniforms } from '../../src/random.js';
import { layoutOrder, maskedSums, sumFactors } from '../../src/score/loss.js';
import { layoutOf } from '../../src/tasks/layout.js';
import { tf } from '../../src/tf.js';
import { naiveLoss } from '../support/naive-loss.js';
import { labelRows, type RandomFlow, randomFlow } from '../support/random-flow.js';
import { targetsOf } from '../support/targets.js';

await tf.setBackend('cpu');

interface Case {
  readonly random: RandomFlow;
  readonly rows: number;
  readonly seed: number;
}

const cases: fc.Arbitrary<Case> = fc.record({
  random: randomFlow,
  rows: fc.integer({ min: 1, max: 7 }),
  seed: fc.nat({ max: 1e6 }),
});

function bound({ random, rows, seed }: Case) {
  const labels = labelRows(random.flow, rows, seed);
  const layout = layoutOf(random.flow);
  const table = asTable(labels.map((row) => ({ x: [0, 0, 0], ...row })));
  const dataset = bindTable(table, layout);
  const logits = [...layout.featureUnits].map(([feature, units]): [string, Float32Array] => [
    feature,
    uniforms({ seed, stream: feature, counter: 0 }, rows * units).map((value) => value * 6 - 3),
  ]);
  return { labels, layout, dataset, logits: new Map(logits) };
}

/** Our loss and its gradient with respect to each feature's logits. */
function ours({ layout, dataset, logits }: ReturnType<typeof bound>) {
  const features = [...logits.keys()];
  const shape = (feature: string): [number, number] => [dataset.rows, layout.featureUnits.get(feature) ?? 0];
  const targets = tf.tensor2d(targetsOf(dataset), [dataset.rows, layout.width]);
  const mask = tf.tensor2d(Float32Array.from(dataset.mask), [dataset.rows, layout.width]);
  const batch = createBatcher(dataset, dataset.rows)(Array.from({ length: dataset.rows }, (_, row) => row));
  const counts = tf.tensor1d(batch.tensors[COUNTS]?.data as Float32Array);
  const weights = layoutOrder(layout).map((index) => layout.slots[index]?.task.kind.weight ?? Number.NaN);
  const sumsOf = (...values: tf.Tensor[]) => {
    const given = new Map(features.map((feature, i) => [feature, values[i] as tf.Tensor2D]));
    return maskedSums(layout, { logits: given, targets, mask });
  };
  const loss = (...values: tf.Tensor[]): tf.Scalar =>
    sumsOf(...values)
      .mul(sumFactors(counts, tf.tensor1d(weights)))
      .sum();
  const values = features.map((feature) => tf.tensor2d(logits.get(feature) as Float32Array, shape(feature)));
  const { value, grads } = tf.valueAndGrads(loss)(values);
  const sums = sumsOf(...values);
  return {
    total: value.dataSync()[0] as number,
    sums: sums.dataSync(),
    counts: counts.dataSync(),
    gradients: new Map(features.map((feature, i) => [feature, (grads[i] as tf.Tensor).dataSync<'float32'>()])),
  };
}

/** One task's columns of a feature's matrix, `[row][unit]`. */
function ownColumns({ layout, dataset }: ReturnType<typeof bound>, path: string, from: Float32Array): number[][] {
  const group = layout.groups.find((candidate) => candidate.slots.some((slot) => slot.task.path === path));
  if (group === undefined) throw new Error(path);
  const stride = layout.featureUnits.get(group.feature) ?? 0;
  const first = group.unitOffset + group.slots.findIndex((slot) => slot.task.path === path) * group.units;
  return Array.from({ length: dataset.rows }, (_, row) =>
    Array.from(from.subarray(row * stride + first, row * stride + first + group.units)),
  );
}

test('the batched masked loss and its gradient equal a naive row-by-row reference', () => {
  fc.assert(
    fc.property(cases, (example) => {
      const given = bound(example);
      const { flow, graph } = example.random;
      const logits = new Map(
        flow.tasks.map((task) => [
          task.path,
          ownColumns(given, task.path, given.logits.get(task.feature) as Float32Array),
        ]),
      );
      const weights = new Map(flow.tasks.map((task) => [task.path, task.kind.weight]));
      const expected = naiveLoss(graph, weights, given.labels, logits);
      const actual = ours(given);
      expect(Math.abs(actual.total - expected.total)).toBeLessThan(1e-5 * (1 + Math.abs(expected.total)));
      for (const [place, index] of layoutOrder(given.layout).entries()) {
        const path = flow.tasks[index]?.path ?? '';
        const naive = expected.tasks.get(path);
        expect(actual.counts[place]).toBe(naive?.count);
        const loss = (actual.sums[place] as number) / Math.max(1, actual.counts[place] as number);
        expect(Math.abs(loss - (naive?.loss ?? 0))).toBeLessThan(1e-5 * (1 + loss));
      }
      for (const task of flow.tasks) {
        const gradient = ownColumns(given, task.path, actual.gradients.get(task.feature) as Float32Array);
        const naive = expected.gradients.get(task.path) as number[][];
        for (const [row, values] of gradient.entries()) {
          for (const [unit, value] of values.entries()) {
            expect(Math.abs(value - (naive[row]?.[unit] ?? Number.NaN))).toBeLessThan(1e-5);
          }
        }
      }
    }),
    { numRuns: 150 },
  );
});

/**
 * Whether a label that does not count says nothing about other tasks either. Behind an unknown gate it may: where it is
 * false, what includes unknown rows behind it certainly does not apply.
 */
function saysNothing({ layout, dataset }: ReturnType<typeof bound>, row: number, task: number): boolean {
  const place = row * layout.slots.length + task;
  const includes = layout.flow.tasks.some(({ gates }) => gates.some(({ whenUnknown }) => whenUnknown === 'include'));
  if (!includes) return dataset.applies[place] === 0;
  const columns = { ...dataset.labels, offsetOf: (path: string) => layout.slot(path).offset };
  return knownTruths(layout.flow, columns)[place] === FALSE;
}

test('deleting the label of a row that is masked changes no byte of loss or gradient', () => {
  let deletions = 0;
  fc.assert(
    fc.property(cases, fc.nat(), fc.nat(), (example, row, task) => {
      const given = bound(example);
      const slot = given.layout.slots[task % given.layout.slots.length];
      const at = row % given.dataset.rows;
      if (slot === undefined || !saysNothing(given, at, slot.index)) return;
      deletions++;
      const labels = given.labels.map((labels, i) => (i === at ? { ...labels, [slot.task.path]: null } : labels));
      const table = asTable(labels.map((one) => ({ x: [0, 0, 0], ...one })));
      const deleted = { ...given, dataset: bindTable(table, given.layout) };
      const [before, after] = [ours(given), ours(deleted)];
      expect(after.total).toBe(before.total);
      for (const [feature, gradient] of before.gradients) {
        expect([...(after.gradients.get(feature) ?? [])]).toEqual([...gradient]);
      }
    }),
    { numRuns: 150 },
  );
  expect(deletions).toBeGreaterThan(20);
});
