/** @file Inference over a whole table: the steps that predict and evaluate, and the loop that feeds them. */

import { type Batcher, createBatcher, createInputBatcher } from '../data/batches.js';
import type { InputMatrix, LabelMatrix } from '../data/dataset.js';
import { inputsOf, TARGETS } from '../data/ports.js';
import type { CompiledStep, Engine, EngineState, HostTensor, HostTensors, Step } from '../engine/engine.js';
import { type Extension, effectiveThrough } from '../model/extension.js';
import type { Network } from '../model/network.js';
import type { Part } from '../model/parts.js';
import type { Layout, LossGroup } from '../tasks/layout.js';
import type { tf } from '../tf.js';
import { activations, elementLosses } from './loss.js';
import type { Scores } from './scores.js';

/** What the network says of some rows, with their losses. */
export interface NetworkScores extends Scores {
  /** Unmasked element losses `[rows, layout.width]`; null when no labels were given. */
  readonly elementLosses: Float32Array | null;
}

export interface ScoreSource {
  readonly rows: number;
  readonly inputs: Readonly<Record<string, InputMatrix>>;
  /** With labels and their mask, as a dataset has them, the scores have losses. */
  readonly labels?: LabelMatrix;
  readonly mask?: Uint8Array;
  /** Of each row: its number in the source, for messages. Default: its place. */
  readonly ids?: Uint32Array;
}

/** What one part of the network says. */
export interface PartScores extends NetworkScores {
  /** What the part gives to later parts, by name. */
  readonly given: Readonly<Record<string, InputMatrix>>;
}

/** Scores of some rows that follow each other in the source. */
export interface ScoreChunk extends NetworkScores {
  /** The source's row that comes first. */
  readonly start: number;
}

export interface Scorer {
  /** Greatest number of rows in one call of the engine. */
  readonly batchSize: number;
  readonly score: (state: EngineState, source: ScoreSource) => Promise<NetworkScores>;
  /** As `score`, a call of the engine at a time, in order: for what needs no row twice. The arrays are the caller's. */
  readonly chunks: (state: EngineState, source: ScoreSource) => AsyncIterable<ScoreChunk>;
  /** As `score`, for a part of the network; the source's inputs are named as the part reads them. */
  readonly scorePart: (state: EngineState, part: Part, source: ScoreSource) => Promise<PartScores>;
  readonly dispose: () => void;
}

/**
 * @param batchSize greatest number of rows in one call of the engine; calls are padded to a power of two, and the
 * padding is cut off again
 */
export function createScorer(
  engine: Engine,
  network: Network,
  layout: Layout,
  batchSize: number,
  extensions: readonly Extension[] = [],
): Scorer {
  const steps = new Map<string, CompiledStep>();
  const compiled = (step: Step): CompiledStep => {
    const known = steps.get(step.name) ?? engine.compile(step);
    steps.set(step.name, known);
    return known;
  };
  /** The engine's outputs, a call at a time; they are valid until the next. */
  async function* outputs(step: Step, state: EngineState, source: ScoreSource): AsyncGenerator<RawChunk> {
    const batchers = new Map<number, Batcher>();
    const order = Uint32Array.from({ length: source.rows }, (_, row) => row);
    for (let start = 0; start < source.rows; start += batchSize) {
      const rows = Math.min(batchSize, source.rows - start);
      const size = network.rowMixing.inference ? rows : Math.min(batchSize, bucket(rows));
      const batcher = batchers.get(size) ?? batcherOf(source, layout, size);
      batchers.set(size, batcher);
      const { tensors: batch } = batcher(order.subarray(start, start + rows));
      yield { start, rows, tensors: await compiled(step).run(state, batch, { seed: 0, counter: 0 }) };
    }
  }
  const whole = async (step: Step, features: readonly string[], state: EngineState, source: ScoreSource) => {
    const collected = new Collector(layout, features, source.rows);
    for await (const { start, rows, tensors } of outputs(step, state, source)) collected.add(start, rows, tensors);
    return collected.result();
  };
  const allFeatures = [...layout.featureUnits.keys()];
  const stepFor = ({ labels, mask }: ScoreSource): Step =>
    wholeStep(network, layout, labels !== undefined && mask !== undefined, extensions);
  return {
    batchSize,
    score: (state, source) => whole(stepFor(source), allFeatures, state, source),
    async *chunks(state, source) {
      for await (const { start, rows, tensors } of outputs(stepFor(source), state, source)) {
        const collected = new Collector(layout, allFeatures, rows);
        collected.add(0, rows, tensors);
        yield { start, ...collected.result() };
      }
    },
    scorePart: (state, part, source) =>
      whole(partStep(network, layout, part, extensions), part.features, state, source),
    dispose: () => {
      for (const step of steps.values()) step.dispose();
      steps.clear();
    },
  };
}

interface RawChunk {
  readonly start: number;
  readonly rows: number;
  readonly tensors: HostTensors;
}

function batcherOf({ inputs, labels, mask }: ScoreSource, layout: Layout, size: number): Batcher {
  if (labels === undefined || mask === undefined) return createInputBatcher(inputs, size);
  return createBatcher({ inputs, labels, mask, layout }, size);
}

