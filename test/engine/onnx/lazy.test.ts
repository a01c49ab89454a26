/** @file The backend `onnx`: what is recorded, when it runs, and what is kept. */
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LazyBackend } from '../../../src/engine/onnx/lazy/backend.js';
import { registerOnnxBackend } from '../../../src/engine/onnx/lazy/register.js';
import { HeadgateError } from '../../../src/errors.js';
import { tf } from '../../../src/tf.js';
import { difference, noise } from './helpers.js';

function backend(): LazyBackend {
  const active = tf.backend();
  if (active instanceof LazyBackend) return active;
  throw new TypeError(tf.getBackend());
}

beforeAll(async () => {
  registerOnnxBackend();
  await tf.setBackend('onnx');
});
afterAll(() => tf.disposeVariables());

test('operations are recorded, and one read runs them all', () => {
  const x = tf.tensor2d([1, 2, 3, 4], [2, 2]);
  const y = x.matMul(x).add(1);
  const z = y.square();
  expect(backend().size().nodes).toBe(3);
  expect([...y.dataSync()]).toEqual([8, 11, 16, 23]);
  expect(backend().size().nodes).toBe(0);
  expect([...z.dataSync()]).toEqual([64, 121, 256, 529]);
  expect(backend().size().sessions).toBe(1);
});

/** ONNX Runtime refuses it when it is run: no input makes an output of this size. */
const broken = (): tf.Tensor =>
  tf.conv2dTranspose(tf.ones<tf.Rank.R4>([1, 8, 8, 8]), tf.ones<tf.Rank.R4>([8, 8, 8, 8]), [1, 4, 4, 8], 1, 'same');

test('what nobody holds is not run', () => {
  const x = tf.tensor1d([1, 2]);
  tf.tidy(() => void broken());
  expect([...x.add(1).dataSync()]).toEqual([2, 3]);
});

test('an operation that fails does so when it is read, and keeps nobody else from it', () => {
  const x = tf.tensor1d([1, 2]);
  const failing = broken();
  const fine = x.add(1);
  expect([...fine.dataSync()]).toEqual([2, 3]);
  expect(() => failing.dataSync()).toThrow(
    /has shape \{1,4,4,8\} but the computed output shape for this run is \{1,8,8,8\}/,
  );
  failing.dispose();
  expect([...x.mul(3).dataSync()]).toEqual([3, 6]);
});

test('the same code finds its session again, whatever the numbers', () => {
  const run = (values: number[]): number => tf.tidy(() => tf.tensor1d(values).sub(0.5).abs().sum().dataSync()[0] ?? 0);
  expect(run([1, 2, 3])).toBe(4.5);
  const { sessions } = backend().size();
  // The third run makes it a session that is optimised, in place of the first.
  for (let i = 0; i < 5; i++) expect(run([i, -i, 1])).toBe(Math.abs(i - 0.5) + i + 0.5 + 0.5);
  expect(backend().size().sessions).toBe(sessions);
});

test('small constants belong to a graph: another one is another graph, -0 and 0 included', () => {
  const over = (x: number): number =>
    tf.tidy(
      () =>
        tf
          .tensor1d([1])
          .div(tf.fill([1], x))
          .dataSync()[0] ?? Number.NaN,
    );
  expect([over(2), over(4), over(0), over(-0)]).toEqual([
    0.5,
    0.25,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ]);
});

test('numbers are the ones of the time of the call', () => {
  const source = Float32Array.of(1, 2, 3);
  const x = tf.tensor1d(source);
  const y = x.add(1);
  source.fill(9);
  const read = x.dataSync();
  read.fill(9);
  expect([...y.dataSync()]).toEqual([2, 3, 4]);
  expect([...x.dataSync()]).toEqual([1, 2, 3]);
});

test('data is counted once, and goes with its last tensor', () => {
  const before = tf.memory();
  const x = tf.tensor2d([1, 2, 3, 4], [2, 2]);
  const flat = x.reshape([4]);
  const again = x.clone();
  expect(tf.memory().numTensors).toBe(before.numTensors + 3);
  expect(tf.memory().numDataBuffers).toBe(before.numDataBuffers + 1);
  const ids = backend().numDataIds();
  x.dispose();
  again.dispose();
  expect(backend().numDataIds()).toBe(ids);
  expect([...flat.dataSync()]).toEqual([1, 2, 3, 4]);
  flat.dispose();
  expect(backend().numDataIds()).toBe(ids - 1);
  expect(tf.memory().numTensors).toBe(before.numTensors);
});

test('a training loop is one session, and one that reads nothing is run from time to time', async () => {
  const rows = tf.randomUniform([16, 3], -1, 1, 'float32', 5);
  const labels = rows.sum(1, true);
  const weights = tf.variable(tf.zeros([3, 1]));
  const optimizer = tf.train.adam(0.05);
  const step = (): tf.Scalar | null =>
    optimizer.minimize(() => tf.losses.meanSquaredError(labels, tf.matMul(rows, weights)), true);
  const first = step();
  const initial = first?.dataSync()[0] ?? 0;
  for (let i = 0; i < 5; i++) step()?.dataSync();
  const { sessions } = backend().size();
  for (let i = 0; i < 20; i++) step()?.dataSync();
  expect(backend().size().sessions).toBe(sessions);
  let most = 0;
  for (let i = 0; i < 300; i++) {
    step()?.dispose();
    most = Math.max(most, backend().size().nodes);
  }
  expect(most).toBeGreaterThan(1000);
  expect(most).toBeLessThan(1200);
  expect(backend().size().sessions).toBeLessThanOrEqual(sessions + 2);
  expect(step()?.dataSync()[0]).toBeLessThan(initial / 1000);
});

