/** @file A step traced for tensors of certain shapes: the session that runs it, and what goes in and comes out. */
import { tf } from '../../tf.js';
import type { HostTensor, Step } from '../engine.js';
import { type Graph, type IndexCheck, sizeOf } from './graph.js';
import { createGraphSession, type GraphSession, type SessionSettings } from './graph-session.js';
import { optimise } from './passes/index.js';
import { ARENA_LIMIT } from './sweep/arena.js';
import { splitSweeps } from './sweep/plan.js';
import { createSweepRunner, type SweepRunner } from './sweep/runner.js';
import { CHECK_GROUP, type Draw, type TensorSpecs, type Trace, traceStep } from './trace.js';

/** A port of the session, and the tensor that it belongs to: `state/kernel` and `kernel`. */
export interface NamedPort {
  readonly port: string;
  readonly name: string;
}

export interface OutputPort extends NamedPort {
  readonly shape: readonly number[];
  readonly dtype: HostTensor['dtype'];
}

export interface Program {
  /** Null when sweeps do all the work. */
  readonly session: GraphSession | null;
  readonly draws: readonly Draw[];
  /** The state and batch tensors that the session reads. */
  readonly reads: readonly NamedPort[];
  readonly batch: readonly NamedPort[];
  /** The state tensors that the session replaces, what it brings to the sweeps, and the step's outputs. */
  readonly next: readonly NamedPort[];
  readonly swept: readonly OutputPort[];
  readonly outputs: readonly OutputPort[];
  /** What the host must look at before it accepts a run, and the output that brings it: none without checks. */
  readonly checks: readonly IndexCheck[];
  readonly looked: readonly OutputPort[];
  /** Replaces the rest of the state after the graph has run. */
  readonly sweeps: SweepRunner | null;
}

/** Trace and passes, without a session. */
export async function traced(step: Step, state: TensorSpecs, batch: TensorSpecs): Promise<Trace> {
  await tf.ready(); // the tracer returns to the active backend, so there must be one
  const trace = traceStep(step, state, batch);
  return { ...trace, graph: optimise(trace.graph) };
}

export async function createProgram(
  step: Step,
  state: TensorSpecs,
  batch: TensorSpecs,
  settings: SessionSettings,
): Promise<Program> {
  const { graph: whole, draws, checks } = await traced(step, state, batch);
  // Sweeps run on this machine's processor, so its memory is where the state must be; and they cannot address all of it.
  const isSwept =
    (settings.options.executionProviders ?? []).every((provider) => provider === 'cpu') && bytesOf(whole) < ARENA_LIMIT;
  const { graph, sweeps } = isSwept ? splitSweeps(whole) : { graph: whole, sweeps: [] };
  const session = graph.outputs.length === 0 ? null : await createGraphSession(graph, settings);
  return {
    session,
    sweeps: sweeps.length === 0 ? null : createSweepRunner(sweeps, graph),
    draws: draws.filter(({ port }) => graph.inputs.some(({ name }) => name === port)),
    reads: inputsNamed(graph, 'state'),
    batch: inputsNamed(graph, 'batch'),
    next: outputsNamed(graph, 'next'),
    swept: outputsNamed(graph, 'sweep'),
    outputs: outputsNamed(graph, 'output'),
    checks,
    looked: outputsNamed(graph, CHECK_GROUP),
  };
}

/** Of everything that a run keeps in memory at its ends. */
function bytesOf({ inputs, outputs }: Graph): number {
  return [...inputs, ...outputs].reduce((bytes, { value }) => bytes + sizeOf(value.shape) * 4, 0);
}

function inputsNamed({ inputs }: Graph, group: string): NamedPort[] {
  return inputs.flatMap(({ name: port }) => nameIn(group, port) ?? []);
}

function outputsNamed({ outputs }: Graph, group: string): OutputPort[] {
  return outputs.flatMap(({ name: port, value: { shape, type } }) => {
    const named = nameIn(group, port);
    return named === null ? [] : { ...named, shape, dtype: outputType(type) };
  });
}

function nameIn(group: string, port: string): NamedPort | null {
  return port.startsWith(`${group}/`) ? { port, name: port.slice(group.length + 1) } : null;
}

function outputType(type: string): HostTensor['dtype'] {
  if (type === 'float32' || type === 'int32' || type === 'bool') return type;
  throw new TypeError(`a step returns float32, int32 and bool tensors, not ${type}`);
}
