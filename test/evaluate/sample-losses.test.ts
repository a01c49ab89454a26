import fc from 'fast-check';
import { expect, test } from 'vitest';
import { overallLosses, sampleLosses } from '../../src/evaluate/sample-losses.js';
import { binary, multilabel } from '../../src/index.js';
import { tf } from '../../src/tf.js';
import { targetsOf } from '../support/targets.js';
import { ask, bench, datasetOf, golden, goldenBench, goldenDataset, goldenScores } from './flows.js';

/** `[rows, layout.width]`, from each kind's own loss. */
function elementLosses(): Float32Array {
  const { layout } = goldenBench;
  const losses = new Float32Array(10 * layout.width);
  for (const { task, offset, width } of layout.slots) {
    const logits = goldenScores.tasks.get(task.path)?.logits ?? new Float32Array();
    const targets = Array.from({ length: 10 }, (_, row) => [
      ...targetsOf(goldenDataset).subarray(row * layout.width + offset, row * layout.width + offset + width),
    ]);
    const own = tf.tidy(() =>
      task.kind.loss(tf.tensor2d(logits, [10, task.kind.units]), tf.tensor2d(targets)).dataSync(),
    );
    for (let row = 0; row < 10; row++) {
      losses.set(own.subarray(row * width, (row + 1) * width), row * layout.width + offset);
    }
  }
  return losses;
}

const losses = sampleLosses(goldenDataset, elementLosses());
const mean = (values: Float32Array): number => values.reduce((a, b) => a + b, 0) / values.length;

test('per-sample losses are dnn_cool’s, on the same rows; a multilabel’s are the mean over classes, not the sum', () => {
  for (const { path, kind } of goldenBench.flow.tasks) {
    const own = losses.get(path);
    expect([path, ...(own?.rows ?? [])]).toEqual([path, ...(golden.per_sample[`indices|${path}`] ?? [])]);
    own?.losses.forEach((loss, k) => {
      expect(Math.abs(loss * kind.width - (golden.per_sample[path]?.[k] ?? Number.NaN))).toBeLessThan(1e-5);
    });
    expect(own?.losses.length).toBe(golden.per_sample[path]?.length);
  }
});

test('they average to the task’s loss', () => {
  for (const { path } of goldenBench.flow.tasks) {
    expect(mean(losses.get(path)?.losses ?? new Float32Array())).toBeCloseTo(golden.task_losses[path] ?? Number.NaN, 6);
  }
});

test('overall: the sum over the tasks that count; rows without any are left out', () => {
  const overall = overallLosses(goldenBench.layout, 10, losses);
  expect([...overall.rows]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 9]);
  const traits = losses.get('person_flow.face.traits');
  overall.rows.forEach((row, k) => {
    const others = (traits?.losses[traits.rows.indexOf(row)] ?? 0) * 2; // dnn_cool takes the sum of three classes
    expect(Math.abs((overall.losses[k] ?? 0) + others - (golden.per_sample.overall?.[row] ?? Number.NaN))).toBeLessThan(
      1e-5,
    );
  });
});

const few = bench({ a: binary({ weight: 3 }), t: multilabel({ classes: ['x', 'y'] }) }, ['a', ['t', ask('a')]]);

test('partly labelled rows weigh by their elements; weights count overall', () => {
  const dataset = datasetOf(few, [
    { a: true, t: [true, null] },
    { a: true, t: [false, true] },
    { a: false, t: [true, true] },
    { a: null, t: null },
  ]);
  const { offset } = few.layout.slot('t');
  const element = new Float32Array(12).fill(100); // what is masked must not matter
  const set = (row: number, path: string, ...values: number[]): void =>
    element.set(values, row * 3 + few.layout.slot(path).offset);
  set(0, 'a', 1);
  set(1, 'a', 2);
  set(2, 'a', 3);
  element[offset] = 6;
  set(1, 't', 1, 2);
  const own = sampleLosses(dataset, element);
  // two rows with three elements: (6, 1 + 2) · 2/3, whose mean is 9 / 3
  expect(own.get('t')).toEqual({ rows: Int32Array.of(0, 1), losses: Float32Array.of(4, 2) });
  expect(own.get('a')).toEqual({ rows: Int32Array.of(0, 1, 2), losses: Float32Array.of(1, 2, 3) });
  expect(overallLosses(few.layout, 4, own)).toEqual({ rows: Int32Array.of(0, 1, 2), losses: Float32Array.of(7, 8, 9) });
});

test('random masks: the mean over rows is the masked mean over elements', () => {
  const label = fc.constantFrom(true, false, null);
  const row = fc.record({ a: label, t: fc.tuple(label, label), loss: fc.tuple(fc.nat(9), fc.nat(9), fc.nat(9)) });
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 12 }), (rows) => {
      fc.pre(rows.some(({ a, t }) => a !== null || t.some((one) => one !== null)));
      const dataset = datasetOf(
        few,
        rows.map(({ a, t }) => ({ a, t })),
      );
      const own = sampleLosses(dataset, Float32Array.from(rows.flatMap(({ loss }) => loss)));
      const { offset } = few.layout.slot('t');
      let sum = 0;
      let count = 0;
      for (const { a, t, loss } of rows) {
        t.forEach((one, i) => {
          if (a !== true || one === null) return;
          sum += loss[offset + i] ?? 0;
          count++;
        });
      }
      const found = own.get('t')?.losses ?? new Float32Array();
      if (count === 0) expect(found.length).toBe(0);
      else expect(mean(found)).toBeCloseTo(sum / count, 5);
    }),
  );
});
