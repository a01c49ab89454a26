import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HeadgateError } from '../../src/errors.js';
import { readSafetensors, type SafeTensor, writeSafetensors } from '../../src/files/safetensors.js';

/** A file with any header and data; the length field may lie. */
function file(header: string | Uint8Array, data: number[] = [], length?: bigint): Uint8Array {
  const json = Buffer.from(header);
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(length ?? BigInt(json.length));
  return Buffer.concat([size, json, Buffer.from(data)]);
}

const entry = (begin: number, end: number, more: object = {}): object => ({
  dtype: 'U8',
  shape: [end - begin],
  data_offsets: [begin, end],
  ...more,
});

function error(bytes: Uint8Array): HeadgateError {
  try {
    readSafetensors(bytes, 'w');
  } catch (thrown) {
    if (thrown instanceof HeadgateError) return thrown;
    throw thrown;
  }
  throw new Error('it was read');
}

const read = (header: object, data: number[] = []) => readSafetensors(file(JSON.stringify(header), data), 'w');

test('the bytes are those of the format: length, padded header, little-endian data, widest types first', () => {
  const tensors = new Map<string, SafeTensor>([
    ['flag', { dtype: 'BOOL', shape: [3], data: Uint8Array.of(1, 0, 1) }],
    ['b', { dtype: 'I32', shape: [], data: Int32Array.of(-2) }],
    ['a', { dtype: 'F32', shape: [2, 1], data: Float32Array.of(1, -0.5) }],
  ]);
  const bytes = Buffer.from(writeSafetensors({ tensors, metadata: new Map([['made', 'here']]) }));
  const header =
    '{"__metadata__":{"made":"here"},"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},' +
    '"b":{"dtype":"I32","shape":[],"data_offsets":[8,12]},"flag":{"dtype":"BOOL","shape":[3],"data_offsets":[12,15]}}';
  const padded = Math.ceil(header.length / 8) * 8;
  expect(bytes.readBigUInt64LE(0)).toBe(BigInt(padded));
  expect(bytes.toString('utf8', 8, 8 + padded)).toBe(header.padEnd(padded, ' '));
  expect([...bytes.subarray(8 + padded)]).toEqual([0, 0, 0x80, 0x3f, 0, 0, 0, 0xbf, 0xfe, 0xff, 0xff, 0xff, 1, 0, 1]);
});

test('the bytes do not depend on the order of the tensors', () => {
  const tensors: [string, SafeTensor][] = [
    ['x', { dtype: 'F32', shape: [1], data: Float32Array.of(1) }],
    ['y', { dtype: 'BOOL', shape: [1], data: Uint8Array.of(1) }],
    ['z', { dtype: 'F32', shape: [1], data: Float32Array.of(3) }],
  ];
  const write = (some: [string, SafeTensor][]) => writeSafetensors({ tensors: new Map(some), metadata: new Map() });
  expect(write([...tensors].reverse())).toEqual(write(tensors));
});

test('what was written is read back to the bit, hostile names and NaN bits included', () => {
  const shape = fc.array(fc.nat({ max: 4 }), { maxLength: 4 });
  const tensor = fc
    .tuple(fc.constantFrom('F32', 'I32', 'U8', 'BOOL'), shape, fc.infiniteStream(fc.integer()))
    .map(([dtype, dims, stream]): SafeTensor => {
      const size = dims.reduce((a, b) => a * b, 1);
      const ints = Int32Array.from({ length: size }, () => stream.next().value);
      if (dtype === 'F32') return { dtype, shape: dims, data: new Float32Array(ints.buffer) };
      if (dtype === 'I32') return { dtype, shape: dims, data: ints };
      return { dtype: dtype === 'U8' ? 'U8' : 'BOOL', shape: dims, data: Uint8Array.from(ints, (i) => i & 1) };
    });
  const name = fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'a/b:0', '../x', 'é"\\'));
  const bits = ({ dtype, shape: dims, data }: SafeTensor) => [dtype, dims, Buffer.from(data.buffer).toString('hex')];
  fc.assert(
    fc.property(fc.dictionary(name, tensor, { noNullPrototype: false }), fc.boolean(), (named, shifted) => {
      const tensors = new Map(Object.entries(named).filter(([key]) => key !== '__metadata__'));
      const bytes = writeSafetensors({ tensors, metadata: new Map([['__proto__', 'text']]) });
      const offset = shifted ? 1 : 0; // an unaligned view of the file must do
      const view = new Uint8Array(bytes.length + offset).subarray(offset);
      view.set(bytes);
      const back = readSafetensors(view, 'w');
      expect(back.metadata).toEqual(new Map([['__proto__', 'text']]));
      expect([...back.tensors.keys()].sort()).toEqual([...tensors.keys()].sort());
      for (const [key, value] of tensors) expect(bits(back.tensors.get(key) as SafeTensor)).toEqual(bits(value));
    }),
    { numRuns: 200 },
  );
});

