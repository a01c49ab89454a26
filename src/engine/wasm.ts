/** @file The `wasm` engine: tfjs's SIMD backend, with the kernels that training needs and it lacks. */
import { createRequire } from 'node:module';
import path from 'node:path';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { initialiseBackend } from './backend.js';
import { createEagerEngine } from './eager.js';
import type { Engine } from './engine.js';
import { registerWasmKernels } from './wasm/kernels/register.js';

/** @throws HeadgateError `ENGINE_UNAVAILABLE` when the WebAssembly module does not start */
export async function createWasmEngine(): Promise<Engine> {
  const manifest = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm/package.json');
  setWasmPaths(`${path.join(path.dirname(manifest), 'dist')}${path.sep}`);
  await initialiseBackend({
    backend: 'wasm',
    mend: 'Reinstall @tensorflow/tfjs-backend-wasm, or choose the engine "cpu".',
  });
  removeProcessHandlers();
  registerWasmKernels();
  return createEagerEngine({ name: 'wasm', backend: 'wasm' });
}

/**
 * The module's loader installs handlers of its own for uncaught exceptions, which rethrow them and so change how the
 * whole process fails. They are told from other people's by their text.
 */
function removeProcessHandlers(): void {
  for (const listener of process.listeners('uncaughtException')) {
    if (/ExitStatus/.test(String(listener))) process.removeListener('uncaughtException', listener);
  }
  for (const listener of process.listeners('unhandledRejection')) {
    const text = String(listener).replace(/\s+/g, '');
    if (text === 'function(reason){throwreason;}') process.removeListener('unhandledRejection', listener);
  }
}
