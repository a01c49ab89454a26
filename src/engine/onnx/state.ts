/** @file State that lives between steps: two buffers a tensor, one holding the values, the other free for the next. */
import * as ort from 'onnxruntime-node';
import { didYouMean, HeadgateError } from '../../errors.js';
import type { EngineState, HostTensor, HostTensors } from '../engine.js';
import { allocate, sameShape, sizeOf } from './graph.js';
import type { TensorSpecs } from './trace.js';

export interface OnnxState extends EngineState {
  readonly specs: TensorSpecs;
  /** The tensor that holds the values of `name`. */
  readonly current: (name: string) => ort.Tensor;
  /** The tensor that the next values go to. */
  readonly spare: (name: string) => ort.Tensor;
  /** Makes the spare of each of these the current one. */
  readonly swap: (names: Iterable<string>) => void;
}

interface Slot {
  current: ort.Tensor;
  spare: ort.Tensor;
}

export function createOnnxState(values: HostTensors): OnnxState {
  const slots = new Map<string, Slot>();
  const specs = Object.fromEntries(
    Object.entries(values).map(([name, { shape, dtype }]) => [name, { shape: [...shape], dtype }]),
  );
  for (const [name, tensor] of Object.entries(values)) {
    const current = ortTensor({ ...tensor, data: copyOf(tensor) });
    slots.set(name, { current, spare: ortTensor({ ...tensor, data: copyOf(tensor) }) });
  }
  const slotOf = (name: string): Slot => {
    const slot = slots.get(name);
    if (slot !== undefined) return slot;
    throw mismatch(name, 'a name of the state', 'an unknown name', didYouMean(name, slots.keys()));
  };
  return {
    names: [...slots.keys()],
    specs,
    current: (name) => slotOf(name).current,
    spare: (name) => slotOf(name).spare,
    swap: (names) => {
      for (const name of names) {
        const slot = slotOf(name);
        [slot.current, slot.spare] = [slot.spare, slot.current];
      }
    },
    read: (names = [...slots.keys()]) =>
      Promise.resolve(
        Object.fromEntries(
          names.map((name) => {
            const tensor = hostTensor(slotOf(name).current);
            return [name, { ...tensor, data: copyOf(tensor) }];
          }),
        ),
      ),
    write: async (next) => {
      // All are checked before the first is written.
      for (const [name, tensor] of Object.entries(next)) {
        const current = hostTensor(slotOf(name).current);
        if (current.dtype !== tensor.dtype || !sameShape(current.shape, tensor.shape)) {
          throw mismatch(name, describe(current), describe(tensor));
        }
      }
      for (const [name, tensor] of Object.entries(next)) hostTensor(slotOf(name).current).data.set(tensor.data);
    },
    dispose: () => slots.clear(),
  };
}

/** The same memory, as ONNX Runtime sees it. */
export function ortTensor({ dtype, data, shape }: HostTensor): ort.Tensor {
  return new ort.Tensor(dtype, data, shape);
}

/** The same memory, as Headgate sees it. */
export function hostTensor({ type, dims, data }: ort.Tensor): HostTensor {
  const known = data instanceof Float32Array || data instanceof Int32Array || data instanceof Uint8Array;
  if (known && (type === 'float32' || type === 'int32' || type === 'bool')) return { shape: dims, dtype: type, data };
  throw new TypeError(`a compiled step holds float32, int32 and bool tensors, not ${type}`);
}

/** A fresh tensor for a result. */
export function emptyTensor(dtype: HostTensor['dtype'], shape: readonly number[]): ort.Tensor {
  return new ort.Tensor(dtype, allocate(dtype, sizeOf(shape)), shape);
}

function copyOf({ data }: HostTensor): HostTensor['data'] {
  return data.slice();
}

function describe({ dtype, shape }: HostTensor): string {
  return `${dtype}[${shape.join()}]`;
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
