/** @file A step as ONNX Runtime sessions: one for each signature of shapes, made on first use. */
import type * as ort from 'onnxruntime-node';
import { normals, uniforms } from '../../random.js';
import { nullPrototype } from '../eager-state.js';
import type { BatchTensor, BatchTensors, CompiledStep, EngineState, HostTensors, RandomKey, Step } from '../engine.js';
import { checkHostTensor } from '../host-tensor.js';
import { misuse } from '../use.js';
import { type Graph, sameShape, sizeOf } from './graph.js';
import type { SessionSettings } from './graph-session.js';
import { createProgram, type OutputPort, type Program, traced } from './program.js';
import type { OnnxState } from './state.js';
import { emptyTensor, hostTensor, ortTensor, type StateMemory } from './state-memory.js';
import type { SweptState } from './sweep/runner.js';
import { type Draw, lookAt, type TensorSpecs } from './trace.js';

export interface OnnxCompiledStep extends CompiledStep {
  /** The graph for a signature, traced and optimised but not run. */
  readonly graph: (state: TensorSpecs, batch: TensorSpecs) => Promise<Graph>;
}

export interface CompileOptions {
  readonly session: SessionSettings;
  /** The state behind a handle of this engine. */
  readonly stateOf: (state: EngineState) => OnnxState;
}

export function compileStep(step: Step, { session, stateOf }: CompileOptions): OnnxCompiledStep {
  const programs = createPrograms((state, batch) => createProgram(step, state, batch, session));
  const running = new Set<Promise<HostTensors>>();
  let disposed = false;
  const requireLive = (): void => {
    if (disposed) throw misuse('DISPOSED', 'onnx', `the step "${step.name}" was disposed`);
  };

  const runOn = async (
    state: OnnxState,
    batch: BatchTensors,
    key: RandomKey,
    accept?: (outputs: HostTensors) => void,
  ): Promise<HostTensors> => {
    state.begin();
    try {
      const program = await programs.get(state, batch);
      requireLive(); // it may have been disposed while it was compiled
      return await execute(program, state.memory, batch, key, accept);
    } finally {
      state.end();
    }
  };

  return {
    graph: async (state, batch) => (await traced(step, state, batch)).graph,
    run: async (handle, batch, key, accept) => {
      requireLive();
      for (const [name, tensor] of Object.entries(batch)) checkHostTensor(`batch.${name}`, tensor);
      const run = runOn(stateOf(handle), batch, key, accept);
      running.add(run);
      try {
        return await run;
      } finally {
        running.delete(run);
      }
    },
    dispose: () => {
      disposed = true;
      // A session must outlive the runs on it; how those end is their callers' to hear.
      void Promise.allSettled(running).then(() => programs.release());
    },
  };
}

/** Runs once. Everything that may fail comes before the first change of the state, so that it changes whole or not. */
async function execute(
  program: Program,
  memory: StateMemory,
  batch: BatchTensors,
  key: RandomKey,
  accept?: (outputs: HostTensors) => void,
): Promise<HostTensors> {
  const { feeds, fetches, outputs, looked, sweep } = bind(program, memory, batch, key);
  await program.session?.run(feeds, fetches);
  for (const [, extremes] of looked) lookAt(program.checks, hostTensor(extremes).data);
  const made = nullPrototype(outputs.map(([name, tensor]) => [name, hostTensor(tensor)]));
  accept?.(made);
  // In this order: a sweep may read what the graph replaces, and means the value from before.
  sweep();
  memory.swap(program.next.map(({ name }) => name));
  return made;
}

type OrtTensors = Record<string, ort.Tensor>;
type Fetched = readonly [name: string, tensor: ort.Tensor];

interface Bound {
  readonly feeds: OrtTensors;
  readonly fetches: OrtTensors;
  readonly outputs: readonly Fetched[];
  readonly looked: readonly Fetched[];
  /** Replaces the swept tensors of the state. */
  readonly sweep: () => void;
}

