/** @file What is bundled: tfjs-core's own test suite and Headgate's engines. */
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import { setTestEnvs } from '@tensorflow/tfjs-core/dist/jasmine_util.js';
import { registerOnnxBackend } from '../../src/engine/onnx/lazy/register.js';
import { createEngine } from '../../src/engine/select.js';

/** Backends of which tests may ask for data synchronously. */
const synchronous = ['cpu', 'wasm', 'tensorflow', 'onnx'];

/** Declares the whole suite with jasmine, for the backend of the engine of this name. */
export async function declareSuite(name: string): Promise<void> {
  // Either way the backend is registered, with Headgate's kernels. The onnx engine itself compiles whole steps; its
  // kernels answer to single operations on the backend of the same name.
  if (name === 'onnx') registerOnnxBackend();
  else await createEngine(name);
  setTestEnvs([{ name, backendName: name, flags: {}, isDataSync: synchronous.includes(name) }]);
  await import('@tensorflow/tfjs-core/dist/tests.js');
}
