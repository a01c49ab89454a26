/**
 * @file The safetensors format: named arrays in one file that holds no code.
 * Source: github.com/huggingface/safetensors (README "Format", safetensors/src/tensor.rs). The reader is as strict as
 * the reference one, and stricter in that a BOOL byte must be 0 or 1.
 */
import { endianness } from 'node:os';
import { z } from 'zod';
import { HeadgateError, show } from '../errors.js';
import { parseStrictJson } from './strict-json.js';

/** One array, row-major. BOOL and U8 take one byte an element, F32 and I32 four, little-endian. */
export type SafeTensor =
  | { readonly dtype: 'F32'; readonly shape: readonly number[]; readonly data: Float32Array }
  | { readonly dtype: 'I32'; readonly shape: readonly number[]; readonly data: Int32Array }
  | { readonly dtype: 'U8' | 'BOOL'; readonly shape: readonly number[]; readonly data: Uint8Array };

export interface SafeTensorFile {
  readonly tensors: ReadonlyMap<string, SafeTensor>;
  /** Free text that travels with the tensors. */
  readonly metadata: ReadonlyMap<string, string>;
}

/** The reference reader's `MAX_HEADER_SIZE`. */
const maximumHeaderBytes = 100_000_000;
const lengthBytes = 8;
const metadataKey = '__metadata__';
const bytesOf = { F32: 4, I32: 4, U8: 1, BOOL: 1 } as const;

const wholeNumber = z.number().int().nonnegative();
const entrySchema = z.strictObject({
  dtype: z.enum(['F32', 'I32', 'U8', 'BOOL']),
  shape: z.array(wholeNumber).max(8),
  data_offsets: z.tuple([wholeNumber, wholeNumber]),
});
type Entry = z.infer<typeof entrySchema>;

/**
 * Writes a file. Equal tensors give equal bytes whatever their order: the widest types come first, so that every
 * array is aligned, then names in code-unit order. Throws `INVALID_TENSOR` when shape and data disagree.
 */
export function writeSafetensors(file: SafeTensorFile): Uint8Array {
  const sorted = [...file.tensors].sort(
    ([a, first], [b, second]) => bytesOf[second.dtype] - bytesOf[first.dtype] || (a < b ? -1 : 1),
  );
  const header: Record<string, unknown> = Object.create(null);
  if (file.metadata.size > 0) {
    const metadata: Record<string, string> = Object.create(null);
    for (const [key, value] of file.metadata) metadata[key] = value;
    header[metadataKey] = metadata;
  }
  let end = 0;
  for (const [name, tensor] of sorted) {
    checkWritable(name, tensor);
    const begin = end;
    end += tensor.data.byteLength;
    header[name] = { dtype: tensor.dtype, shape: tensor.shape, data_offsets: [begin, end] };
  }
  const json = Buffer.from(JSON.stringify(header), 'utf8');
  const headerBytes = Math.ceil(json.length / lengthBytes) * lengthBytes; // spaces, so that the arrays start aligned
  const bytes = Buffer.alloc(lengthBytes + headerBytes + end, ' ');
  bytes.writeBigUInt64LE(BigInt(headerBytes), 0);
  bytes.set(json, lengthBytes);
  let offset = lengthBytes + headerBytes;
  for (const [, { dtype, data }] of sorted) {
    const target = bytes.subarray(offset, offset + data.byteLength);
    target.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    toLittleEndian(target, dtype);
    offset += data.byteLength;
  }
  return bytes;
}

/**
 * Reads a file; `path` is named in errors. Throws `INVALID_SAFETENSORS` unless the header is within limits and the
 * tensors tile the rest of the file exactly: no gap, no overlap, no byte left over, each as long as its shape says.
 */
export function readSafetensors(bytes: Uint8Array, path: string): SafeTensorFile {
  const headerEnd = lengthBytes + headerLength(bytes, path);
  if (bytes[lengthBytes] !== 0x7b) throw invalid(path, 'The header does not begin with "{".');
  const header = parseStrictJson(bytes.subarray(lengthBytes, headerEnd), path) as object; // it begins with "{"
  const metadata = new Map<string, string>();
  const entries: [string, Entry][] = [];
  for (const [name, value] of Object.entries(header)) {
    if (name === metadataKey) {
      for (const [key, text] of metadataEntries(value, path)) metadata.set(key, text);
    } else {
      entries.push([name, parseEntry(name, value, path)]);
    }
  }
  const data = bytes.subarray(headerEnd);
  checkTiling(entries, data.length, path);
  const tensors = new Map(entries.map(([name, entry]) => [name, readTensor(name, entry, data, path)]));
  return { tensors, metadata };
}

