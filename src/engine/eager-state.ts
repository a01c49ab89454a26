/** @file Named tensors that live on a tfjs backend between the steps of an eager engine. */
import { didYouMean, HeadgateError } from '../errors.js';
import { tf } from '../tf.js';
import { onBackend } from './backend.js';
import type { EngineState, HostTensor, HostTensors, Tensors } from './engine.js';
import { checkStateTensor, describe, download, upload } from './host-tensor.js';

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
  const tensors = keptTensors(backend, Object.entries(values));
  let busy = false;
  let disposed = false;

  const mismatch = (name: string, problem: string, expected: string, received: string): HeadgateError =>
    new HeadgateError({
      code: 'STATE_MISMATCH',
      path: `state.${name}`,
      problem,
      expected,
      received,
      suggestion: tensors.has(name) ? undefined : didYouMean(name, tensors.keys()),
    });
  const tensorOf = (name: string): tf.Tensor => {
    const tensor = tensors.get(name);
    if (tensor !== undefined) return tensor;
    throw mismatch(name, 'the state has no tensor of this name', 'a name of the state', JSON.stringify(name));
  };
  const requireIdle = (): void => {
    if (disposed) throw misuse('DISPOSED', engine, 'this state was disposed');
    if (busy) throw misuse('ENGINE_BUSY', engine, 'a step is still running on this state', 'Await it first.');
  };
  const check: EagerState['check'] = (name, value) => {
    const expected = describe(tensorOf(name));
    const received = describe(value);
    if (expected !== received) throw mismatch(name, 'a state tensor keeps its shape and type', expected, received);
  };
  const replace: EagerState['replace'] = (next) => {
    for (const [name, tensor] of next) {
      tensors.get(name)?.dispose();
      tensors.set(name, tensor);
    }
  };

  const face: EngineState = {
    names: [...tensors.keys()],
    read: async (names = [...tensors.keys()]) => {
      if (disposed) throw misuse('DISPOSED', engine, 'this state was disposed');
      // A step that ends meanwhile disposes its tensors, but not these.
      const held = onBackend(backend, () => names.map((name) => tf.keep(tensorOf(name).clone())));
      try {
        const read = await Promise.all(held.map((tensor, i) => download(`state.${names[i]}`, tensor)));
        return nullPrototype(read.map((value, i) => [names[i] as string, value]));
      } finally {
        tf.dispose(held);
      }
    },
    write: async (next) => {
      requireIdle();
      for (const [name, value] of Object.entries(next)) check(name, value);
      replace(keptTensors(backend, Object.entries(next)));
    },
    dispose: () => {
      if (disposed) return;
      requireIdle();
      disposed = true;
      tf.dispose([...tensors.values()]);
      tensors.clear();
    },
  };

  return {
    engine,
    face: Object.freeze(face),
    begin: () => {
      requireIdle();
      busy = true;
      return nullPrototype(tensors);
    },
    end: () => {
      busy = false;
    },
    check,
    replace,
  };
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

export function misuse(code: string, engine: string, problem: string, mend?: string): HeadgateError {
  return new HeadgateError({ code, path: `engine ${engine}`, problem, ...(mend === undefined ? {} : { mend }) });
}
