/** @file The masked loss over rows and positions, against a reference in float64 that goes through them one by one. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createBatcher } from '../../src/data/batches.js';
import { bindTable } from '../../src/data/bind.js';
import { COUNTS, TARGETS } from '../../src/data/ports.js';
import { along, binary, Project, type TaskKind, tensor } from '../../src/index.js';
import { uniforms } from '../../src/random.js';
import { elementLosses, layoutOrder, maskedSums, sumFactors } from '../../src/score/loss.js';
import { LossSums } from '../../src/score/loss-sums.js';
import { declaredWeights, type Layout, labelStart, layoutOf } from '../../src/tasks/layout.js';
import { tf } from '../../src/tf.js';
import { naiveLoss } from '../support/naive-loss.js';
import { cellRows, randomMixedFlow, TOKENS } from '../support/random-flow.js';

await tf.setBackend('cpu');

const cases = fc.record({
  random: randomMixedFlow,
  rows: fc.integer({ min: 1, max: 5 }),
  seed: fc.nat({ max: 1e6 }),
});

/** One task's columns of its feature's logits, `[instance][unit]`. */
function own(layout: Layout, path: string, all: ReadonlyMap<string, ArrayLike<number>>): number[][] {
  const group = layout.groups.find(({ slots }) => slots.some(({ task }) => task.path === path));
  if (group === undefined) throw new Error(path);
  const stride = layout.featureUnits.get(group.feature) ?? Number.NaN;
  const first = group.unitOffset + group.slots.findIndex(({ task }) => task.path === path) * group.units;
  const from = Array.from(all.get(group.feature) ?? []);
  return Array.from({ length: from.length / stride }, (_, i) =>
    from.slice(i * stride + first, i * stride + first + group.units),
  );
}

test('loss, counts, gradients and element losses equal a naive reference, position by position', () => {
  let fused = 0;
  fc.assert(
    fc.property(cases, ({ random, rows, seed }) => {
      const { flow, graph } = random;
      const labels = cellRows(flow, rows, seed);
      fc.pre(labels.some((row) => Object.values(row).some((cell) => cell !== null)));
      const layout = layoutOf(flow);
      fused += layout.groups.filter(({ positions, slots }) => positions > 1 && slots.length > 1).length;
      const x = Array(TOKENS * 3).fill(0);
      const dataset = bindTable(
        labels.map((row) => ({ x, ...row })),
        layout,
      );
      const positions = new Map(layout.groups.map((group) => [group.feature, group.positions]));
      const shapes = [...layout.featureUnits].map(([feature, units]): [number, number] => [
        rows * (positions.get(feature) ?? Number.NaN),
        units,
      ]);
      const features = [...layout.featureUnits.keys()];
      const drawn = shapes.map(([instances, units], i) =>
        uniforms({ seed, stream: features[i] ?? '', counter: 0 }, instances * units).map((value) => value * 6 - 3),
      );
      const batch = createBatcher(dataset, rows)(Uint32Array.from({ length: rows }, (_, row) => row));
      const targets = tf.tensor2d(batch.tensors[TARGETS]?.data as Float32Array, [rows, layout.width]);
      const mask = tf.tensor2d(Float32Array.from(dataset.mask), [rows, layout.width]);
      const counts = tf.tensor1d(batch.tensors[COUNTS]?.data as Float32Array);
      const weights = tf.tensor1d(layoutOrder(layout).map((index) => declaredWeights(layout)[index] ?? Number.NaN));
      const given = (values: readonly tf.Tensor[]) =>
        new Map(features.map((feature, i) => [feature, values[i] as tf.Tensor2D]));
      const loss = (...values: tf.Tensor[]): tf.Scalar =>
        maskedSums(layout, { logits: given(values), targets, mask })
          .mul(sumFactors(counts, weights))
          .sum();
      const logits = drawn.map((values, i) => tf.tensor2d(values, shapes[i]));
      const { value, grads } = tf.valueAndGrads(loss)(logits);

      const byFeature = (values: readonly ArrayLike<number>[]) => new Map(features.map((f, i) => [f, values[i] ?? []]));
      const taskLogits = new Map(flow.tasks.map(({ path }) => [path, own(layout, path, byFeature(drawn))]));
      const taskWeights = new Map(flow.tasks.map((task) => [task.path, task.kind.weight]));
      const naive = naiveLoss(graph, taskWeights, labels, taskLogits);
      expect(Math.abs((value.dataSync()[0] ?? Number.NaN) - naive.total)).toBeLessThan(1e-5 * (1 + naive.total));
      const slopes = byFeature(grads.map((gradient) => gradient.dataSync()));
      for (const [place, index] of layoutOrder(layout).entries()) {
        const path = flow.tasks[index]?.path ?? '';
        expect(counts.dataSync()[place]).toBe(naive.tasks.get(path)?.count);
        const expected = naive.gradients.get(path) ?? [];
        expect(expected.length).toBe(rows * (flow.tasks[index]?.positions ?? Number.NaN));
        for (const [i, units] of own(layout, path, slopes).entries()) {
          units.forEach((slope, unit) => {
            expect(Math.abs(slope - (expected[i]?.[unit] ?? Number.NaN))).toBeLessThan(1e-5);
          });
        }
      }

      const elements = elementLosses(layout, { logits: given(logits), targets }).dataSync<'float32'>();
      const sums = new LossSums(layout);
      sums.addElements(dataset, elements);
      for (const [path, exact] of Object.entries(sums.record().tasks)) {
        const expected = naive.tasks.get(path);
        if (expected?.count === 0) expect(exact).toBeNull();
        else
          expect(Math.abs((exact ?? Number.NaN) - (expected?.loss ?? Number.NaN))).toBeLessThan(
            1e-5 * (1 + (exact ?? 0)),
          );
      }
    }),
    { numRuns: 120 },
  );
  expect(fused).toBeGreaterThan(10); // tasks of one loss along one axis, whose labels lie otherwise than their logits
});

