/** @file The two halves of a step: together they are the whole, and the parts of a batch add up to the batch. */
import { expect, test } from 'vitest';
import { batchSpecs, createBatcher } from '../../src/data/batches.js';
import { bindTable } from '../../src/data/bind.js';
import { averagePort, COUNTS, gradientPort } from '../../src/data/ports.js';
import type { HostTensor, HostTensors } from '../../src/engine/engine.js';
import { createOnnxEngine } from '../../src/engine/onnx/engine.js';
import { splitSweeps } from '../../src/engine/onnx/sweep/plan.js';
import { createEngine } from '../../src/engine/select.js';
import { adam, adamW, binary, classification, Project, regression, sgd, vector } from '../../src/index.js';
import { buildNetwork } from '../../src/model/network.js';
import { layoutOf } from '../../src/tasks/layout.js';
import { tf } from '../../src/tf.js';
import { hyperTensors } from '../../src/train/hyper.js';
import { trainProgram } from '../../src/train/program.js';
import { bytes } from '../support/training.js';

interface Parts {
  readonly normalised?: boolean;
  readonly regularised?: boolean;
  readonly dropout?: boolean;
}

function setUp({ normalised = false, regularised = false, dropout = false }: Parts, clipNorm: number | null) {
  const { resolved, backbone } = new Project({
    name: 'halves',
    inputs: { x: vector({ size: 3 }) },
    tasks: { open: binary({ weight: 2 }), kind: classification({ classes: ['a', 'b', 'c'] }), age: regression() },
    backbone: ({ x }) => {
      const dense = tf.layers.dense({
        units: 4,
        activation: 'tanh',
        ...(regularised ? { kernelRegularizer: 'l1l2' as const } : {}),
      });
      let hidden = dense.apply(x) as tf.SymbolicTensor;
      if (normalised) hidden = tf.layers.batchNormalization().apply(hidden) as tf.SymbolicTensor;
      if (dropout) hidden = tf.layers.dropout({ rate: 0.3 }).apply(hidden) as tf.SymbolicTensor;
      return { features: hidden };
    },
  }).flow('full', (task, x) => {
    const open = task.open(x.features);
    return [open, task.kind(x.features).given(open), task.age(x.features).given(open.not())];
  });
  const layout = layoutOf(resolved);
  const network = buildNetwork({ flow: resolved, layout, backbone, seed: 4 });
  const program = trainProgram({ network, layout, optimizer: adamW({ weightDecay: 0.1 }), clipNorm });
  return { layout, network, program };
}

/** Uneven: `kind` counts in four rows, three of them in the first half; `age` in one of the second half. */
const rows = [
  { x: [1, -2, 0.5], open: true, kind: 'a', age: null },
  { x: [0, 1, 1], open: true, kind: 'b', age: 3 },
  { x: [-1, 0.5, 2], open: true, kind: 'c', age: null },
  { x: [2, 2, 2], open: null, kind: 'a', age: 1 },
  { x: [0.3, -0.7, 0], open: false, kind: null, age: 2 },
  { x: [-2, 1, -1], open: true, kind: 'a', age: null },
];

const all = [0, 1, 2, 3, 4, 5];
const key = (counter: number) => ({ seed: 9, counter });

