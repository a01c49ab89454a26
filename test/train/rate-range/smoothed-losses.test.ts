import { expect, test } from 'vitest';
import { COUNTS } from '../../../src/data/ports.js';
import type { HostTensor } from '../../../src/engine/engine.js';
import { binary, Project, regression, vector } from '../../../src/index.js';
import { layoutOrder } from '../../../src/score/loss.js';
import { layoutOf } from '../../../src/tasks/layout.js';
import { smoothedLosses } from '../../../src/train/rate-range/smoothed-losses.js';

const { resolved } = new Project({
  name: 'smoothed',
  inputs: { x: vector({ size: 1 }) },
  tasks: { a: binary({ weight: 2 }), b: regression({ weight: 5 }), c: binary() },
}).flow('full', (task, x) => [task.a(x.features), task.b(x.features), task.c(x.features)]);
const layout = layoutOf(resolved, new Map([['b', { kind: null, lossUnit: 10 }]]));
const weights = [2, 0.5, 1]; // of b, 5 in units of 10

/** Sums and counts by flow order, as a step gives them. */
function run(smoothing: number, steps: readonly (readonly [readonly number[], readonly number[]])[]) {
  const curve = smoothedLosses(layout, smoothing);
  const inOrder = (values: readonly number[]): HostTensor => {
    const data = Float32Array.from(layoutOrder(layout).map((index) => values[index] ?? Number.NaN));
    return { shape: [data.length], dtype: 'float32', data };
  };
  for (const [sums, counts] of steps) curve.add({ [COUNTS]: inOrder(counts) }, { sums: inOrder(sums) });
  return curve;
}

test('each task by its own running sums: of all steps, each counts by its elements and its age', () => {
  const steps = Array.from({ length: 6 }, (_, i) => {
    const counts = [3, i % 2 === 0 ? 2 : 0, 1 + i];
    return [counts.map((count, task) => count * (i + 1) * (task + 1)), counts] as const;
  });
  const { losses, smoothed } = run(0.75, steps);
  for (const [last] of steps.entries()) {
    let mean = 0;
    for (const [task, weight] of weights.entries()) {
      let [sum, count] = [0, 0];
      for (const [i, [sums, counts]] of steps.slice(0, last + 1).entries()) {
        const share = 0.75 ** (last - i);
        sum += share * (sums[task] ?? 0);
        count += share * (counts[task] ?? 0);
      }
      mean += (weight * sum) / count;
    }
    expect(smoothed[last]).toBeCloseTo(mean, 10);
    // (i + 1) × (task + 1) is the loss of a task in its batch.
    const ofB = last % 2 === 0 ? 0.5 * (last + 1) * 2 : 0;
    expect(losses[last]).toBeCloseTo(2 * (last + 1) + ofB + 3 * (last + 1), 10);
  }
});

test('without smoothing: the last label that a task had; its coming is no rise', () => {
  const none = [0, 0, 0];
  const { losses, smoothed } = run(0, [
    [none, none],
    [
      [4, 0, 0],
      [2, 0, 0],
    ],
    [none, none],
    [
      [0, 60, 0],
      [0, 3, 0],
    ],
    [
      [9, 20, 0],
      [3, 2, 0],
    ],
  ]); // prettier-ignore
  expect(losses).toEqual([null, 4, null, 10, 11]);
  expect(smoothed.length).toBe(5);
  expect(smoothed[0]).toBeNull();
  expect(smoothed[1]).toBe(14); // 4 of a, and 10 that b had when it came
  expect(smoothed[4]).toBe(11);
});
