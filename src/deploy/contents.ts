/** @file A model to the bytes of its files and back. */
import { z } from 'zod';
import type { HostTensor, HostTensors } from '../engine/engine.js';
import { HeadgateError } from '../errors.js';
import { tooLarge } from '../files/bounded-file.js';
import { readSafetensors, type SafeTensor, writeSafetensors } from '../files/safetensors.js';
import { parseStrictJson } from '../files/strict-json.js';
import type { FlowGraph, FlowNode } from '../flow/graph.js';
import { flowGraphFile, parseFlowGraph } from '../flow/schema.js';
import { backboneJson, readBackbone } from './backbone-file.js';
import { checked, type FurtherParts, jsonBytes, writeManifest } from './manifest.js';
import {
  backboneFile,
  type ContentFile,
  contentFiles,
  flowFile,
  type LoadedModel,
  type ModelFile,
  manifestFile,
  masksFile,
  maximumBytes,
  pathwaysFile,
  type SavedModel,
  statisticsFile,
  thresholdsFile,
  weightsFile,
} from './model-folder.js';
import { masksBytes, pathwaysJson, readPathways, withDead, withoutDead } from './pathways-file.js';
import { readStatistics, statisticsJson } from './statistics-file.js';

const thresholdsSchema = z.strictObject({
  format: z.literal('headgate-thresholds'),
  version: z.literal(1),
  tasks: z.array(z.strictObject({ path: z.string().min(1), thresholds: z.array(z.number()).min(1) })),
});

/**
 * The bytes of every file of the folder; nothing is on disk yet.
 *
 * @throws HeadgateError `INVALID_TENSOR`, `INVALID_THRESHOLDS`, `FILE_TOO_LARGE` for what `load` would refuse
 */
export function encodeModel(model: SavedModel): ReadonlyMap<ModelFile, Uint8Array> {
  const { pathways } = model;
  const weights = pathways === null ? model.weights : withoutDead(model.weights, pathways);
  const tensors = new Map(Object.entries(weights).map(([name, tensor]) => [name, safeTensor(name, tensor)]));
  const size = [...tensors.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
  // Asked before so much memory is taken.
  if (size > maximumBytes[weightsFile]) throw tooLarge(weightsFile, maximumBytes[weightsFile], `more than ${size}`);
  const tasks = [...model.thresholds].map(([path, thresholds]) => ({ path, thresholds }));
  const wrong = tasks.find(({ thresholds }) => thresholds.length === 0 || !thresholds.every(Number.isFinite));
  if (wrong) throw invalidThresholds(wrong.path, 'Thresholds must be finite numbers, at least one.');
  const contents: Partial<Record<ContentFile, Uint8Array>> = {
    [flowFile]: jsonBytes(flowGraphFile(model.graph)),
    [backboneFile]: jsonBytes(backboneJson(model.backbone)),
    [weightsFile]: writeSafetensors({ tensors, metadata: new Map([['format', 'headgate']]) }),
    [thresholdsFile]: jsonBytes({ format: 'headgate-thresholds', version: 1, tasks }),
    [statisticsFile]: jsonBytes(statisticsJson(model.learnt)),
    ...(pathways === null
      ? {}
      : { [pathwaysFile]: jsonBytes(pathwaysJson(pathways)), [masksFile]: masksBytes(pathways) }),
  };
  const files = new Map<ModelFile, Uint8Array>(
    contentFiles.flatMap((name) => {
      const bytes = contents[name];
      return bytes === undefined ? [] : [[name, bytes]];
    }),
  );
  files.set(manifestFile, writeManifest(contents, partsOf(model.graph)));
  for (const [name, bytes] of files) {
    if (bytes.length > maximumBytes[name]) throw tooLarge(name, maximumBytes[name], String(bytes.length));
  }
  return files;
}

/** What a reader of these inputs and tasks must know besides. */
function partsOf({ inputs, root }: FlowGraph): FurtherParts {
  const specs = Object.values(inputs);
  const severalAxes = (node: FlowNode): boolean =>
    node.members.some((member) => (member.type === 'task' ? Array.isArray(member.axis) : severalAxes(member)));
  return {
    columns: specs.some(({ columnKinds }) => columnKinds !== undefined),
    ragged: specs.some(({ ragged, of }) => ragged !== undefined || of !== undefined),
    axes: severalAxes(root),
    normalise: specs.some(({ normalise }) => normalise !== undefined),
  };
}

export type ModelContents = Pick<LoadedModel, 'graph' | 'backbone' | 'weights' | 'thresholds' | 'learnt' | 'pathways'>;

/** Checks every file by itself and against the others. `at(name)` says where a file lies, for messages. */
export function decodeModel(files: ReadonlyMap<string, Uint8Array>, at: (name: string) => string): ModelContents {
  const json = (name: ContentFile): unknown => parseStrictJson(bytesOf(files, name), at(name));
  const graph = parseFlowGraph(json(flowFile));
  const stored = hostTensors(readSafetensors(bytesOf(files, weightsFile), at(weightsFile)).tensors, at(weightsFile));
  const pathways = files.has(pathwaysFile)
    ? readPathways(json(pathwaysFile), bytesOf(files, masksFile), { pathways: at(pathwaysFile), masks: at(masksFile) })
    : null;
  return {
    pathways,
    graph,
    backbone: files.has(backboneFile) ? readBackbone(json(backboneFile), at(backboneFile)) : null,
    weights: pathways === null ? stored : withDead(stored, pathways, at(weightsFile)),
    thresholds: thresholdsOf(checked(thresholdsSchema, json(thresholdsFile), at(thresholdsFile)).tasks, graph),
    learnt: readStatistics(files.has(statisticsFile) ? json(statisticsFile) : null, graph, at(statisticsFile)),
  };
}

function bytesOf(files: ReadonlyMap<string, Uint8Array>, name: ContentFile): Uint8Array {
  const bytes = files.get(name);
  if (bytes === undefined) throw new Error(`${name} was not read`);
  return bytes;
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
