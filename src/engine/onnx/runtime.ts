/**
 * @file ONNX Runtime, loaded when it is first needed: importing this package must not load a native library, which
 * takes time and may be missing where only declarations, files or other engines are used.
 */
import { createRequire } from 'node:module';
import type * as ort from 'onnxruntime-node';
import type * as binding from 'onnxruntime-node/dist/binding.js';
import { messageOf, unavailable } from '../backend.js';

// Loaded without a promise, since a session may have to be made while tfjs's `dataSync` waits.
const require = createRequire(import.meta.url);

/** @throws HeadgateError `ENGINE_UNAVAILABLE` where the package or its native library does not load */
export function onnxRuntime(): typeof ort {
  return load('onnxruntime-node');
}

/**
 * The native calls behind ONNX Runtime's sessions. They are no public entry point: this is the only module that knows
 * of it.
 *
 * @throws HeadgateError as `onnxRuntime`
 */
export function onnxBinding(): typeof binding {
  return load('onnxruntime-node/dist/binding.js');
}

function load<T>(name: string): T {
  try {
    return require(name); // a second call is a look into Node's cache
  } catch (cause) {
    throw unavailable(
      'onnx',
      `ONNX Runtime did not load: ${messageOf(cause)}`,
      'Reinstall onnxruntime-node (see docs/getting-started.md), or choose another engine: engine: "wasm".',
      cause,
    );
  }
}
