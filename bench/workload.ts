/** @file A training job as a user would declare it, ready to be stepped by an engine of ours or by a peer. */
import { createBatcher, epochOrder } from '../src/data/batches.js';
import { bindTable } from '../src/data/bind.js';
import type { Dataset } from '../src/data/dataset.js';
import type { Table } from '../src/data/table.js';
import type { BatchTensors, Engine, HostTensors } from '../src/engine/engine.js';
import { createOnnxEngine } from '../src/engine/onnx/engine.js';
import { createEngine } from '../src/engine/select.js';
import type { ThreadOptions } from '../src/engine/threads.js';
import type { Flow } from '../src/flow/flow.js';
import { type Backbone, buildNetwork, type Network } from '../src/model/network.js';
import type { TaskKind } from '../src/tasks/kind.js';
import { type Layout, layoutOf } from '../src/tasks/layout.js';
import { hyperTensors } from '../src/train/hyper.js';
import type { Optimizer } from '../src/train/optimizers/optimizer.js';
import { type TrainProgram, trainProgram } from '../src/train/program.js';
import { THREADS } from './case.js';
import type { Contestant } from './timing.js';

export interface Job {
  readonly project: { readonly resolved: Flow<TaskKind>; readonly backbone: Backbone };
  readonly table: Table;
  readonly optimizer: Optimizer;
  readonly batchSize: number;
  /** Gives the network pathways. */
  readonly prepare?: (network: Network, layout: Layout) => Network;
}

export interface Workload extends Job {
  readonly layout: Layout;
  readonly dataset: Dataset;
  readonly network: Network;
  readonly train: TrainProgram;
  /** The weights that every contestant starts from. */
  readonly initial: HostTensors;
  /** Shuffled rows; every contestant takes its batches from it in this order, again and again. */
  readonly order: Uint32Array;
}

const SEED = 1;

export function createWorkload(job: Job): Workload {
  const { project, optimizer, table } = job;
  const layout = layoutOf(project.resolved);
  const whole = buildNetwork({ flow: project.resolved, layout, backbone: project.backbone, seed: SEED });
  const network = job.prepare?.(whole, layout) ?? whole;
  return {
    ...job,
    layout,
    dataset: bindTable(table, layout),
    network,
    train: trainProgram({ network, layout, optimizer, clipNorm: null }),
    initial: network.read(),
    order: epochOrder(table.rows, SEED, 0),
  };
}

/** Gives the batches of a workload in turn, assembled as `fit` does it; a workload of one batch assembles it once. */
export function batchesOf({ dataset, layout, batchSize, order, optimizer }: Workload): () => BatchTensors {
  const batcher = createBatcher(dataset, batchSize);
  const rate = typeof optimizer.learningRate === 'number' ? optimizer.learningRate : 1e-3;
  let start = 0;
  const next = (): BatchTensors => {
    const batch = batcher(order.subarray(start, start + batchSize));
    start = start + 2 * batchSize <= order.length ? start + batchSize : 0;
    return { ...batch.tensors, ...hyperTensors(layout, { learningRate: rate }) };
  };
  if (order.length > batchSize) return next;
  const only = next();
  return () => only;
}

export type OwnEngine = 'onnx' | 'wasm' | 'tensorflow';

/** An engine for the length of a case. */
export interface OpenEngine {
  readonly engine: Engine;
  readonly close: () => Promise<void>;
}

/** Contestants take turns, so a turn of another one must not count as other work on the machine: ours may spin. */
const TURNS: ThreadOptions = { threads: THREADS, spinning: true };

/** Throws `ENGINE_UNAVAILABLE` where the engine's package is not installed. */
export async function openEngine(name: OwnEngine, threads: ThreadOptions = TURNS): Promise<OpenEngine> {
  if (name !== 'onnx') return { engine: await createEngine(name), close: () => Promise.resolve() }; // shared
  const engine = createOnnxEngine(threads);
  return { engine, close: () => engine.dispose() };
}

/** Headgate itself on one of its engines. */
export async function ours(
  workload: Workload,
  name: OwnEngine,
  label = `headgate ${name}`,
  threads: ThreadOptions = TURNS,
): Promise<Contestant> {
  const { engine, close } = await openEngine(name, threads);
  const compiled = engine.compile(workload.train.whole);
  const state = await engine.createState({ ...workload.train.initialState(), ...workload.initial });
  const next = batchesOf(workload);
  let counter = 0;
  const step = (): Promise<HostTensors> => compiled.run(state, next(), { seed: SEED, counter: counter++ });
  return {
    name: label,
    losses: async (steps) => {
      const losses: number[] = [];
      for (let i = 0; i < steps; i++) losses.push((await step()).loss?.data[0] ?? Number.NaN);
      return losses;
    },
    time: async (steps) => {
      const times: number[] = [];
      for (let i = 0; i < steps; i++) {
        const start = performance.now();
        await step();
        times.push(performance.now() - start);
      }
      return times;
    },
    close: async () => {
      compiled.dispose();
      state.dispose();
      await close();
    },
  };
}