test('an empty file of tensors, zero-sized tensors and scalars', () => {
  expect(read({}).tensors.size).toBe(0);
  const tensors = read(
    { a: entry(0, 0), b: entry(0, 1, { shape: [] }), c: entry(1, 1, { shape: [3, 0] }) },
    [7],
  ).tensors;
  expect(tensors.get('b')?.data).toEqual(Uint8Array.of(7));
  expect(tensors.get('c')).toEqual({ dtype: 'U8', shape: [3, 0], data: new Uint8Array(0) });
});

test.each<[string, Uint8Array, string]>([
  ['too short for a length', Uint8Array.of(1, 0, 0), 'shorter than the length of its header'],
  ['a header longer than the limit', file('{}', [], 100_000_001n), 'The header is too large'],
  ['a length that no number holds', file('{}', [], 2n ** 64n - 1n), 'The header is too large'],
  ['a header longer than the file', file('{}', [], 3n), 'ends within its header'],
  ['no header at all', file(''), 'does not begin with "{"'],
  ['a header that begins with a space', file(' {}'), 'does not begin with "{"'],
  ['a header that is a list', file('[]'), 'does not begin with "{"'],
  ['metadata that is no object', file('{"__metadata__":[]}'), 'metadata must map strings'],
  ['metadata that is no text', file('{"__metadata__":{"a":1}}'), 'metadata must map strings'],
  [
    'metadata without its buffer',
    file('{"__metadata__":{"a":"b"},"t":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}'),
    'The file ends before its last tensor',
  ],
  ['an unknown type', file(JSON.stringify({ t: entry(0, 1, { dtype: 'F64' }) }), [0]), 'Invalid option'],
  ['an unknown key', file(JSON.stringify({ t: entry(0, 1, { code: 'x' }) }), [0]), 'Unrecognized key'],
  ['a missing key', file('{"t":{"dtype":"U8","shape":[1]}}', [0]), 'data_offsets'],
  ['an entry that is no object', file('{"t":null}'), 'expected object'],
  ['a negative length', file(JSON.stringify({ t: entry(0, 1, { shape: [-1] }) }), [0]), 'shape[0]'],
  ['a fractional length', file(JSON.stringify({ t: entry(0, 1, { shape: [1.5] }) }), [0]), 'shape[0]'],
  ['an inexact length', file('{"t":{"dtype":"U8","shape":[9007199254740993],"data_offsets":[0,1]}}', [0]), 'shape[0]'],
  ['too many axes', file(JSON.stringify({ t: entry(0, 1, { shape: Array(9).fill(1) }) }), [0]), 'shape'],
  [
    'a shape that overflows',
    file(JSON.stringify({ t: entry(0, 1, { shape: [2 ** 40, 2 ** 40] }) }), [0]),
    'does not fill',
  ],
  [
    'an overflow hidden by a zero',
    file(JSON.stringify({ t: entry(0, 0, { shape: [2 ** 40, 2 ** 40, 0] }) })),
    'does not fill',
  ],
  [
    'a shape that is too small',
    file(JSON.stringify({ t: entry(0, 4, { shape: [3] }) }), [0, 0, 0, 0]),
    'does not fill',
  ],
  ['a type that is too wide', file(JSON.stringify({ t: entry(0, 2, { dtype: 'F32' }) }), [0, 0]), 'does not fill'],
  ['offsets that run backwards', file(JSON.stringify({ t: entry(1, 0, { shape: [1] }) }), [0]), 'does not fill'],
  ['a negative offset', file(JSON.stringify({ t: entry(-1, 0) }), [0]), 'data_offsets'],
  ['a gap at the start', file(JSON.stringify({ t: entry(1, 2) }), [0, 0]), 'leaves a gap'],
  ['a gap between', file(JSON.stringify({ t: entry(0, 1), u: entry(2, 3) }), [0, 0, 0]), 'leaves a gap'],
  ['an overlap', file(JSON.stringify({ t: entry(0, 2), u: entry(1, 3) }), [0, 0, 0]), 'overlaps'],
  ['two names for one span', file(JSON.stringify({ t: entry(0, 2), u: entry(0, 2) }), [0, 0]), 'overlaps'],
  ['a short buffer', file(JSON.stringify({ t: entry(0, 4) }), [0, 0, 0]), 'ends before its last tensor'],
  ['bytes left over', file(JSON.stringify({ t: entry(0, 2) }), [0, 0, 0]), 'left over'],
  ['bytes without a tensor', file('{}', [0]), 'left over'],
  ['a BOOL that is none', file(JSON.stringify({ t: entry(0, 2, { dtype: 'BOOL' }) }), [1, 2]), 'Element 1 of a BOOL'],
])('refuses %s', (_, bytes, problem) => {
  const thrown = error(bytes);
  expect(thrown.code).toBe('INVALID_SAFETENSORS');
  expect(thrown.message).toContain(problem);
});

