/** @file What the layers of kernels read, on average: mean |x| a channel, over the rows of some batches. */
import type { Feed } from '../../data/feed.js';
import { inputsOf, MASK } from '../../data/ports.js';
import type { Engine, HostTensors } from '../../engine/engine.js';
import { layersInOrder } from '../../model/layers.js';
import type { Network } from '../../model/network.js';
import type { HeldTensor } from '../../model/tensors.js';
import type { Layout } from '../../tasks/layout.js';
import type { tf } from '../../tf.js';
import type { InputMeans } from '../score/by-inputs.js';

interface InputMeterFacts {
  readonly network: Network;
  readonly layout: Layout;
  readonly engine: Engine;
  readonly kernels: readonly HeldTensor[];
  /** Index in flow order: what layers read as this task sees them. Default: see `Forward.probe`. */
  readonly task?: number;
}

interface InputMeasurement {
  readonly feed: Feed;
  readonly batches: number;
  /** Whose order of rows is taken. Default 0, the first. */
  readonly epoch?: number;
  /** Of the network's tensors, by name. Default: those that it has. */
  readonly values?: HostTensors;
}

/** Measures what layers read, as often as it is asked: the step is compiled once. */
export interface InputMeter {
  readonly measure: (measurement: InputMeasurement) => Promise<ReadonlyMap<string, InputMeans>>;
  readonly dispose: () => void;
}

/** By kernel. A layer that is called in several places, or within another, is left out: its inputs are not known as one. */
export async function inputMeans({
  feed,
  batches,
  ...facts
}: InputMeterFacts & Pick<InputMeasurement, 'feed' | 'batches'>): Promise<ReadonlyMap<string, InputMeans>> {
  const meter = await inputMeter(facts);
  try {
    return await meter.measure({ feed, batches });
  } finally {
    meter.dispose();
  }
}

export async function inputMeter(facts: InputMeterFacts): Promise<InputMeter> {
  const { network, layout, engine, kernels } = facts;
  const read = tensorsRead(network, kernels);
  const { inputs: specs } = layout.flow.graph;
  const names = [...read.keys()];
  const tasks = facts.task === undefined ? null : new Set([facts.task]);
  const step = engine.compile({
    name: 'what layers read',
    run: ({ state, batch }) => {
      const mask = batch[MASK] as tf.Tensor2D; // the port's declared rank
      const counted = mask.max(1);
      const values = network.probe([...read.values()], { state, inputs: inputsOf(batch), specs, tasks });
      const sums = values.map((value) => {
        const channels = value.shape.at(-1) ?? 1;
        const rows = value
          .abs()
          .reshape([value.shape[0] ?? 1, -1, channels])
          .mean(1);
        return rows.mul(counted.expandDims(1)).sum(0);
      });
      return {
        state: {},
        outputs: { rows: counted.sum(), ...Object.fromEntries(names.map((name, i) => [name, sums[i] as tf.Tensor])) }, // one each
      };
    },
  });
  const state = await engine.createState(network.read());
  return {
    measure: async ({ feed, batches, epoch = 0, values }) => {
      if (values !== undefined) await state.write(values);
      const sums = new Map<string, Float64Array>();
      let rows = 0;
      let left = batches;
      for await (const { batch } of feed.batches(epoch, null)) {
        if (left-- === 0) break;
        const outputs = await step.run(state, batch.tensors, { seed: 0, counter: 0 });
        rows += Number(outputs.rows?.data[0] ?? 0);
        for (const name of names) {
          const own = outputs[name]?.data ?? new Float32Array(0);
          const sum = sums.get(name) ?? new Float64Array(own.length);
          sums.set(
            name,
            sum.map((value, i) => value + (own[i] ?? 0)),
          );
        }
      }
      return new Map([...sums].map(([name, sum]) => [name, sum.map((value) => value / Math.max(1, rows))]));
    },
    dispose: () => {
      step.dispose();
      state.dispose();
    },
  };
}

/** By kernel, what its layer reads; without those of layers that are called in several places. */
export function tensorsRead(network: Network, kernels: readonly HeldTensor[]): ReadonlyMap<string, tf.SymbolicTensor> {
  const layers = layersInOrder([...network.features.values()]);
  const read = new Map<string, tf.SymbolicTensor>();
  for (const { name, variable, shape } of kernels) {
    const holder = layers.find((layer) => layer.weights.some((weight: unknown) => weight === variable));
    const [node, ...others] = holder?.inboundNodes ?? [];
    const [input] = node?.inputTensors ?? [];
    if (input === undefined || others.length > 0 || input.shape.at(-1) !== shape.at(-2)) continue;
    read.set(name, input);
  }
  return read;
}