test('logits that are infinite or NaN at positions that do not count change no byte of loss and gradients', () => {
  let spoiled = 0;
  for (const { flow } of fc.sample(randomMixedFlow, { numRuns: 30, seed: 4 })) {
    const rows = cellRows(flow, 4, 7);
    const layout = layoutOf(flow);
    const x = Array(TOKENS * 3).fill(0);
    const dataset = bindTable(
      rows.map((row) => ({ x, ...row })),
      layout,
    );
    const features = [...layout.featureUnits.keys()];
    const { tensors } = createBatcher(dataset, 4)([0, 1, 2, 3]);
    const targets = tf.tensor2d(tensors[TARGETS]?.data as Float32Array, [4, layout.width]);
    const mask = tf.tensor2d(Float32Array.from(dataset.mask), [4, layout.width]);
    const logits = (spoil: boolean) =>
      features.map((feature) => {
        const groups = layout.groups.filter((group) => group.feature === feature);
        const units = layout.featureUnits.get(feature) ?? Number.NaN;
        const instances = 4 * (groups[0]?.positions ?? Number.NaN);
        const values = uniforms({ seed: 1, stream: feature, counter: 0 }, instances * units);
        for (const group of groups) {
          for (const [k, slot] of group.slots.entries()) {
            for (let i = 0; i < instances; i++) {
              const start = labelStart(layout, slot, i);
              if (dataset.mask.subarray(start, start + slot.width).includes(1)) continue;
              const first = i * units + group.unitOffset + k * group.units;
              if (spoil) values.fill(i % 2 === 0 ? Number.NaN : Number.POSITIVE_INFINITY, first, first + group.units);
              spoiled += Number(spoil && slot.positions > 1);
            }
          }
        }
        return tf.tensor2d(values, [instances, units]);
      });
    const run = (spoil: boolean) => {
      const given = logits(spoil);
      const loss = (...values: tf.Tensor[]): tf.Scalar =>
        maskedSums(layout, {
          logits: new Map(features.map((feature, i) => [feature, values[i] as tf.Tensor2D])),
          targets,
          mask,
        }).sum();
      const { value, grads } = tf.valueAndGrads(loss)(given);
      return [value, ...grads].map((tensor) => [...tensor.dataSync()]);
    };
    expect(run(true)).toEqual(run(false));
  }
  expect(spoiled).toBeGreaterThan(200);
});

test('kinds that are called alone see instances by themselves, and lose the same', () => {
  const sumsOf = (kind: TaskKind) => {
    const { resolved } = new Project({
      name: 'alone',
      inputs: { x: tensor({ shape: [2], axes: ['token'] }) },
      tasks: { a: along('token', kind), b: along('token', kind) },
    }).flow('full', (task, x) => [task.a(x.features), task.b(x.features)]);
    const layout = layoutOf(resolved);
    const dataset = bindTable(
      [
        { x: [0, 0], a: [true, null], b: [false, true] },
        { x: [0, 0], a: [false, true], b: null },
      ],
      layout,
    );
    const { tensors } = createBatcher(dataset, 2)([0, 1]);
    const targets = tf.tensor2d(tensors[TARGETS]?.data as Float32Array, [2, layout.width]);
    const mask = tf.tensor2d(Float32Array.from(dataset.mask), [2, layout.width]);
    const logits = new Map([['features', tf.tensor2d([1, -2, 0.5, 3, -1, 2, 0, 1], [4, 2])]]);
    const elements = elementLosses(layout, { logits, targets });
    return {
      groups: layout.groups.length,
      sums: [...maskedSums(layout, { logits, targets, mask }).dataSync()],
      elements,
    };
  };
  const shapes: (readonly number[])[] = [];
  const kind = binary();
  const loss: TaskKind['loss'] = (logits, targets) => {
    shapes.push(logits.shape, targets.shape);
    return kind.loss(logits, targets);
  };
  const fused = sumsOf(kind);
  const alone = sumsOf({ ...kind, lossKey: null, loss });
  expect([fused.groups, alone.groups]).toEqual([1, 2]);
  expect(new Set(shapes.map(String))).toEqual(new Set(['4,1']));
  expect(alone.sums).toEqual(fused.sums);
  expect([...alone.elements.dataSync()]).toEqual([...fused.elements.dataSync()]);
  // a: 1 true, -1 false, 0 true; b: -2 false, 3 true.
  const softplus = (x: number): number => Math.log1p(Math.exp(x));
  expect(fused.sums[0]).toBeCloseTo(softplus(-1) + softplus(-1) + softplus(0), 6);
  expect(fused.sums[1]).toBeCloseTo(softplus(-2) + softplus(-3), 6);
});
