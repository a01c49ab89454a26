/** @file Inputs are scaled inside the step: the numbers of the host's own scaling, to the bit, wherever a row goes. */
import { expect, test } from 'vitest';
import { onBackend } from '../../src/engine/backend.js';
import type { EngineName } from '../../src/engine/select.js';
import { binary, image, Project, type Row, regression, tf, vector } from '../../src/index.js';
import { scaledInputs } from '../../src/model/scaling.js';
import { uniforms } from '../../src/random.js';

const SIDE = 6;
const ROWS = 96; // enough for branches to run by themselves

function project(scale: number) {
  return new Project({
    name: 'scaled',
    inputs: { frame: image({ height: SIDE, width: SIDE, channels: 1, scale }), x: vector({ size: 2 }) },
    tasks: { open: binary(), size: regression() },
    backbone: ({ frame, x }) => {
      const flat = tf.layers.flatten().apply(frame) as tf.SymbolicTensor;
      const both = tf.layers.concatenate().apply([flat, x]) as tf.SymbolicTensor;
      return {
        shared: tf.layers.dense({ units: 5, activation: 'relu' }).apply(x) as tf.SymbolicTensor,
        branch: tf.layers.dense({ units: 8, activation: 'relu' }).apply(both) as tf.SymbolicTensor,
      };
    },
  }).flow('full', (task, features) => {
    const open = task.open(features.shared);
    return [open, task.size(features.branch).given(open)];
  });
}

/** @param asInput what a row holds of its 8-bit pixels */
function rows(asInput: (pixels: Uint8Array) => Uint8Array | Float32Array): Row[] {
  const draws = uniforms({ seed: 3, stream: 'rows', counter: 0 }, ROWS * (SIDE * SIDE + 2));
  return Array.from({ length: ROWS }, (_, row) => {
    const own = draws.subarray(row * (SIDE * SIDE + 2), (row + 1) * (SIDE * SIDE + 2));
    const pixels = Uint8Array.from(own.subarray(2), (value) => value * 256);
    return { frame: asInput(pixels), x: Array.from(own.subarray(0, 2)), open: row % 3 !== 0, size: row / ROWS };
  });
}

for (const engine of ['onnx', 'cpu'] satisfies EngineName[]) {
  test(`${engine}: training and predicting on bytes equals doing so on floats scaled beforehand`, async () => {
    const options = { engine, epochs: 2, batchSize: 40, progress: false } as const; // 40: the last batch is padded
    const results = [];
    for (const [scale, data] of [
      [1 / 255, rows((pixels) => pixels)],
      [1 / 255, rows((pixels) => Float32Array.from(pixels))],
      [1, rows((pixels) => Float32Array.from(pixels, (byte) => byte * (1 / 255)))],
    ] as const) {
      const own = project(scale);
      const { epochs } = await own.fit(data, options);
      const predictions = await own.predict(data, { engine, probabilities: true });
      const few = await own.predict(data.slice(0, 9), { engine, probabilities: true });
      results.push({ losses: epochs.map(({ loss }) => loss), predictions, few });
      own.dispose();
    }
    expect(results[0]?.predictions.some(({ size }) => size === null)).toBe(true); // the branch was left out somewhere
    expect(results[0]?.predictions.some(({ size }) => size !== null)).toBe(true);
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
  });
}

test('one over a whole number divides by it: every byte as the host would scale it', () => {
  const layer = tf.input({ shape: [256], name: 'frame' });
  const scaledBy = (scale: number) =>
    onBackend('cpu', () =>
      tf.tidy(() => {
        const specs = { frame: { kind: 'image', shape: [256], scale, columns: null } };
        const raw = tf.tensor2d(
          Float32Array.from({ length: 256 }, (_, i) => i),
          [1, 256],
        );
        return scaledInputs(specs, { frame: layer }, { frame: raw }).frame?.dataSync();
      }),
    );
  const expected = (scale: number) => Float32Array.from({ length: 256 }, (_, byte) => byte * scale);
  expect(scaledBy(1 / 255)).toEqual(expected(1 / 255));
  expect(scaledBy(1 / 256)).toEqual(expected(1 / 256));
  expect(scaledBy(2)).toEqual(expected(2));
  expect(scaledBy(-0.5)).toEqual(expected(-0.5));
});

test('what has scale 1 and the right type passes as it is; what is no input too; integers become what the layers read', () => {
  const specs = { x: { kind: 'vector', shape: [2], scale: 1, columns: null } };
  const layer = tf.input({ shape: [2], name: 'x' });
  const tokens = tf.input({ shape: [2], name: 'x', dtype: 'int32' });
  onBackend('cpu', () =>
    tf.tidy(() => {
      const floats = tf.tensor2d([[1, 2]]);
      const integers = tf.tensor2d([[1, 2]], [1, 2], 'int32');
      const handed = tf.tensor2d([[3, 4]], [1, 2], 'int32');
      const made = scaledInputs(specs, { x: layer }, { x: floats, 'cut x': handed });
      expect(made.x).toBe(floats);
      expect(made['cut x']).toBe(handed);
      // of an input that no layer reads, and of a layer that is no input
      expect(scaledInputs({ ...specs, y: { ...specs.x, scale: 2 } }, { x: layer }, { y: handed }).y).toBe(handed);
      expect(scaledInputs(specs, { x: layer, z: layer }, { z: handed }).z).toBe(handed);
      expect(scaledInputs(specs, { x: layer }, { x: integers }).x?.dtype).toBe('float32');
      expect(scaledInputs(specs, { x: tokens }, { x: integers }).x).toBe(integers);
    }),
  );
});

test('the printed graph: an image enters as bytes, one cast and one division; a vector as it is', async () => {
  const lines = (await project(1 / 255).explainGraph({ batchSize: 4 })).split('\n');
  expect(lines[0]).toContain(`batch/input/frame uint8[4,${SIDE},${SIDE},1]`);
  expect(lines[0]).toContain('batch/input/x float32[4,2]');
  const readers = lines.filter((line) => /= \w+\([^)]*batch\/input\/frame/.test(line));
  expect(readers).toHaveLength(1);
  const cast = readers[0]?.match(/(%\d+) float32\[[\d,]+\] = Cast\(batch\/input\/frame\)/)?.[1];
  expect(cast).toBeDefined();
  const divisions = lines.filter((line) => line.includes(`Div(${cast}, `));
  expect(divisions).toHaveLength(1);
  expect(divisions[0]).toContain('255');
  const ofVector = lines.filter((line) => /= \w+\([^)]*batch\/input\/x\b/.test(line));
  expect(ofVector.filter((line) => /= (Mul|Div|Cast)\(/.test(line))).toEqual([]);
});
