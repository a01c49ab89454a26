/** @file The security camera's whole step: pick the rows, assemble the batch, train. */
import { generate } from '../../flows/security-camera/generator.js';
import { camera as project } from '../../flows/security-camera/project.js';
import { adamW } from '../../src/index.js';
import type { BenchCase } from '../case.js';
import { race } from '../race.js';
import { atMost } from '../report.js';
import { createWorkload, ours, type Workload } from '../workload.js';

const ROWS = 2048;
const BATCH = 64;

export function cameraWorkload(): Workload {
  const table = generate({ rows: ROWS, seed: 1 });
  return createWorkload({ project, table, optimizer: adamW({ learningRate: 2e-3 }), batchSize: BATCH });
}

/** Kernel and bias of each layer of the backbone, by what the peer calls it. */
function layersOf({ network }: Workload): Record<string, readonly [string, string]> {
  const names = network.tensors.filter(({ part }) => part === 'backbone').map(({ name }) => name);
  const layers = ['patches', 'scene', 'features', 'faceLocalization', 'bodyLocalization'];
  return Object.fromEntries(layers.map((layer, i) => [layer, [names[2 * i] ?? '', names[2 * i + 1] ?? '']]));
}

export const camera: BenchCase = {
  name: 'camera',
  usual: true,
  run: (context) => {
    const job = cameraWorkload();
    const peer = (name: string, channelsLast: boolean) => ({
      name,
      program: 'camera.py',
      workload: job,
      options: { channelsLast, layers: layersOf(job) },
    });
    return race(context, {
      name: 'camera',
      title: `security-camera flow, whole step with data, batch ${BATCH}, AdamW; pytorch written by hand`,
      contestants: [() => ours(job, 'onnx'), () => ours(job, 'wasm'), () => ours(job, 'tensorflow')],
      peers: [peer('pytorch', false), peer('pytorch, channels last', true)],
      comparisons: [
        { of: 'headgate onnx', over: 'pytorch', target: atMost(1.3) },
        { of: 'headgate onnx', over: 'pytorch, channels last' },
        { of: 'headgate wasm', over: 'headgate onnx' },
        { of: 'headgate tensorflow', over: 'headgate onnx' },
      ],
    });
  },
};
