/** @file What a project's verbs share: its network, its thresholds, and the engines that run it. */
import type { SavedModel } from '../deploy/model-folder.js';
import type { Engine } from '../engine/engine.js';
import { initialThresholds, type Thresholds } from '../evaluate/scores.js';
import type { Flow } from '../flow/flow.js';
import { type Backbone, buildNetwork, type Network } from '../model/network.js';
import type { TaskKind } from '../tasks/kind.js';
import { type Layout, layoutOf } from '../tasks/layout.js';
import { createScorer, type NetworkScores, type Scorer, type ScoreSource } from '../train/scoring.js';
import { type EngineOptions, withEngine } from './engines.js';

/** Rows that one call of an engine scores. */
const SCORE_BATCH = 256;

export interface RuntimeOptions {
  readonly flow: Flow<TaskKind>;
  readonly backbone: Backbone;
  /** Seed of the initial weights. */
  readonly seed: number;
}

/** The mutable part of a project. It is made when first needed: declaring a project builds no network. */
export class Runtime {
  readonly flow: Flow<TaskKind>;
  readonly layout: Layout;
  private readonly backbone: Backbone;
  private readonly seed: number;
  private built: Network | null = null;
  private readonly scorers = new Map<Engine, Scorer>();
  thresholds: Thresholds;

  constructor({ flow, backbone, seed }: RuntimeOptions) {
    this.flow = flow;
    this.layout = layoutOf(flow);
    this.backbone = backbone;
    this.seed = seed;
    this.thresholds = initialThresholds(flow.tasks);
  }

  /** @param seed of the initial weights, if they are not drawn yet; the project's own by default */
  network(seed: number = this.seed): Network {
    this.built ??= buildNetwork({ flow: this.flow, layout: this.layout, backbone: this.backbone, seed });
    return this.built;
  }

  /** The weights are read anew at each call, so that changes made through `project.model` count. */
  score(options: EngineOptions, source: ScoreSource): Promise<NetworkScores> {
    return withEngine(options, async (engine) => {
      const network = this.network();
      const scorer = this.scorers.get(engine) ?? createScorer(engine, network, this.layout, SCORE_BATCH);
      this.scorers.set(engine, scorer);
      const state = await engine.createState(network.read());
      try {
        return await scorer.score(state, source);
      } finally {
        state.dispose();
      }
    });
  }

  /** What `save` writes and `load` checks against. */
  saved(): SavedModel {
    return { graph: this.flow.graph, weights: this.network().read(), thresholds: this.thresholds };
  }

  restore({ weights, thresholds }: SavedModel): void {
    this.network().write(weights);
    this.thresholds = thresholds;
  }

  /** Releases compiled steps and the network's tensors; the project may not be used afterwards. */
  dispose(): void {
    for (const scorer of this.scorers.values()) scorer.dispose();
    this.scorers.clear();
    this.built?.dispose();
    this.built = null;
  }
}
