/** @file What training rows say of each weight: gradients of each pathway's losses, and what layers read. */
import type { Feed } from '../../data/feed.js';
import { gradientPort } from '../../data/ports.js';
import type { Engine, HostTensor, HostTensors } from '../../engine/engine.js';
import type { Network } from '../../model/network.js';
import { declaredWeights, type Layout } from '../../tasks/layout.js';
import { hyperTensors } from '../../train/hyper.js';
import { sgd } from '../../train/optimizers/sgd.js';
import { trainProgram } from '../../train/program.js';

/** Of one pathway's losses, by tensor. */
export interface Gradients {
  /** Mean over batches. */
  readonly mean: ReadonlyMap<string, Float32Array>;
  /** Mean of the squares of the batches' gradients. */
  readonly meanSquare: ReadonlyMap<string, Float64Array>;
}

export interface GradientFacts extends MeterFacts, Measurement {}

export interface MeterFacts {
  readonly network: Network;
  readonly layout: Layout;
  readonly engine: Engine;
}

export interface Measurement {
  readonly feed: Feed;
  /** Of dropout. */
  readonly seed: number;
  /** Batches to look at, at most. */
  readonly batches: number;
  /** Whose order of rows is taken. Default 0, the first. */
  readonly epoch?: number;
  /** Names of tensors. */
  readonly tensors: readonly string[];
  /** By pathway, the indices of its tasks in flow order. */
  readonly ways: ReadonlyMap<string, ReadonlySet<number>>;
  /** Of the network's tensors, by name. Default: those that it has. */
  readonly values?: HostTensors;
}

/** Measures gradients, as often as it is asked: the step is compiled once. */
export interface GradientMeter {
  readonly measure: (measurement: Measurement) => Promise<ReadonlyMap<string, Gradients>>;
  readonly dispose: () => void;
}

/** Nothing moves: the weights are those of the network. One graph serves all pathways, which differ in tasks' weights. */
export async function gradientsOf({ network, layout, engine, ...measurement }: GradientFacts) {
  const meter = await gradientMeter({ network, layout, engine });
  try {
    return await meter.measure(measurement);
  } finally {
    meter.dispose();
  }
}

export async function gradientMeter({ network, layout, engine }: MeterFacts): Promise<GradientMeter> {
  const program = trainProgram({ network, layout, optimizer: sgd(), clipNorm: null });
  const state = await engine.createState(program.initialState());
  const step = engine.compile(program.differentiate);
  const declared = declaredWeights(layout);
  return {
    measure: async ({ feed, seed, batches, epoch = 0, tensors, ways, values }) => {
      if (values !== undefined) await state.write(values);
      const sums = new Map([...ways.keys()].map((way) => [way, new GradientSums(tensors)]));
      const weights = new Map(
        [...ways].map(([way, tasks]) => [way, declared.map((weight, index) => (tasks.has(index) ? weight : 0))]),
      );
      let counter = 0;
      for await (const { batch } of feed.batches(epoch, null)) {
        if (counter === batches) break;
        for (const [way, own] of weights) {
          const hyper = hyperTensors(layout, { learningRate: 0, weights: own, penaltyShare: 0 });
          const outputs = await step.run(state, { ...batch.tensors, ...hyper }, { seed, counter });
          for (const name of tensors) sums.get(way)?.add(name, outputs[gradientPort(name)]);
        }
        counter++;
      }
      return new Map([...sums].map(([way, sum]) => [way, sum.means(counter)]));
    },
    dispose: () => {
      step.dispose();
      state.dispose();
    },
  };
}

class GradientSums {
  private readonly sums = new Map<string, Float64Array>();
  private readonly squares = new Map<string, Float64Array>();

  private readonly names: readonly string[];

  constructor(names: readonly string[]) {
    this.names = names;
  }

  add(name: string, gradient: HostTensor | undefined): void {
    if (gradient === undefined) throw new Error(`the step gave no gradient of ${name}`);
    const { data } = gradient;
    const sum = this.sums.get(name) ?? new Float64Array(data.length);
    const square = this.squares.get(name) ?? new Float64Array(data.length);
    this.sums.set(name, sum);
    this.squares.set(name, square);
    for (let i = 0; i < data.length; i++) {
      const g = data[i] as number; // within
      sum[i] = (sum[i] as number) + g; // as long as the gradient, like the squares
      square[i] = (square[i] as number) + g * g;
    }
  }

  means(count: number): Gradients {
    const divided = (sums: ReadonlyMap<string, Float64Array>): [string, Float64Array][] =>
      this.names.map((name) => [name, (sums.get(name) ?? new Float64Array(0)).map((sum) => sum / Math.max(1, count))]);
    return {
      mean: new Map(divided(this.sums).map(([name, values]) => [name, Float32Array.from(values)])),
      meanSquare: new Map(divided(this.squares)),
    };
  }
}
