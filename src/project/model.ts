/** @file The model behind a project: its network, its thresholds, what engines keep of them, and who may use them when. */
import { hiddenInputs } from '../data/hiding/hidden-inputs.js';
import type { DeclaredModel, LoadedModel, SavedModel } from '../deploy/model-folder.js';
import type { HostTensors } from '../engine/engine.js';
import { HeadgateError } from '../errors.js';
import type { Flow } from '../flow/flow.js';
import { writeBiases } from '../model/biases.js';
import { type Backbone, buildNetwork, type Network } from '../model/network.js';
import { withoutUnseen } from '../model/pathways/bind.js';
import { wholePrefix } from '../model/pathways/bound.js';
import type { OnNote } from '../notes.js';
import type { DeclaredSettings } from '../pathways/assign/settings.js';
import { boundTo, type Pathway } from '../pathways/pathway.js';
import { pathwaysIn } from '../pathways/sparsify/live-masks.js';
import type { Scheduled } from '../pathways/sparsify/require-schedule.js';
import type { Keepsake } from '../pathways/sparsify/watcher.js';
import { initialThresholds, type Thresholds } from '../score/scores.js';
import { filledFlow, type Learnt, NOTHING_LEARNT } from '../tasks/filled.js';
import type { TaskKind } from '../tasks/kind.js';
import { type Layout, layoutOf } from '../tasks/layout.js';
import type { EndedFit } from '../train/state.js';
import type { Lesson } from './learning.js';
import type { Lock } from './lock.js';
import { createNoteChannel, type NoteChannel } from './notes/channel.js';
import type { AppliedDelta } from './pathways/applied.js';
import { pathwaysFrom, savedPathways, withDrawn } from './pathways/saved.js';
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
  readonly pathways?: DeclaredSettings | undefined;
}

/** The mutable part of a project. Its network is made when first needed: declaring a project builds none. */
export class Model {
  readonly name: string;
  /** As it was declared. */
  readonly flow: Flow<TaskKind>;
  readonly lock: Lock;
  readonly notes: NoteChannel;
  /** Saving and loading: a project never writes a folder that it is reading or writing. */
  readonly disk = new Turns();
  /** Where the last fit ended; null when there was none, or the weights were loaded or merged since. */
  lastFit: EndedFit | null = null;
  private readonly backbone: Backbone;
  /** Of the initial weights. */
  readonly seed: number;
  /** How pathways are found; null where the declaration says nothing of them. */
  readonly declaredPathways: DeclaredSettings | null;
  private built: Built | null = null;
  private isBuilding = false;
  private published: Thresholds;
  private known: Learnt = NOTHING_LEARNT;
  private filled: Layout;
  private ways: readonly Pathway[] = [];
  /** Of the network when `ways` were read from it; null where its masks do not change. */
  private waysVersion: number | null = null;
  /** What the fit has at hand that prunes the pathways step by step; null where none does. */
  pruning: Pruning | null = null;
  /** Deltas that were applied and not reverted; of some the values may be others by now. */
  applied: readonly AppliedDelta[] = [];

  constructor({ flow, backbone, seed, lock, onNote, pathways }: ModelOptions) {
    this.name = flow.graph.name;
    this.flow = flow;
    this.filled = layoutOf(flow);
    hiddenInputs(this.filled); // throws where it is not known whose tokens a task hides
    this.lock = lock;
    this.notes = createNoteChannel(onNote);
    this.backbone = backbone;
    this.seed = seed;
    this.declaredPathways = pathways ?? null;
    this.published = initialThresholds(flow.tasks);
  }

  get network(): Network {
    return this.parts.network;
  }

  get scoring(): Scoring {
    return this.parts.scoring;
  }

  /** Of the flow with what was learnt of the data. What it is made of is never changed: a lesson makes another. */
  get layout(): Layout {
    return this.filled;
  }

  get learnt(): Learnt {
    return this.known;
  }

