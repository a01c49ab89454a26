/** @file Uncertainty weighting, step by step: its numbers by the formula, gated, in parts, and the network's gradients. */
import { expect, test } from 'vitest';
import { createBatcher } from '../../../src/data/batches.js';
import { bindTable } from '../../../src/data/bind.js';
import { COUNTS, gradientPort } from '../../../src/data/ports.js';
import type { BatchTensors, HostTensor, HostTensors } from '../../../src/engine/engine.js';
import { createEngine } from '../../../src/engine/select.js';
import {
  adamW,
  binary,
  classification,
  Project,
  regression,
  sgd,
  tf,
  uncertainty,
  vector,
} from '../../../src/index.js';
import { buildNetwork } from '../../../src/model/network.js';
import { layoutOrder } from '../../../src/score/loss.js';
import { layoutOf } from '../../../src/tasks/layout.js';
import { hyperTensors } from '../../../src/train/hyper.js';
import type { Optimizer } from '../../../src/train/optimizers/optimizer.js';
import { trainProgram } from '../../../src/train/program.js';
import { bytes } from '../../support/training.js';

const { resolved, backbone } = new Project({
  name: 'uncertain',
  inputs: { x: vector({ size: 3 }) },
  tasks: { open: binary(), kind: classification({ classes: ['a', 'b', 'c'] }), age: regression({ weight: 2.5 }) },
  backbone: ({ x }) => ({ features: tf.layers.dense({ units: 4, activation: 'tanh' }).apply(x) as tf.SymbolicTensor }),
}).flow('full', (task, x) => {
  const open = task.open(x.features);
  return [open, task.kind(x.features).given(open), task.age(x.features).given(open.not())];
});

const rows = [
  { x: [1, -2, 0.5], open: true, kind: 'a', age: 8 },
  { x: [0, 1, 1], open: true, kind: 'b', age: 3 },
  { x: [-1, 0.5, 2], open: false, kind: 'c', age: null },
  { x: [2, 2, 2], open: null, kind: 'a', age: 1 },
  { x: [0.3, -0.7, 0], open: false, kind: null, age: 2 },
  { x: [-2, 1, -1], open: false, kind: 'a', age: -1 },
];
/** `age` counts in rows 4 and 5 alone, `kind` in 0 and 1. */
const batches = [
  [0, 1, 4],
  [0, 1, 2],
  [2, 4, 5],
  [3, 2],
  [1, 5, 4],
  [0, 1, 2],
];

const S = 'balance/uncertainty';
const declared = [1, 1, 2.5]; // in flow order
const units = [0.5, 1, 4]; // likewise
const learnt = resolved.tasks.map(({ path }, i) => [path, { kind: null, lossUnit: units[i] ?? 1 }] as const);
const layout = layoutOf(resolved, new Map(learnt));
const order = layoutOrder(layout);
const batchOf = (chosen: readonly number[], learningRate: number, more: object = {}): BatchTensors => ({
  ...createBatcher(bindTable(rows, layout), chosen.length)([...chosen]).tensors,
  ...hyperTensors(layout, { learningRate, ...more }),
});
/** Of a batch, in the tasks' units, by place. */
const lossAt = (sums: readonly number[], counts: readonly number[], place: number): number =>
  (sums[place] ?? 0) / (counts[place] ?? 0) / (units[order[place] ?? 0] ?? 0);
const network = () => buildNetwork({ flow: resolved, layout, backbone, seed: 4 });
const programOf = (optimizer: Optimizer, balancer = true) =>
  trainProgram({ network: network(), layout, optimizer, clipNorm: null, balancer: balancer ? uncertainty() : null });
const values = (tensors: BatchTensors, name: string): number[] => [...(tensors[name]?.data ?? [])].map(Number);

interface Naive {
  s: number;
  m: number;
  v: number;
  steps: number;
}

/** One step of one number, by the textbook: d/ds of w·(exp(−s)·L + s), then SGD or Adam, only where the task counts. */
function naiveStep(one: Naive, weight: number, loss: number, rate: number, kind: 'sgd' | 'adamW'): void {
  const gradient = weight * (1 - Math.exp(-one.s) * loss);
  if (kind === 'sgd') {
    one.s -= rate * gradient;
    return;
  }
  one.steps++;
  one.m = 0.9 * one.m + 0.1 * gradient;
  one.v = 0.999 * one.v + 0.001 * gradient ** 2;
  one.s -= (rate * (one.m / (1 - 0.9 ** one.steps))) / (Math.sqrt(one.v / (1 - 0.999 ** one.steps)) + 1e-8);
}

for (const name of ['cpu', 'wasm', 'onnx'] as const) {
  for (const kind of ['sgd', 'adamW'] as const) {
    test(`${name}, ${kind}: its numbers follow the formula, and rest to the bit where their task has no label`, async () => {
      const engine = await createEngine(name);
      const program = programOf(kind === 'sgd' ? sgd() : adamW({ weightDecay: 0.5 }));
      const state = await engine.createState(program.initialState());
      const step = engine.compile(program.whole);
      const naive = order.map((): Naive => ({ s: 0, m: 0, v: 0, steps: 0 }));
      let rested = 0;
      for (let counter = 0; counter < 12; counter++) {
        const batch = batchOf(batches[counter % batches.length] ?? [], 0.1);
        const before = await state.read();
        const outputs = await step.run(state, batch, { seed: 1, counter });
        const after = await state.read();
        const [sums, counts] = [values(outputs, 'sums'), values(batch, COUNTS)];
        for (const [place, one] of naive.entries()) {
          const count = counts[place] ?? 0;
          if (count > 0) naiveStep(one, declared[order[place] ?? 0] ?? 0, lossAt(sums, counts, place), 0.1, kind);
          expect(after[S]?.data[place], `step ${counter}, place ${place}`).toBeCloseTo(one.s, 4);
          if (count > 0) continue;
          rested++;
          for (const kept of Object.keys(after).filter((one) => one.endsWith(S))) {
            expect(Object.is(after[kept]?.data[place], before[kept]?.data[place]), kept).toBe(true);
          }
        }
      }
      expect(rested).toBe(10); // twice: 1 in the batches 1, 2 and 5, and 2 in batch 3
      expect(naive.every(({ s }) => Math.abs(s) > 0.02)).toBe(true);
      step.dispose();
      state.dispose();
    });
  }
}

