/** @file Chooses the engine: the option, else `HEADGATE_ENGINE`, else the default. Never another one than asked for. */
import { didYouMean, HeadgateError, show } from '../errors.js';
import type { Engine } from './engine.js';
import { registerGradients } from './gradients.js';
import { registerLayers } from './layers/register.js';

// Loaded on demand, since each engine brings its own binaries.
const loaders = {
  onnx: async () => (await import('./onnx/engine.js')).createOnnxEngine(),
  wasm: async () => (await import('./wasm.js')).createWasmEngine(),
  cpu: async () => (await import('./cpu.js')).createCpuEngine(),
  tensorflow: async () => (await import('./tensorflow.js')).createTensorFlowEngine(),
  webgpu: async () => (await import('./webgpu.js')).createWebGpuEngine(),
} satisfies Record<string, () => Promise<Engine>>;

export type EngineName = keyof typeof loaders;

export const engineNames: readonly EngineName[] = Object.freeze(Object.keys(loaders) as EngineName[]); // its own keys

export const DEFAULT_ENGINE: EngineName = 'onnx';

/** The engines of this process: tfjs backends are global, so two engines of one name would be the same thing. */
const engines = new Map<EngineName, Promise<Engine>>();

/**
 * The engine of this name, made on the first call and shared from then on, until somebody disposes it.
 *
 * @throws HeadgateError `UNKNOWN_ENGINE` for a name that is none, `ENGINE_UNAVAILABLE` when the engine's package or
 *   device is missing
 */
export async function createEngine(
  name: string | undefined = process.env.HEADGATE_ENGINE || undefined,
): Promise<Engine> {
  const known = requireEngineName(name ?? DEFAULT_ENGINE);
  const shared = engines.get(known);
  if (shared !== undefined) return shared;
  registerGradients();
  registerLayers();
  const loading = loaders[known]().then((engine) => ({
    ...engine,
    dispose: async () => {
      if (engines.get(known) === loading) engines.delete(known);
      await engine.dispose();
    },
  }));
  engines.set(known, loading);
  loading.catch(() => engines.delete(known)); // what was missing may be installed by the next call
  return loading;
}

/** Throws `UNKNOWN_ENGINE`. */
export function requireEngineName(name: unknown): EngineName {
  const known = engineNames.find((candidate) => candidate === name);
  if (known !== undefined) return known;
  throw new HeadgateError({
    code: 'UNKNOWN_ENGINE',
    path: 'engine',
    problem: 'there is no engine of this name',
    expected: engineNames.join(', '),
    received: show(name),
    suggestion: typeof name === 'string' ? didYouMean(name, engineNames) : undefined,
    mend: 'Give the option `engine`, or set HEADGATE_ENGINE.',
  });
}
