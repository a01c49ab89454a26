/** @file Bytes and integers of a batch: what a step sees of them, on each engine, and how the compiled graph takes them. */
import { expect, test } from 'vitest';
import type { BatchTensor, BatchTensors, HostTensors, Step } from '../../src/engine/engine.js';
import { createOnnxEngine } from '../../src/engine/onnx/engine.js';
import { printGraph } from '../../src/engine/onnx/print.js';
import { createEngine, type EngineName } from '../../src/engine/select.js';
import type { tf } from '../../src/tf.js';
import { errorOf, float } from './host.js';

const key = { seed: 1, counter: 0 };
const bytes: BatchTensor = { shape: [2, 128], dtype: 'uint8', data: Uint8Array.from({ length: 256 }, (_, i) => i) };
const tokens: BatchTensor = { shape: [2], dtype: 'int32', data: Int32Array.of(2 ** 24 + 1, -7) };

/** What the step was given, as it was given. */
const look: Step = {
  name: 'look',
  run: ({ batch }) => {
    const { pixels, tokens: ids } = batch as Record<'pixels' | 'tokens', tf.Tensor>;
    return { state: {}, outputs: { pixels, doubled: pixels.mul(2), tokens: ids } };
  },
};

for (const name of ['onnx', 'wasm', 'cpu'] satisfies EngineName[]) {
  test(`${name}: a step sees bytes as float32, every one exact, and integers as int32`, async () => {
    const engine = await createEngine(name);
    const state = await engine.createState({});
    const compiled = engine.compile(look);
    const outputs = await compiled.run(state, { pixels: bytes, tokens }, key);
    const values = Float32Array.from(bytes.data);
    expect(outputs).toEqual({
      pixels: { shape: [2, 128], dtype: 'float32', data: values },
      doubled: { shape: [2, 128], dtype: 'float32', data: values.map((value) => value * 2) },
      tokens,
    });
    // The same step takes floats too: another signature, another program.
    const floats = await compiled.run(state, { pixels: float([...values], [2, 128]), tokens }, key);
    expect(floats).toEqual(outputs);
    compiled.dispose();
    state.dispose();
  });

  test(`${name}: bytes are no booleans, booleans are 0 or 1, and a state keeps no bytes`, async () => {
    const engine = await createEngine(name);
    const state = await engine.createState({ a: float([1]) });
    const compiled = engine.compile({
      name: 'x',
      run: ({ batch }) => ({ state: {}, outputs: { x: batch.x as tf.Tensor } }),
    });
    const refused = (x: unknown) => errorOf(() => compiled.run(state, { x } as BatchTensors, key));
    const bool = { shape: [2], dtype: 'bool', data: Uint8Array.of(1, 2) };
    expect(await refused(bool)).toMatchObject({ code: 'INVALID_TENSOR', path: 'batch.x' });
    expect((await refused(bool)).received).toContain('a byte of 2');
    expect(await refused({ shape: [2], dtype: 'uint8', data: Int32Array.of(1, 2) })).toMatchObject({
      code: 'INVALID_TENSOR',
      path: 'batch.x',
    });
    expect((await compiled.run(state, { x: { shape: [2], dtype: 'bool', data: Uint8Array.of(1, 0) } }, key)).x).toEqual(
      {
        shape: [2],
        dtype: 'bool',
        data: Uint8Array.of(1, 0),
      },
    );
    const kept = { b: { shape: [1], dtype: 'uint8', data: Uint8Array.of(3) } } as unknown as HostTensors; // from untyped code
    expect((await errorOf(() => engine.createState(kept))).code).toBe('INVALID_TENSOR');
    compiled.dispose();
    state.dispose();
  });
}

test('the graph takes bytes as bytes, and casts them once', async () => {
  const engine = createOnnxEngine({ threads: 1 });
  const step: Step = {
    name: 'twice',
    run: ({ batch: { pixels } }) => {
      const x = pixels as tf.Tensor;
      return { state: {}, outputs: { mean: x.mean(), sum: x.div(255).sum() } };
    },
  };
  const graph = await engine.compile(step).graph({}, { pixels: bytes });
  const text = printGraph(graph);
  expect(text.split('\n')[0]).toBe('twice(batch/pixels uint8[2,128]) {');
  expect(text.match(/batch\/pixels/g)).toHaveLength(2); // the input, and the one cast
  expect(graph.nodes.filter(({ op }) => op === 'Cast')).toHaveLength(1);
  await engine.dispose();
});