test('tf.layers trains as on the cpu backend', async () => {
  const train = async (name: string): Promise<unknown> => {
    await tf.setBackend(name);
    const dense = (units: number, options: object): tf.layers.Layer =>
      tf.layers.dense({ units, kernelInitializer: tf.initializers.glorotUniform({ seed: units }), ...options });
    const model = tf.sequential({ layers: [dense(8, { inputShape: [4], activation: 'relu' }), dense(1, {})] });
    model.compile({ optimizer: tf.train.adam(0.01), loss: 'meanSquaredError' });
    const next = noise(3);
    const x = tf.tensor2d(Float32Array.from({ length: 256 }, next), [64, 4]);
    const { history } = await model.fit(x, x.sum(1, true), { epochs: 4, batchSize: 16, shuffle: false, verbose: 0 });
    return history.loss;
  };
  const [onnx, cpu] = [await train('onnx'), await train('cpu')];
  await tf.setBackend('onnx');
  expect(difference(onnx as number[], cpu as number[])).toBeLessThan(1e-5);
});

test('shapes that depend on numbers are computed on the host', async () => {
  const { values, indices } = tf.unique(tf.tensor1d([3, 1, 3, 2], 'int32').add(1));
  expect([...values.dataSync()]).toEqual([4, 2, 3]);
  expect([...indices.dataSync()]).toEqual([0, 1, 0, 2]);
  const boxes = tf.tensor2d([0, 0, 1, 1, 0, 0, 1, 0.9, 2, 2, 3, 3], [3, 4]);
  const kept = await tf.image.nonMaxSuppressionAsync(boxes, [0.5, 0.9, 0.8], 3, 0.5);
  expect([...kept.dataSync()]).toEqual([1, 2]);
});

test('what it cannot do is refused by name', () => {
  const code = (f: () => unknown): unknown => {
    try {
      return f();
    } catch (error) {
      return error instanceof HeadgateError ? [error.code, error.received] : error;
    }
  };
  expect(code(() => tf.complex([1], [2]))).toEqual(['UNSUPPORTED_KERNEL', 'Complex']);
  expect(code(() => tf.string.stringSplit(['a b'], ' '))).toEqual(['UNSUPPORTED_KERNEL', 'StringSplit']);
  expect(code(() => tf.concat([tf.tensor1d(['a']), tf.tensor1d(['b'])]))).toEqual(['UNSUPPORTED_DTYPE', 'string']);
  expect(tf.tensor1d(['kept']).dataSync()).toEqual(['kept']);
});

test('time covers what it leaves pending', async () => {
  const x = tf.ones([64, 64]);
  const { kernelMs } = await tf.time(() => x.matMul(x));
  expect(kernelMs).toBeGreaterThan(0);
  expect(backend().size().nodes).toBe(0);
});

test('the backend can be removed and set again', async () => {
  tf.removeBackend('onnx');
  registerOnnxBackend();
  expect(await tf.setBackend('onnx')).toBe(true);
  expect(backend().size()).toEqual({ nodes: 0, sessions: 0 });
  expect([...tf.tensor1d([2]).mul(3).dataSync()]).toEqual([6]);
});

// A program of small steps on a list of 2×2 tensors; positions count from the end and wrap.
const step = fc.oneof(
  fc.record({ kind: fc.constantFrom('add', 'mul', 'sub', 'matMul', 'maximum'), a: fc.nat(9), b: fc.nat(9) }),
  fc.record({ kind: fc.constantFrom('relu', 'transpose', 'view', 'halve', 'sum', 'read', 'dispose'), a: fc.nat(9) }),
);
type ProgramStep = { readonly kind: string; readonly a: number; readonly b?: number };

/** Every number that the program reads, and in the end all that are left. */
function runProgram(program: readonly ProgramStep[]): number[] {
  const tensors: tf.Tensor[] = [tf.tensor2d([1, -2, 0.5, 3], [2, 2]), tf.tensor2d([0.25, 1, -1, 2], [2, 2])];
  const seen: number[] = [];
  for (const { kind, a, b = 0 } of program) {
    const x = tensors.at(-1 - (a % tensors.length)) as tf.Tensor; // within the list
    const y = tensors.at(-1 - (b % tensors.length)) as tf.Tensor;
    const made: Record<string, () => tf.Tensor> = {
      add: () => x.add(y),
      mul: () => x.mul(y).clipByValue(-100, 100),
      sub: () => x.sub(y),
      matMul: () => x.matMul(y).clipByValue(-100, 100),
      maximum: () => x.maximum(y),
      relu: () => x.relu(),
      transpose: () => x.transpose(),
      view: () => x.reshape([4]).reshape([2, 2]),
      halve: () => x.mul(tf.fill([2, 2], 0.5)),
      sum: () => x.sum().reshape([1, 1]).tile([2, 2]).clipByValue(-100, 100),
    };
    if (kind === 'read') seen.push(...x.dataSync());
    else if (kind === 'dispose' && tensors.length > 1) tensors.splice(tensors.indexOf(x), 1)[0]?.dispose();
    else if (made[kind] !== undefined) tensors.push(made[kind]());
  }
  for (const tensor of tensors) seen.push(...tensor.dataSync());
  tf.dispose(tensors);
  return seen;
}

test('any program gives the numbers of the cpu backend, whenever it reads and disposes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (program) => {
      await tf.setBackend('cpu');
      const expected = tf.tidy(() => tf.tensor1d(runProgram(program))).dataSync();
      await tf.setBackend('onnx');
      const received = tf.tidy(() => tf.tensor1d(runProgram(program))).dataSync();
      expect(difference(received, expected)).toBeLessThan(1e-5);
    }),
    { numRuns: 60, seed: 11 },
  );
});
