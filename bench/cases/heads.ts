/** @file Many binary heads, each given the first, with the assembly of their batches: the cost of one more task. */
import { adam, binary, Project, Table, tf, uniforms, vector } from '../../src/index.js';
import type { BenchCase, BenchContext } from '../case.js';
import type { PeerOptions } from '../peers.js';
import { race } from '../race.js';
import { atLeast, atMost, type CaseResult } from '../report.js';
import { createWorkload, ours, type Workload } from '../workload.js';

const COUNTS = [1, 16, 64, 256] as const;
const ROWS = 4096;
const BATCH = 128;
const INPUTS = 128;
const HIDDEN = 128;

export function headsWorkload(heads: number): Workload {
  const names = Array.from({ length: heads }, (_, i) => `task${i}`);
  const project = new Project({
    name: 'heads',
    inputs: { x: vector({ size: INPUTS }) },
    tasks: Object.fromEntries(names.map((name) => [name, binary()])),
    backbone: ({ x }) => ({ features: tf.layers.dense({ units: HIDDEN, activation: 'relu' }).apply(x) }),
  }).flow('root', (task, x) => {
    const [first, ...others] = names.map((name) => task[name]?.(x.features)).filter((handle) => handle !== undefined);
    if (first === undefined) throw new Error('no heads');
    return [first, ...others.map((other) => other.given(first))];
  });
  const draw = (stream: string, size: number) =>
    uniforms({ seed: 1, stream: `bench/heads/${stream}`, counter: 0 }, size);
  // A tenth of the labels is missing; the first task holds for half of the rows.
  const labels = names.map((name): [string, (boolean | null)[]] => [
    name,
    Array.from(draw(name, ROWS), (value) => (value < 0.1 ? null : value < 0.55)),
  ]);
  const table = Table.fromColumns({
    ...Object.fromEntries(labels),
    x: { data: draw('x', ROWS * INPUTS), shape: [INPUTS] },
  });
  return createWorkload({ project, table, optimizer: adam(), batchSize: BATCH });
}

/** The peers for one number of heads; dnn_cool's dataset is so slow that it is shown once. */
function peersOf(heads: number, job: Workload): Omit<PeerOptions, 'python'>[] {
  const peer = (name: string, style: string) => ({ name, program: 'heads.py', workload: job, options: { style } });
  const usual = [peer(`fused pytorch, ${heads}`, 'fused'), peer(`one-at-a-time pytorch, ${heads}`, 'one_at_a_time')];
  return heads === 64 ? [...usual, peer(`dnn_cool's batches too, ${heads}`, 'dnn_cool')] : usual;
}

async function raceOf(context: BenchContext, heads: number): Promise<CaseResult> {
  const job = headsWorkload(heads);
  const own = `headgate, ${heads}`;
  return race(context, {
    name: `heads-${heads}`,
    title: `${heads} binary ${heads === 1 ? 'head' : 'heads, each given the first'}; hidden ${HIDDEN}, batch ${BATCH}, with the batch's assembly`,
    contestants: [() => ours(job, 'onnx', own)],
    peers: peersOf(heads, job),
    comparisons: [
      { of: own, over: `fused pytorch, ${heads}` },
      { of: `one-at-a-time pytorch, ${heads}`, over: own, ...(heads === 64 ? { target: atLeast(10) } : {}) },
      { of: `dnn_cool's batches too, ${heads}`, over: own },
    ],
  });
}

/** How a step of ours grows from one head to many. */
async function growth(context: BenchContext): Promise<CaseResult> {
  const jobs = COUNTS.map((heads) => ({ heads, job: headsWorkload(heads) }));
  return race(context, {
    name: 'heads',
    title: `from 1 head to ${COUNTS.at(-1)}, ours alone`,
    contestants: jobs.map(
      ({ heads, job }) =>
        () =>
          ours(job, 'onnx', `headgate, ${heads}`),
    ),
    peers: [],
    apart: jobs.slice(1).map(({ heads }) => `headgate, ${heads}`),
    comparisons: COUNTS.slice(1).map((heads) => ({
      of: `headgate, ${heads}`,
      over: 'headgate, 1',
      ...(heads === 256 ? { target: atMost(1.5) } : {}),
    })),
  });
}

export const heads: readonly BenchCase[] = [
  { name: 'heads', usual: true, run: growth },
  ...COUNTS.map((count) => ({
    name: `heads-${count}`,
    usual: true,
    run: (context: BenchContext) => raceOf(context, count),
  })),
];