for (const name of ['cpu', 'onnx'] as const) {
  test(`${name}: the network's gradients are those of weights declared × exp(−s); two parts add up; halves are the whole`, async () => {
    const engine = await createEngine(name);
    const [own, plain] = [programOf(sgd()), programOf(sgd(), false)];
    const s = Float32Array.of(0.7, -1.2, 0.3);
    const numbers: HostTensor = { shape: [3], dtype: 'float32', data: s };
    const [a, b] = [
      await engine.createState({ ...own.initialState(), [S]: numbers }),
      await engine.createState(plain.initialState()),
    ];
    const weights = declared.map((weight, task) => weight * Math.exp(-(s[order.indexOf(task)] ?? 0)));
    const all = [0, 1, 2, 3, 4, 5];
    const [mine, theirs] = [engine.compile(own.differentiate), engine.compile(plain.differentiate)];
    const key = { seed: 1, counter: 0 };
    const balanced = await mine.run(a, batchOf(all, 0), key);
    const weighed = await theirs.run(b, batchOf(all, 0, { weights }), key);
    const names = Object.keys(weighed).filter((output) => output.startsWith('gradient/'));
    expect(names).toHaveLength(4);
    for (const output of [...names, 'loss', 'sums']) {
      for (const [i, value] of values(weighed, output).entries()) {
        expect(balanced[output]?.data[i], output).toBeCloseTo(value, 5);
      }
    }
    // Central differences of Σ weight × (exp(−s) × loss + s) in float64.
    const counts = values(batchOf(all, 0), COUNTS);
    const objective = (at: readonly number[]): number =>
      values(balanced, 'sums').reduce((sum, _, place, sums) => {
        const [one, weight] = [at[place] ?? 0, declared[order[place] ?? 0] ?? 0];
        return sum + weight * (Math.exp(-one) * lossAt(sums, counts, place) + one);
      }, 0);
    for (const place of [0, 1, 2]) {
      const moved = (by: number) => objective([...s].map((value, i) => (i === place ? value + by : value)));
      expect(balanced[gradientPort(S)]?.data[place]).toBeCloseTo((moved(1e-4) - moved(-1e-4)) / 2e-4, 4);
    }
    const whole = batchOf(all, 0)[COUNTS];
    if (whole === undefined) throw new Error('a batch has its counts');
    const parts = [
      await mine.run(a, { ...batchOf([0, 1, 2], 0, { penaltyShare: 0.5 }), [COUNTS]: whole }, key),
      await mine.run(a, { ...batchOf([3, 4, 5], 0, { penaltyShare: 0.5 }), [COUNTS]: whole }, key),
    ];
    for (const [place, value] of values(balanced, gradientPort(S)).entries()) {
      const sum = parts.reduce((total, part) => total + Number(part[gradientPort(S)]?.data[place]), 0);
      expect(sum).toBeCloseTo(value, 5);
    }
    const [apply, both] = [engine.compile(own.apply), engine.compile(own.whole)];
    const c = await engine.createState({ ...own.initialState(), [S]: numbers });
    const batch = batchOf(all, 0.1);
    const outputs = await mine.run(a, batch, key);
    const given = Object.entries(outputs).filter(([output]) => output.startsWith('gradient/'));
    await apply.run(a, { ...batch, ...Object.fromEntries(given) }, key);
    await both.run(c, batch, key);
    const [halves, once] = [await a.read(), await c.read()];
    for (const tensor of Object.keys(once)) expect(bytes(halves, tensor), tensor).toBe(bytes(once, tensor));
    expect(values(once, S)).not.toEqual([...s]);
    for (const one of [mine, theirs, apply, both]) one.dispose();
    for (const one of [a, b, c]) one.dispose();
  });
}

test('where the network rests, each weight goes to declared weight / loss', async () => {
  const engine = await createEngine('onnx');
  const program = programOf(
    sgd({
      groups: [
        { parameters: ['head'], rate: 0 },
        { layers: '**', rate: 1e-12 },
      ],
    }),
  );
  const state = await engine.createState(program.initialState());
  const step = engine.compile(program.whole);
  const batch = batchOf([0, 1, 2, 3, 4, 5], 0.3);
  let outputs: HostTensors = {};
  for (let counter = 0; counter < 400; counter++) outputs = await step.run(state, batch, { seed: 1, counter });
  const counts = values(batch, COUNTS);
  for (const [place, s] of values(await state.read([S]), S).entries()) {
    expect(Math.exp(-s) * lossAt(values(outputs, 'sums'), counts, place)).toBeCloseTo(1, 4);
  }
  step.dispose();
  state.dispose();
});
