/**
 * @file Where the tensors of a state lie. Each float32 tensor has a place in an arena, which both ONNX Runtime and
 * sweeps can address; one that a graph replaces gets a second buffer, and the two take turns.
 */
import type * as ort from 'onnxruntime-node';
import type { BatchTensor, HostTensor, HostTensors } from '../engine.js';
import { allocate, sizeOf } from './graph.js';
import { onnxRuntime } from './runtime.js';
import { ARENA_LIMIT, type Arena, aligned, createArena } from './sweep/arena.js';
import type { SweptState } from './sweep/runner.js';

export interface StateMemory {
  /** Null when the state is too large for an arena. */
  readonly swept: SweptState | null;
  /** The tensor that holds the values of `name`; undefined for an unknown name. */
  readonly current: (name: string) => ort.Tensor | undefined;
  /** The tensor that the next values of `name` go to. */
  readonly spare: (name: string) => ort.Tensor;
  /** Makes the spare of each of these the current one; each has been asked for. */
  readonly swap: (names: Iterable<string>) => void;
}

interface Buffer {
  tensor: ort.Tensor;
  /** Version of the arena that `tensor` is a view of; null for memory of its own. */
  version: number | null;
}

interface Slot {
  current: Buffer;
  /** Made when a run first wants it: what sweeps replace needs no second buffer. */
  spare: Buffer | null;
  /** Where the arena keeps the tensor; null for one that is not float32, or in a state without an arena. */
  readonly pointer: number | null;
}

/** Copies the values in, once. */
export function createStateMemory(values: HostTensors): StateMemory {
  const { places, bytes } = layOut(values);
  const arena = bytes < ARENA_LIMIT ? createArena(bytes) : null;

  const slots = new Map(
    Object.entries(values).map(([name, tensor]) => [name, slotFor(tensor, arena, places.get(name) ?? null)]),
  );

  /** Growing detaches the views of the arena; their values are where they were. */
  const fresh = (buffer: Buffer, { pointer }: Slot): ort.Tensor => {
    if (arena !== null && buffer.version !== null && buffer.version !== arena.version && pointer !== null) {
      buffer.tensor = viewOf(arena, pointer, buffer.tensor.dims);
      buffer.version = arena.version;
    }
    return buffer.tensor;
  };
  const slotOf = (name: string): Slot => {
    const slot = slots.get(name);
    if (slot === undefined) throw new TypeError(`there is no state ${name}`);
    return slot;
  };
  const turn = (slot: Slot, next: Buffer): void => {
    slot.spare = slot.current;
    slot.current = next;
  };
  /** Its address; the current values are there afterwards. */
  const settle = (name: string): number => {
    const slot = slotOf(name);
    if (slot.pointer === null) throw new TypeError(`the state ${name} is not float32`);
    if (slot.current.version === null && slot.spare !== null) {
      // A graph has replaced it: its place in the arena is the spare.
      hostTensor(fresh(slot.spare, slot)).data.set(hostTensor(slot.current.tensor).data);
      turn(slot, slot.spare);
    }
    return slot.pointer;
  };
  return {
    swept: arena === null ? null : { arena, settle },
    current: (name) => {
      const slot = slots.get(name);
      return slot && fresh(slot.current, slot);
    },
    spare: (name) => {
      const slot = slotOf(name);
      const { dtype, shape } = hostTensor(slot.current.tensor);
      slot.spare ??= { tensor: emptyTensor(dtype, shape), version: null };
      return fresh(slot.spare, slot);
    },
    swap: (names) => {
      for (const name of names) {
        const slot = slotOf(name);
        if (slot.spare !== null) turn(slot, slot.spare);
      }
    },
  };
}

function viewOf(arena: Arena, pointer: number, shape: readonly number[]): ort.Tensor {
  return ortTensor({ dtype: 'float32', shape, data: arena.view(pointer, sizeOf(shape)) });
}

/** With the values copied into it. */
function slotFor({ dtype, shape, data }: HostTensor, arena: Arena | null, place: number | null): Slot {
  const isInArena = arena !== null && place !== null;
  const tensor = isInArena ? viewOf(arena, place, shape) : emptyTensor(dtype, shape);
  hostTensor(tensor).data.set(data);
  const version = isInArena ? arena.version : null;
  return { current: { tensor, version }, spare: null, pointer: isInArena ? place : null };
}

/** An address for each float32 tensor, and the bytes that they take together. */
function layOut(values: HostTensors): { readonly places: ReadonlyMap<string, number>; readonly bytes: number } {
  const places = new Map<string, number>();
  let bytes = 0;
  for (const [name, { dtype, data }] of Object.entries(values)) {
    if (dtype !== 'float32') continue;
    places.set(name, bytes);
    bytes = aligned(bytes + data.length * 4);
  }
  return { places, bytes };
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
