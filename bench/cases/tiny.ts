/** @file A step so small that only what surrounds the arithmetic counts. */
import { adam, binary, Project, Table, tf, uniforms, vector } from '../../src/index.js';
import type { BenchCase } from '../case.js';
import { race } from '../race.js';
import { atMost } from '../report.js';
import { createWorkload, ours, type Workload } from '../workload.js';

const BATCH = 64;
const INPUTS = 256;
const HIDDEN = 64;

export function tinyWorkload(): Workload {
  const project = new Project({
    name: 'tiny',
    inputs: { x: vector({ size: INPUTS }) },
    tasks: { positive: binary() },
    backbone: ({ x }) => ({ features: tf.layers.dense({ units: HIDDEN, activation: 'relu' }).apply(x) }),
  }).flow('root', (task, x) => [task.positive(x.features)]);
  const data = uniforms({ seed: 1, stream: 'bench/tiny', counter: 0 }, BATCH * INPUTS);
  const table = Table.fromColumns({
    x: { data, shape: [INPUTS] },
    positive: Array.from({ length: BATCH }, (_, row) => row % 3 === 0),
  });
  return createWorkload({ project, table, optimizer: adam(), batchSize: BATCH });
}

export const tiny: BenchCase = {
  name: 'tiny',
  usual: true,
  run: (context) => {
    const job = tinyWorkload();
    return race(context, {
      name: 'tiny',
      title: `${BATCH}×${INPUTS} → ${HIDDEN} → 1, Adam`,
      contestants: [() => ours(job, 'onnx'), () => ours(job, 'wasm'), () => ours(job, 'tensorflow')],
      peers: [
        { name: 'pytorch', program: 'dense.py', workload: job },
        { name: 'pytorch, fused Adam', program: 'dense.py', workload: job, options: { fusedOptimizer: true } },
      ],
      comparisons: [
        { of: 'headgate onnx', over: 'pytorch', target: atMost(1) },
        { of: 'headgate onnx', over: 'pytorch, fused Adam' },
        { of: 'headgate wasm', over: 'headgate onnx' },
        { of: 'headgate tensorflow', over: 'headgate onnx' },
      ],
    });
  },
};