function headerLength(bytes: Uint8Array, path: string): number {
  if (bytes.length < lengthBytes) {
    throw invalid(path, 'The file is shorter than the length of its header.', `${lengthBytes} bytes`, bytes.length);
  }
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (length > maximumHeaderBytes) {
    throw invalid(path, 'The header is too large.', `at most ${maximumHeaderBytes} bytes`, length);
  }
  if (length > bytes.length - lengthBytes) {
    throw invalid(path, 'The file ends within its header.', `${length} bytes`, bytes.length - lengthBytes);
  }
  return length;
}

function metadataEntries(value: unknown, path: string): [string, string][] {
  const isRecord = typeof value === 'object' && value !== null && !Array.isArray(value);
  const pairs = isRecord ? Object.entries(value) : [];
  if (!isRecord || pairs.some(([, text]) => typeof text !== 'string')) {
    throw invalid(path, 'The metadata must map strings to strings.', undefined, value);
  }
  return pairs;
}

function parseEntry(name: string, value: unknown, path: string): Entry {
  const result = entrySchema.safeParse(value);
  if (!result.success) {
    throw invalid(`${path}:${name}`, z.prettifyError(result.error).replaceAll('\n', ' '), undefined, value);
  }
  const { dtype, shape, data_offsets } = result.data;
  const size = product(shape) * bytesOf[dtype];
  const span = data_offsets[1] - data_offsets[0];
  if (size !== span) {
    throw invalid(`${path}:${name}`, `${dtype} [${shape.join(', ')}] does not fill its span.`, `${size} bytes`, span);
  }
  return result.data;
}

function checkTiling(entries: readonly [string, Entry][], length: number, path: string): void {
  const order = [...entries].sort(([, { data_offsets: a }], [, { data_offsets: b }]) => a[0] - b[0] || a[1] - b[1]);
  let end = 0;
  for (const [name, { data_offsets }] of order) {
    if (data_offsets[0] !== end) {
      const problem = data_offsets[0] < end ? 'overlaps the tensor before it' : 'leaves a gap before it';
      throw invalid(`${path}:${name}`, `The tensor ${problem}.`, `data that begins at byte ${end}`, data_offsets[0]);
    }
    end = data_offsets[1];
  }
  if (end === length) return;
  const problem = end > length ? 'The file ends before its last tensor does.' : 'Bytes are left over at the end.';
  throw invalid(path, problem, `${end} bytes of data`, length);
}

function readTensor(name: string, { dtype, shape, data_offsets }: Entry, data: Uint8Array, path: string): SafeTensor {
  const bytes = new Uint8Array(data.subarray(...data_offsets)); // a copy: aligned, and the file's bytes can go
  toLittleEndian(bytes, dtype);
  if (dtype === 'F32') return { dtype, shape, data: new Float32Array(bytes.buffer, 0, bytes.length / 4) };
  if (dtype === 'I32') return { dtype, shape, data: new Int32Array(bytes.buffer, 0, bytes.length / 4) };
  const wrong = dtype === 'BOOL' ? bytes.findIndex((byte) => byte > 1) : -1;
  if (wrong >= 0) {
    throw invalid(`${path}:${name}`, `Element ${wrong} of a BOOL tensor is no truth value.`, '0 or 1', bytes[wrong]);
  }
  return { dtype, shape, data: bytes };
}

/** Elements of a shape; NaN, which equals nothing, when they are too many to count exactly. */
function product(shape: readonly number[]): number {
  return shape.reduce((size, length) => (Number.isSafeInteger(size * length) ? size * length : Number.NaN), 1);
}

/** In place, and its own inverse: nothing to do on the usual machine. */
function toLittleEndian(bytes: Uint8Array, dtype: SafeTensor['dtype']): void {
  if (endianness() === 'BE' && bytesOf[dtype] === 4) {
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).swap32();
  }
}

function checkWritable(name: string, { dtype, shape, data }: SafeTensor): void {
  const size = product(shape);
  if (name !== metadataKey && size === data.length) return;
  throw new HeadgateError({
    code: 'INVALID_TENSOR',
    path: name,
    problem: name === metadataKey ? 'The format keeps this name for itself.' : 'Shape and data disagree.',
    expected: `${size} elements for ${dtype} [${shape.join(', ')}]`,
    received: `${data.length} elements`,
  });
}

function invalid(path: string, problem: string, expected?: string, received?: unknown): HeadgateError {
  return new HeadgateError({
    code: 'INVALID_SAFETENSORS',
    path,
    problem,
    ...(expected === undefined ? {} : { expected }),
    ...(received === undefined ? {} : { received: show(received) }),
    mend: 'Save the model again, or fetch the file again: this one is damaged or was not made by safetensors.',
  });
}
