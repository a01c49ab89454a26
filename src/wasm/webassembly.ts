/** @file The little of WebAssembly that sweeps use; Node's own type declarations leave it out. */

export interface WasmMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

interface WebAssemblyApi {
  readonly Memory: new (descriptor: { readonly initial: number }) => WasmMemory;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: { readonly env: { readonly memory: WasmMemory } },
  ) => { readonly exports: Readonly<Record<string, unknown>> };
}

// Part of every JavaScript runtime that ONNX Runtime runs in; only its declaration is missing.
export const wasm = Reflect.get(globalThis, 'WebAssembly') as WebAssemblyApi;
