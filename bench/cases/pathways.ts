/** @file What pathways cost in a training step: units of their own beside no pathways, single weights beside networks apart. */
import { adam, binary, Project, Table, tf, uniforms, vector } from '../../src/index.js';
import type { Network } from '../../src/model/network.js';
import { withoutUnseen } from '../../src/model/pathways/bind.js';
import { readOptions } from '../../src/options.js';
import { assignPathways } from '../../src/pathways/assign/assign.js';
import { type PathwaySettings, settingsSchema } from '../../src/pathways/assign/settings.js';
import { boundTo } from '../../src/pathways/pathway.js';
import type { BenchCase } from '../case.js';
import { race } from '../race.js';
import { atMost } from '../report.js';
import type { Contestant } from '../timing.js';
import { createWorkload, ours, type Workload } from '../workload.js';

const INPUTS = 784;
const HIDDEN = [1000, 800, 400];
const BATCH = 256;
/** Keras adds it to another quantity than the others do; so small, it decides nothing. */
const EPSILON = 1e-12;

function workload(tasks: number, pathways: PathwaySettings | null, only: number | null = null): Workload {
  const names = Array.from({ length: tasks }, (_, i) => `task${i}`);
  const own = only === null ? names : [names[only] ?? ''];
  const project = new Project({
    name: 'pathways',
    inputs: { x: vector({ size: INPUTS }) },
    tasks: Object.fromEntries(own.map((name) => [name, binary()])),
    backbone: ({ x }) => ({
      features: HIDDEN.reduce(
        // `apply` of a symbolic tensor gives a symbolic tensor.
        (h, units) => tf.layers.dense({ units, activation: 'relu' }).apply(h) as tf.SymbolicTensor,
        x,
      ),
    }),
  }).flow('root', (task, x) => own.flatMap((name) => task[name]?.(x.features) ?? []));
  const data = uniforms({ seed: 1, stream: 'bench/pathways', counter: 0 }, BATCH * INPUTS);
  const labels = own.map((name, i) => [
    name,
    Array.from({ length: BATCH }, (_, row) => (row >> ((only ?? i) % 5)) % 2 === 0),
  ]);
  const table = Table.fromColumns({ x: { data, shape: [INPUTS] }, ...Object.fromEntries(labels) });
  const prepare =
    pathways === null ? {} : { prepare: (network: Network) => prepared(network, own, pathways, project.resolved) };
  return createWorkload({ project, table, optimizer: adam({ epsilon: EPSILON }), batchSize: BATCH, ...prepare });
}

function prepared(
  network: Network,
  names: readonly string[],
  given: PathwaySettings,
  flow: Project['resolved'],
): Network {
  const settings = readOptions('pathways', settingsSchema, given);
  const ways = new Map(names.map((name) => [name, [name]]));
  const facts = {
    flow,
    network,
    weights: network.read(),
    drawn: null,
    gradients: null,
    inputs: null,
    existing: [],
    ways,
    settings,
  };
  const next = network.withPathways(boundTo(assignPathways(facts), flow), {});
  next.write(withoutUnseen(next.tensors, next.read()));
  return next;
}

/** Networks apart: a step of all of them. */
async function apart(tasks: number): Promise<Contestant> {
  const all = await Promise.all(Array.from({ length: tasks }, (_, i) => ours(workload(tasks, null, i), 'onnx')));
  return {
    name: `${tasks} networks apart`,
    losses: async (steps) => {
      const losses = await Promise.all(all.map((one) => one.losses(steps)));
      return Array.from({ length: steps }, (_, step) => losses.reduce((sum, own) => sum + (own[step] ?? 0), 0));
    },
    time: async (steps) => {
      const times: number[] = [];
      for (let i = 0; i < steps; i++) {
        let sum = 0;
        for (const one of all) sum += (await one.time(1))[0] ?? 0;
        times.push(sum);
      }
      return times;
    },
    close: async () => {
      for (const one of all) await one.close();
    },
  };
}

/** The heads' kernel and bias, by their names in the state. */
function headTensors({ network }: Workload): readonly string[] {
  return network.tensors.filter(({ part, role }) => part === 'head' && role !== 'mask').map(({ name }) => name);
}

export const pathways: BenchCase = {
  name: 'pathways',
  usual: false,
  run: (context) => {
    const units = (tasks: number): PathwaySettings => ({
      method: 'random',
      granularity: 'unit',
      sparsity: 1 - 1 / tasks,
    });
    const contestants = [2, 16].flatMap((tasks) => [
      () => ours(workload(tasks, null), 'onnx', `dense, ${tasks} tasks`),
      () => ours(workload(tasks, units(tasks)), 'onnx', `units, ${tasks} pathways`),
    ]);
    const weights = workload(2, { method: 'random', granularity: 'weight', sparsity: 0.5 });
    return race(context, {
      name: 'pathways',
      title: `${[INPUTS, ...HIDDEN].join('-')} and a head for each task, batch ${BATCH}, Adam`,
      contestants: [...contestants, () => ours(weights, 'onnx', 'weights, 2 pathways'), () => apart(2)],
      peers: [
        {
          ...{ name: 'MANN’s layers in TensorFlow', program: 'mann.py', library: 'tensorflow', workload: weights },
          options: { epsilon: EPSILON, tasks: ['task0', 'task1'], head: headTensors(weights) },
        },
      ],
      comparisons: [
        { of: 'units, 2 pathways', over: 'dense, 2 tasks', target: atMost(1.1) },
        { of: 'units, 16 pathways', over: 'dense, 16 tasks', target: atMost(1.1) },
        { of: 'weights, 2 pathways', over: '2 networks apart' },
        { of: 'weights, 2 pathways', over: 'MANN’s layers in TensorFlow' },
      ],
      // Those with single weights do the same work: their losses are compared.
      apart: ['dense, 2 tasks', 'units, 2 pathways', 'dense, 16 tasks', 'units, 16 pathways', '2 networks apart'],
    });
  },
};
