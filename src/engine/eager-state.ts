/** @file Named tensors that live on a tfjs backend between the steps of an eager engine. */
import { didYouMean, HeadgateError } from '../errors.js';
import { tf } from '../tf.js';
import { onBackend } from './backend.js';
import type { EngineState, HostTensor, HostTensors, Tensors } from './engine.js';
import { checkStateTensor, describe, download, upload } from './host-tensor.js';
import { createUse } from './use.js';

/** The state as its engine sees it. */
export interface EagerState {
  readonly engine: string;
  readonly face: EngineState;
  /** Marks the state as in use by a step until `end`; throws `ENGINE_BUSY` when it is already. */
  readonly begin: () => Tensors;
  readonly end: () => void;
  /** Throws `STATE_MISMATCH` unless `name` is in the state with this shape and dtype. */
  readonly check: (name: string, value: Pick<HostTensor, 'shape'> & { readonly dtype: string }) => void;
  /** Takes over the given tensors and disposes those that they replace. */
  readonly replace: (next: ReadonlyMap<string, tf.Tensor>) => void;
}

export function createEagerState(engine: string, backend: string, values: HostTensors): EagerState {
  const store = createTensorStore(backend, values);
  const use = createUse(engine);
  const face: EngineState = {
    names: store.names,
    read: async (names = store.names) => {
      use.requireLive();
      return store.read(names);
    },
    write: async (next) => {
      use.requireIdle();
      for (const [name, value] of Object.entries(next)) store.check(name, value);
      store.replace(keptTensors(backend, Object.entries(next)));
    },
    dispose: () => {
      if (use.dispose()) store.dispose();
    },
  };
  return {
    engine,
    face: Object.freeze(face),
    begin: () => {
      use.begin();
      return store.tensors();
    },
    end: use.end,
    check: store.check,
    replace: store.replace,
  };
}

/** Named tensors on a backend, whoever may use them. */
interface TensorStore extends Pick<EagerState, 'check' | 'replace'> {
  readonly names: readonly string[];
  readonly tensors: () => Tensors;
  readonly read: (names: readonly string[]) => Promise<HostTensors>;
  readonly dispose: () => void;
}

function createTensorStore(backend: string, values: HostTensors): TensorStore {
  const tensors = keptTensors(backend, Object.entries(values));
  const tensorOf = (name: string): tf.Tensor => {
    const tensor = tensors.get(name);
    if (tensor !== undefined) return tensor;
    const suggestion = didYouMean(name, tensors.keys());
    const problem = 'the state has no tensor of this name';
    throw mismatch(name, problem, 'a name of the state', JSON.stringify(name), suggestion);
  };
  return {
    names: [...tensors.keys()],
    tensors: () => nullPrototype(tensors),
    check: (name, value) => {
      const expected = describe(tensorOf(name));
      const received = describe(value);
      if (expected !== received) throw mismatch(name, 'a state tensor keeps its shape and type', expected, received);
    },
    replace: (next) => {
      for (const [name, tensor] of next) {
        tensors.get(name)?.dispose();
        tensors.set(name, tensor);
      }
    },
    read: async (names) => {
      // A step that ends meanwhile disposes its tensors, but not these.
      const held = onBackend(backend, () => names.map((name) => tf.keep(tensorOf(name).clone())));
      try {
        const read = await Promise.all(held.map((tensor, i) => download(`state.${names[i]}`, tensor)));
        return nullPrototype(read.map((value, i) => [names[i] as string, value])); // as many as names
      } finally {
        tf.dispose(held);
      }
    },
    dispose: () => {
      tf.dispose([...tensors.values()]);
      tensors.clear();
    },
  };
}

function mismatch(
  name: string,
  problem: string,
  expected: string,
  received: string,
  suggestion?: string,
): HeadgateError {
  return new HeadgateError({ code: 'STATE_MISMATCH', path: `state.${name}`, problem, expected, received, suggestion });
}

function keptTensors(backend: string, values: readonly (readonly [string, HostTensor])[]): Map<string, tf.Tensor> {
  return onBackend(backend, () => {
    const kept = new Map<string, tf.Tensor>();
    tf.tidy(() => {
      for (const [name, value] of values) checkStateTensor(`state.${name}`, value);
      const tensors = values.map(([name, value]) => [name, upload(`state.${name}`, value)] as const);
      for (const [name, tensor] of tensors) kept.set(name, tf.keep(tensor));
    });
    return kept;
  });
}

/** A record for names that users choose: `__proto__` is a name like any other. */
export function nullPrototype<T>(entries: Iterable<readonly [string, T]>): Record<string, T> {
  const record: Record<string, T> = Object.create(null);
  for (const [name, value] of entries) record[name] = value;
  return record;
}
