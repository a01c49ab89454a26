/** @file Makes ONNX Runtime sessions, on the devices that were asked for. */
import type * as ort from 'onnxruntime-node';
import { didYouMean, HeadgateError } from '../../errors.js';
import { messageOf, unavailable } from '../backend.js';
import type { Graph } from './graph.js';
import { onnxRuntime } from './runtime.js';
import { nodeName, serialise } from './serialise.js';

export const EXECUTION_PROVIDERS = ['cpu', 'webgpu', 'cuda'] as const;
export type ExecutionProvider = (typeof EXECUTION_PROVIDERS)[number];

/** What each device needs beside the package. */
const NEEDS = {
  webgpu: 'It needs a graphics card with a Vulkan, Metal or Direct3D 12 driver.',
  cuda: 'It needs an NVIDIA card, CUDA 12, cuDNN 9, and the CUDA libraries that onnxruntime-node fetches when installed with its script.',
} as const;

/**
 * `webgpu` or `webgpu,cpu`, as `HEADGATE_EXECUTION_PROVIDERS` holds it; nothing means the cpu.
 *
 * @throws HeadgateError `UNKNOWN_EXECUTION_PROVIDER`
 */
export function parseExecutionProviders(text: string | undefined): readonly ExecutionProvider[] {
  if (text === undefined || text.trim() === '') return ['cpu'];
  return text.split(',').map((word) => {
    const name = word.trim();
    const known = EXECUTION_PROVIDERS.find((provider) => provider === name);
    if (known !== undefined) return known;
    throw new HeadgateError({
      code: 'UNKNOWN_EXECUTION_PROVIDER',
      path: 'HEADGATE_EXECUTION_PROVIDERS',
      problem: 'ONNX Runtime is not asked for a device of this name',
      expected: EXECUTION_PROVIDERS.join(', '),
      received: name,
      suggestion: didYouMean(name, EXECUTION_PROVIDERS),
    });
  });
}

/**
 * A session for a graph.
 *
 * @throws HeadgateError `ENGINE_UNAVAILABLE` when the device or its library is missing
 */
export async function createSession(
  graph: Graph,
  options: ort.InferenceSession.SessionOptions,
): Promise<ort.InferenceSession> {
  const executionProviders = (options.executionProviders ?? []).map((provider) =>
    provider === 'webgpu' ? { name: 'webgpu', forceCpuNodeNames: hostNodes(graph) } : provider,
  );
  const isHost = executionProviders.every((provider) => provider === 'cpu');
  const { InferenceSession } = onnxRuntime();
  try {
    return await InferenceSession.create(serialise(graph, isHost), { ...options, executionProviders });
  } catch (cause) {
    const device = (['webgpu', 'cuda'] as const).find((name) => options.executionProviders?.includes(name));
    if (device === undefined) throw cause;
    const problem = `ONNX Runtime did not start on ${device}: ${firstLine(messageOf(cause))}`;
    throw unavailable('onnx', problem, `${NEEDS[device]} Without it, use the cpu: executionProviders: ['cpu'].`, cause);
  }
}

/** WebGPU's pooling cannot tell where its maxima were. */
function hostNodes({ nodes }: Graph): string[] {
  return nodes.flatMap((node, i) => (node.op === 'MaxPool' && node.outputs.length > 1 ? [nodeName(node, i)] : []));
}

function firstLine(message: string): string {
  return message.split('\n', 1)[0] ?? message;
}
