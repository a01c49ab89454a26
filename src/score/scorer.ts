/** @file Inference over a whole table: the steps that predict and evaluate, and the loop that feeds them. */

import { type Batcher, createBatcher, createInputBatcher } from '../data/batches.js';
import type { InputMatrix, LabelMatrix } from '../data/dataset.js';
import { isHiding } from '../data/hiding/hidden-inputs.js';
import { inputsOf, TARGETS } from '../data/ports.js';
import type { CompiledStep, Engine, EngineState, HostTensor, HostTensors, Step } from '../engine/engine.js';
import { type Extension, effectiveThrough } from '../model/extension.js';
import type { Network } from '../model/network.js';
import type { Part } from '../model/parts.js';
import { scoredUnits, type TaskKind } from '../tasks/kind.js';
import type { Layout, LossGroup, TaskSlot } from '../tasks/layout.js';
import { tf } from '../tf.js';
import { elementLosses, groupLogits } from './loss.js';
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
 * Where tasks hide tokens of labelled rows, these are scored with the tokens hidden, and all other tasks as the rows are.
 *
 * @param most greatest number of rows in one call of the engine; calls are padded to a power of two, and the padding is cut
 * off again. Rows of very many logits come fewer at a time.
 */
export function createScorer(
  engine: Engine,
  network: Network,
  layout: Layout,
  most: number,
  extensions: readonly Extension[] = [],
): Scorer {
  const batchSize = Math.max(1, Math.min(most, Math.floor(MOST_LOGITS / logitsOf(layout))));
  const steps = new Map<string, CompiledStep>();
  const compiled = (step: Step): CompiledStep => {
    const known = steps.get(step.name) ?? engine.compile(step);
    steps.set(step.name, known);
    return known;
  };
  /** Calls the engine for some rows after others: `take` is given its outputs, which are valid until the next call. */
  async function* calls(step: Step, state: EngineState, source: ScoreSource, take: Take): AsyncGenerator<Span> {
    const batchers = new Map<string, Batcher>();
    const order = Uint32Array.from({ length: source.rows }, (_, row) => row);
    for (let start = 0; start < source.rows; start += batchSize) {
      const rows = Math.min(batchSize, source.rows - start);
      const size = network.rowMixing.inference ? rows : Math.min(batchSize, bucket(rows));
      for (const { hides, reads } of passesOf(source, layout)) {
        const batcher = batchers.get(`${size} ${hides}`) ?? batcherOf(source, layout, size, hides);
        batchers.set(`${size} ${hides}`, batcher);
        const { tensors: batch } = batcher(order.subarray(start, start + rows));
        take({ start, rows }, await compiled(step).run(state, batch, { seed: 0, counter: 0 }), reads);
      }
      yield { start, rows };
    }
  }
  const whole = async (step: Step, features: readonly string[], state: EngineState, source: ScoreSource) => {
    const collected = new Collector(layout, features, source.rows);
    const all = calls(step, state, source, ({ start, rows }, tensors, reads) =>
      collected.add(start, rows, tensors, reads),
    );
    for await (const _ of all);
    return collected.result();
  };
  const allFeatures = [...layout.featureUnits.keys()];
  const stepFor = ({ labels, mask }: ScoreSource): Step =>
    wholeStep(network, layout, labels !== undefined && mask !== undefined, extensions);
  return {
    batchSize,
    score: (state, source) => whole(stepFor(source), allFeatures, state, source),
    async *chunks(state, source) {
      let collected: Collector | null = null;
      const all = calls(stepFor(source), state, source, ({ rows }, tensors, reads) => {
        collected ??= new Collector(layout, allFeatures, rows);
        collected.add(0, rows, tensors, reads);
      });
      for await (const { start } of all) {
        const { given: _, ...scores } = (collected as unknown as Collector).result(); // `calls` has given it outputs
        collected = null;
        yield { start, ...scores };
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

interface Span {
  readonly start: number;
  readonly rows: number;
}

type Reads = (slot: TaskSlot) => boolean;
type Take = (span: Span, tensors: HostTensors, reads: Reads) => void;

interface Pass {
  readonly hides: boolean;
  /** The tasks whose scores it gives. */
  readonly reads: Reads;
}

const ONE_PASS: readonly Pass[] = [{ hides: true, reads: () => true }];
const TWO_PASSES: readonly Pass[] = [
  { hides: false, reads: (slot) => !isHiding(slot) },
  { hides: true, reads: isHiding },
];

function passesOf({ labels, mask }: ScoreSource, layout: Layout): readonly Pass[] {
  const hides = labels !== undefined && mask !== undefined && layout.slots.some(isHiding);
  return hides && !layout.slots.every(isHiding) ? TWO_PASSES : ONE_PASS;
}

/** Logits that one call of the engine makes at most: 64 MiB of them. */
const MOST_LOGITS = 2 ** 24;

/** Of one row, at all positions. */
function logitsOf({ groups }: Layout): number {
  return groups.reduce((sum, { units, slots, positions }) => sum + units * slots.length * positions, 0);
}

function batcherOf({ inputs, labels, mask, ids }: ScoreSource, layout: Layout, size: number, hides: boolean): Batcher {
  if (labels === undefined || mask === undefined) return createInputBatcher(inputs, size);
  return createBatcher({ inputs, labels, mask, layout, ...(ids === undefined ? {} : { ids }) }, size, { hides });
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

/** By feature, the groups' scores side by side: `[instances, units of all of them]`. */
function scoreOutputs(layout: Layout, logits: ReadonlyMap<string, tf.Tensor2D>): Record<string, tf.Tensor> {
  const outputs: Record<string, tf.Tensor> = {};
  for (const feature of logits.keys()) {
    const groups = layout.groups.filter((group) => group.feature === feature);
    const scores = groups.map((group) => groupScores(group, logits));
    for (const name of ['logits', 'activated'] as const) {
      outputs[`${name}/${feature}`] = tf.concat2d(
        scores.map((own) => own[name]),
        1,
      );
    }
  }
  return outputs;
}

function groupScores(
  group: LossGroup,
  all: ReadonlyMap<string, tf.Tensor2D>,
): Readonly<Record<'logits' | 'activated', tf.Tensor2D>> {
  const own = groupLogits(group, all);
  const { activate, summary } = kindOf(group);
  const logits = summary === undefined ? own : summary.of(own);
  const activated = (summary?.activate ?? activate)(logits);
  const shape: [number, number] = [own.shape[0] as number, scoredWidth(group)]; // an instance a row
  return { logits: logits.reshape<tf.Tensor2D>(shape), activated: activated.reshape<tf.Tensor2D>(shape) };
}

const kindOf = ({ slots }: LossGroup): TaskKind => (slots[0] as TaskSlot).task.kind; // of one group all are alike

/** Scores of one instance of all of the group's tasks. */
const scoredWidth = (group: LossGroup): number => scoredUnits(kindOf(group)) * group.slots.length;

/** Copies each task's columns out of the fused outputs, and keeps whatever else the step gives. */
class Collector {
  private readonly tasks = new Map<string, { logits: Float32Array; activated: Float32Array }>();
  private readonly given = new Map<string, { shape: readonly number[]; values: Float32Array }>();
  private losses: Float32Array | null = null;
  private readonly layout: Layout;
  private readonly groups: readonly LossGroup[];
  private readonly rows: number;

  constructor(layout: Layout, features: readonly string[], rows: number) {
    this.layout = layout;
    this.groups = layout.groups.filter((group) => features.includes(group.feature));
    this.rows = rows;
    for (const { task } of this.groups.flatMap((group) => group.slots)) {
      const size = rows * task.positions * scoredUnits(task.kind);
      this.tasks.set(task.path, { logits: new Float32Array(size), activated: new Float32Array(size) });
    }
  }

  /** @param reads the tasks that these outputs are of */
  add(start: number, rows: number, outputs: HostTensors, reads: Reads): void {
    for (const feature of new Set(this.groups.map((group) => group.feature))) {
      const groups = this.layout.groups.filter((group) => group.feature === feature);
      const stride = groups.reduce((sum, group) => sum + scoredWidth(group), 0);
      let offset = 0;
      for (const group of groups) {
        for (const name of ['logits', 'activated'] as const) {
          const from = (outputs[`${name}/${feature}`] as HostTensor).data; // a step gives both of each feature
          const span = { start: start * group.positions, rows: rows * group.positions };
          this.copy(group, { stride, offset }, span, from, { name, reads });
        }
        offset += scoredWidth(group);
      }
    }
    for (const [name, { shape, data }] of Object.entries(outputs)) {
      if (name === 'losses') this.addLosses(start, rows, data, reads);
      if (!name.startsWith('given/')) continue;
      const own = shape.slice(1);
      const size = own.reduce((a, b) => a * b, 1);
      const other = this.given.get(name) ?? { shape: own, values: new Float32Array(this.rows * size) };
      this.given.set(name, other);
      other.values.set(data.subarray(0, rows * size), start * size);
    }
  }

  private addLosses(start: number, rows: number, data: HostTensor['data'], reads: Reads): void {
    const { width, slots } = this.layout;
    this.losses ??= new Float32Array(this.rows * width);
    if (slots.every(reads)) {
      this.losses.set(data.subarray(0, rows * width), start * width);
      return;
    }
    for (const { offset, columns } of slots.filter(reads)) {
      for (let row = 0; row < rows; row++) {
        const first = row * width + offset;
        this.losses.set(data.subarray(first, first + columns), start * width + first);
      }
    }
  }

  /** @param span these instances among all */
  private copy(
    group: LossGroup,
    { stride, offset }: { readonly stride: number; readonly offset: number },
    { start, rows: instances }: Span,
    from: HostTensor['data'],
    { name, reads }: { readonly name: 'logits' | 'activated'; readonly reads: Reads },
  ): void {
    const units = scoredUnits(kindOf(group));
    for (const [k, slot] of group.slots.entries()) {
      if (!reads(slot)) continue;
      const to = (this.tasks.get(slot.task.path) as Record<typeof name, Float32Array>)[name];
      if (stride === units) {
        to.set(from.subarray(0, instances * stride), start * stride); // the feature is this task's alone
        continue;
      }
      const first = offset + k * units;
      for (let i = 0; i < instances; i++) {
        for (let unit = 0; unit < units; unit++) {
          to[(start + i) * units + unit] = from[i * stride + first + unit] as number;
        }
      }
    }
  }

  result(): PartScores {
    const given = [...this.given].map(([name, other]): [string, InputMatrix] => [name.slice('given/'.length), other]);
    return { rows: this.rows, tasks: this.tasks, elementLosses: this.losses, given: Object.fromEntries(given) };
  }
}
