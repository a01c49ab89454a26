/** @file The model behind a project: its network, its thresholds, what engines keep of them, and who may use them when. */
import type { SavedModel } from '../deploy/model-folder.js';
import type { HostTensors } from '../engine/engine.js';
import { HeadgateError } from '../errors.js';
import type { Flow } from '../flow/flow.js';
import { type Backbone, buildNetwork, type Network } from '../model/network.js';
import type { OnNote } from '../notes.js';
import { initialThresholds, type Thresholds } from '../score/scores.js';
import type { TaskKind } from '../tasks/kind.js';
import { type Layout, layoutOf } from '../tasks/layout.js';
import type { tf } from '../tf.js';
import type { FitState } from '../train/state.js';
import type { Lock } from './lock.js';
import { createNoteChannel, type NoteChannel } from './notes/channel.js';
import { Scoring } from './scoring.js';
import type { Snapshot } from './snapshot.js';
import { Turns } from './turns.js';

export interface ModelOptions {
  readonly flow: Flow<TaskKind>;
  readonly backbone: Backbone;
  /** Seed of the initial weights. */
  readonly seed: number;
  readonly lock: Lock;
  readonly onNote?: OnNote | undefined;
}

/** The mutable part of a project. Its network is made when first needed: declaring a project builds none. */
export class Model {
  readonly name: string;
  readonly flow: Flow<TaskKind>;
  readonly layout: Layout;
  readonly lock: Lock;
  readonly notes: NoteChannel;
  /** Saving and loading: a project never writes a folder that it is reading or writing. */
  readonly disk = new Turns();
  /** Where the last fit ended; null when there was none, or the weights were loaded since. */
  lastFit: FitState | null = null;
  private readonly backbone: Backbone;
  private readonly seed: number;
  private built: Built | null = null;
  private published: Thresholds;

  constructor({ flow, backbone, seed, lock, onNote }: ModelOptions) {
    this.name = flow.graph.name;
    this.flow = flow;
    this.layout = layoutOf(flow);
    this.lock = lock;
    this.notes = createNoteChannel(onNote);
    this.backbone = backbone;
    this.seed = seed;
    this.published = initialThresholds(flow.tasks);
  }

  get network(): Network {
    return this.parts.network;
  }

  get scoring(): Scoring {
    return this.parts.scoring;
  }

  get thresholds(): Thresholds {
    return this.published;
  }

  /** Throws `DISPOSED` where somebody else disposed a variable of the network. */
  requireVariables(): void {
    valuesOf(this.network);
  }

  /** The model as it is now. Weights are copied only when the network was written to since the last snapshot. */
  snapshot(): Snapshot {
    const { network, drawn } = this.parts;
    const values = valuesOf(network);
    const { last } = this.parts;
    const current =
      last !== null && isSame(last.values, values)
        ? last
        : { values, version: (last?.version ?? -1) + 1, weights: network.read() };
    this.parts.last = current;
    const { version, weights } = current;
    return { version, weights, thresholds: this.published, isDrawn: isSame(drawn, values) };
  }

  /** Keeps these thresholds beside those of other tasks. */
  keepThresholds(tuned: Thresholds): void {
    this.published = new Map([...this.published, ...tuned]);
  }

  /** What `save` writes and `load` checks against. */
  saved({ weights, thresholds }: Snapshot = this.snapshot()): SavedModel {
    return { graph: this.flow.graph, weights, thresholds };
  }

  /** Weights and thresholds at once: nobody sees the ones without the others. */
  restore({ weights, thresholds }: SavedModel): void {
    this.network.write(weights);
    this.published = thresholds;
    this.lastFit = null;
  }

  /** Releases compiled steps, states and the network's tensors. The lock holds that no verb runs. */
  dispose(): void {
    this.built?.scoring.dispose();
    this.built?.network.dispose();
    this.built = null;
    this.lastFit = null;
  }

  private get parts(): Built {
    if (this.built === null) {
      const { flow, layout, backbone, seed } = this;
      const network = buildNetwork({ flow, layout, backbone, seed });
      this.built = { network, scoring: new Scoring(network, layout), drawn: valuesOf(network), last: null };
    }
    return this.built;
  }
}

interface Built {
  readonly network: Network;
  readonly scoring: Scoring;
  /** What the variables held when they were drawn. */
  readonly drawn: readonly object[];
  last: { readonly values: readonly object[]; readonly version: number; readonly weights: HostTensors } | null;
}

/** tfjs gives whatever is written to a variable an identity of its own, so equal identities are equal values. */
function valuesOf({ parameters }: Network): readonly object[] {
  return parameters.map(({ name, variable }) => {
    const tensor = held(variable);
    if (tensor !== undefined) return tensor.dataId;
    throw new HeadgateError({
      code: 'DISPOSED',
      path: name,
      problem: 'the variable of this parameter was disposed, by something else than the project',
      expected: 'variables that live as long as the project',
      mend: 'Dispose neither project.model nor a pretrained model in the backbone before the project.',
    });
  });
}

/** The value of a variable; undefined when it is there no more. */
function held(variable: { readonly read: () => tf.Tensor }): tf.Tensor | undefined {
  try {
    const tensor = variable.read();
    return tensor.isDisposed ? undefined : tensor;
  } catch {
    return undefined; // tfjs: a disposed variable refuses to be read
  }
}

function isSame(a: readonly object[], b: readonly object[]): boolean {
  return a.length === b.length && a.every((identity, i) => identity === b[i]);
}
