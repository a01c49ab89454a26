/** @file What does not count is left out of losses and gradients, whatever its logits are: on every engine. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { HostTensor, Step } from '../../src/engine/engine.js';
import { createEngine, type EngineName } from '../../src/engine/select.js';
import { binary, classification, multilabel, Project, regression, sgd, vector } from '../../src/index.js';
import { layoutOrder, maskedSums, sumFactors } from '../../src/score/loss.js';
import { layoutOf } from '../../src/tasks/layout.js';
import { tf } from '../../src/tf.js';
import { bench } from '../support/training.js';
import { count } from '../tasks/external-kind.js';

const engines: readonly EngineName[] = ['onnx', 'wasm', 'cpu'];
const CLASSES = ['x', 'y', 'z'];
const features = { units: 4 };
const inputs = { x: vector({ size: 1 }) };

const { resolved } = new Project({
  name: 'kinds',
  inputs,
  tasks: {
    yes: binary(),
    weighed: binary({ positiveWeight: 3, labelSmoothing: 0.1 }),
    traits: multilabel({ classes: CLASSES }),
    sort: classification({ classes: CLASSES }),
    size: regression(),
    distance: regression({ loss: 'absolute' }),
    number: count(),
    alone: Object.freeze({ ...count(), lossKey: null }),
  },
  backbone: ({ x }) => ({ features: tf.layers.dense(features).apply(x) as tf.SymbolicTensor }),
}).flow('full', (task, { features: f }) => [
  task.yes(f),
  task.weighed(f),
  task.traits(f),
  task.sort(f),
  task.size(f),
  task.distance(f),
  task.number(f),
  task.alone(f),
]);
const layout = layoutOf(resolved);
const units = layout.featureUnits.get('features') ?? 0;

const step: Step = {
  name: 'losses',
  run: ({ batch }) => {
    const { targets, mask } = batch as { targets: tf.Tensor2D; mask: tf.Tensor2D };
    const counts = tf.stack(
      layout.groups.flatMap(({ slots }) =>
        slots.map(({ offset, width }) => mask.slice([0, offset], [-1, width]).sum()),
      ),
    ) as tf.Tensor1D;
    const factors = sumFactors(counts, tf.onesLike(counts));
    const losses = (logits: tf.Tensor) =>
      maskedSums(layout, { logits: new Map([['features', logits as tf.Tensor2D]]), targets, mask });
    const total = (logits: tf.Tensor) => losses(logits).mul<tf.Tensor>(factors).sum();
    const { value, grad } = tf.valueAndGrad(total)(batch.logits as tf.Tensor);
    return { state: {}, outputs: { value, grad, sums: losses(batch.logits as tf.Tensor) } };
  },
};

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
type Element = readonly [loss: number, slope: readonly number[]];

/** One element of one task in float64. */
function element(path: string, logits: readonly number[], target: number, at: number): Element {
  const own = logits[at] ?? 0;
  const only = (slope: number): number[] => logits.map((_, i) => (i === at ? slope : 0));
  const cross = (x: number, positive: number, negative: number): Element => [
    -positive * Math.log(sigmoid(x)) - negative * Math.log(sigmoid(-x)),
    only((positive + negative) * sigmoid(x) - positive),
  ];
  switch (path) {
    case 'yes':
    case 'traits':
      return cross(own, target, 1 - target);
    case 'weighed': {
      const smooth = target * 0.9 + 0.05;
      return cross(own, 3 * smooth, 1 - smooth);
    }
    case 'sort': {
      const sum = logits.reduce((total, x) => total + Math.exp(x), 0);
      const shares = logits.map((x) => Math.exp(x) / sum);
      return [-Math.log(shares[target] ?? 0), shares.map((p, i) => p - (i === target ? 1 : 0))];
    }
    case 'size':
      return [(own - target) ** 2, only(2 * (own - target))];
    case 'distance':
      return [Math.abs(own - target), only(Math.sign(own - target))];
    default:
      return [Math.exp(own) - target * own, only(Math.exp(own) - target)];
  }
}

interface Batch {
  readonly rows: number;
  readonly logits: Float32Array;
  readonly targets: Float32Array;
  readonly mask: Float32Array;
}

/** Sums, total and slopes over the counted elements alone, read by task and row. */
function naive({ rows, logits, targets, mask }: Batch) {
  const slopes = new Float64Array(rows * units);
  const sums: number[] = [];
  let total = 0;
  for (const group of layout.groups) {
    group.slots.forEach(({ task, offset, width }, k) => {
      const first = group.unitOffset + k * group.units;
      const counted = Array.from(
        { length: rows * width },
        (_, i) => [Math.floor(i / width), i % width] as const,
      ).filter(([row, at]) => mask[row * layout.width + offset + at] === 1);
      let sum = 0;
      for (const [row, at] of counted) {
        const own = Array.from(logits.subarray(row * units + first, row * units + first + group.units));
        const [loss, slope] = element(task.path, own, targets[row * layout.width + offset + at] ?? 0, at);
        sum += loss;
        slope.forEach((value, i) => {
          slopes[row * units + first + i] = (slopes[row * units + first + i] ?? 0) + value / counted.length;
        });
      }
      sums.push(sum);
      total += sum / Math.max(1, counted.length);
    });
  }
  return { slopes, sums, total };
}

/** What no loss survives. */
const harsh = fc.constantFrom(1e20, -1e20, 3e38, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN);