test.each<[string, Uint8Array, string]>([
  ['a header that is not UTF-8', file(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d)), 'not UTF-8'],
  ['a header that is not JSON', file('{"a"'), 'JSON'],
  [
    'the same name twice',
    file(
      '{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"\\u0061":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}',
    ),
    'The key "a" stands twice',
  ],
  [
    'the same key twice in an entry',
    file('{"a":{"dtype":"U8","dtype":"U8","shape":[0],"data_offsets":[0,0]}}'),
    'The key "dtype" stands twice',
  ],
  [
    'a header that nests without end',
    file(`{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`),
    'nests deeper than 256',
  ],
])('refuses %s', (_, bytes, problem) => {
  const thrown = error(bytes);
  expect(thrown.code).toBe('INVALID_JSON');
  expect(thrown.message).toContain(problem);
});

test('keys are told from values, and equal keys in different objects are no duplicates', () => {
  const metadata = { a: 'a', 'b"': ':', c: '{"a":1,"a":2}' };
  expect([...readSafetensors(file(JSON.stringify({ __metadata__: metadata })), 'w').metadata]).toEqual(
    Object.entries(metadata),
  );
});

test('the writer refuses what no reader would take', () => {
  const write = (name: string, shape: number[]) => () =>
    writeSafetensors({
      tensors: new Map([[name, { dtype: 'U8', shape, data: new Uint8Array(3) }]]),
      metadata: new Map(),
    });
  expect(write('a', [2])).toThrow('INVALID_TENSOR at a: Shape and data disagree.');
  expect(write('__metadata__', [3])).toThrow('The format keeps this name for itself.');
});

test('flipped bytes: read, or refused by a HeadgateError, never anything else', () => {
  const tensors = new Map<string, SafeTensor>([
    ['dense/kernel', { dtype: 'F32', shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }],
    ['on', { dtype: 'BOOL', shape: [2], data: Uint8Array.of(1, 0) }],
  ]);
  const good = writeSafetensors({ tensors, metadata: new Map([['a', 'b']]) });
  const flips = fc.array(fc.tuple(fc.nat({ max: good.length - 1 }), fc.nat({ max: 255 })), {
    minLength: 1,
    maxLength: 4,
  });
  fc.assert(
    fc.property(flips, fc.nat({ max: good.length }), fc.boolean(), (changes, cut, short) => {
      const bytes = Uint8Array.from(good.subarray(0, short ? cut : good.length));
      for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
      try {
        for (const tensor of readSafetensors(bytes, 'w').tensors.values()) {
          expect(tensor.data.length).toBe(tensor.shape.reduce((a, b) => a * b, 1));
        }
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(HeadgateError);
      }
    }),
    { numRuns: 3000 },
  );
});
