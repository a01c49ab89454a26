/** @file The eager engine: runs a step with tfjs's own kernels, on one of its backends. */
import { tf } from '../tf.js';
import { onBackend } from './backend.js';
import { createEagerState, type EagerState, nullPrototype } from './eager-state.js';
import type {
  BatchTensors,
  CompiledStep,
  Engine,
  EngineState,
  HostTensors,
  RandomKey,
  Step,
  Tensors,
} from './engine.js';
import { withHostRandom } from './host-random.js';
import { dataTypeOf, download, upload } from './host-tensor.js';
import { stepRandom } from './random.js';
import { misuse } from './use.js';

export interface EagerEngineOptions {
  /** The engine's name, for messages. */
  readonly name: string;
  /** Name of an initialised tfjs backend. */
  readonly backend: string;
}

export function createEagerEngine({ name, backend }: EagerEngineOptions): Engine {
  const states = new WeakMap<EngineState, EagerState>();
  return Object.freeze({
    name,
    createState: async (values: HostTensors) => {
      const state = createEagerState(name, backend, values);
      states.set(state.face, state);
      return state.face;
    },
    compile: (step: Step) =>
      compileEagerly(name, backend, step, (face) => {
        const state = states.get(face);
        if (state !== undefined) return state;
        throw misuse('STATE_MISMATCH', name, 'this state belongs to another engine', 'Create it with this engine.');
      }),
    // The backend belongs to the process, and states and steps to whoever made them.
    dispose: async () => {},
  });
}

function compileEagerly(
  engine: string,
  backend: string,
  step: Step,
  stateOf: (face: EngineState) => EagerState,
): CompiledStep {
  let disposed = false;
  return Object.freeze({
    run: async (
      face: EngineState,
      batch: BatchTensors,
      key: RandomKey,
      accept?: (outputs: HostTensors) => void,
    ): Promise<HostTensors> => {
      if (disposed) throw misuse('DISPOSED', engine, `the step "${step.name}" was disposed`);
      const state = stateOf(face);
      const before = state.begin();
      let made: Made | undefined;
      try {
        made = onBackend(backend, () => execute(step, state, before, batch, key));
        const outputs = await downloadAll(made.outputs);
        accept?.(outputs);
        state.replace(made.state);
        made.state.clear();
        return outputs;
      } finally {
        tf.dispose([...(made?.outputs.values() ?? []), ...(made?.state.values() ?? [])]);
        state.end();
      }
    },
    dispose: () => {
      disposed = true;
    },
  });
}

/** What a step made: tensors outside every scope, one for each name. */
interface Made {
  readonly state: Map<string, tf.Tensor>;
  readonly outputs: Map<string, tf.Tensor>;
}

function execute(step: Step, state: EagerState, before: Tensors, batch: BatchTensors, key: RandomKey): Made {
  const made: Made = { state: new Map(), outputs: new Map() };
  releasingTape(() =>
    tf.tidy(() => {
      const uploaded = nullPrototype(
        Object.entries(batch).map(([name, value]) => [name, upload(`batch.${name}`, value)] as const),
      );
      const result = withHostRandom(key, () => step.run({ state: before, batch: uploaded, random: stepRandom(key) }));
      const changed = Object.entries(result.state).filter(([name, tensor]) => tensor !== before[name]);
      for (const [name, tensor] of Object.entries(result.state)) state.check(name, tensor);
      for (const [name, tensor] of Object.entries(result.outputs)) dataTypeOf(`outputs.${name}`, tensor);
      // One tensor may stand under several names, or belong to the batch: a clone shares its data, not its life.
      for (const [name, tensor] of changed) made.state.set(name, tf.keep(tensor.clone()));
      for (const [name, tensor] of Object.entries(result.outputs)) made.outputs.set(name, tf.keep(tensor.clone()));
    }),
  );
  return made;
}

/** tfjs holds on to what a gradient saved when the function it differentiates throws. */
export function releasingTape(f: () => void): void {
  const { state } = tf.engine();
  const outer = state.activeTape;
  try {
    f();
  } catch (error) {
    if (state.activeTape !== outer) {
      for (const node of state.activeTape ?? []) tf.dispose(node.saved ?? []);
      state.activeTape = outer;
    }
    throw error;
  }
}

async function downloadAll(tensors: ReadonlyMap<string, tf.Tensor>): Promise<HostTensors> {
  const entries = [...tensors].map(
    async ([name, tensor]) => [name, await download(`outputs.${name}`, tensor)] as const,
  );
  return nullPrototype(await Promise.all(entries));
}
