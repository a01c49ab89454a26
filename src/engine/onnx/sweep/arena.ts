/** @file Memory that both ONNX Runtime and sweeps can address: the state's tensors first, then room for one run. */

import { type WasmMemory, wasm } from '../../../wasm/webassembly.js';

/** Vectors are loaded fastest at multiples of this; so is the end of one tensor kept off the start of the next. */
const ALIGNMENT = 64;
const PAGE = 65_536;
/** WebAssembly addresses 4 GiB; half of it keeps every sum of two addresses in range. */
export const ARENA_LIMIT = 2 ** 31;

export interface Arena {
  readonly memory: WasmMemory;
  /** Changes when growing has detached every view of the memory. */
  readonly version: number;
  /** First byte behind the state, where a run may put what it needs for itself. */
  readonly scratch: number;
  /** Makes room for that many bytes of scratch. */
  readonly reserve: (bytes: number) => void;
  /** Views of the current memory; valid until `version` changes. */
  readonly view: (pointer: number, size: number) => Float32Array;
}

export function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

/** An arena whose first `bytes` belong to the state. */
export function createArena(bytes: number): Arena {
  const memory = new wasm.Memory({ initial: Math.max(1, Math.ceil(bytes / PAGE)) });
  const scratch = aligned(bytes);
  let version = 0;
  return {
    memory,
    scratch,
    get version() {
      return version;
    },
    reserve: (wanted) => {
      const missing = scratch + wanted - memory.buffer.byteLength;
      if (missing <= 0) return;
      memory.grow(Math.ceil(missing / PAGE));
      version++;
    },
    view: (pointer, size) => new Float32Array(memory.buffer, pointer, size),
  };
}
