import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { BatchTensors, HostTensor, HostTensors } from '../../../src/engine/engine.js';
import { readSafetensors, type SafeTensor, writeSafetensors } from '../../../src/files/safetensors.js';
import { applyDelta, conflictsBetween, deltaOf, revertDelta } from '../../../src/pathways/delta/delta.js';
import { deltaFromTensors, deltaTensors } from '../../../src/pathways/delta/tensors.js';
import { packMask } from '../../../src/pathways/masks/mask.js';

/** Words of float32 that numbers do not tell apart: zeros of both signs, NaN with payloads, least numbers, infinities. */
const word = fc.oneof(
  fc.constantFrom(0, 0x80000000, 0x7fc00000, 0x7fc12345, 0xffc00001, 0x7f812345, 1, 0x7f800000, 0x3f800000),
  fc.nat({ max: 0xffffffff }),
);
const float = (shape: readonly number[], words: readonly number[]): HostTensor => {
  const data = new Float32Array(words.length);
  new Uint32Array(data.buffer).set(words);
  return { shape, dtype: 'float32', data };
};
const wordsOf = ({ data }: HostTensor) =>
  data instanceof Uint8Array ? [...data] : [...new Uint32Array(data.buffer, data.byteOffset, data.length)];
const bitsOf = (model: HostTensors) =>
  Object.entries(model).map(([name, tensor]) => [name, tensor.shape, tensor.dtype, wordsOf(tensor)]);

const size = 24;
const model = fc
  .record({
    kernel: fc.array(word, { minLength: size, maxLength: size }),
    bias: fc.array(word, { minLength: 3, maxLength: 3 }),
    counts: fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 4, maxLength: 4 }),
    flags: fc.array(fc.constantFrom(0, 1), { minLength: 2, maxLength: 2 }),
  })
  .map(
    ({ kernel, bias, counts, flags }): HostTensors => ({
      'stem/kernel': float([8, 3], kernel),
      'stem/bias': float([3], bias),
      counts: { shape: [2, 2], dtype: 'int32', data: Int32Array.from(counts) },
      flags: { shape: [2], dtype: 'bool', data: Uint8Array.from(flags) },
    }),
  );

/** The second with what stands at `keep` of the first, so that few elements differ. */
const pair = fc.tuple(model, model, fc.integer({ min: 0, max: 10 })).map(([base, other, every]) => {
  const mixed = Object.entries(other).map(([name, tensor]): [string, HostTensor] => {
    const data = tensor.data.slice();
    const [from, to] = [wordsOf(base[name] as HostTensor), new Uint8Array(data.buffer)];
    const width = data.BYTES_PER_ELEMENT;
    from.forEach((_, i) => {
      const own = new Uint8Array((base[name] as HostTensor).data.buffer);
      if (every === 0 || i % every !== 0) to.set(own.slice(i * width, (i + 1) * width), i * width);
    });
    return [name, { ...tensor, data }];
  });
  return [base, Object.fromEntries(mixed)] as const;
});

test('applied to its base a delta gives the changed model, and reverted the base, to the bit', () => {
  fc.assert(
    fc.property(pair, ([base, changed]) => {
      const delta = deltaOf(base, changed);
      const applied = applyDelta(base, delta);
      expect(bitsOf(applied)).toEqual(bitsOf(changed));
      expect(bitsOf(revertDelta(applied, delta, base))).toEqual(bitsOf(base));
      for (const [name, { indices }] of Object.entries(delta)) {
        const [before, after] = [wordsOf(base[name] as HostTensor), wordsOf(changed[name] as HostTensor)];
        expect([...indices]).toEqual(before.flatMap((_, i) => (before[i] === after[i] ? [] : [i])));
      }
    }),
  );
});

test('biases are in it, and a -0 is a change: the predecessor replaced biases whole', () => {
  const base = { kernel: float([2], [0, 0x7fc00001]), bias: float([1], [0x3f800000]) };
  const changed = { kernel: float([2], [0x80000000, 0x7fc00002]), bias: float([1], [0x3f800000]) };
  const delta = deltaOf(base, changed);
  expect(Object.keys(delta)).toEqual(['kernel']);
  expect([...(delta.kernel?.indices ?? [])]).toEqual([0, 1]);
  expect(deltaOf(base, base)).toEqual({});
  expect(applyDelta(base, {})).toEqual(base);
});

test('neither model is written to', () => {
  const base = { kernel: float([2], [1, 2]) };
  const changed = { kernel: float([2], [1, 3]) };
  const delta = deltaOf(base, changed);
  (applyDelta(base, delta).kernel as HostTensor).data[1] = 7;
  expect([wordsOf(base.kernel), wordsOf(changed.kernel)]).toEqual([
    [1, 2],
    [1, 3],
  ]);
});

