/** @file A fit while it runs: what the engine holds, where it stands, and how that becomes plain data. */
import type { Cursor, Feed } from '../data/feed.js';
import type { Engine, EngineState, HostTensor, HostTensors } from '../engine/engine.js';
import { HeadgateError } from '../errors.js';
import type { Extension } from '../model/extension.js';
import type { Network } from '../model/network.js';
import { LossSums } from '../score/loss-sums.js';
import { createScorer, type Scorer } from '../score/scorer.js';
import type { Layout } from '../tasks/layout.js';
import { type Balancer, type StepBalancer, weightsOf } from './balance.js';
import type { Focus } from './focus.js';
import { type EpochRecord, type History, STARTS_ANEW } from './history.js';
import { NOTHING_SKIPPED, type OnNonFinite, type Skipping } from './non-finite.js';
import { type OptimizerStep, optimizerStep } from './optimizer-step.js';
import type { Optimizer } from './optimizers/optimizer.js';
import { trainProgram } from './program.js';
import {
  type EndedFit,
  type FitState,
  type KeptWeights,
  type RunFacts,
  requireContinuable,
  runFacts,
} from './state.js';
import { type StepFeed, stepFeed } from './step-feed.js';
import type { Watcher } from './watchers/watcher.js';
import { type AverageSettings, namesOfAverages, throughAverages } from './weight-average.js';

export interface FitJob {
  readonly network: Network;
  readonly layout: Layout;
  readonly engine: Engine;
  readonly feed: Feed;
  /** Batches of the feed in an optimizer step. Default 1. */
  readonly accumulate?: number;
  /** Of the whole run: those that a state to go on from has finished are among them. */
  readonly epochs: number;
  readonly optimizer: Optimizer;
  readonly clipNorm: number | null;
  /** Averages of the weights over the steps are what is measured and left; default null: the weights themselves. */
  readonly average?: AverageSettings | null;
  /** What becomes of a step whose loss is not finite. Default `stop`: the fit ends. */
  readonly onNonFinite?: OnNonFinite;
  /** Of dropout; the feed has its own for the order of rows. */
  readonly seed: number;
  readonly signal: AbortSignal | null;
  readonly watchers: readonly Watcher[];
  readonly balancer?: Balancer | null;
  readonly extensions?: readonly Extension[];
  /** What may move; null for everything. */
  readonly focus?: Focus | null;
  /** True when a fit has moved these weights before: the history says what starts anew. */
  readonly trainedBefore?: boolean;
  /** Name of what the best epoch is found by; null where the last weights are kept. */
  readonly monitor?: string | null;
  /** Is given the state in which the fit ended, also when it failed, unless weights in it are not finite. */
  readonly keep?: (ended: EndedFit) => void;
}

/** Weights that are known to be finite. */
interface GoodWeights {
  readonly steps: number;
  readonly epoch: number;
  readonly values: HostTensors;
}

export interface LiveFit {
  readonly state: EngineState;
  readonly step: OptimizerStep;
  readonly feed: StepFeed;
  readonly scorer: Scorer;
  readonly records: EpochRecord[];
  readonly startedAnew: readonly string[];
  cursor: Cursor;
  /** Optimizer steps since the start of the run. */
  steps: number;
  sums: LossSums;
  skipping: Skipping;
  /** Of the running epoch. */
  seconds: number;
  /** Seconds of it in which steps waited for their data, and in which they were taken. */
  waited: number;
  stepped: number;
  learningRate: number;
  /** Of the tasks in the running epoch, in flow order; where the step learns them, as they were when last looked at. */
  weights: readonly number[];
  /** What a watcher measured for the record of the running epoch. */
  measured: EpochRecord['validation'];
  /** What a watcher or the signal asked for. */
  asked: Exclude<History['ended'], 'completed'> | null;
  ended: History['ended'] | null;
  good: GoodWeights | null;
  best: KeptWeights | null;
}

/** Rows that one call scores at least. */
const SCORE_ROWS = 128;

/**
 * @param defer what it makes is given back through this
 * @throws HeadgateError `CANNOT_CONTINUE`
 */
