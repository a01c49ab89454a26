/** @file A multilayer perceptron with a softmax of ten classes: large products and two million parameters of Adam. */
import { adam, classification, Project, Table, tf, uniforms, vector } from '../../src/index.js';
import type { BenchCase } from '../case.js';
import { race } from '../race.js';
import { atLeast, atMost } from '../report.js';
import { createWorkload, ours, type Workload } from '../workload.js';

const INPUTS = 784;
const HIDDEN = [1000, 800, 400];
const CLASSES = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'] as const;
const BATCH = 256;

export function denseWorkload(): Workload {
  const project = new Project({
    name: 'dense',
    inputs: { x: vector({ size: INPUTS }) },
    tasks: { digit: classification({ classes: CLASSES }) },
    backbone: ({ x }) => ({
      features: HIDDEN.reduce(
        // `apply` of a symbolic tensor gives a symbolic tensor.
        (h, units) => tf.layers.dense({ units, activation: 'relu' }).apply(h) as tf.SymbolicTensor,
        x,
      ),
    }),
  }).flow('root', (task, x) => [task.digit(x.features)]);
  const data = uniforms({ seed: 1, stream: 'bench/dense', counter: 0 }, BATCH * INPUTS);
  const table = Table.fromColumns({
    x: { data, shape: [INPUTS] },
    digit: Array.from({ length: BATCH }, (_, row) => CLASSES[row % CLASSES.length]),
  });
  return createWorkload({ project, table, optimizer: adam(), batchSize: BATCH });
}

export const dense: BenchCase = {
  name: 'dense',
  usual: true,
  run: (context) => {
    const job = denseWorkload();
    return race(context, {
      name: 'dense',
      title: `${[INPUTS, ...HIDDEN, CLASSES.length].join('-')}, batch ${BATCH}, Adam`,
      contestants: [() => ours(job, 'onnx'), () => ours(job, 'wasm'), () => ours(job, 'tensorflow')],
      peers: [
        { name: 'pytorch', program: 'dense.py', workload: job },
        { name: 'pytorch, fused Adam', program: 'dense.py', workload: job, options: { fusedOptimizer: true } },
      ],
      comparisons: [
        { of: 'headgate onnx', over: 'pytorch', target: atMost(1.2) },
        { of: 'headgate onnx', over: 'pytorch, fused Adam' },
        { of: 'headgate wasm', over: 'headgate onnx', target: atLeast(25) },
        { of: 'headgate tensorflow', over: 'headgate onnx' },
      ],
    });
  },
};