test('only what the mask lets through is taken over; a parameter without a mask is taken over everywhere', () => {
  const base = { kernel: float([4], [1, 2, 3, 4]), bias: float([2], [5, 6]) };
  const changed = { kernel: float([4], [9, 2, 9, 9]), bias: float([2], [5, 9]) };
  const delta = deltaOf(base, changed, { masks: { kernel: packMask('kernel', [4], [1, 1, 0, 1]) } });
  expect(bitsOf(applyDelta(base, delta))).toEqual(
    bitsOf({ kernel: float([4], [9, 2, 3, 9]), bias: float([2], [5, 9]) }),
  );
});

test('deltas of disjoint masks go on and off in any order', () => {
  fc.assert(
    fc.property(
      pair,
      model,
      fc.array(fc.constantFrom(0, 1), { minLength: size, maxLength: size }),
      ([base, one], two, bits) => {
        const only = (values: readonly number[]) => ({ 'stem/kernel': packMask('kernel', [8, 3], values) });
        const nothing = {
          counts: packMask('m', [2, 2], [0, 0, 0, 0]),
          flags: packMask('m', [2], [0, 0]),
          'stem/bias': packMask('m', [3], [0, 0, 0]),
        };
        const first = deltaOf(base, one, { masks: only(bits) });
        const second = deltaOf(base, two, { masks: { ...nothing, ...only(bits.map((bit) => 1 - bit)) } });
        expect(conflictsBetween([first, second])).toEqual([]);
        const both = applyDelta(applyDelta(base, first), second);
        expect(bitsOf(both)).toEqual(bitsOf(applyDelta(applyDelta(base, second), first)));
        expect(bitsOf(revertDelta(revertDelta(both, first, base), second, base))).toEqual(bitsOf(base));
      },
    ),
  );
});

test('conflicts: where two change one element, and whether to one value', () => {
  const base = { kernel: float([4], [0, 0, 0, 0]), bias: float([1], [0]) };
  const deltas = [
    { kernel: float([4], [1, 2, 0, 4]), bias: float([1], [0]) },
    { kernel: float([4], [0, 2, 3, 5]), bias: float([1], [0]) },
    { kernel: float([4], [0, 0, 0, 0]), bias: float([1], [1]) },
    { kernel: float([4], [1, 0, 0, 0]), bias: float([1], [1]) },
  ].map((changed) => deltaOf(base, changed));
  expect(conflictsBetween(deltas)).toEqual([
    { first: 0, second: 1, parameter: 'kernel', indices: Uint32Array.of(1, 3), differing: 1 },
    { first: 0, second: 3, parameter: 'kernel', indices: Uint32Array.of(0), differing: 0 },
    { first: 2, second: 3, parameter: 'bias', indices: Uint32Array.of(0), differing: 0 },
  ]);
});

test('a delta that is not applied cannot be reverted', () => {
  const base = { kernel: float([3], [0, 0, 0]) };
  const one = deltaOf(base, { kernel: float([3], [0x3f800000, 0x40000000, 0]) });
  const two = deltaOf(base, { kernel: float([3], [0, 0x40400000, 0]) });
  const both = applyDelta(applyDelta(base, one), two);
  expect(() => revertDelta(both, one, base)).toThrow(
    expect.objectContaining({ code: 'DELTA_NOT_APPLIED', path: 'kernel[1]', expected: '2', received: '3' }),
  );
});

const safe = ({ dtype, shape, data }: BatchTensors[string]): SafeTensor => {
  if (data instanceof Float32Array) return { dtype: 'F32', shape, data };
  if (data instanceof Int32Array) return { dtype: 'I32', shape, data };
  return { dtype: dtype === 'bool' ? 'BOOL' : 'U8', shape, data };
};
const types = { F32: 'float32', I32: 'int32', U8: 'uint8', BOOL: 'bool' } as const;

test('through a safetensors file and back, to the bit', () => {
  fc.assert(
    fc.property(pair, ([base, changed]) => {
      const delta = deltaOf(base, changed);
      const tensors = new Map(Object.entries(deltaTensors(delta)).map(([name, tensor]) => [name, safe(tensor)]));
      const read = readSafetensors(writeSafetensors({ tensors, metadata: new Map() }), 'delta').tensors;
      const back = deltaFromTensors(
        Object.fromEntries(
          [...read].map(([name, { dtype, shape, data }]) => [name, { dtype: types[dtype], shape, data }]),
        ),
      );
      expect(Object.keys(back).sort()).toEqual(Object.keys(delta).sort());
      expect(bitsOf(applyDelta(base, back))).toEqual(bitsOf(changed));
    }),
  );
});