export async function openFit(
  job: FitJob,
  from: FitState | null,
  defer: (release: () => unknown) => void,
): Promise<LiveFit> {
  const { network, layout, engine, feed, optimizer, clipNorm, extensions = [], focus = null, accumulate = 1 } = job;
  const program = trainProgram({
    network,
    layout,
    optimizer,
    clipNorm,
    extensions,
    focus,
    balancer: stepBalancer(job),
    average: job.average ?? null,
    looksAtGradients: (job.onNonFinite ?? 'stop') !== 'stop',
  });
  const first = program.initialState();
  if (from !== null) requireContinuable(from, first, factsOf(job));
  const state = await engine.createState({ ...first, ...from?.tensors });
  defer(() => state.dispose());
  const step = optimizerStep(engine, layout, program, accumulate);
  defer(() => step.dispose());
  const scorer = createScorer(engine, network, layout, Math.max(feed.batchSize, SCORE_ROWS), [
    ...(job.average == null ? [] : [throughAverages(first)]), // first: masks lie over them
    ...extensions,
  ]);
  defer(() => scorer.dispose());
  return {
    state,
    step,
    feed: stepFeed(feed, accumulate),
    scorer,
    records: [...(from?.records ?? [])],
    startedAnew: from?.startedAnew ?? (job.trainedBefore === true ? STARTS_ANEW : []),
    cursor: from?.cursor ?? { epoch: 0, step: 0, mark: null },
    steps: from?.steps ?? 0,
    sums: new LossSums(layout, from?.running.sums),
    skipping: from?.skipping ?? NOTHING_SKIPPED,
    seconds: from?.running.seconds ?? 0,
    waited: from?.running.waited ?? 0,
    stepped: from?.running.stepped ?? 0,
    learningRate: from?.running.learningRate ?? 0,
    weights: weightsOf(job.balancer ?? null, layout, { epoch: from?.cursor.epoch ?? 0, records: from?.records ?? [] }),
    measured: null,
    asked: from?.asked ?? null,
    ended: null,
    good: null,
    best: bestOf(from, job.monitor ?? null),
  };
}

/** The balancer, where the step learns it. */
export function stepBalancer({ balancer = null }: FitJob): StepBalancer | null {
  return balancer?.needs === 'step' ? balancer : null;
}

function factsOf({ feed, optimizer, seed, accumulate = 1 }: FitJob): RunFacts {
  return runFacts(feed, optimizer, seed, accumulate);
}

/** What was best by something else cannot be compared with what comes. */
function bestOf(from: FitState | null, monitor: string | null): KeptWeights | null {
  const best = from?.best ?? null;
  return best?.monitor === monitor ? best : null;
}

export async function snapshot(job: FitJob, live: LiveFit): Promise<FitState> {
  const { sums, seconds, waited, stepped, learningRate } = live;
  const watchers = job.watchers.flatMap(({ name, save }) => (save === undefined ? [] : [[name, save()] as const]));
  return {
    tensors: await live.state.read(),
    cursor: live.cursor,
    steps: live.steps,
    running: { sums: sums.state(), seconds, waited, stepped, learningRate },
    records: [...live.records],
    startedAnew: live.startedAnew,
    best: live.best,
    watchers: Object.fromEntries(watchers),
    run: factsOf(job),
    skipping: live.skipping,
    ...(live.asked === 'stopped' ? { asked: live.asked } : {}),
  };
}

/**
 * The weights of this moment, to be measured and left: averages where the fit has any.
 *
 * @throws HeadgateError `NON_FINITE_WEIGHTS`
 */
export async function finiteWeights(job: FitJob, live: LiveFit): Promise<HostTensors> {
  if (live.good?.steps === live.steps) return live.good.values;
  const names = job.network.tensors.map(({ name }) => name);
  const averages = namesOfAverages(names, live.state.names);
  const read = await live.state.read([...names, ...averages.values()]);
  const ruined = Object.keys(read).find((name) => !read[name]?.data.every(Number.isFinite));
  if (ruined !== undefined) throw nonFiniteWeights(ruined, live);
  const values = Object.fromEntries(names.map((name) => [name, read[averages.get(name) ?? name] as HostTensor])); // as asked
  live.good = { steps: live.steps, epoch: live.cursor.epoch, values };
  return values;
}

function nonFiniteWeights(parameter: string, { good, cursor, steps }: LiveFit): HeadgateError {
  const kept = good === null ? 'from before the fit' : `of step ${good.steps}`;
  return new HeadgateError({
    code: 'NON_FINITE_WEIGHTS',
    path: parameter,
    problem: `a gradient was too large for float32, though the loss was not, by step ${steps} (epoch ${cursor.epoch + 1})`,
    expected: 'finite weights',
    mend: `The weights ${kept} were kept. Lower the learning rate, set \`clipNorm\`, or scale the inputs.`,
  });
}
