/** @file A small convolutional network: 3×3 convolutions with relu and 2×2 pooling. */
import { adam, classification, image, Project, Table, tf, uniforms } from '../../src/index.js';
import type { BenchCase } from '../case.js';
import { race } from '../race.js';
import { atMost } from '../report.js';
import { createWorkload, ours, type Workload } from '../workload.js';

const SIDE = 64;
const FILTERS = [32, 64, 128];
const CLASSES = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'] as const;
const BATCH = 32;

export function convolutionWorkload(): Workload {
  const project = new Project({
    name: 'convolution',
    inputs: { frame: image({ height: SIDE, width: SIDE, channels: 3, scale: 1 }) },
    tasks: { kind: classification({ classes: CLASSES }) },
    backbone: ({ frame }) => {
      let h: ReturnType<tf.layers.Layer['apply']> = frame;
      for (const filters of FILTERS) {
        // `apply` of a symbolic tensor gives a symbolic tensor.
        h = tf.layers
          .conv2d({ filters, kernelSize: 3, padding: 'same', activation: 'relu' })
          .apply(h as tf.SymbolicTensor);
        h = tf.layers.maxPooling2d({ poolSize: 2 }).apply(h as tf.SymbolicTensor);
      }
      return { features: tf.layers.flatten().apply(h as tf.SymbolicTensor) };
    },
  }).flow('root', (task, x) => [task.kind(x.features)]);
  const data = uniforms({ seed: 1, stream: 'bench/convolution', counter: 0 }, BATCH * SIDE * SIDE * 3);
  const table = Table.fromColumns({
    frame: { data, shape: [SIDE, SIDE, 3] },
    kind: Array.from({ length: BATCH }, (_, row) => CLASSES[row % CLASSES.length]),
  });
  return createWorkload({ project, table, optimizer: adam(), batchSize: BATCH });
}

export const convolution: BenchCase = {
  name: 'convolution',
  usual: true,
  run: (context) => {
    const job = convolutionWorkload();
    const peer = (name: string, channelsLast: boolean) => ({
      name,
      program: 'convolution.py',
      workload: job,
      options: { channelsLast, lastSide: SIDE / 2 ** FILTERS.length },
    });
    return race(context, {
      name: 'convolution',
      title: `${[3, ...FILTERS].join(' → ')} on ${SIDE}×${SIDE}, batch ${BATCH}, Adam`,
      contestants: [() => ours(job, 'onnx')],
      peers: [peer('pytorch', false), peer('pytorch, channels last', true)],
      comparisons: [
        { of: 'headgate onnx', over: 'pytorch', target: atMost(1.5) },
        { of: 'headgate onnx', over: 'pytorch, channels last' },
      ],
    });
  },
};
