/** @file Runs the sweeps of a program on a state's memory. */
import { type Graph, sizeOf } from '../graph.js';
import { type Arena, aligned } from './arena.js';
import { ENTRY, structureOf, sweepModule } from './module.js';
import type { Sweep } from './plan.js';
import { wasm } from './webassembly.js';

/** What sweeps ask of a state. */
export interface SweptState {
  readonly arena: Arena;
  /** Address of a tensor's values. */
  readonly pointerTo: (name: string) => number;
}

export interface SweepRunner {
  /** Makes room in the state's memory; views of it taken before are void. */
  readonly prepare: (state: SweptState) => void;
  /** Where the graph's output `sweep/…` must go for the next `run`. */
  readonly fetch: (state: SweptState, port: string) => Float32Array;
  /** Replaces the swept state tensors. */
  readonly run: (state: SweptState) => void;
}

type SweepFunction = (...numbers: number[]) => void;

const modules = new Map<string, object>();

/** @param graph the graph that brings the operands */
export function createSweepRunner(sweeps: readonly Sweep[], graph: Graph): SweepRunner {
  const offsets = new Map<string, { readonly offset: number; readonly size: number }>();
  let bytes = 0;
  for (const { name, value } of graph.outputs) {
    if (!name.startsWith('sweep/')) continue;
    const size = sizeOf(value.shape);
    offsets.set(name, { offset: bytes, size });
    bytes = aligned(bytes + size * 4);
  }
  const instances = new WeakMap<Arena, readonly SweepFunction[]>();
  const placeOf = (port: string) => {
    const place = offsets.get(port);
    if (place === undefined) throw new Error(`no output ${port}`);
    return place;
  };
  const pointerOf = (state: SweptState, port: string): number =>
    port.startsWith('state/')
      ? state.pointerTo(port.slice('state/'.length))
      : state.arena.scratch + placeOf(port).offset;
  return {
    prepare: ({ arena }) => arena.reserve(bytes),
    fetch: (state, port) => {
      const { offset, size } = placeOf(port);
      return state.arena.view(state.arena.scratch + offset, size);
    },
    run: (state) => {
      const functions = instances.get(state.arena) ?? sweeps.map((sweep) => instantiate(sweep, state.arena));
      instances.set(state.arena, functions);
      for (const [i, { size, columns, operands, results }] of sweeps.entries()) {
        if (size === 0) continue;
        const pointers = operands.map(({ port }) => pointerOf(state, port));
        const targets = results.map(({ state: name }) => state.pointerTo(name));
        functions[i]?.(...pointers, ...targets, size / columns, columns);
      }
    },
  };
}

function instantiate(sweep: Sweep, { memory }: Arena): SweepFunction {
  const structure = structureOf(sweep);
  const module = modules.get(structure) ?? new wasm.Module(sweepModule(sweep));
  modules.set(structure, module);
  const entry = new wasm.Instance(module, { env: { memory } }).exports[ENTRY];
  if (typeof entry !== 'function') throw new Error('a sweep without its function');
  return entry as SweepFunction; // its type is that of sweepModule
}
