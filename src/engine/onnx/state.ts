/** @file State that lives between steps: who may use it when, and what may be read and written from outside. */
import type * as ort from 'onnxruntime-node';
import { didYouMean, HeadgateError } from '../../errors.js';
import { nullPrototype } from '../eager-state.js';
import type { EngineState, HostTensors } from '../engine.js';
import { checkStateTensor, describe } from '../host-tensor.js';
import { createUse } from '../use.js';
import { createStateMemory, hostTensor, type StateMemory } from './state-memory.js';
import type { TensorSpecs } from './trace.js';

export interface OnnxState extends EngineState {
  readonly specs: TensorSpecs;
  /** Equal for states of equal specs. Made once: a state never changes its names, shapes and types. */
  readonly signature: string;
  readonly memory: StateMemory;
  /** Marks the state as in use until `end`; throws `ENGINE_BUSY` when it is already. */
  readonly begin: () => void;
  readonly end: () => void;
}

/** Throws `INVALID_TENSOR`. */
export function createOnnxState(values: HostTensors): OnnxState {
  for (const [name, tensor] of Object.entries(values)) checkStateTensor(`state.${name}`, tensor);
  const names = Object.keys(values);
  const specs = specsOf(values);
  const { requireLive, requireIdle, begin, end, dispose } = createUse('onnx');
  let memory: StateMemory | null = createStateMemory(values);
  const live = (): StateMemory => {
    requireLive();
    if (memory === null) throw new TypeError('a live state without memory');
    return memory;
  };
  const currentOf = (name: string): ort.Tensor => {
    const tensor = live().current(name);
    if (tensor !== undefined) return tensor;
    throw mismatch(name, 'a name of the state', 'an unknown name', didYouMean(name, names));
  };
  return {
    names,
    specs,
    signature: Object.entries(specs)
      .map(([name, spec]) => `${name}:${describe(spec)}`)
      .join(';'),
    get memory() {
      return live();
    },
    begin,
    end,
    read: async (wanted = names) => {
      requireLive();
      return nullPrototype(
        wanted.map((name) => {
          const tensor = hostTensor(currentOf(name));
          return [name, { ...tensor, data: tensor.data.slice() }];
        }),
      );
    },
    write: async (next) => {
      requireIdle();
      // All are checked before the first is written.
      for (const [name, tensor] of Object.entries(next)) {
        checkStateTensor(`state.${name}`, tensor);
        const current = hostTensor(currentOf(name));
        if (describe(current) !== describe(tensor)) throw mismatch(name, describe(current), describe(tensor));
      }
      for (const [name, tensor] of Object.entries(next)) hostTensor(currentOf(name)).data.set(tensor.data);
    },
    dispose: () => {
      if (dispose()) memory = null;
    },
  };
}

/** Copies, so that the caller's shapes may change. */
function specsOf(values: HostTensors): TensorSpecs {
  return nullPrototype(Object.entries(values).map(([name, { shape, dtype }]) => [name, { shape: [...shape], dtype }]));
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