  /** The tasks' own ways through the network; none: all see all of it. */
  get pathways(): readonly Pathway[] {
    if (this.waysVersion === null) return this.ways;
    const { version, weights } = this.snapshot();
    if (version !== this.waysVersion) {
      this.ways = pathwaysIn(weights, this.ways);
      this.waysVersion = version;
    }
    return this.ways;
  }

  /** Whether masks of the pathways may change without the network. */
  get hasLiveMasks(): boolean {
    return this.waysVersion !== null;
  }

  /**
   * Gives the network these pathways in place of those that it has. What nobody sees any more becomes 0.
   *
   * @param weights new values of parameters, by name; those that are left out keep theirs
   * @param masksChange whether their masks will change while they are the network's
   */
  usePathways(pathways: readonly Pathway[], weights: HostTensors = {}, masksChange = false): void {
    const { base, network: before, scoring, drawn } = this.parts;
    if (pathways.length === 0 && before === base) {
      base.store.write(weights); // it sees what it saw
      this.lastFit = null;
      return;
    }
    const isDrawn = Object.keys(weights).length === 0 && before.store.version() === drawn;
    const bound = boundTo(pathways, this.flow);
    const next = pathways.length === 0 ? base : base.withPathways(bound, before.read(), masksChange);
    try {
      next.store.write({ ...wholeOf(weights, next, before), ...weights });
      next.write(withoutUnseen(next.tensors, next.read()));
    } catch (error) {
      if (next !== base) next.disposePathways();
      throw error;
    }
    this.ways = pathways;
    this.pruning = null;
    this.parts.network = next;
    this.parts.scoring = new Scoring(next);
    this.parts.last = null;
    // Each network's store counts for itself.
    this.parts.drawn = isDrawn ? next.store.version() : NEVER;
    this.waysVersion = masksChange ? next.store.version() : null;
    this.lastFit = null;
    scoring.retire();
    if (before !== base) before.disposePathways();
  }

  /** The layout that a lesson leads to; nothing has changed yet. */
  layoutWith(learnt: Learnt): Layout {
    return layoutOf(filledFlow(this.flow, learnt), learnt.tasks);
  }

  /** Keeps what was learnt, and lets the heads of tasks that are new begin there. */
  learn({ learnt, priors }: Lesson, layout: Layout): void {
    const { network, drawn } = this.parts;
    const wasDrawn = network.store.version() === drawn;
    this.known = learnt;
    this.filled = layout;
    if (priors.size === 0) return;
    writeBiases(network.store, priors);
    if (wasDrawn) this.parts.drawn = network.store.version();
  }

  /** Takes back what was noted of tasks of which no label counted after all: a later fit learns of them. */
  forget(paths: readonly string[]): void {
    if (paths.length === 0) return;
    const tasks = new Map([...this.known.tasks].filter(([path]) => !paths.includes(path)));
    this.known = { ...this.known, tasks };
    this.filled = this.layoutWith(this.known);
  }

  /**
   * Takes over a part of another model.
   *
   * @param weights of parameters, by name; the others stay
   */
  takeOver({ weights, pathways, learnt, thresholds }: TakenOver): void {
    const layout = this.layoutWith(learnt);
    this.usePathways(pathways, weights);
    this.known = learnt;
    this.filled = layout;
    this.keepThresholds(thresholds);
  }

  /** The network without pathways. */
  get baseNetwork(): Network {
    return this.parts.base;
  }

  /** A copy: a map cannot be frozen, and what decides is not its reader's to change. */
  get thresholds(): Thresholds {
    return new Map(this.published);
  }

  /** Throws `DISPOSED` where somebody else disposed a variable of the network. */
  requireVariables(): void {
    this.network.store.version();
  }

  /** The model as it is now. Weights are copied only when the network was written to since the last snapshot. */
  snapshot(): Snapshot {
    const { network, drawn, last } = this.parts;
    const version = network.store.version();
    const weights = last?.version === version ? last.weights : network.read();
    this.parts.last = { version, weights };
    return {
      version,
      weights,
      thresholds: this.published,
      layout: this.filled,
      learnt: this.known,
      isDrawn: version === drawn,
    };
  }

