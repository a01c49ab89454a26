/**
 * @file ONNX Runtime without promises, because tfjs's `dataSync` cannot wait for one. The package's public sessions
 * defer the same native call, which is synchronous, to the next turn of the event loop; here it is called at once.
 */
import type * as ort from 'onnxruntime-node';
import { allocate, type ElementData, sizeOf, type Value } from '../graph.js';
import { onnxBinding, onnxRuntime } from '../runtime.js';

export interface SyncSession {
  /** Results in the order of `outputs`; `feeds` in the order of the model's inputs `i0`, `i1`, …. */
  readonly run: (feeds: readonly Fed[], outputs: readonly Value[]) => ElementData[];
  readonly release: () => void;
}

export interface Fed {
  readonly value: Value;
  readonly data: ElementData;
}

/** Loads the bytes of an ONNX model whose ports are called `i0`, `i1`, … and `o0`, `o1`, …. */
export function createSyncSession(model: Uint8Array, options: ort.InferenceSession.SessionOptions): SyncSession {
  const { binding, initOrt } = onnxBinding();
  initOrt();
  const session = new binding.InferenceSession();
  // Reason for the assertion: bytes made by protobuf never lie in shared memory.
  session.loadModel(model.buffer as ArrayBuffer, model.byteOffset, model.byteLength, {
    logSeverityLevel: 4, // what fails is thrown; the log would say it twice
    ...options,
  });
  return {
    run: (feeds, outputs) => {
      const results = outputs.map((value) => allocate(value.type, sizeOf(value.shape)));
      session.run(
        Object.fromEntries(feeds.map(({ value, data }, i) => [`i${i}`, tensorOf(value, data)])),
        Object.fromEntries(outputs.map((value, i) => [`o${i}`, tensorOf(value, results[i] as ElementData)])), // as long
        {},
      );
      return results;
    },
    release: () => session.dispose(),
  };
}

function tensorOf({ type, shape }: Value, data: ElementData): ort.Tensor {
  return new (onnxRuntime().Tensor)(type, data, shape);
}
