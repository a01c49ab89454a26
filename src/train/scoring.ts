/** @file Inference over a whole table: the steps that predict and evaluate, and the loop that feeds them. */

import { createInputBatcher, type InputBatcher } from '../data/batches.js';
import type { InputMatrix } from '../data/dataset.js';
import type { CompiledStep, Engine, EngineState, HostTensor, HostTensors, Step } from '../engine/engine.js';
import type { Network } from '../model/network.js';
import type { Layout, LossGroup } from '../tasks/layout.js';
import type { tf } from '../tf.js';
import { activations, elementLosses } from './loss.js';
import { inputsOf } from './step.js';

/** What the network says of some rows: for each task path, row-major. */
export interface NetworkScores {
  readonly rows: number;
  readonly tasks: ReadonlyMap<
    string,
    {
      /** `[rows, units]` */
      readonly logits: Float32Array;
      /** `[rows, units]`, in loss units. */
      readonly activated: Float32Array;
    }
  >;
  /** Unmasked element losses `[rows, layout.width]`; null when no targets were given. */
  readonly elementLosses: Float32Array | null;
}

export interface ScoreSource {
  readonly rows: number;
  readonly inputs: Readonly<Record<string, InputMatrix>>;
  /** `[rows, layout.width]`, in loss units. */
  readonly targets?: Float32Array;
}

export interface Scorer {
  readonly score: (state: EngineState, source: ScoreSource) => Promise<NetworkScores>;
  readonly dispose: () => void;
}

/** @param batchSize greatest number of rows in one call of the engine; calls are padded to a power of two, and the
 * padding is cut off again */
export function createScorer(engine: Engine, network: Network, layout: Layout, batchSize: number): Scorer {
  const steps = new Map<string, CompiledStep>();
  const compiled = (step: Step): CompiledStep => {
    const known = steps.get(step.name) ?? engine.compile(step);
    steps.set(step.name, known);
    return known;
  };
  return {
    score: async (state, source) => {
      const step = compiled(scoreStep(network, layout, source.targets !== undefined));
      const batchers = new Map<number, InputBatcher>();
      const collected = new Collector(layout, source.rows, source.targets !== undefined);
      const order = Uint32Array.from({ length: source.rows }, (_, row) => row);
      for (let start = 0; start < source.rows; start += batchSize) {
        const rows = Math.min(batchSize, source.rows - start);
        const size = network.rowMixing.inference ? rows : Math.min(batchSize, bucket(rows));
        const batcher = batchers.get(size) ?? createInputBatcher(source.inputs, size);
        batchers.set(size, batcher);
        const batch: Record<string, HostTensor> = {};
        for (const [name, values] of Object.entries(batcher(order.subarray(start, start + rows)).inputs)) {
          const shape = [size, ...(source.inputs[name] as InputMatrix).shape];
          batch[`input/${name}`] = { shape, dtype: 'float32', data: values };
        }
        if (source.targets !== undefined) {
          const targets = new Float32Array(size * layout.width);
          targets.set(source.targets.subarray(start * layout.width, (start + rows) * layout.width));
          batch.targets = { shape: [size, layout.width], dtype: 'float32', data: targets };
        }
        collected.add(start, rows, await step.run(state, batch, { seed: 0, counter: 0 }));
      }
      return collected.result();
    },
    dispose: () => {
      for (const step of steps.values()) step.dispose();
      steps.clear();
    },
  };
}

/** The next power of two: any number of rows is served by a few compiled shapes. */
function bucket(rows: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(MINIMUM_ROWS, rows)));
}

/** Matrix products of very few rows may take another path through the engine, with other roundings. */
const MINIMUM_ROWS = 8;

/** Batch: `input/<name>`, and `targets` for evaluation. Outputs: `logits/<feature>`, `activated/<feature>`, `losses`. */
function scoreStep(network: Network, layout: Layout, withTargets: boolean): Step {
  return {
    name: withTargets ? 'evaluate' : 'predict',
    run: ({ state, batch }) => {
      const { logits } = network.forward({ state, inputs: inputsOf(batch), random: null });
      const outputs: Record<string, tf.Tensor> = {};
      for (const [feature, values] of logits) outputs[`logits/${feature}`] = values;
      for (const [feature, values] of activations(layout, logits)) outputs[`activated/${feature}`] = values;
      if (withTargets) outputs.losses = elementLosses(layout, { logits, targets: batch.targets as tf.Tensor2D });
      return { state: {}, outputs };
    },
  };
}

/** Copies each task's columns out of the fused outputs. */
class Collector {
  private readonly tasks = new Map<string, { logits: Float32Array; activated: Float32Array }>();
  private readonly losses: Float32Array | null;
  private readonly layout: Layout;
  private readonly rows: number;

  constructor(layout: Layout, rows: number, withLosses: boolean) {
    this.layout = layout;
    this.rows = rows;
    for (const { task } of layout.slots) {
      const size = rows * task.kind.units;
      this.tasks.set(task.path, { logits: new Float32Array(size), activated: new Float32Array(size) });
    }
    this.losses = withLosses ? new Float32Array(rows * layout.width) : null;
  }

  add(start: number, rows: number, outputs: HostTensors): void {
    for (const group of this.layout.groups) {
      const stride = this.layout.featureUnits.get(group.feature) ?? 0;
      for (const name of ['logits', 'activated'] as const) {
        const from = (outputs[`${name}/${group.feature}`] as HostTensor).data;
        this.copy(group, stride, start, rows, from, name);
      }
    }
    const { width } = this.layout;
    this.losses?.set((outputs.losses as HostTensor).data.subarray(0, rows * width), start * width);
  }

  private copy(
    group: LossGroup,
    stride: number,
    start: number,
    rows: number,
    from: HostTensor['data'],
    name: 'logits' | 'activated',
  ): void {
    for (const [k, slot] of group.slots.entries()) {
      const to = (this.tasks.get(slot.task.path) as Record<typeof name, Float32Array>)[name];
      const first = group.unitOffset + k * group.units;
      for (let row = 0; row < rows; row++) {
        for (let unit = 0; unit < group.units; unit++) {
          to[(start + row) * group.units + unit] = from[row * stride + first + unit] as number;
        }
      }
    }
  }

  result(): NetworkScores {
    return { rows: this.rows, tasks: this.tasks, elementLosses: this.losses };
  }
}
