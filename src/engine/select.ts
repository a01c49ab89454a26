/** @file Chooses the engine: the option, else `HEADGATE_ENGINE`, else the default. Never another one than asked for. */
import { didYouMean, HeadgateError, show } from '../errors.js';
import type { Engine } from './engine.js';
import { registerLayers } from './layers/register.js';
import { requireThreads, type ThreadOptions, threadsOf } from './threads.js';

// Loaded on demand, since each engine brings its own binaries.
const loaders = {
  onnx: async (options) => {
    const [{ createOnnxEngine }, { onnxRuntime }] = await Promise.all([
      import('./onnx/engine.js'),
      import('./onnx/runtime.js'),
    ]);
    onnxRuntime(); // where it is missing, the engine is, and not only its first step
    return createOnnxEngine(options);
  },
  // These compute on one thread, whatever they may use.
  wasm: async () => (await import('./wasm.js')).createWasmEngine(),
  cpu: async () => (await import('./cpu.js')).createCpuEngine(),
  tensorflow: async () => (await import('./tensorflow.js')).createTensorFlowEngine(),
  webgpu: async () => (await import('./webgpu.js')).createWebGpuEngine(),
} satisfies Record<string, (options: ThreadOptions) => Promise<Engine>>;

export type EngineName = keyof typeof loaders;

export const engineNames: readonly EngineName[] = Object.freeze(Object.keys(loaders) as EngineName[]); // its own keys

export const DEFAULT_ENGINE: EngineName = 'onnx';

/** The engines of this process, by name and, where it matters, threads. */
const engines = new Map<string, Promise<Engine>>();

/**
 * The engine of this name, made on the first call and shared from then on by all who ask for the same threads, until
 * somebody disposes it.
 *
 * @throws HeadgateError `UNKNOWN_ENGINE` for a name that is none, `ENGINE_UNAVAILABLE` when the engine's package or
 *   device is missing, `INVALID_OPTIONS` for what is no number of threads or an engine that cannot be told it
 */
export async function createEngine(
  name: string | undefined = process.env.HEADGATE_ENGINE || undefined,
  options: ThreadOptions = {},
): Promise<Engine> {
  const known = requireEngineName(name ?? DEFAULT_ENGINE);
  if (options.threads !== undefined) requireThreads(options.threads, 'threads');
  if (known === 'tensorflow') refuseThreads(options);
  const key = known === 'onnx' ? `onnx, ${threadsOf(options.threads)} threads, spinning ${options.spinning}` : known;
  const shared = engines.get(key);
  if (shared !== undefined) return shared;
  const loading = loaded(known, options).then((engine) => ({
    ...engine,
    dispose: async () => {
      if (engines.get(key) === loading) engines.delete(key);
      await engine.dispose();
    },
  }));
  engines.set(key, loading);
  loading.catch(() => engines.delete(key)); // what was missing may be installed by the next call
  return loading;
}

/** Kernels for gradients that tfjs lacks are needed by engines alone, and come with the first of them. */
async function loaded(name: EngineName, options: ThreadOptions): Promise<Engine> {
  const { registerGradients } = await import('./gradients.js');
  registerGradients();
  registerLayers();
  const load: (options: ThreadOptions) => Promise<Engine> = loaders[name];
  return load(options);
}

/** TensorFlow makes its threads when it is loaded, by its own settings. */
function refuseThreads(options: ThreadOptions): void {
  const given = (['threads', 'spinning'] as const).find((name) => options[name] !== undefined);
  if (given === undefined) return;
  throw new HeadgateError({
    code: 'INVALID_OPTIONS',
    path: given,
    problem: 'the engine "tensorflow" chooses its threads itself, once for the whole process',
    received: show(options[given]),
    mend: 'Set TF_NUM_INTRAOP_THREADS before the process starts, or choose another engine.',
  });
}

/** @throws HeadgateError `UNKNOWN_ENGINE` */
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
