/** @file Small helpers to run training steps without the loop around them. */

import { createBatcher } from '../../src/data/batches.js';
import { bindTable } from '../../src/data/bind.js';
import type { Engine, EngineState, HostTensors, RandomKey } from '../../src/engine/engine.js';
import { createEngine, type EngineName } from '../../src/engine/select.js';
import type { Flow } from '../../src/flow/flow.js';
import { multilabel, Project, tensor } from '../../src/index.js';
import type { Extension } from '../../src/model/extension.js';
import { type Backbone, buildNetwork, type Network } from '../../src/model/network.js';
import type { TaskKind } from '../../src/tasks/kind.js';
import { type Layout, layoutOf } from '../../src/tasks/layout.js';
import { tf } from '../../src/tf.js';
import { hyperTensors } from '../../src/train/hyper.js';
import type { Optimizer } from '../../src/train/optimizers/optimizer.js';
import { type TrainProgram, trainProgram } from '../../src/train/program.js';

export interface Bench {
  readonly network: Network;
  readonly layout: Layout;
  readonly engine: Engine;
  readonly program: TrainProgram;
  readonly state: EngineState;
  /** One optimizer step on these rows, padded to `size`; returns the outputs. */
  readonly step: (rows: readonly Record<string, unknown>[], size?: number) => Promise<HostTensors>;
}

export interface BenchOptions {
  readonly flow: Flow<TaskKind>;
  readonly backbone: Backbone;
  readonly optimizer: Optimizer;
  readonly engine?: EngineName;
  readonly clipNorm?: number;
  readonly extensions?: readonly Extension[];
  readonly learningRate?: number;
  readonly seed?: number;
}

export async function bench(options: BenchOptions): Promise<Bench> {
  const { flow, optimizer, seed = 3, learningRate = 0.1 } = options;
  const layout = layoutOf(flow);
  const network = buildNetwork({ flow, layout, backbone: options.backbone, seed });
  const engine = await createEngine(options.engine ?? 'cpu');
  const { clipNorm = null, extensions = [] } = options;
  const program = trainProgram({ network, layout, optimizer, clipNorm, extensions });
  const compiled = engine.compile(program.whole);
  const state = await engine.createState(program.initialState());
  let counter = 0;
  return {
    network,
    layout,
    engine,
    program,
    state,
    step: (rows, size = rows.length) => {
      const dataset = bindTable(rows, layout);
      const blanksUncounted = !network.rowMixing.training;
      const batch = createBatcher(dataset, size, { blanksUncounted })(rows.map((_, i) => i));
      const tensors = { ...batch.tensors, ...hyperTensors(layout, { learningRate }) };
      return compiled.run(state, tensors, { seed, counter: counter++ });
    },
  };
}

/** One dense layer, so that every number can be checked by hand. */
export const linearBackbone: Backbone = ({ x }) => ({
  features: tf.layers.dense({ units: 4, activation: 'tanh' }).apply(x as tf.SymbolicTensor) as tf.SymbolicTensor,
});

export function bytes(values: HostTensors, name: string): string {
  const tensor = values[name];
  if (tensor === undefined) throw new Error(`no ${name} among ${Object.keys(values).join(', ')}`);
  return Buffer.from(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength).toString('hex');
}

/** A network that ends in its backbone: one unit for each element of the feature, passed on as it is. */
export interface Probe {
  readonly network: Network;
  /** The feature for these rows, in a training step of this seed and counter, or in inference. */
  readonly feature: (rows: readonly (readonly number[])[], key: RandomKey | 'inference') => Promise<Float32Array>;
}

/**
 * @param shape of the input, without the batch axis
 * @param units of the backbone's feature
 */
export async function probe(
  shape: readonly number[],
  units: number,
  backbone: (x: tf.SymbolicTensor) => tf.SymbolicTensor,
  name: EngineName = 'cpu',
): Promise<Probe> {
  const classes = Array.from({ length: units }, (_, i) => `c${i}`);
  const { resolved } = new Project({
    name: 'probe',
    inputs: { x: tensor({ shape }) },
    tasks: { t: multilabel({ classes }) },
    backbone: ({ x }) => ({ features: backbone(x) }),
  }).flow('full', (task, x) => [task.t(x.features)]);
  const layout = layoutOf(resolved);
  const network = buildNetwork({
    flow: resolved,
    layout,
    backbone: ({ x }) => ({ features: backbone(x as tf.SymbolicTensor) }),
    seed: 5,
  });
  const identity = Float32Array.from({ length: units * units }, (_, i) => (i % (units + 1) === 0 ? 1 : 0));
  network.write({ 'head/features/kernel': { shape: [units, units], dtype: 'float32', data: identity } });
  const engine = await createEngine(name);
  const compiled = (training: boolean) =>
    engine.compile({
      name: 'probe',
      run: ({ state, batch, random }) => {
        const { logits } = network.forward({
          state,
          inputs: batch,
          specs: layout.flow.graph.inputs,
          random: training ? random : null,
        });
        return { state: {}, outputs: { feature: logits.get('features') as tf.Tensor } };
      },
    });
  return {
    network,
    feature: async (rows, key) => {
      const state = await engine.createState(network.read());
      const batch = { x: { shape: [rows.length, ...shape], dtype: 'float32', data: Float32Array.from(rows.flat()) } };
      const step = compiled(key !== 'inference');
      const outputs = await step.run(state, batch as HostTensors, key === 'inference' ? { seed: 0, counter: 0 } : key);
      state.dispose();
      return outputs.feature?.data as Float32Array;
    },
  };
}
