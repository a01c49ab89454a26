/** @file A step as ONNX Runtime sessions: one for each signature of shapes, made on first use. */
import type * as ort from 'onnxruntime-node';
import { normals, uniforms } from '../../random.js';
import { tf } from '../../tf.js';
import { misuse, nullPrototype } from '../eager-state.js';
import type { CompiledStep, EngineState, HostTensor, HostTensors, RandomKey, Step } from '../engine.js';
import { checkHostTensor } from '../host-tensor.js';
import { type Graph, type IndexCheck, sizeOf } from './graph.js';
import { optimise } from './passes/index.js';
import { createSession } from './session.js';
import { emptyTensor, hostTensor, type OnnxState, ortTensor } from './state.js';
import { ARENA_LIMIT } from './sweep/arena.js';
import { splitSweeps } from './sweep/plan.js';
import { createSweepRunner, type SweepRunner, type SweptState } from './sweep/runner.js';
import { CHECK_PORT, type Draw, lookAt, type TensorSpecs, type Trace, traceStep } from './trace.js';

export interface OnnxCompiledStep extends CompiledStep {
  /** The graph for a signature, traced and optimised but not run. */
  readonly graph: (state: TensorSpecs, batch: TensorSpecs) => Promise<Graph>;
}

interface Program {
  /** Null when sweeps do all the work. */
  readonly session: ort.InferenceSession | null;
  readonly graph: Graph;
  readonly draws: readonly Draw[];
  readonly checks: readonly IndexCheck[];
  /** Names of the state tensors it reads, of those it replaces, and of the batch tensors it reads. */
  readonly reads: readonly string[];
  readonly replaces: readonly string[];
  readonly batch: readonly string[];
  /** Replaces the rest of the state after the graph has run. */
  readonly sweeps: SweepRunner | null;
}

export interface CompileOptions {
  readonly session: ort.InferenceSession.SessionOptions;
  /** The state behind a handle of this engine. */
  readonly stateOf: (state: EngineState) => OnnxState;
}

export function compileStep(step: Step, { session, stateOf }: CompileOptions): OnnxCompiledStep {
  const programs = new Map<string, Promise<Program>>();
  let disposed = false;

  const programFor = (state: TensorSpecs, batch: TensorSpecs): Promise<Program> => {
    const signature = `${signatureOf(state)}|${signatureOf(batch)}`;
    const known = programs.get(signature);
    if (known !== undefined) return known;
    const made = createProgram(step, state, batch, session);
    programs.set(signature, made);
    made.catch(() => programs.delete(signature));
    return made;
  };

  return {
    graph: async (state, batch) => (await traced(step, state, batch)).graph,
    run: async (handle, batch, key, accept) => {
      if (disposed) throw misuse('DISPOSED', 'onnx', `the step "${step.name}" was disposed`);
      for (const [name, tensor] of Object.entries(batch)) checkHostTensor(`batch.${name}`, tensor);
      const state = stateOf(handle);
      state.begin();
      try {
        const program = await programFor(state.specs, batch);
        const { feeds, fetches, outputs } = bind(program, state, batch, key);
        await program.session?.run(feeds, fetches);
        const looked = fetches[CHECK_PORT];
        if (looked !== undefined) lookAt(program.checks, hostTensor(looked).data);
        const made = nullPrototype(outputs.map(([name, tensor]) => [name, hostTensor(tensor)]));
        accept?.(made);
        state.swap(program.replaces);
        program.sweeps?.run(sweptOf(state));
        return made;
      } finally {
        state.end();
      }
    },
    dispose: () => {
      disposed = true;
      for (const program of programs.values()) void program.then(({ session: made }) => made?.release());
      programs.clear();
    },
  };
}

type OrtTensors = Record<string, ort.Tensor>;

