/** @file Drives a peer, a small Python program that steps the same workload and answers on its standard output. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createBatcher } from '../src/data/batches.js';
import { inputsOf, MASK, TARGETS } from '../src/data/ports.js';
import type { HostTensor } from '../src/engine/engine.js';
import { THREADS } from './case.js';
import type { Contestant } from './timing.js';
import type { Workload } from './workload.js';

const programs = fileURLToPath(new URL('./peers/', import.meta.url));

export interface PeerOptions {
  readonly python: string;
  readonly name: string;
  /** A file of `bench/peers`. */
  readonly program: string;
  readonly workload: Workload;
  /** Default `torch`. */
  readonly library?: PeerLibrary;
  /** What this program wants to know beyond the workload. */
  readonly options?: Readonly<Record<string, unknown>>;
}

/** What a peer is written in. */
export type PeerLibrary = 'torch' | 'tensorflow';

/** The interpreter's version of a library, or why there is none. */
export async function findLibrary(
  python: string | null,
  library: PeerLibrary,
): Promise<{ version: string } | { missing: string }> {
  if (python === null) return { missing: 'no interpreter given: use --python PATH or HEADGATE_BENCH_PYTHON' };
  try {
    const program = `import ${library}, numpy; print(${library}.__version__)`;
    const { stdout } = await promisify(execFile)(python, ['-c', program]);
    return { version: stdout.trim() };
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return { missing: text.trim().split('\n').at(-1) ?? text };
  }
}

/** Starts a peer on its own copy of the workload: weights, rows, order, layout. */
export async function openPeer({ python, name, program, workload, options = {} }: PeerOptions): Promise<Contestant> {
  const folder = await mkdtemp(path.join(tmpdir(), 'headgate-bench-'));
  await writeWorkload(folder, workload, options);
  const child = spawn(python, ['-B', path.join(programs, program), folder], {
    env: { ...process.env, OMP_NUM_THREADS: String(THREADS), HEADGATE_BENCH_THREADS: String(THREADS) },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ask = conversation(child, name);
  return {
    name,
    losses: (steps) => ask({ do: 'losses', steps }),
    time: (steps) => ask({ do: 'time', steps }),
    close: async () => {
      child.stdin?.end();
      if (child.exitCode === null) await new Promise((resolve) => child.once('exit', resolve));
      await rm(folder, { recursive: true });
    },
  };
}

type Ask = (request: { readonly do: 'losses' | 'time'; readonly steps: number }) => Promise<readonly number[]>;

/** One line of JSON for each request, answered by one line of JSON. */
function conversation(child: ChildProcess, name: string): Ask {
  const { stdin, stdout } = child;
  if (stdin === null || stdout === null) throw new Error(`${name} was started without pipes`);
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  return async (request) => {
    stdin.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await lines.next();
    if (done) throw new Error(`the peer ${name} ended early; its last words are above`);
    return JSON.parse(value);
  };
}

/** `spec.json` and one little-endian file for each array. */
async function writeWorkload(folder: string, workload: Workload, options: object): Promise<void> {
  const { dataset, initial, layout, network, optimizer, order, batchSize } = workload;
  const arrays: Record<string, { shape: readonly number[]; dtype: string; file: string }> = {};
  const add = async (name: string, dtype: string, shape: readonly number[], data: NodeJS.TypedArray): Promise<void> => {
    const file = `${Object.keys(arrays).length}.bin`;
    arrays[name] = { shape, dtype, file };
    await writeFile(path.join(folder, file), data);
  };
  for (const { name } of network.tensors) {
    const tensor = initial[name];
    if (tensor !== undefined) await add(name, 'float32', tensor.shape, tensor.data);
  }
  // As our own steps see them: of a masked language model, with the tokens hidden.
  const everyRow = Uint32Array.from({ length: dataset.rows }, (_, row) => row);
  const { tensors } = createBatcher(dataset, dataset.rows)(everyRow);
  for (const [name, { shape, dtype, data }] of Object.entries(inputsOf(tensors))) {
    await add(`input/${name}`, dtype, shape, data);
  }
  await add('targets', 'float32', [dataset.rows, layout.width], (tensors[TARGETS] as HostTensor).data);
  await add('mask', 'uint8', [dataset.rows, layout.width], Uint8Array.from((tensors[MASK] as HostTensor).data));
  await add('order', 'uint32', [order.length], order);
  const spec = {
    arrays,
    batchSize,
    optimizer: {
      kind: optimizer.kind,
      learningRate: optimizer.learningRate,
      weightDecay: optimizer.weightDecay,
    },
    parameters: network.tensors.map(({ name }) => name),
    scales: Object.fromEntries(Object.entries(layout.flow.graph.inputs).map(([name, { scale }]) => [name, scale])),
    groups: layout.groups.map(({ feature, slots, units, width, offset, unitOffset }) => ({
      feature,
      kind: slots[0]?.task.kind.kind,
      weight: slots[0]?.task.kind.weight,
      tasks: slots.length,
      units,
      width,
      offset,
      unitOffset,
    })),
    options,
  };
  await writeFile(path.join(folder, 'spec.json'), JSON.stringify(spec));
}
