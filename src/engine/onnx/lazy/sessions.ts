/** @file Sessions by the form of their graph, the least recently used leaving first. */
import type * as ort from 'onnxruntime-node';
import { type Contention, createContention } from '../../contention.js';
import { threadsOf } from '../../threads.js';
import { type ElementData, type Graph, sizeOf, type Value } from '../graph.js';
import { withSpinning } from '../graph-session.js';
import { optimise } from '../passes/index.js';
import { serialise } from '../serialise.js';
import type { Cut } from './cut.js';
import { createSyncSession, type Fed, type SyncSession } from './sync-session.js';

const KEPT = 256;
/** Optimising costs more than a run: it is done for graphs that come back. */
const HOT = 3;
/** Elements of the largest tensor from which more threads pay. */
const PARALLEL = 16_384;

export interface Sessions {
  /** The graph's outputs, in order. `dataOf` gives the numbers of its inputs. */
  readonly run: (cut: Cut, dataOf: (value: Value) => ElementData) => ElementData[];
  readonly size: () => number;
  readonly dispose: () => void;
}

interface Entry {
  readonly session: SyncSession;
  /** Positions among the cut's inputs of those that the session reads. */
  readonly reads: readonly number[];
  runs: number;
}

export function createSessions(): Sessions {
  const entries = new Map<string, Entry>();
  const threads = threadsOf(undefined);
  const isShared = createContention(threads);

  const open = (graph: Graph, ready: Graph, options: ort.InferenceSession.SessionOptions, runs: number): Entry => {
    const reads = ready.inputs.map(({ value }) => graph.inputs.findIndex((input) => input.value === value));
    const inputs = ready.inputs.map(({ value }, i) => ({ name: `i${i}`, value }));
    return { session: createSyncSession(serialise({ ...ready, inputs }), options), reads, runs };
  };

  const entryFor = ({ signature, graph }: Cut): Entry => {
    const known = entries.get(signature);
    if (known === undefined) return open(graph, graph, COLD, 1);
    known.runs++;
    if (known.runs !== HOT) return known;
    const hot = open(graph, optimise(graph), hotOptions(graph, threads, isShared), known.runs);
    known.session.release();
    return hot;
  };

  return {
    run: (cut, dataOf) => {
      const entry = entryFor(cut);
      entries.delete(cut.signature);
      entries.set(cut.signature, entry); // as the youngest
      for (const [signature, { session }] of entries) {
        if (entries.size <= KEPT) break;
        session.release();
        entries.delete(signature);
      }
      const { inputs, outputs } = cut.graph;
      const feeds = entry.reads.map((position): Fed => {
        const { value } = inputs[position] as (typeof inputs)[number]; // a position among them
        return { value, data: dataOf(value) };
      });
      return entry.session.run(
        feeds,
        outputs.map(({ value }) => value),
      );
    },
    size: () => entries.size,
    dispose: () => {
      for (const { session } of entries.values()) session.release();
      entries.clear();
    },
  };
}

const COLD: ort.InferenceSession.SessionOptions = {
  graphOptimizationLevel: 'disabled',
  intraOpNumThreads: 1,
  enableCpuMemArena: false,
};

function hotOptions(graph: Graph, threads: number, isShared: Contention): ort.InferenceSession.SessionOptions {
  const largest = graph.nodes.reduce((most, { outputs }) => Math.max(most, ...outputs.map((v) => sizeOf(v.shape))), 0);
  const intraOpNumThreads = largest < PARALLEL ? 1 : threads;
  return withSpinning({ graphOptimizationLevel: 'all', intraOpNumThreads }, !isShared());
}