function gradientsOf(outputs: HostTensors): Record<string, HostTensor> {
  return Object.fromEntries(Object.entries(outputs).filter(([name]) => /^(gradient|average)\//.test(name)));
}

for (const name of ['cpu', 'onnx'] as const) {
  for (const clipNorm of [null, 0.05]) {
    test(`${name}${clipNorm === null ? '' : ', clipped'}: apply after differentiate is the whole, to the bit`, async () => {
      const parts = { normalised: true, regularised: true, dropout: true };
      const { layout, program } = setUp(parts, clipNorm);
      const engine = await createEngine(name);
      const [whole, differentiate, apply] = [program.whole, program.differentiate, program.apply].map((step) =>
        engine.compile(step),
      );
      const [one, two] = [
        await engine.createState(program.initialState()),
        await engine.createState(program.initialState()),
      ];
      const batcher = createBatcher(bindTable(rows, layout), 4);
      for (let counter = 0; counter < 4; counter++) {
        // the third step has rows without any `age`
        const { tensors } = batcher(counter === 2 ? [0, 1] : [counter, 4, 5]);
        const batch = { ...tensors, ...hyperTensors(layout, { learningRate: 0.05 }) };
        const expected = await whole?.run(one, batch, key(counter));
        const before = await two.read();
        const outputs = (await differentiate?.run(two, batch, key(counter))) ?? {};
        const untouched = await two.read();
        for (const tensor of two.names) expect(bytes(untouched, tensor)).toBe(bytes(before, tensor));
        for (const output of ['loss', 'sums', 'penalty'])
          expect(bytes(outputs, output)).toBe(bytes(expected ?? {}, output));
        await apply?.run(two, { ...batch, ...gradientsOf(outputs) }, key(counter));
        const [a, b] = [await one.read(), await two.read()];
        expect(two.names.some((tensor) => bytes(b, tensor) !== bytes(before, tensor))).toBe(true);
        for (const tensor of one.names) expect(bytes(b, tensor), tensor).toBe(bytes(a, tensor));
      }
      for (const step of [apply, differentiate, whole]) step?.dispose();
      for (const state of [two, one]) state.dispose();
    });
  }

  test(`${name}: the gradients of two parts add up to those of the batch, masks and penalties included`, async () => {
    const { layout, network, program } = setUp({ regularised: true }, null);
    const engine = await createEngine(name);
    const compiled = engine.compile(program.differentiate);
    const state = await engine.createState(program.initialState());
    const dataset = bindTable(rows, layout);
    const run = async (chosen: number[], counts: HostTensor | null, penaltyShare: number): Promise<HostTensors> => {
      const { tensors } = createBatcher(dataset, chosen.length)(chosen);
      const hyper = hyperTensors(layout, { learningRate: 0, penaltyShare });
      return compiled.run(state, { ...tensors, ...(counts === null ? {} : { [COUNTS]: counts }), ...hyper }, key(0));
    };
    const whole = await run(all, null, 1);
    const counts = createBatcher(dataset, all.length)(all).tensors[COUNTS] as HostTensor;
    expect([...counts.data].sort()).toEqual([1, 4, 5]);
    const halves = [await run(all.slice(0, 3), counts, 0.5), await run(all.slice(3), counts, 0.5)];
    const names = ['loss', 'sums', ...network.tensors.map((parameter) => gradientPort(parameter.name))];
    for (const output of names) {
      whole[output]?.data.forEach((value, i) => {
        const sum = halves.reduce((total, half) => total + (half[output]?.data[i] ?? Number.NaN), 0);
        expect(Math.abs(sum - value), output).toBeLessThan(1e-6 * (1 + Math.abs(value)));
      });
    }
    // With the counts of its own rows, a part is no part of the whole: a rare task would weigh more.
    const own = await run(all.slice(3), null, 0.5);
    expect(Math.abs((own.loss?.data[0] ?? 0) - (halves[1]?.loss?.data[0] ?? 0))).toBeGreaterThan(0.1);
    compiled.dispose();
    state.dispose();
  });

  test(`${name}: task weights and the rate change between steps without a new trace`, async () => {
    const { layout, program } = setUp({}, null);
    let traces = 0;
    const engine = await createEngine(name);
    const compiled = engine.compile({
      name: 'counted',
      run: (step) => {
        traces++;
        return program.whole.run(step);
      },
    });
    const state = await engine.createState(program.initialState());
    const { tensors } = createBatcher(bindTable(rows, layout), 6)(all);
    const losses: number[] = [];
    const expected: number[] = [];
    for (const weights of [undefined, [1, 0, 0], [0, 3, 0.5]]) {
      const hyper = hyperTensors(layout, { learningRate: 0, ...(weights === undefined ? {} : { weights }) });
      const { loss, sums } = await compiled.run(state, { ...tensors, ...hyper }, key(0));
      losses.push(loss?.data[0] ?? Number.NaN);
      const places = layout.groups.flatMap(({ slots }) => slots);
      expected.push(
        places.reduce((total, { index, task }, place) => {
          const weight = weights === undefined ? task.kind.weight : (weights[index] ?? Number.NaN);
          return total + (weight * (sums?.data[place] ?? 0)) / (tensors[COUNTS]?.data[place] ?? 0);
        }, 0),
      );
    }
    if (name === 'onnx') expect(traces).toBe(1);
    losses.forEach((loss, i) => {
      expect(Math.abs(loss - (expected[i] ?? 0))).toBeLessThan(1e-5);
    });
    expect(new Set(losses).size).toBe(3);
    compiled.dispose();
    state.dispose();
  });
}

test('a step without penalties gives none, and moving averages cross between the halves by name', async () => {
  const { layout, program } = setUp({ normalised: true }, null);
  const engine = await createEngine('cpu');
  const compiled = engine.compile(program.differentiate);
  const state = await engine.createState(program.initialState());
  const { tensors } = createBatcher(bindTable(rows, layout), 6)(all);
  const outputs = await compiled.run(state, { ...tensors, ...hyperTensors(layout, { learningRate: 0 }) }, key(0));
  expect(outputs.penalty).toBeUndefined();
  const averages = Object.keys(outputs).filter((output) => output.startsWith(averagePort('')));
  expect(averages).toHaveLength(2);
  compiled.dispose();
  state.dispose();
});

test('a batch that lacks what the step needs is told so, not read as 0', async () => {
  const { layout, network } = setUp({}, null);
  const { whole, initialState } = trainProgram({ network, layout, optimizer: sgd(), clipNorm: null });
  const engine = await createEngine('cpu');
  const state = await engine.createState(initialState());
  const { [COUNTS]: _, ...rest } = createBatcher(bindTable(rows, layout), 6)(all).tensors;
  const batch = { ...rest, ...hyperTensors(layout, { learningRate: 0 }) };
  await expect(engine.compile(whole).run(state, batch, key(0))).rejects.toThrow('was not given its counts');
  state.dispose();
});

test('the whole step is no larger than when it was one lump, and its update lies in sweeps', async () => {
  const engine = createOnnxEngine();
  const sizes: number[] = [];
  for (const [heads, units] of [
    [1, [100, 80, 40]],
    [64, [128]],
  ] as const) {
    const tasks = Object.fromEntries(Array.from({ length: heads }, (_, i) => [`t${i}`, binary()]));
    const { resolved, backbone } = new Project({
      name: 'size',
      inputs: { x: vector({ size: 20 }) },
      tasks,
      backbone: ({ x }) => {
        let hidden: tf.SymbolicTensor = x;
        for (const width of units) {
          hidden = tf.layers.dense({ units: width, activation: 'relu' }).apply(hidden) as tf.SymbolicTensor;
        }
        return { features: hidden };
      },
    }).flow('full', (task, x) =>
      Object.keys(tasks).map((name) => (task[name] as NonNullable<(typeof task)[string]>)(x.features)),
    );
    const layout = layoutOf(resolved);
    const network = buildNetwork({ flow: resolved, layout, backbone, seed: 0 });
    const { whole, initialState } = trainProgram({ network, layout, optimizer: adam(), clipNorm: null });
    const batch = {
      ...batchSpecs({ x: { kind: 'vector', shape: [20] } }, layout, 32),
      ...hyperTensors(layout, { learningRate: 0 }),
    };
    const graph = await engine.compile(whole).graph(initialState(), batch);
    sizes.push(graph.nodes.length);
    const left = splitSweeps(graph).graph.outputs.filter(({ name }) => name.startsWith('next/'));
    // all weights and moments; what remains are the bias corrections of the gates
    expect(left.length).toBeLessThanOrEqual(4);
    expect(left.every(({ name }) => name.startsWith('next/optimizer/'))).toBe(true);
    network.dispose();
  }
  await engine.dispose();
  // 172 and 116 when it was one lump; 3 leave out what does not count, 4 make the sigmoid of the loss precise.
  expect(sizes[0]).toBeLessThanOrEqual(179);
  expect(sizes[1]).toBeLessThanOrEqual(123);
});
