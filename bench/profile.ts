/** @file `npx tsx bench/profile.ts CASE`: where the time of a compiled training step goes, by operator and by node. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as ort from 'onnxruntime-node';
import { z } from 'zod';
import type { BatchTensors } from '../src/engine/engine.js';
import { createOnnxEngine } from '../src/engine/onnx/engine.js';
import { serialise } from '../src/engine/onnx/serialise.js';
import { THREADS } from './case.js';
import { cameraWorkload } from './cases/camera.js';
import { convolutionWorkload } from './cases/convolution.js';
import { denseWorkload } from './cases/dense.js';
import { headsWorkload } from './cases/heads.js';
import { tinyWorkload } from './cases/tiny.js';
import { transformerWorkload } from './cases/transformer.js';
import { median } from './timing.js';
import { batchesOf, type Workload } from './workload.js';

const workloads: Readonly<Record<string, () => Workload>> = {
  dense: denseWorkload,
  tiny: tinyWorkload,
  'heads-1': () => headsWorkload(1),
  'heads-64': () => headsWorkload(64),
  'heads-256': () => headsWorkload(256),
  convolution: convolutionWorkload,
  camera: cameraWorkload,
  transformer: transformerWorkload,
};

const RUNS = 30;
const NODES_SHOWN = 20;

/** What ONNX Runtime writes for a node; it writes other events too. */
const Shapes = z.array(z.record(z.string(), z.array(z.number()))).default([]);
const NodeEvent = z.object({
  cat: z.literal('Node'),
  name: z.string().endsWith('_kernel_time'),
  /** Microseconds. */
  dur: z.number(),
  args: z.object({ op_name: z.string(), input_type_shape: Shapes, output_type_shape: Shapes }),
});
type NodeEvent = z.infer<typeof NodeEvent>;

/** Runs the step with the runtime's profiler on; the state does not advance, which changes no time. */
async function profile(workload: Workload): Promise<readonly NodeEvent[]> {
  const engine = createOnnxEngine({ threads: THREADS });
  const values: Readonly<Record<string, BatchTensors>> = {
    state: { ...workload.train.initialState(), ...workload.initial },
    batch: batchesOf(workload)(),
  };
  const graph = await engine.compile(workload.train.whole).graph(values.state ?? {}, values.batch ?? {});
  const feeds = Object.fromEntries(
    graph.inputs.map(({ name }) => {
      const slash = name.indexOf('/');
      const tensor = values[name.slice(0, slash)]?.[name.slice(slash + 1)];
      if (tensor === undefined) throw new Error(`${name} is neither state nor batch: this step draws random numbers`);
      return [name, new ort.Tensor(tensor.dtype, tensor.data, tensor.shape)];
    }),
  );
  const folder = await mkdtemp(path.join(tmpdir(), 'headgate-profile-'));
  try {
    const session = await ort.InferenceSession.create(serialise(graph), {
      intraOpNumThreads: THREADS,
      graphOptimizationLevel: 'all',
      enableProfiling: true,
      profileFilePrefix: path.join(folder, 'profile'),
    });
    for (let run = 0; run < RUNS; run++) await session.run(feeds);
    session.endProfiling();
    await session.release();
    const [file = ''] = await readdir(folder);
    const events = z.array(z.unknown()).parse(JSON.parse(await readFile(path.join(folder, file), 'utf8')));
    return events.flatMap((event) => NodeEvent.safeParse(event).data ?? []);
  } finally {
    await rm(folder, { recursive: true });
    await engine.dispose();
  }
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return groups;
}

function shapes(list: z.infer<typeof Shapes>): string {
  return list.map((shape) => `[${Object.values(shape).flat().join()}]`).join(' ');
}

const milliseconds = (value: number): string => value.toFixed(3).padStart(9);

function print(events: readonly NodeEvent[]): void {
  const nodes = [...groupBy(events, (event) => event.name).values()].flatMap((runs) => {
    const [first] = runs;
    return first === undefined ? [] : [{ ...first.args, time: median(runs.map(({ dur }) => dur)) / 1000 }];
  });
  nodes.sort((a, b) => b.time - a.time);
  const sum = (list: typeof nodes): number => list.reduce((total, { time }) => total + time, 0);
  console.log(`${nodes.length} nodes, ${sum(nodes).toFixed(2)} ms (medians; the profiler adds 3 µs to each node)`);
  const operators = [...groupBy(nodes, (node) => node.op_name)].map(([name, list]) => ({
    name,
    count: list.length,
    time: sum([...list]),
  }));
  operators.sort((a, b) => b.time - a.time);
  console.log('\n       ms  operator');
  for (const { name, count, time } of operators) console.log(`${milliseconds(time)}  ${name} (${count})`);
  console.log('\n       ms  node');
  for (const node of nodes.slice(0, NODES_SHOWN)) {
    const line = `${node.op_name} ${shapes(node.input_type_shape)} → ${shapes(node.output_type_shape)}`;
    console.log(`${milliseconds(node.time)}  ${line.length > 69 ? `${line.slice(0, 68)}…` : line}`);
  }
}

const [name = ''] = process.argv.slice(2);
const workload = workloads[name];
if (workload === undefined) {
  console.error(`Name one of ${Object.keys(workloads).join(', ')}.`);
  process.exitCode = 1;
} else {
  print(await profile(workload()));
}