/** The memory that a run reads and writes: the state's buffers, the batch as it is, and fresh outputs. */
function bind(
  program: Program,
  state: OnnxState,
  batch: HostTensors,
  key: RandomKey,
): { readonly feeds: OrtTensors; readonly fetches: OrtTensors; readonly outputs: readonly [string, ort.Tensor][] } {
  program.sweeps?.prepare(sweptOf(state));
  const feeds: OrtTensors = {};
  for (const name of program.reads) feeds[`state/${name}`] = state.current(name);
  for (const name of program.batch) feeds[`batch/${name}`] = ortTensor(batchTensor(batch, name));
  for (const draw of program.draws) feeds[draw.port] = drawn(draw, key);
  const fetches: OrtTensors = {};
  const outputs: [string, ort.Tensor][] = [];
  for (const { name, value } of program.graph.outputs) {
    const [group, own] = splitPort(name);
    if (group === 'next') fetches[name] = state.spare(own);
    else if (group === 'sweep' && program.sweeps !== null) {
      fetches[name] = ortTensor({
        dtype: 'float32',
        shape: value.shape,
        data: program.sweeps.fetch(sweptOf(state), name),
      });
    } else {
      const tensor = emptyTensor(hostType(value.type), value.shape);
      fetches[name] = tensor;
      if (name !== CHECK_PORT) outputs.push([own, tensor]);
    }
  }
  return { feeds, fetches, outputs };
}

/** Trace and passes, without a session. */
async function traced(step: Step, state: TensorSpecs, batch: TensorSpecs): Promise<Trace> {
  await tf.ready(); // the tracer returns to the active backend, so there must be one
  const trace = traceStep(step, state, batch);
  return { ...trace, graph: optimise(trace.graph) };
}

async function createProgram(
  step: Step,
  state: TensorSpecs,
  batch: TensorSpecs,
  options: ort.InferenceSession.SessionOptions,
): Promise<Program> {
  const { graph: whole, draws, checks } = await traced(step, state, batch);
  // Sweeps run on this machine's processor, so its memory is where the state must be; and they cannot address all of it.
  const isSwept =
    (options.executionProviders ?? []).every((provider) => provider === 'cpu') && bytesOf(whole) < ARENA_LIMIT;
  const { graph, sweeps } = isSwept ? splitSweeps(whole) : { graph: whole, sweeps: [] };
  const session = graph.outputs.length === 0 ? null : await createSession(graph, options);
  const inputs = graph.inputs.map(({ name }) => splitPort(name));
  const named = (ports: readonly (readonly [string, string])[], group: string): string[] =>
    ports.filter(([of]) => of === group).map(([, name]) => name);
  return {
    session,
    graph,
    sweeps: sweeps.length === 0 ? null : createSweepRunner(sweeps, graph),
    checks,
    draws: draws.filter(({ port }) => graph.inputs.some(({ name }) => name === port)),
    reads: named(inputs, 'state'),
    batch: named(inputs, 'batch'),
    replaces: named(
      graph.outputs.map(({ name }) => splitPort(name)),
      'next',
    ),
  };
}

/** The state's memory for sweeps: a program has some only where the state fits. */
function sweptOf({ swept }: OnnxState): SweptState {
  if (swept === null) throw new TypeError('this state is too large for sweeps');
  return swept;
}

/** Of everything that a run keeps in memory at its ends. */
function bytesOf({ inputs, outputs }: Graph): number {
  return [...inputs, ...outputs].reduce((bytes, { value }) => bytes + sizeOf(value.shape) * 4, 0);
}

function splitPort(port: string): readonly [string, string] {
  const slash = port.indexOf('/');
  return [port.slice(0, slash), port.slice(slash + 1)];
}

function signatureOf(specs: TensorSpecs): string {
  return Object.entries(specs)
    .map(([name, { shape, dtype }]) => `${name}:${dtype}[${shape.join()}]`)
    .join(';');
}

function hostType(type: string): HostTensor['dtype'] {
  if (type === 'float32' || type === 'int32' || type === 'bool') return type;
  throw new TypeError(`a step returns float32, int32 and bool tensors, not ${type}`);
}

/** The same numbers as on every engine: they depend on the key, the stream and the position alone. */
function drawn({ kind, stream, shape }: Draw, { seed, counter }: RandomKey): ort.Tensor {
  const data = (kind === 'uniform' ? uniforms : normals)({ seed, counter, stream }, sizeOf(shape));
  return ortTensor({ dtype: 'float32', shape, data });
}

function batchTensor(batch: HostTensors, name: string): HostTensor {
  const tensor = batch[name];
  if (tensor === undefined) throw new TypeError(`the batch lost its tensor ${name}`);
  return tensor;
}
