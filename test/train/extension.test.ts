/** @file What stands between weights and layers: a toy 0/1 mask, a penalty, an average of the weights. */
import { expect, test } from 'vitest';
import { bindTable } from '../../src/data/bind.js';
import { wholeRows } from '../../src/data/bound-rows.js';
import { tableFeed } from '../../src/data/feed.js';
import type { HostTensor, HostTensors } from '../../src/engine/engine.js';
import { createEngine } from '../../src/engine/select.js';
import { adamW, binary, Project, sgd, vector } from '../../src/index.js';
import type { Extension } from '../../src/model/extension.js';
import { buildNetwork } from '../../src/model/network.js';
import { initialThresholds } from '../../src/score/scores.js';
import { layoutOf } from '../../src/tasks/layout.js';
import { tf } from '../../src/tf.js';
import { train } from '../../src/train/fit.js';
import { validation } from '../../src/train/watchers/validation.js';
import { bench } from '../support/training.js';

const { resolved, backbone } = new Project({
  name: 'masked',
  inputs: { x: vector({ size: 3 }) },
  tasks: { a: binary(), b: binary() },
  backbone: ({ x }) => ({
    features: tf.layers
      .dense({ name: 'hidden', units: 4, activation: 'tanh', kernelRegularizer: 'l1l2' })
      .apply(x) as tf.SymbolicTensor,
  }),
}).flow('full', (task, x) => [task.a(x.features), task.b(x.features)]);

const KERNEL = 'backbone/hidden/kernel';
const isKernel = (name: string): boolean => name === KERNEL;
const open = [1, 0, 1, 1, 0, 1, 1, 1, 0, 1, 1, 0];
const rows = [
  { x: [1, -2, 0.5], a: true, b: false },
  { x: [0, 1, 1], a: false, b: true },
  { x: [-1, 0.5, 2], a: true, b: null },
];

const tensorOf = (shape: readonly number[], values: readonly number[]): HostTensor => ({
  shape,
  dtype: 'float32',
  data: Float32Array.from(values),
});

/** A weight takes part where `kernel` is 1. */
const mask: Extension = {
  name: 'mask',
  tensors: { kernel: tensorOf([3, 4], open) },
  effective: (name, value, own) => (isKernel(name) ? value.mul(own.kernel as tf.Tensor) : value),
  gate: (name, gate, own) => (isKernel(name) ? gate.mul(own.kernel as tf.Tensor) : gate),
};

const elements = (values: HostTensors, ends: string): number[] => {
  const name = Object.keys(values).find((candidate) => candidate.endsWith(ends));
  return [...(values[name ?? '']?.data ?? [])];
};

for (const engine of ['cpu', 'onnx'] as const) {
  for (const [name, optimizer] of [
    ['adamW', adamW({ weightDecay: 0.1 })],
    ['sgd', sgd({ momentum: 0.9, nesterov: true, weightDecay: 0.1 })],
  ] as const) {
    test(`${engine}, ${name}: masked elements keep their bytes and moments, the others move as where those are 0`, async () => {
      const run = await bench({ flow: resolved, backbone, optimizer, engine, extensions: [mask] });
      const before = await run.state.read();
      const losses: (number | undefined)[] = [];
      for (let i = 0; i < 3; i++) losses.push((await run.step(rows)).loss?.data[0]);
      const after = await run.state.read();
      const [old, now] = [elements(before, KERNEL), elements(after, KERNEL)];
      expect(now.map((value, i) => value === old[i])).toEqual(open.map((one) => one === 0));
      for (const moment of optimizer.moments) {
        const values = elements(after, `optimizer/${moment}/${KERNEL}`);
        expect(values.map((value) => value === 0)).toEqual(open.map((one) => one === 0));
      }
      expect(elements(after, 'extension/mask/kernel')).toEqual(open);

      // A dense network whose masked weights are put back to 0 before each step: the same losses and the same bytes.
      const dense = await bench({ flow: resolved, backbone, optimizer, engine });
      const kernel = dense.state.names.find((tensor) => isKernel(tensor)) ?? '';
      const denseLosses: (number | undefined)[] = [];
      for (let i = 0; i < 3; i++) {
        const { [kernel]: value } = await dense.state.read([kernel]);
        const zeroed = [...(value?.data ?? [])].map((element, j) => element * (open[j] ?? 0));
        await dense.state.write({ [kernel]: tensorOf([3, 4], zeroed) });
        denseLosses.push((await dense.step(rows)).loss?.data[0]);
      }
      expect(losses).toEqual(denseLosses);
      const trained = await dense.state.read();
      for (const parameter of dense.network.tensors) {
        const [ours, theirs] = [after, trained].map((values) => [...(values[parameter.name]?.data ?? [])]);
        const counts = (i: number): boolean => parameter.name !== kernel || open[i] === 1;
        expect(
          ours?.filter((_, i) => counts(i)),
          parameter.name,
        ).toEqual(theirs?.filter((_, i) => counts(i)));
      }
    });
  }

  test(`${engine}: without a mask that closes anything, the bytes are those without the extension`, async () => {
    const nothing: Extension = { ...mask, tensors: { kernel: tensorOf([3, 4], Array<number>(12).fill(1)) } };
    const trained = async (extensions: readonly Extension[]): Promise<HostTensors> => {
      const run = await bench({ flow: resolved, backbone, optimizer: adamW(), engine, extensions });
      for (let i = 0; i < 3; i++) await run.step(rows);
      return run.state.read();
    };
    const [with_, without] = [await trained([nothing]), await trained([])];
    for (const name of Object.keys(without))
      expect([...(with_[name]?.data ?? [])], name).toEqual([...(without[name]?.data ?? [])]);
  });
}

