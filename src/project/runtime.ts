/** @file What a project's verbs share: its network, its thresholds, and the engines that run it. */
import type { Dataset } from '../data/dataset.js';
import type { DeclaredModel, SavedModel } from '../deploy/model-folder.js';
import type { Engine, EngineState } from '../engine/engine.js';
import { HeadgateError } from '../errors.js';
import { type Decisions, decide } from '../evaluate/decisions.js';
import { gatedDecisions } from '../evaluate/gated-decisions.js';
import type { Flow } from '../flow/flow.js';
import { type Backbone, buildNetwork, type Network } from '../model/network.js';
import { foldScores, type ScoreFold } from '../score/fold.js';
import { createScorer, type NetworkScores, type Scorer, type ScoreSource } from '../score/scorer.js';
import { initialThresholds, type Thresholds } from '../score/scores.js';
import type { TaskKind } from '../tasks/kind.js';
import { type Layout, layoutOf } from '../tasks/layout.js';
import type { FitState } from '../train/state.js';
import { type EngineOptions, withEngine } from './engines.js';

/** Rows that one call of an engine scores. */
const SCORE_BATCH = 256;
/** Rows from which on a prediction runs branches by themselves. */
const WORTH_GATING = 64;

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
  /** Where the last fit ended. */
  lastFit: FitState | null = null;
  private isFitting = false;
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

  score(options: EngineOptions, source: ScoreSource): Promise<NetworkScores> {
    return this.withScorer(options, (scorer, state) => scorer.score(state, source));
  }

  /** Scores a dataset a chunk at a time. The fold is started anew when a fallback engine begins again. */
  foldScores<R>(options: EngineOptions, dataset: Dataset, start: () => ScoreFold<R>): Promise<R> {
    return this.withScorer(options, (scorer, state) => foldScores(scorer, state, dataset, start()));
  }

  /** Throws `PROJECT_BUSY` while another fit of the project runs: the last to end would win. */
  async fitting<T>(run: () => Promise<T>): Promise<T> {
    if (this.isFitting) {
      throw new HeadgateError({
        code: 'PROJECT_BUSY',
        path: this.flow.graph.name,
        problem: 'the project is being fit already',
        mend: 'Await that fit first, or declare a second project.',
      });
    }
    this.isFitting = true;
    try {
      return await run();
    } finally {
      this.isFitting = false;
    }
  }

  /** The weights are read anew at each call, so that changes made through `project.model` count. */
  private withScorer<T>(options: EngineOptions, f: (scorer: Scorer, state: EngineState) => Promise<T>): Promise<T> {
    return withEngine(options, async (engine) => {
      const network = this.network();
      const scorer = this.scorers.get(engine) ?? createScorer(engine, network, this.layout, SCORE_BATCH);
      this.scorers.set(engine, scorer);
      const state = await engine.createState(network.read());
      try {
        return await f(scorer, state);
      } finally {
        state.dispose();
      }
    });
  }

  /**
   * What predictions are made of, gated by the decoded parents: where a branch of the network applies to some of the rows
   * only, it runs on those. Few rows are not worth the several calls.
   */
  async decide(options: EngineOptions, source: ScoreSource): Promise<Decisions> {
    const { parts } = this.network();
    const { layout, thresholds } = this;
    if (parts === null || source.rows < WORTH_GATING) {
      return decide(layout, await this.score(options, source), thresholds);
    }
    return this.withScorer(options, (scorer, state) =>
      gatedDecisions(
        { layout, parts, thresholds, scorePart: (part, rows) => scorer.scorePart(state, part, rows) },
        source,
      ),
    );
  }

  /** What `save` writes. */
  saved(): SavedModel {
    const { store, fingerprint } = this.network();
    return { graph: this.flow.graph, weights: store.read(), thresholds: this.thresholds, backbone: fingerprint };
  }

  /** What a saved model must fit. */
  declared(): DeclaredModel {
    const { store, fingerprint, earlierNames } = this.network();
    const { flow, thresholds } = this;
    return { flow, parameters: store.parameters, backbone: fingerprint, thresholds, earlierNames };
  }

  restore({ weights, thresholds }: Pick<SavedModel, 'weights' | 'thresholds'>): void {
    this.network().store.write(weights);
    this.thresholds = thresholds;
    this.lastFit = null;
  }

  /** Releases compiled steps and the network's tensors; the project may not be used afterwards. */
  dispose(): void {
    for (const scorer of this.scorers.values()) scorer.dispose();
    this.scorers.clear();
    this.built?.dispose();
    this.built = null;
    this.lastFit = null;
  }
}
