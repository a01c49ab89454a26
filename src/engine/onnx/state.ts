/**
 * @file State that lives between steps. A tensor that a graph replaces has two buffers, one holding the values, the
 * other free for the next; one that a sweep replaces lies in an arena and is replaced in place.
 */
import type * as ort from 'onnxruntime-node';
import { didYouMean, HeadgateError } from '../../errors.js';
import { misuse, nullPrototype } from '../eager-state.js';
import type { BatchTensor, EngineState, HostTensor, HostTensors } from '../engine.js';
import { checkStateTensor, describe } from '../host-tensor.js';
import { allocate, sizeOf } from './graph.js';
import { onnxRuntime } from './runtime.js';
import { ARENA_LIMIT, type Arena, aligned, createArena } from './sweep/arena.js';
import type { SweptState } from './sweep/runner.js';
import type { TensorSpecs } from './trace.js';

export interface OnnxState extends EngineState {
  /** The memory in which sweeps find the state; null when it is too large for them. */
  readonly swept: SweptState | null;
  readonly specs: TensorSpecs;
  /** The tensor that holds the values of `name`. */
  readonly current: (name: string) => ort.Tensor;
  /** The tensor that the next values go to. */
  readonly spare: (name: string) => ort.Tensor;
  /** Makes the spare of each of these the current one. */
  readonly swap: (names: Iterable<string>) => void;
  /** Marks the state as in use until `end`; throws `ENGINE_BUSY` when it is already. */
  readonly begin: () => void;
  readonly end: () => void;
}

interface Slot {
  current: ort.Tensor;
  /** Made when a run first wants it: what sweeps replace needs no second buffer. */
  spare: ort.Tensor | null;
  /** Where the arena keeps the tensor; null for one that is not float32. */
  readonly pointer: number | null;
  /** Version of the arena that `current` is a view of; null when it lies elsewhere. */
  version: number | null;
}

export function createOnnxState(values: HostTensors): OnnxState {
  const slots = new Map<string, Slot>();
  const specs = Object.fromEntries(
    Object.entries(values).map(([name, { shape, dtype }]) => [name, { shape: [...shape], dtype }]),
  );
  const places = new Map<string, number>();
  let bytes = 0;
  for (const [name, { dtype, data }] of Object.entries(values)) {
    if (dtype !== 'float32') continue;
    places.set(name, bytes);
    bytes = aligned(bytes + data.length * 4);
  }
  const arena = bytes < ARENA_LIMIT ? createArena(bytes) : null;
  for (const [name, tensor] of Object.entries(values)) {
    const pointer = arena === null ? null : (places.get(name) ?? null);
    slots.set(name, {
      current: ortTensor({ ...tensor, data: tensor.data.slice() }),
      spare: null,
      pointer,
      version: null,
    });
  }
  /** The tensor as a view of the arena, its values moved there if they lay elsewhere. */
  const settle = (slot: Slot, { view, version }: Arena, pointer: number): void => {
    if (slot.version === version) return;
    const { dims } = slot.current;
    const here = view(pointer, sizeOf(dims));
    // Growing has detached a view of the arena, but its values are where they were.
    if (slot.version === null) here.set(hostTensor(slot.current).data);
    slot.current = ortTensor({ dtype: 'float32', shape: dims, data: here });
    slot.version = version;
  };
  const currentOf = (slot: Slot): ort.Tensor => {
    if (slot.version !== null && arena !== null && slot.pointer !== null) settle(slot, arena, slot.pointer);
    return slot.current;
  };
  let busy = false;
  let disposed = false;
  const requireLive = (): void => {
    if (disposed) throw misuse('DISPOSED', 'onnx', 'this state was disposed');
  };
  const requireIdle = (): void => {
    requireLive();
    if (busy) throw misuse('ENGINE_BUSY', 'onnx', 'a step is still running on this state', 'Await it first.');
  };
  const slotOf = (name: string): Slot => {
    const slot = slots.get(name);
    if (slot !== undefined) return slot;
    throw mismatch(name, 'a name of the state', 'an unknown name', didYouMean(name, slots.keys()));
  };
  return {
    names: [...slots.keys()],
    specs,
    swept:
      arena === null
        ? null
        : {
            arena,
            pointerTo: (name) => {
              const slot = slotOf(name);
              if (slot.pointer === null) throw new TypeError(`the state ${name} is not float32`);
              settle(slot, arena, slot.pointer);
              return slot.pointer;
            },
          },
    current: (name) => currentOf(slotOf(name)),
    spare: (name) => {
      const slot = slotOf(name);
      const { dtype, shape } = hostTensor(currentOf(slot));
      slot.spare ??= emptyTensor(dtype, shape);
      return slot.spare;
    },
    swap: (names) => {
      for (const name of names) {
        const slot = slotOf(name);
        if (slot.spare === null) continue;
        // A view of the arena stays its owner's: only buffers of its own take turns.
        const used = slot.version === null ? slot.current : null;
        slot.current = slot.spare;
        slot.spare = used;
        slot.version = null;
      }
    },
    begin: () => {
      requireIdle();
      busy = true;
    },
    end: () => {
      busy = false;
    },
    read: async (names = [...slots.keys()]) => {
      requireLive();
      return nullPrototype(
        names.map((name) => {
          const tensor = hostTensor(currentOf(slotOf(name)));
          return [name, { ...tensor, data: tensor.data.slice() }];
        }),
      );
    },
    write: async (next) => {
      requireIdle();
      // All are checked before the first is written.
      for (const [name, tensor] of Object.entries(next)) {
        checkStateTensor(`state.${name}`, tensor);
        const current = hostTensor(currentOf(slotOf(name)));
        if (describe(current) !== describe(tensor)) throw mismatch(name, describe(current), describe(tensor));
      }
      for (const [name, tensor] of Object.entries(next)) hostTensor(currentOf(slotOf(name))).data.set(tensor.data);
    },
    dispose: () => {
      if (disposed) return;
      requireIdle();
      disposed = true;
      slots.clear();
    },
  };
}

/** The same memory, as ONNX Runtime sees it. */
export function ortTensor({ dtype, data, shape }: BatchTensor): ort.Tensor {
  return new (onnxRuntime().Tensor)(dtype, data, shape);
}

/** The same memory, as Headgate sees it. */
export function hostTensor({ type, dims, data }: ort.Tensor): HostTensor {
  const known = data instanceof Float32Array || data instanceof Int32Array || data instanceof Uint8Array;
  if (known && (type === 'float32' || type === 'int32' || type === 'bool')) return { shape: dims, dtype: type, data };
  throw new TypeError(`a compiled step holds float32, int32 and bool tensors, not ${type}`);
}

/** A fresh tensor for a result. */
export function emptyTensor(dtype: HostTensor['dtype'], shape: readonly number[]): ort.Tensor {
  return new (onnxRuntime().Tensor)(dtype, allocate(dtype, sizeOf(shape)), shape);
}

function mismatch(name: string, expected: string, received: string, suggestion?: string): HeadgateError {
  return new HeadgateError({
    code: 'STATE_MISMATCH',
    path: `state.${name}`,
    problem: 'this tensor does not fit the state',
    expected,
    received,
    suggestion,
  });
}
