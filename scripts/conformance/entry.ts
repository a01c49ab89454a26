/** @file What is bundled: tfjs-core's own test suite and Headgate's engines. */
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import { setTestEnvs } from '@tensorflow/tfjs-core/dist/jasmine_util.js';
import { createEngine } from '../../src/engine/select.js';

/** Backends of which tests may ask for data synchronously. */
const synchronous = ['cpu', 'wasm', 'tensorflow', 'onnx'];

/** Declares the whole suite with jasmine, for the backend of the engine of this name. */
export async function declareSuite(name: string): Promise<void> {
  await createEngine(name); // registers the backend and Headgate's kernels
  setTestEnvs([{ name, backendName: name, flags: {}, isDataSync: synchronous.includes(name) }]);
  await import('@tensorflow/tfjs-core/dist/tests.js');
}