test('places are written the smaller way', () => {
  const zeros = {
    kernel: float(
      [64],
      Array.from({ length: 64 }, () => 0),
    ),
  };
  const ones = (count: number) => ({
    kernel: float(
      [64],
      Array.from({ length: 64 }, (_, i) => Number(i < count)),
    ),
  });
  expect(Object.keys(deltaTensors(deltaOf(zeros, ones(2))))).toEqual([
    'kernel:shape',
    'kernel:indices',
    'kernel:values',
  ]);
  expect(Object.keys(deltaTensors(deltaOf(zeros, ones(3))))).toEqual(['kernel:shape', 'kernel:mask', 'kernel:values']);
});

test('a stored delta that is none is refused with the tensor', () => {
  const int32 = (...values: number[]) => ({
    dtype: 'int32' as const,
    shape: [values.length],
    data: Int32Array.from(values),
  });
  const values = { dtype: 'float32' as const, shape: [2], data: Float32Array.of(1, 2) };
  const good: BatchTensors = { 'k:shape': int32(2, 3), 'k:indices': int32(1, 4), 'k:values': values };
  expect([...(deltaFromTensors(good).k?.indices ?? [])]).toEqual([1, 4]);
  const mask = { dtype: 'uint8' as const, shape: [1], data: Uint8Array.of(0b100001) };
  const { 'k:indices': _, ...without } = good;
  expect([...(deltaFromTensors({ ...without, 'k:mask': mask }).k?.indices ?? [])]).toEqual([0, 5]);
  const cases: [string, BatchTensors][] = [
    ['other', { ...good, other: int32(1) }],
    ['x:values', { ...good, 'x:shape': int32(2), 'x:indices': int32(1) }],
    ['k:indices', without],
    ['k:indices[1]', { ...good, 'k:indices': int32(1, 1) }],
    ['k:indices[0]', { ...good, 'k:indices': int32(-1, 1) }],
    ['k:indices[1]', { ...good, 'k:indices': int32(1, 6) }],
    ['k:values', { ...good, 'k:indices': int32(1) }],
    ['k:values', { ...good, 'k:values': mask }],
    ['k:mask', { ...good, 'k:mask': mask }],
    ['k:mask', { ...without, 'k:mask': { ...mask, data: Uint8Array.of(0b1000001) } }],
    ['k:mask', { ...without, 'k:mask': int32(1) }],
    ['k:shape', { ...good, 'k:shape': int32(-2, 3) }],
    ['k:shape', { ...good, 'k:shape': values }],
  ];
  for (const [path, tensors] of cases) {
    expect(() => deltaFromTensors(tensors), path).toThrow(expect.objectContaining({ code: 'INVALID_DELTA', path }));
  }
});

test('models and masks that do not fit are refused', () => {
  const base = { kernel: float([2], [1, 2]) };
  const wide = { kernel: float([3], [1, 2, 3]) };
  const shape = { code: 'PARAMETER_MISMATCH', path: 'kernel', expected: 'float32 [2]', received: 'float32 [3]' };
  expect(() => deltaOf(base, wide)).toThrow(expect.objectContaining(shape));
  expect(() => deltaOf(base, {})).toThrow(expect.objectContaining({ code: 'PARAMETER_MISMATCH', path: 'kernel' }));
  expect(() => deltaOf({}, base)).toThrow(expect.objectContaining({ code: 'PARAMETER_MISMATCH', path: 'kernel' }));
  const delta = deltaOf(base, { kernel: float([2], [1, 3]) });
  expect(() => applyDelta(wide, delta)).toThrow(
    expect.objectContaining({ code: 'PARAMETER_MISMATCH', path: 'kernel' }),
  );
  const unknown = { code: 'UNKNOWN_PARAMETER', path: 'kernel', suggestion: 'kernels' };
  expect(() => applyDelta({ kernels: base.kernel }, delta)).toThrow(expect.objectContaining(unknown));
  const masks = { kernel: packMask('m', [3], [1, 1, 1]) };
  expect(() => deltaOf(base, base, { masks })).toThrow(
    expect.objectContaining({ code: 'MASK_MISMATCH', path: 'kernel' }),
  );
  const other = { kern: packMask('m', [2], [1, 1]) };
  expect(() => deltaOf(base, base, { masks: other })).toThrow(expect.objectContaining({ code: 'UNKNOWN_PARAMETER' }));
});