/** The memory that a run reads and writes: the state's buffers, the batch as it is, and fresh outputs. */
function bind(program: Program, memory: StateMemory, batch: BatchTensors, key: RandomKey): Bound {
  const sweeps = program.sweeps?.prepare(sweptOf(memory)); // first: it moves tensors
  const feeds: OrtTensors = {};
  for (const { port, name } of program.reads) feeds[port] = present(memory.current(name), name);
  for (const { port, name } of program.batch) feeds[port] = ortTensor(present(batch[name], name));
  for (const draw of program.draws) feeds[draw.port] = drawn(draw, key);
  const fetches: OrtTensors = {};
  for (const { port, name } of program.next) fetches[port] = memory.spare(name);
  for (const { port, shape, dtype } of program.swept) {
    fetches[port] = ortTensor({ dtype, shape, data: present(sweeps, port).fetch(port) });
  }
  const fetched = ({ port, name, dtype, shape }: OutputPort): Fetched => {
    const tensor = emptyTensor(dtype, shape);
    fetches[port] = tensor;
    return [name, tensor];
  };
  const [outputs, looked] = [program.outputs.map(fetched), program.looked.map(fetched)];
  return { feeds, fetches, outputs, looked, sweep: () => sweeps?.run() };
}

/** What tracing saw is there when the program runs: the signatures are equal. */
function present<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new TypeError(`the step lost ${name}`);
  return value;
}

/** The state's memory for sweeps: a program has some only where the state fits. */
function sweptOf({ swept }: StateMemory): SweptState {
  if (swept === null) throw new TypeError('this state is too large for sweeps');
  return swept;
}

/** The same numbers as on every engine: they depend on the key, the stream and the position alone. */
function drawn({ kind, stream, shape }: Draw, { seed, counter }: RandomKey): ort.Tensor {
  const data = (kind === 'uniform' ? uniforms : normals)({ seed, counter, stream }, sizeOf(shape));
  return ortTensor({ dtype: 'float32', shape, data });
}

interface Programs {
  /** The program for these shapes; made on the first call, and again after a failure. */
  readonly get: (state: OnnxState, batch: TensorSpecs) => Promise<Program>;
  readonly release: () => Promise<void>;
}

/**
 * Programs by the names, shapes and types of state and batch. A look-up does not walk the state, whose signature was
 * made with it, and compares the few tensors of a batch without making strings.
 */
function createPrograms(make: (state: TensorSpecs, batch: TensorSpecs) => Promise<Program>): Programs {
  const byState = new Map<string, { readonly batch: TensorSpecs; readonly program: Promise<Program> }[]>();
  return {
    get: ({ signature, specs }, batch) => {
      const known = byState.get(signature) ?? [];
      byState.set(signature, known);
      const found = known.find((one) => sameSpecs(one.batch, batch));
      if (found !== undefined) return found.program;
      const made = { batch: copyOf(batch), program: make(specs, batch) };
      known.push(made);
      made.program.catch(() => known.splice(known.indexOf(made), 1)); // what was missing may be there by the next run
      return made.program;
    },
    release: async () => {
      const all = [...byState.values()].flat();
      byState.clear();
      for (const { program } of all) {
        await program.then(
          ({ session }) => session?.release(),
          () => undefined, // who ran it has heard why it was not made
        );
      }
    },
  };
}

/** Callers use their shapes again. */
function copyOf(specs: TensorSpecs): TensorSpecs {
  return nullPrototype(Object.entries(specs).map(([name, { shape, dtype }]) => [name, { shape: [...shape], dtype }]));
}

function sameSpecs(known: TensorSpecs, given: Readonly<Record<string, BatchTensor | TensorSpecs[string]>>): boolean {
  let count = 0;
  for (const name in given) {
    count++;
    const [a, b] = [known[name], given[name]];
    if (a === undefined || b === undefined || a.dtype !== b.dtype || !sameShape(a.shape, b.shape)) return false;
  }
  return count === Object.keys(known).length;
}
