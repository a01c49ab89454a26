/** @file A model to the bytes of its files and back. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { HostTensor, HostTensors } from '../engine/engine.js';
import { HeadgateError } from '../errors.js';
import { readSafetensors, type SafeTensor, writeSafetensors } from '../files/safetensors.js';
import { parseStrictJson } from '../files/strict-json.js';
import type { FlowGraph, FlowNode } from '../flow/graph.js';
import { parseFlowGraph } from '../flow/schema.js';
import {
  type ContentFile,
  contentFiles,
  flowFile,
  type ModelFile,
  manifestFile,
  type SavedModel,
  thresholdsFile,
  weightsFile,
} from './model-folder.js';

const fileSchema = z.strictObject({
  bytes: z.number().int().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hexadecimal digits'),
});
const manifestSchema = z.strictObject({
  format: z.literal('headgate-model'),
  version: z.literal(1),
  files: z.strictObject({ [flowFile]: fileSchema, [weightsFile]: fileSchema, [thresholdsFile]: fileSchema }),
});
const thresholdsSchema = z.strictObject({
  format: z.literal('headgate-thresholds'),
  version: z.literal(1),
  tasks: z.array(z.strictObject({ path: z.string().min(1), thresholds: z.array(z.number()).min(1) })),
});

/** The bytes of every file of the folder. Throws `INVALID_TENSOR` or `INVALID_THRESHOLDS`; nothing is on disk yet. */
export function encodeModel(model: SavedModel): ReadonlyMap<ModelFile, Uint8Array> {
  const tensors = new Map(Object.entries(model.weights).map(([name, tensor]) => [name, safeTensor(name, tensor)]));
  const tasks = [...model.thresholds].map(([path, thresholds]) => ({ path, thresholds }));
  const wrong = tasks.find(({ thresholds }) => thresholds.length === 0 || !thresholds.every(Number.isFinite));
  if (wrong) throw invalidThresholds(wrong.path, 'Thresholds must be finite numbers, at least one.');
  const contents: Record<ContentFile, Uint8Array> = {
    [flowFile]: jsonBytes(model.graph),
    [weightsFile]: writeSafetensors({ tensors, metadata: new Map([['format', 'headgate']]) }),
    [thresholdsFile]: jsonBytes({ format: 'headgate-thresholds', version: 1, tasks }),
  };
  const files = Object.fromEntries(contentFiles.map((name) => [name, fingerprint(contents[name])]));
  const manifest = jsonBytes({ format: 'headgate-model', version: 1, files });
  return new Map([...contentFiles.map((name) => [name, contents[name]] as const), [manifestFile, manifest]]);
}

/** Checks every file by itself and against the others. `at(name)` says where a file lies, for messages. */
export function decodeModel(files: ReadonlyMap<ModelFile, Uint8Array>, at: (name: ModelFile) => string): SavedModel {
  const bytes = (name: ModelFile): Uint8Array => files.get(name) as Uint8Array; // the caller read all of them
  const manifest = check(manifestSchema, bytes(manifestFile), at(manifestFile));
  for (const name of contentFiles) {
    const expected = manifest.files[name];
    const { bytes: size, sha256 } = fingerprint(bytes(name));
    if (expected.bytes === size && expected.sha256 === sha256) continue;
    throw new HeadgateError({
      code: 'CHECKSUM_MISMATCH',
      path: at(name),
      problem: 'The file is not the one that was saved: it is damaged or was changed afterwards.',
      expected: `${expected.bytes} bytes, SHA-256 ${expected.sha256}`,
      received: `${size} bytes, SHA-256 ${sha256}`,
      mend: 'Copy the whole folder again, or save the model again.',
    });
  }
  const graph = parseFlowGraph(parseStrictJson(bytes(flowFile), at(flowFile)));
  return {
    graph,
    weights: hostTensors(readSafetensors(bytes(weightsFile), at(weightsFile)).tensors, at(weightsFile)),
    thresholds: thresholdsOf(check(thresholdsSchema, bytes(thresholdsFile), at(thresholdsFile)).tasks, graph),
  };
}

function check<T>(schema: z.ZodType<T>, bytes: Uint8Array, path: string): T {
  const result = schema.safeParse(parseStrictJson(bytes, path));
  if (result.success) return result.data;
  throw new HeadgateError({
    code: 'INVALID_MODEL_FILE',
    path,
    problem: z.prettifyError(result.error).replaceAll('\n', ' '),
    mend: 'Save the model again with this version of Headgate.',
  });
}

function thresholdsOf(
  tasks: readonly { readonly path: string; readonly thresholds: readonly number[] }[],
  graph: FlowGraph,
): ReadonlyMap<string, readonly number[]> {
  const paths = new Set(taskPaths(graph.root));
  const thresholds = new Map<string, readonly number[]>();
  for (const task of tasks) {
    if (!paths.has(task.path)) throw invalidThresholds(task.path, 'The saved flow has no such task.');
    if (thresholds.has(task.path)) throw invalidThresholds(task.path, 'The task stands twice in the file.');
    thresholds.set(task.path, Object.freeze([...task.thresholds]));
  }
  return thresholds;
}

function taskPaths(node: FlowNode): string[] {
  return node.members.flatMap((member) => (member.type === 'task' ? [member.path] : taskPaths(member)));
}

function safeTensor(name: string, { shape, dtype, data }: HostTensor): SafeTensor {
  if (dtype === 'float32' && data instanceof Float32Array) return { dtype: 'F32', shape, data };
  if (dtype === 'int32' && data instanceof Int32Array) return { dtype: 'I32', shape, data };
  if (dtype === 'bool' && data instanceof Uint8Array) return { dtype: 'BOOL', shape, data };
  throw new HeadgateError({
    code: 'INVALID_TENSOR',
    path: name,
    problem: 'The array does not hold what its dtype says.',
    expected: `the array type of ${dtype}`,
    received: data.constructor.name,
  });
}

function hostTensors(tensors: ReadonlyMap<string, SafeTensor>, path: string): HostTensors {
  const weights: Record<string, HostTensor> = Object.create(null);
  for (const [name, { dtype, shape, data }] of tensors) {
    if (dtype === 'U8') {
      throw new HeadgateError({
        code: 'INVALID_MODEL_FILE',
        path: `${path}:${name}`,
        problem: 'Weights of this type are not known to Headgate.',
        expected: 'F32, I32 or BOOL',
        received: dtype,
      });
    }
    weights[name] = { dtype: dtypeOf[dtype], shape, data };
  }
  return Object.freeze(weights);
}

const dtypeOf = { F32: 'float32', I32: 'int32', BOOL: 'bool' } as const;

function invalidThresholds(path: string, problem: string): HeadgateError {
  return new HeadgateError({ code: 'INVALID_THRESHOLDS', path, problem, mend: 'Tune the thresholds again and save.' });
}

const jsonBytes = (value: unknown): Uint8Array => Buffer.from(`${JSON.stringify(value, null, 2)}\n`, 'utf8');

function fingerprint(bytes: Uint8Array): { readonly bytes: number; readonly sha256: string } {
  return { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}