const batches: fc.Arbitrary<Batch> = fc.integer({ min: 1, max: 4 }).chain((rows) =>
  fc
    .record({
      mask: fc.array(fc.boolean(), { minLength: rows * layout.width, maxLength: rows * layout.width }),
      mild: fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: rows * units, maxLength: rows * units }),
      wild: fc.array(fc.option(harsh, { freq: 2 }), { minLength: rows * units, maxLength: rows * units }),
      label: fc.array(fc.nat({ max: 1 }), { minLength: rows * layout.width, maxLength: rows * layout.width }),
    })
    .map(({ mask, mild, wild, label }) => {
      // On a grid beside whole numbers: at a residual of 0 the absolute error has no slope.
      const logits = Float32Array.from(mild, (v) => Math.round(v * 64) / 64 + 1 / 128);
      for (const group of layout.groups) {
        group.slots.forEach(({ offset, width }, k) => {
          for (let row = 0; row < rows; row++) {
            for (let unit = 0; unit < group.units; unit++) {
              // A class needs all of its logits; elsewhere each element has its own.
              const at = row * layout.width + offset + (width === 1 ? 0 : unit);
              const place = row * units + group.unitOffset + k * group.units + unit;
              const value = wild[place];
              if (mask[at] === false && value !== null && value !== undefined) logits[place] = value;
            }
          }
        });
      }
      return { rows, logits, targets: Float32Array.from(label), mask: Float32Array.from(mask, Number) };
    }),
);

const matrix = (rows: number, data: Float32Array): HostTensor => ({
  shape: [rows, data.length / rows],
  dtype: 'float32',
  data,
});

test.each(engines)('%s: losses and gradients are those of the counted elements', async (name) => {
  const engine = await createEngine(name);
  const compiled = engine.compile(step);
  const state = await engine.createState({});
  await fc.assert(
    fc.asyncProperty(batches, async (batch) => {
      const { rows, logits, targets, mask } = batch;
      const given = { logits: matrix(rows, logits), targets: matrix(rows, targets), mask: matrix(rows, mask) };
      const { value, grad, sums } = await compiled.run(state, given, { seed: 1, counter: 0 });
      const expected = naive(batch);
      expect(value?.data[0]).toBeCloseTo(expected.total, 3);
      expect(Array.from(sums?.data ?? [])).toEqual(expected.sums.map((sum) => expect.closeTo(sum, 3)));
      expect(Array.from(grad?.data ?? [])).toEqual(Array.from(expected.slopes, (slope) => expect.closeTo(slope, 4)));
      // Exactly 0, not nearly, wherever nothing counts.
      grad?.data.forEach((slope, i) => {
        if (expected.slopes[i] === 0) expect(Math.abs(slope)).toBeLessThan(1e-7);
      });
    }),
    { numRuns: name === 'onnx' ? 40 : 25 },
  );
  compiled.dispose();
});

const pair = new Project({
  name: 'pair',
  inputs,
  tasks: { a: regression(), b: binary() },
  backbone: ({ x }) => ({ features: tf.layers.dense(features).apply(x) as tf.SymbolicTensor }),
}).flow('full', (task, x) => [task.a(x.features), task.b(x.features)]);

const ones = (x: tf.SymbolicTensor): tf.SymbolicTensor =>
  tf.layers.dense({ units: 4, kernelInitializer: 'ones' }).apply(x) as tf.SymbolicTensor;

async function trained(
  engine: EngineName,
  rows: readonly Record<string, unknown>[],
  learningRate: number,
  hidden = (x: tf.SymbolicTensor) => tf.layers.dense(features).apply(x) as tf.SymbolicTensor,
) {
  const {
    step: run,
    state,
    layout: own,
  } = await bench({
    flow: pair.resolved,
    backbone: ({ x }) => ({ features: hidden(x as tf.SymbolicTensor) }),
    optimizer: sgd(),
    engine,
    learningRate,
  });
  const { sums, loss } = await run(rows);
  const place = layoutOrder(own).indexOf(own.slot('a').index);
  const after = await state.read();
  // The column of `a` in the head's kernel, [4, 2].
  const kernel = Object.entries(after).find(([key]) => /head.*kernel/.test(key))?.[1].data ?? [];
  const column = Array.from(kernel).filter((_, i) => i % 2 === place);
  return { loss: sums?.data[place], total: loss?.data[0], column, after };
}

test.each(engines)('%s: a row that one task does not count leaves that task alone', async (engine) => {
  const two = [
    { x: [1], a: 1, b: true },
    { x: [2], a: 3, b: false },
  ];
  const far = { x: [1e20], a: null, b: true };
  const expected = await trained(engine, two, 0);
  const received = await trained(engine, [...two, far], 0);
  expect(received.loss).toBeCloseTo(expected.loss ?? Number.NaN, 5);
  expect(Number.isFinite(received.total)).toBe(true);
  const moved = await trained(engine, [...two, far], 0.1);
  const alone = await trained(engine, two, 0.1);
  expect(moved.column).toEqual(alone.column.map((weight) => expect.closeTo(weight, 5)));
});

test.each(engines)('%s: a row that no task counts does not reach the weights, though it overflows', async (engine) => {
  const two = [
    { x: [1], a: 1, b: true },
    { x: [2], a: 3, b: false },
  ];
  // The second layer's sum of four is infinite.
  const deep = (x: tf.SymbolicTensor) => ones(ones(x));
  const expected = await trained(engine, two, 0.01, deep);
  const received = await trained(engine, [...two, { x: [3e38], a: null, b: null }], 0.01, deep);
  for (const [name, { data }] of Object.entries(received.after)) {
    expect([name, ...data]).toEqual([
      name,
      ...Array.from(expected.after[name]?.data ?? [], (weight) => expect.closeTo(Number(weight), 5)),
    ]);
  }
});
