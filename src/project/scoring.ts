/** @file Scores on the engines: the network's state stays on an engine between calls, and is renewed when it changed. */

import type { BoundRows } from '../data/bound-rows.js';
import type { Dataset } from '../data/dataset.js';
import { boundPositions } from '../data/ragged/positions.js';
import type { Engine, EngineState } from '../engine/engine.js';
import { type Decisions, decide } from '../evaluate/decisions.js';
import { gatedDecisions } from '../evaluate/gated-decisions.js';
import type { Network } from '../model/network.js';
import type { Part } from '../model/parts.js';
import { addScores, type ScoreFold } from '../score/fold.js';
import { createScorer, type PartScores, type Scorer, type ScoreSource } from '../score/scorer.js';
import type { Layout } from '../tasks/layout.js';
import { withEngine } from './engines.js';
import type { NoteCollector } from './notes/channel.js';
import type { EngineChoice } from './options/engine.js';
import type { Snapshot } from './snapshot.js';
import { Turns } from './turns.js';

/** Rows that one call of an engine scores. */
export const SCORE_BATCH = 256;
/** Rows from which on a prediction runs branches by themselves. */
const WORTH_GATING = 64;

/** What is kept on one engine. Its calls take turns, since a state serves one at a time. */
interface Kept {
  readonly turns: Turns;
  scorer: Scorer;
  /** That the scorer was made for. */
  layout: Layout;
  state: EngineState | null;
  /** Of the snapshot whose weights the state holds. */
  version: number | null;
}

export interface ScoringCall {
  readonly snapshot: Snapshot;
  readonly options: EngineChoice;
  readonly notes: NoteCollector;
}

export class Scoring {
  private readonly network: Network;
  private readonly kept = new Map<Engine, Kept>();
  private isRetired = false;

  constructor(network: Network) {
    this.network = network;
  }

  /**
   * Scores rows a piece at a time. The fold is started anew when a fallback engine begins again. Between two pieces the
   * engine serves other calls: what reads a source may itself predict.
   */
  fold<R>(call: ScoringCall, rows: BoundRows<Dataset>, start: () => ScoreFold<R>): Promise<R> {
    return withEngine(call.options, call.notes, async (engine) => {
      const fold = start();
      for await (const piece of rows.pieces(SCORE_BATCH)) {
        await this.runOn(engine, call, (scorer, state) => addScores(scorer, state, piece, fold));
      }
      return fold.result();
    });
  }

  /** As `decide`, a piece at a time. */
  async *decisions<Piece extends ScoreSource>(
    call: ScoringCall,
    rows: BoundRows<Piece>,
  ): AsyncGenerator<{ readonly piece: Piece; readonly decisions: Decisions }> {
    for await (const piece of rows.pieces(SCORE_BATCH)) yield { piece, decisions: await this.decide(call, piece) };
  }

  /**
   * What predictions are made of, gated by the decoded parents: where a branch of the network applies to some of the rows
   * only, it runs on those. Few rows are not worth the several calls.
   */
  decide(call: ScoringCall, source: ScoreSource): Promise<Decisions> {
    const { parts } = this.network;
    const { thresholds, layout } = call.snapshot;
    return this.run(call, async (scorer, state) => {
      if (parts === null || source.rows < WORTH_GATING) {
        const positions = boundPositions(layout, source.rows, source.inputs);
        return decide(layout, await scorer.score(state, source), thresholds, source.ids, positions);
      }
      const scorePart = (part: Part, rows: ScoreSource): Promise<PartScores> => scorer.scorePart(state, part, rows);
      return gatedDecisions({ layout, parts, thresholds, scorePart }, source);
    });
  }

  /**
   * Drops the compiled steps, since a JavaScript number that a layer reads is frozen in them; a call that is running
   * ends first. States stay.
   */
  forgetSteps(): void {
    for (const [engine, kept] of this.kept) this.renew(engine, kept, kept.layout);
  }

  /** The network has pathways of other kinds now. Calls that run, and those that read on, end as they began. */
  retire(): void {
    this.isRetired = true;
    for (const [engine, { turns }] of this.kept) void turns.take(async () => this.release(engine));
  }

  private release(engine: Engine): void {
    const kept = this.kept.get(engine);
    kept?.scorer.dispose();
    kept?.state?.dispose();
    this.kept.delete(engine);
  }

  /** No call may be running. */
  dispose(): void {
    for (const { scorer, state } of this.kept.values()) {
      scorer.dispose();
      state?.dispose();
    }
    this.kept.clear();
  }

  private run<T>(call: ScoringCall, f: (scorer: Scorer, state: EngineState) => Promise<T>): Promise<T> {
    return withEngine(call.options, call.notes, (engine) => this.runOn(engine, call, f));
  }

  private runOn<T>(
    engine: Engine,
    { snapshot }: Pick<ScoringCall, 'snapshot'>,
    f: (scorer: Scorer, state: EngineState) => Promise<T>,
  ): Promise<T> {
    const kept = this.kept.get(engine) ?? {
      turns: new Turns(),
      scorer: this.newScorer(engine, snapshot.layout),
      layout: snapshot.layout,
      state: null,
      version: null,
    };
    this.kept.set(engine, kept);
    return kept.turns.take(async () => {
      // A call that began before a lesson goes on with what it began with.
      if (kept.layout !== snapshot.layout) this.renew(engine, kept, snapshot.layout);
      const { scorer } = kept;
      try {
        return await f(scorer, await stateOf(engine, kept, snapshot));
      } finally {
        if (this.isRetired) this.release(engine);
      }
    });
  }

  /** The scorer that there was is disposed when the call that uses it has ended. */
  private renew(engine: Engine, kept: Kept, layout: Layout): void {
    const { scorer, turns } = kept;
    kept.scorer = this.newScorer(engine, layout);
    kept.layout = layout;
    void turns.take(async () => scorer.dispose());
  }

  private newScorer(engine: Engine, layout: Layout): Scorer {
    return createScorer(engine, this.network, layout, SCORE_BATCH);
  }
}

/** The engine's state with the snapshot's weights: as it is, written to, or made. */
async function stateOf(engine: Engine, kept: Kept, { version, weights }: Snapshot): Promise<EngineState> {
  if (kept.state !== null && kept.version === version) return kept.state;
  kept.version = null; // until all of it is written
  if (kept.state === null) kept.state = await engine.createState(weights);
  else await kept.state.write(weights);
  kept.version = version;
  return kept.state;
}
