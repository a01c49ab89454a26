/** @file Runs the sweeps of a program on a state's memory. */

import { wasm } from '../../../wasm/webassembly.js';
import { type Graph, sizeOf } from '../graph.js';
import { type Arena, aligned } from './arena.js';
import { ENTRY, structureOf, sweepModule } from './module.js';
import type { Sweep } from './plan.js';

/** What sweeps ask of a state. */
export interface SweptState {
  readonly arena: Arena;
  /** Address of a tensor, the same for ever; its current values are there afterwards. */
  readonly settle: (name: string) => number;
}

/** The sweeps of a program, with all that may fail done: functions made, memory there, addresses known. */
export interface PreparedSweeps {
  /** Where the graph's output `sweep/…` must go. */
  readonly fetch: (port: string) => Float32Array;
  /** Replaces the swept state tensors. */
  readonly run: () => void;
}

export interface SweepRunner {
  /** For one run. Views of the state's memory taken before are void; its swept tensors are where sweeps find them. */
  readonly prepare: (state: SweptState) => PreparedSweeps;
}

type SweepFunction = (...numbers: number[]) => void;

interface Call {
  readonly sweep: SweepFunction;
  readonly numbers: readonly number[];
}

const STATE = 'state/';
const modules = new Map<string, object>();

/** @param graph the graph that brings the operands */
export function createSweepRunner(sweeps: readonly Sweep[], graph: Graph): SweepRunner {
  const { places, bytes } = scratchOf(graph);
  const names = [...new Set(sweeps.flatMap((sweep) => statesOf(sweep)))];
  const known = new WeakMap<Arena, readonly Call[]>();
  const placeOf = (port: string): Place => {
    const place = places.get(port);
    if (place === undefined) throw new Error(`no output ${port}`);
    return place;
  };
  const callOf = (sweep: Sweep, { arena, settle }: SweptState): Call => {
    const { size, columns, operands, results } = sweep;
    const pointers = [
      ...operands.map(({ port, size: own }) => ({
        own,
        at: port.startsWith(STATE) ? settle(port.slice(STATE.length)) : arena.scratch + placeOf(port).offset,
      })),
      ...results.map(({ state }) => ({ own: size, at: settle(state) })),
    ];
    // Once inside the memory, a sweep cannot fail half-way: float32 arithmetic has no traps.
    const outside = pointers.find(({ own, at }) => at < 0 || at + own * 4 > arena.memory.buffer.byteLength);
    if (outside !== undefined) throw new RangeError(`a sweep outside its memory, at ${outside.at}`);
    return { sweep: instantiate(sweep, arena), numbers: [...pointers.map(({ at }) => at), size / columns, columns] };
  };
  return {
    prepare: (state) => {
      const { arena } = state;
      arena.reserve(bytes);
      for (const name of names) state.settle(name);
      const calls = known.get(arena) ?? sweeps.filter(({ size }) => size > 0).map((sweep) => callOf(sweep, state));
      known.set(arena, calls);
      return {
        fetch: (port) => {
          const { offset, size } = placeOf(port);
          return arena.view(arena.scratch + offset, size);
        },
        run: () => {
          for (const { sweep, numbers } of calls) sweep(...numbers);
        },
      };
    },
  };
}

interface Place {
  readonly offset: number;
  readonly size: number;
}

/** Where in the scratch memory each output `sweep/…` goes, and the bytes of all. */
function scratchOf(graph: Graph): { readonly places: ReadonlyMap<string, Place>; readonly bytes: number } {
  const places = new Map<string, Place>();
  let bytes = 0;
  for (const { name, value } of graph.outputs) {
    if (!name.startsWith('sweep/')) continue;
    const size = sizeOf(value.shape);
    places.set(name, { offset: bytes, size });
    bytes = aligned(bytes + size * 4);
  }
  return { places, bytes };
}

/** The state tensors that a sweep reads or replaces. */
function statesOf({ operands, results }: Sweep): string[] {
  const read = operands.flatMap(({ port }) => (port.startsWith(STATE) ? [port.slice(STATE.length)] : []));
  return [...read, ...results.map(({ state }) => state)];
}

function instantiate(sweep: Sweep, { memory }: Arena): SweepFunction {
  const structure = structureOf(sweep);
  const module = modules.get(structure) ?? new wasm.Module(sweepModule(sweep));
  modules.set(structure, module);
  const entry = new wasm.Instance(module, { env: { memory } }).exports[ENTRY];
  if (typeof entry !== 'function') throw new Error('a sweep without its function');
  return entry as SweepFunction; // its type is that of sweepModule
}