test('a penalty is added to the loss and pulls by its own gradient; what it returns is told apart', async () => {
  const penalty: Extension = {
    name: 'pull',
    tensors: {},
    penalty: (weights) => {
      const kernel = weights[Object.keys(weights).find(isKernel) ?? ''] as tf.Tensor;
      return kernel.sum<tf.Scalar>().mul(3);
    },
  };
  const trained = async (extensions: readonly Extension[]) => {
    const run = await bench({ flow: resolved, backbone, optimizer: sgd(), learningRate: 1, extensions });
    const outputs = await run.step(rows);
    return { outputs, kernel: elements(await run.state.read(), KERNEL) };
  };
  const [pulled, free] = [await trained([penalty]), await trained([])];
  pulled.kernel.forEach((value, i) => {
    expect(Math.abs((free.kernel[i] ?? 0) - 3 - value)).toBeLessThan(1e-5);
  });
  const of = (values: HostTensors, name: string): number => values[name]?.data[0] ?? Number.NaN;
  const added = of(pulled.outputs, 'loss') - of(free.outputs, 'loss');
  expect(Math.abs(added - (of(pulled.outputs, 'penalty') - of(free.outputs, 'penalty')))).toBeLessThan(1e-5);
  expect(Math.abs(added)).toBeGreaterThan(0.1);
  expect([...(pulled.outputs.sums?.data ?? [])]).toEqual([...(free.outputs.sums?.data ?? [1])]);
});

test('an average of the weights follows them in state of its own', async () => {
  const average: Extension = {
    name: 'average',
    tensors: { bias: tensorOf([2], [0, 0]) },
    update: (after, own) => ({
      bias: (own.bias as tf.Tensor).mul(0.9).add((after['head/features/bias'] as tf.Tensor).mul(0.1)),
    }),
  };
  const run = await bench({ flow: resolved, backbone, optimizer: sgd(), extensions: [average] });
  let expected = [0, 0];
  for (let i = 0; i < 3; i++) {
    await run.step(rows);
    const bias = elements(await run.state.read(), 'head/features/bias');
    expected = expected.map((value, j) => value * 0.9 + (bias[j] ?? Number.NaN) * 0.1);
  }
  elements(await run.state.read(), 'extension/average/bias').forEach((value, j) => {
    expect(Math.abs(value - (expected[j] ?? Number.NaN))).toBeLessThan(1e-6);
    expect(value).not.toBe(0);
  });
});

test('a fit with a mask: validation sees the masked network, as training does', async () => {
  const layout = layoutOf(resolved);
  const dataset = bindTable(rows, layout);
  const network = buildNetwork({ flow: resolved, layout, backbone, seed: 3 });
  const thresholds = initialThresholds(resolved.tasks);
  const fitted = async (extensions: readonly Extension[]) => {
    const { epochs } = await train({
      network,
      layout,
      engine: await createEngine('cpu'),
      feed: tableFeed(dataset, { batchSize: 3, seed: 0, mixesRows: false }),
      epochs: 1,
      optimizer: sgd({ learningRate: 0 }),
      clipNorm: null,
      seed: 0,
      signal: null,
      watchers: [validation({ layout, rows: wholeRows(dataset), thresholds })],
      extensions,
    });
    return epochs[0];
  };
  const [masked, dense] = [await fitted([mask]), await fitted([])];
  expect(Math.abs((masked?.validation?.loss ?? 0) - (masked?.loss ?? 1))).toBeLessThan(1e-6);
  expect(Math.abs((masked?.loss ?? 0) - (dense?.loss ?? 0))).toBeGreaterThan(1e-3);
  network.dispose();
});
