/** @file A transformer's encoder and one of a thousand classes at each token: attention, layer normalisation, GELU, AdamW. */
import { adamW, along, classification, Project, Table, tensor, transformerEncoder, uniforms } from '../../src/index.js';
import type { BenchCase } from '../case.js';
import { race } from '../race.js';
import { atMost } from '../report.js';
import { median } from '../timing.js';
import { batchesOf, createWorkload, openEngine, ours, type Workload } from '../workload.js';

const VOCABULARY = 1000;
const LENGTH = 64;
const LAYERS = 4;
const WIDTH = 128;
const HEADS = 4;
const BATCH = 32;
const CLASSES = Array.from({ length: VOCABULARY }, (_, i) => `token ${i}`);

export function transformerWorkload(): Workload {
  const project = new Project({
    name: 'transformer',
    inputs: { line: tensor({ shape: [LENGTH], axes: ['token'] }) },
    tasks: { token: along('token', classification({ classes: CLASSES })) },
    backbone: ({ line }) => ({
      tokens: transformerEncoder({
        ...{ vocabulary: VOCABULARY, layers: LAYERS, width: WIDTH, heads: HEADS },
        dropout: 0,
      }).apply(line),
    }),
  }).flow('root', (task, x) => [task.token(x.tokens)]);
  const drawn = uniforms({ seed: 1, stream: 'bench/transformer', counter: 0 }, BATCH * (LENGTH + 1));
  const lines = Array.from({ length: BATCH }, (_, row) => {
    // From half full to full.
    const length = Math.ceil((LENGTH * (1 + (drawn[BATCH * LENGTH + row] ?? 0))) / 2);
    return Array.from({ length: LENGTH }, (_, t) =>
      t < length ? 1 + Math.floor((drawn[row * LENGTH + t] ?? 0) * (VOCABULARY - 1)) : 0,
    );
  });
  const table = Table.fromColumns({
    line: { data: Float32Array.from(lines.flat()), shape: [LENGTH] },
    // The token before: what attention is for.
    token: lines.map((line) => line.map((id, t) => (id === 0 ? null : CLASSES[line[t - 1] ?? 0]))),
  });
  return createWorkload({ project, table, optimizer: adamW({ weightDecay: 0.01 }), batchSize: BATCH });
}

export const transformer: BenchCase = {
  name: 'transformer',
  usual: true,
  run: async (context) => {
    const job = transformerWorkload();
    const result = await race(context, {
      name: 'transformer',
      title: `${LAYERS} layers of width ${WIDTH}, ${LENGTH} tokens, batch ${BATCH}, ${VOCABULARY} classes, AdamW`,
      contestants: [() => ours(job, 'onnx')],
      peers: [
        { name: 'pytorch', program: 'transformer.py', workload: job, options: { heads: HEADS, layers: LAYERS } },
        {
          ...{ name: 'pytorch, fused AdamW', program: 'transformer.py', workload: job },
          options: { heads: HEADS, layers: LAYERS, fusedOptimizer: true },
        },
      ],
      comparisons: [
        { of: 'headgate onnx', over: 'pytorch', target: atMost(1.2) },
        { of: 'headgate onnx', over: 'pytorch, fused AdamW' },
      ],
    });
    const first = await firstSteps(job, context.effort.rounds);
    return {
      ...result,
      findings: [
        ...result.findings,
        {
          ...{ label: 'first step', value: median(first), unit: 'ms', fastest: null },
          spread: [Math.min(...first), Math.max(...first)],
          target: atMost(2000),
        },
      ],
    };
  },
};

/** Milliseconds of trace, passes, session and one run. */
async function firstSteps(job: Workload, rounds: number): Promise<readonly number[]> {
  const batch = batchesOf(job)();
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const { engine, close } = await openEngine('onnx');
    const state = await engine.createState({ ...job.train.initialState(), ...job.initial });
    const start = performance.now();
    await engine.compile(job.train.whole).run(state, batch, { seed: 1, counter: 0 });
    times.push(performance.now() - start);
    state.dispose();
    await close();
  }
  return times;
}
