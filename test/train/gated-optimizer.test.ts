/** @file Rule 5: a parameter whose owners have no counted label keeps its value and its moments to the bit. */
import { expect, test } from 'vitest';
import type { HostTensors } from '../../src/engine/engine.js';
import { adam, adamW, binary, Project, sgd, vector } from '../../src/index.js';
import { tf } from '../../src/tf.js';
import { bench, bytes } from '../support/training.js';

/** Two features from two branches of their own, over a shared layer; a and b share a head, c stands apart. */
function project() {
  return new Project({
    name: 'two-branches',
    inputs: { x: vector({ size: 3 }) },
    tasks: { a: binary(), b: binary(), c: binary() },
    backbone: ({ x }) => {
      const dense = (units: number) => tf.layers.dense({ units, activation: 'tanh', kernelRegularizer: 'l1l2' });
      const shared = dense(4).apply(x) as tf.SymbolicTensor;
      return {
        left: dense(3).apply(shared) as tf.SymbolicTensor,
        right: dense(3).apply(shared) as tf.SymbolicTensor,
      };
    },
  }).flow('full', (task, x) => [task.a(x.left), task.b(x.left), task.c(x.right)]);
}

const optimizers = {
  sgd: sgd({ momentum: 0.9, nesterov: true, weightDecay: 0.1, l1: 0.1 }),
  adam: adam(),
  'adam with L1 and L2': adam({ l1: 0.01, l2: 0.01, l1Decay: 0.01 }),
  adamW: adamW(),
};

/** The bytes of every element that only `task` owns: its columns of the head and of the head's moments. */
function columns(values: HostTensors, feature: string, column: number): string {
  return Object.keys(values)
    .filter((name) => name.includes(`head/${feature}/`) || name.endsWith(`/head/${feature}`))
    .sort()
    .map((name) => {
      const { data, shape } = values[name] as HostTensors[string];
      const units = shape.at(-1) ?? 1;
      if (column >= units) return '';
      return Array.from({ length: data.length / units }, (_, row) => data[row * units + column]).join(',');
    })
    .join(';');
}

for (const [name, optimizer] of Object.entries(optimizers)) {
  for (const clipNorm of [null, 0.01]) {
    test(`${name}${clipNorm === null ? '' : ' with clipping'}: unowned parameters and moments rest, owned ones move`, async () => {
      const { resolved, backbone } = parts();
      const run = await bench({ flow: resolved, backbone, optimizer, ...(clipNorm === null ? {} : { clipNorm }) });
      const all = { x: [1, -2, 0.5], a: true, b: false, c: true };
      await run.step([all, { ...all, x: [0, 1, 1], a: false, c: false }]);
      const before = await run.state.read();
      await run.step([{ ...all, b: null, c: null }]);
      const after = await run.state.read();
      expect(columns(after, 'left', 1)).toBe(columns(before, 'left', 1));
      expect(columns(after, 'left', 0)).not.toBe(columns(before, 'left', 0));
      // c alone owns the right head and the right branch
      const resting = Object.keys(before).filter((key) => /head\/right|backbone\/dense\.3|tasks\/2$/.test(key));
      expect(resting.length).toBeGreaterThanOrEqual(
        4 * (1 + optimizer.moments.length) + 2 * optimizer.gateSlots.length,
      );
      for (const key of resting) expect(bytes(after, key), key).toBe(bytes(before, key));
      const shared = Object.keys(before).find((key) => key.startsWith('backbone/dense.1')) ?? '';
      expect(bytes(after, shared)).not.toBe(bytes(before, shared));
    });
  }

  test(`${name}: a batch with no labels at all changes nothing and costs nothing`, async () => {
    const { resolved, backbone } = parts();
    const run = await bench({ flow: resolved, backbone, optimizer });
    const all = { x: [1, -2, 0.5], a: true, b: false, c: true };
    await run.step([all]);
    const before = await run.state.read();
    const outputs = await run.step([{ ...all, a: null, b: null, c: null }]);
    const after = await run.state.read();
    for (const key of Object.keys(before)) expect(bytes(after, key), key).toBe(bytes(before, key));
    expect(outputs.loss?.data[0]).toBe(outputs.penalty?.data[0]);
    expect([...(outputs.sums?.data ?? [])]).toEqual([0, 0, 0]);
  });
}

test('Adam counts its steps for each gate: a head first trained late starts like one trained first', async () => {
  const { resolved, backbone } = parts();
  const change = async (skip: number): Promise<number> => {
    const run = await bench({ flow: resolved, backbone, optimizer: adam({ epsilon: 1e-12 }), learningRate: 0.01 });
    for (let i = 0; i < skip; i++) await run.step([{ x: [1, 1, 1], a: true }]);
    const before = await run.state.read(['head/right/bias']);
    await run.step([{ x: [1, 1, 1], c: true }]);
    const after = await run.state.read(['head/right/bias']);
    return (after['head/right/bias']?.data[0] ?? 0) - (before['head/right/bias']?.data[0] ?? 0);
  };
  // The first bias-corrected Adam step is the learning rate, whatever the gradient.
  expect(await change(0)).toBeCloseTo(0.01, 6);
  expect(await change(20)).toBeCloseTo(0.01, 6);
});

function parts() {
  const declared = project();
  return { resolved: declared.resolved, backbone: declared.backbone };
}