/** The next power of two: any number of rows is served by a few compiled shapes. */
function bucket(rows: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(MINIMUM_ROWS, rows)));
}

/** Matrix products of very few rows may take another path through the engine, with other roundings. */
const MINIMUM_ROWS = 8;

/** Batch: `input/<name>`, and `targets` for evaluation. Outputs: `logits/<feature>`, `activated/<feature>`, `losses`. */
function wholeStep(network: Network, layout: Layout, withTargets: boolean, extensions: readonly Extension[]): Step {
  return {
    name: withTargets ? 'evaluate' : 'predict',
    run: ({ state, batch }) => {
      const effective = effectiveThrough(extensions, state);
      const { logits } = network.forward({
        state,
        inputs: inputsOf(batch),
        specs: layout.flow.graph.inputs,
        random: null,
        effective,
      });
      const outputs = scoreOutputs(layout, logits);
      if (withTargets) outputs.losses = elementLosses(layout, { logits, targets: batch[TARGETS] as tf.Tensor2D });
      return { state: {}, outputs };
    },
  };
}

/** As `wholeStep`; outputs also `given/<name>`. */
function partStep(network: Network, layout: Layout, part: Part, extensions: readonly Extension[]): Step {
  return {
    name: `predict ${part.name}`,
    run: ({ state, batch }) => {
      const effective = effectiveThrough(extensions, state);
      const { logits, given } = network.forwardPart(part, {
        state,
        inputs: inputsOf(batch),
        specs: layout.flow.graph.inputs,
        effective,
      });
      const outputs = scoreOutputs(layout, logits);
      for (const [name, value] of Object.entries(given)) outputs[`given/${name}`] = value;
      return { state: {}, outputs };
    },
  };
}

function scoreOutputs(layout: Layout, logits: ReadonlyMap<string, tf.Tensor2D>): Record<string, tf.Tensor> {
  const outputs: Record<string, tf.Tensor> = {};
  for (const [feature, values] of logits) outputs[`logits/${feature}`] = values;
  for (const [feature, values] of activations(layout, logits)) outputs[`activated/${feature}`] = values;
  return outputs;
}

/** Copies each task's columns out of the fused outputs, and keeps whatever else the step gives. */
class Collector {
  private readonly tasks = new Map<string, { logits: Float32Array; activated: Float32Array }>();
  private readonly others = new Map<string, { shape: readonly number[]; values: Float32Array }>();
  private readonly layout: Layout;
  private readonly groups: readonly LossGroup[];
  private readonly rows: number;

  constructor(layout: Layout, features: readonly string[], rows: number) {
    this.layout = layout;
    this.groups = layout.groups.filter((group) => features.includes(group.feature));
    this.rows = rows;
    for (const { task } of this.groups.flatMap((group) => group.slots)) {
      const size = rows * task.positions * task.kind.units;
      this.tasks.set(task.path, { logits: new Float32Array(size), activated: new Float32Array(size) });
    }
  }

  add(start: number, rows: number, outputs: HostTensors): void {
    for (const group of this.groups) {
      const stride = this.layout.featureUnits.get(group.feature) as number; // the layout has every group's feature
      for (const name of ['logits', 'activated'] as const) {
        const from = (outputs[`${name}/${group.feature}`] as HostTensor).data;
        this.copy(group, stride, start * group.positions, rows * group.positions, from, name);
      }
    }
    for (const [name, { shape, data }] of Object.entries(outputs)) {
      if (name !== 'losses' && !name.startsWith('given/')) continue;
      const own = shape.slice(1);
      const size = own.reduce((a, b) => a * b, 1);
      const other = this.others.get(name) ?? { shape: own, values: new Float32Array(this.rows * size) };
      this.others.set(name, other);
      other.values.set(data.subarray(0, rows * size), start * size);
    }
  }

  /** @param start of these instances among all */
  private copy(
    group: LossGroup,
    stride: number,
    start: number,
    instances: number,
    from: HostTensor['data'],
    name: 'logits' | 'activated',
  ): void {
    for (const [k, slot] of group.slots.entries()) {
      const to = (this.tasks.get(slot.task.path) as Record<typeof name, Float32Array>)[name];
      if (stride === group.units) {
        to.set(from.subarray(0, instances * stride), start * stride); // the feature is this task's alone
        continue;
      }
      const first = group.unitOffset + k * group.units;
      for (let i = 0; i < instances; i++) {
        for (let unit = 0; unit < group.units; unit++) {
          to[(start + i) * group.units + unit] = from[i * stride + first + unit] as number;
        }
      }
    }
  }

  result(): PartScores {
    const given = [...this.others]
      .filter(([name]) => name.startsWith('given/'))
      .map(([name, other]): [string, InputMatrix] => [name.slice('given/'.length), other]);
    const elementLosses = this.others.get('losses')?.values ?? null;
    return { rows: this.rows, tasks: this.tasks, elementLosses, given: Object.fromEntries(given) };
  }
}
