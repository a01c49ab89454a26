/** @file Finding NaN and infinities on the wasm backend's heap, wherever they stand, and nothing else. */
import { beforeAll, describe, expect, test } from 'vitest';
import type { Oddity } from '../../../src/engine/kernels/arrays.js';
import { scan } from '../../../src/engine/wasm/kernels/scan.js';
import { createWasmEngine } from '../../../src/engine/wasm.js';
import { tf } from '../../../src/tf.js';
import { wasm } from '../../../src/wasm/webassembly.js';

const OFFSET = 12; // no multiple of a vector's size
const memory = new wasm.Memory({ initial: 1 });
const heap = (length: number): Float32Array => new Float32Array(memory.buffer, OFFSET, length);
const info = (length: number): tf.TensorInfo => ({ dataId: {}, shape: [length], dtype: 'float32' });
const typedArrayFromHeap = ({ shape }: tf.TensorInfo): Float32Array => heap(shape[0] ?? 0);
const backends = {
  'by vectors': { wasm: { asm: { memory } }, dataIdMap: { get: () => ({ memoryOffset: OFFSET }) } },
  'where the memory is out of reach': { wasm: {}, typedArrayFromHeap },
};
const ordinary = [0, -0, 1, -1, 2 ** -149, -(2 ** -126), 3.4028234663852886e38, -3.4028234663852886e38];

describe.each(Object.entries(backends))('%s', (_, backend) => {
  const found = (length: number): Record<Oddity, boolean> => ({
    NaN: scan(backend, info(length), 'NaN'),
    'non-finite': scan(backend, info(length), 'non-finite'),
  });

  test.each(Array.from({ length: 40 }, (_, length) => length))('of %d numbers', (length) => {
    const values = heap(length + 1);
    for (let i = 0; i < length; i++) values[i] = ordinary[i % ordinary.length] as number;
    values[length] = Number.NaN; // behind the end
    expect(found(length)).toEqual({ NaN: false, 'non-finite': false });
    for (let at = 0; at < length; at++) {
      const before = values[at] as number;
      values[at] = Number.NaN;
      expect(found(length), `at ${at}`).toEqual({ NaN: true, 'non-finite': true });
      for (const infinite of [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
        values[at] = infinite;
        expect(found(length), `at ${at}`).toEqual({ NaN: false, 'non-finite': true });
      }
      values[at] = before;
    }
  });
});

describe("tfjs's backend", () => {
  beforeAll(async () => {
    await createWasmEngine();
    await tf.setBackend('wasm');
  });

  test('has its memory where the scan looks for it', () => {
    const { wasm: module } = tf.backend() as unknown as { wasm: { asm: { memory: { buffer: unknown } } } };
    expect(module.asm.memory.buffer).toBeInstanceOf(ArrayBuffer);
  });

  test('is scanned after its memory has grown', () => {
    const small = tf.tensor1d([1, Number.NaN]);
    expect(scan(tf.backend(), small, 'NaN')).toBe(true);
    const large = tf.fill([2 ** 25], 1); // 128 MiB
    const odd = tf.tensor1d([1, Number.POSITIVE_INFINITY]);
    expect(scan(tf.backend(), large, 'non-finite')).toBe(false);
    expect(scan(tf.backend(), odd, 'NaN')).toBe(false);
    expect(scan(tf.backend(), odd, 'non-finite')).toBe(true);
    tf.dispose([small, large, odd]);
  });
});