  /** Keeps these thresholds beside those of other tasks. */
  keepThresholds(tuned: Thresholds): void {
    this.published = new Map([...this.published, ...tuned]);
  }

  /** What `save` writes. */
  saved({ weights, thresholds, layout, learnt }: Snapshot): SavedModel {
    const { store, fingerprint } = this.network;
    const { graph } = layout.flow;
    const split = store.split(weights);
    const pathways = savedPathways(this.pathways, this.network);
    return { graph, weights: split, thresholds, backbone: fingerprint, learnt: learnt.tasks, pathways };
  }

  /** What a saved model must fit. */
  declared(): DeclaredModel {
    const { store, fingerprint, earlierNames, units } = this.parts.base;
    const { flow, published: thresholds } = this;
    const unitGroups = () => new Map(units().groups.map((group) => [group.name, group.units.length]));
    return { flow, parameters: store.parameters, unitGroups, backbone: fingerprint, thresholds, earlierNames };
  }

  /** Weights and thresholds at once: nobody sees the ones without the others. */
  restore({ weights, thresholds, learnt, pathways }: Restored): void {
    const layout = this.layoutWith(learnt);
    if (pathways === null && this.ways.length === 0) this.network.store.write(weights);
    else {
      const { base } = this.parts;
      const isPartial = pathways !== null && pathways.live.size > 0;
      const whole = isPartial ? withDrawn(weights, pathways, base.drawnAnew(this.seed)) : weights;
      this.usePathways(pathwaysFrom(pathways, base), whole);
    }
    this.published = thresholds;
    this.known = learnt;
    this.filled = layout;
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
    this.built ??= this.build();
    return this.built;
  }

  private build(): Built {
    const { flow, filled: layout, backbone, seed } = this;
    if (this.isBuilding) throw usedByItsBackbone(this.name);
    this.isBuilding = true;
    try {
      const base = buildNetwork({ flow, layout, backbone, seed });
      return { base, network: base, scoring: new Scoring(base), drawn: base.store.version(), last: null };
    } finally {
      this.isBuilding = false;
    }
  }
}

export interface TakenOver {
  readonly weights: HostTensors;
  readonly pathways: readonly Pathway[];
  readonly learnt: Learnt;
  readonly thresholds: Thresholds;
}

type Restored = Pick<LoadedModel, 'weights' | 'thresholds' | 'learnt' | 'pathways'>;

/** What tasks without a pathway have of their own begins as what is written to the backbone, where it was not there. */
function wholeOf(weights: HostTensors, next: Network, before: Network): HostTensors {
  const known = new Set(before.store.parameters.map(({ name }) => name));
  const own: Record<string, HostTensors[string]> = {};
  for (const { name } of next.store.parameters) {
    if (!name.startsWith(wholePrefix) || known.has(name)) continue;
    const value = weights[name.slice(wholePrefix.length)];
    if (value !== undefined) own[name] = value;
  }
  return own;
}

/** A version that no store has. */
const NEVER = -1;

/** A schedule, as long as fits may go on with it. */
export interface Pruning {
  readonly scheduled: Scheduled;
  readonly keepsake: Keepsake;
  /** Whether its final sparsity was reached. */
  isOver: boolean;
}

interface Built {
  /** Without pathways. */
  readonly base: Network;
  network: Network;
  scoring: Scoring;
  /** The store's version when the weights were drawn. */
  drawn: number;
  last: Pick<Snapshot, 'version' | 'weights'> | null;
}

/** A backbone that asks for the network which it is called to make would be called again, without end. */
function usedByItsBackbone(name: string): HeadgateError {
  return new HeadgateError({
    code: 'PROJECT_BUSY',
    path: name,
    problem: 'the backbone used the project whose network it is called to make',
    expected: 'a backbone that uses its inputs alone',
    mend: 'Do it after the first fit, predict or load, or with a second project.',
  });
}
