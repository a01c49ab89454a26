/** @file The pathways that a project declares: found by its first fit, or pruned step by step while fits run. */
import type { OnlyTasks } from '../../data/bind.js';
import type { Feed } from '../../data/feed.js';
import type { Engine, HostTensors } from '../../engine/engine.js';
import type { Json } from '../../flow/graph.js';
import { invalidOption } from '../../options.js';
import { kernelsOf } from '../../pathways/assign/assign.js';
import type { Settings } from '../../pathways/assign/settings.js';
import type { Pathway } from '../../pathways/pathway.js';
import { reachOf } from '../../pathways/reach.js';
import { sizeOf } from '../../pathways/shape.js';
import { liveEvidence } from '../../pathways/sparsify/evidence.js';
import { keptWhere, seenByAny } from '../../pathways/sparsify/live-masks.js';
import { ones } from '../../pathways/sparsify/prune.js';
import {
  finalSparsity,
  requireCountable,
  requireRewindable,
  type Scheduled,
  scheduled,
} from '../../pathways/sparsify/require-schedule.js';
import { type SparsifyFacts, sparsify } from '../../pathways/sparsify/sparsify.js';
import { startingPathways } from '../../pathways/sparsify/start.js';
import { timelineOf } from '../../pathways/sparsify/timeline.js';
import { type Sparsifying, sparsifying } from '../../pathways/sparsify/watcher.js';
import type { Layout } from '../../tasks/layout.js';
import type { PathwayStep } from '../../train/history.js';
import type { Optimizer } from '../../train/optimizers/optimizer.js';
import type { Watcher } from '../../train/watchers/watcher.js';
import { withEngine } from '../engines.js';
import type { Model, Pruning } from '../model.js';
import type { NoteCollector } from '../notes/channel.js';
import type { EngineChoice } from '../options/engine.js';
import { findPathways, needsRows } from './find.js';
import { seen } from './seen.js';
import { waysOf } from './ways.js';

interface FitFacts {
  readonly options: EngineChoice & { readonly average?: unknown };
  readonly layout: Layout;
  readonly notes: NoteCollector;
  readonly feed: Feed;
  readonly seed: number;
  readonly epochs: number;
  readonly only: OnlyTasks;
}

/**
 * Gives the tasks of a project that declares pathways theirs, where they have none.
 *
 * @returns what was done; nothing where a schedule will do it
 * @throws HeadgateError `INVALID_OPTIONS`, `NOTHING_TO_MASK`, `CAPACITY_EXHAUSTED`
 */
export async function withDeclared(model: Model, facts: FitFacts): Promise<readonly PathwayStep[]> {
  const { declaredPathways: declared, pathways, flow } = model;
  if (declared === null || pathways.length > 0) return [];
  const pruning = scheduled(declared);
  const ways = waysOf(flow, [], undefined);
  if (pruning === null) {
    const { options, layout, notes, feed, seed } = facts;
    let batches = 0;
    const found = await withEngine(options, notes, (engine) =>
      findPathways(model, { engine, feed, layout, seed, ways, notes, settings: declared }, (count) => {
        batches = count;
      }),
    );
    model.usePathways(found);
    return phasesOf(model, declared, batches);
  }
  requirePossible(pruning, facts);
  beginAll(model, startingPathways(model.network, flow, ways, pruning), {
    ...{ scheduled: pruning, keepsake: { tensors: null }, isOver: false },
  });
  return [];
}

/** Before the first step of the run. */
function phasesOf(model: Model, settings: Settings, batches: number): readonly PathwayStep[] {
  const { method } = settings;
  const begun = { epoch: 1, step: 0, pruned: 0, exchanged: 0, rewound: false } as const;
  const kernels = kernelsOf(model.baseNetwork, settings);
  const left = (pathway: Pathway): number => {
    const own = kernels.filter(reachOf(pathway.tasks, model.flow));
    const sizes = own.map(({ name, shape }) => [seen(model, pathway, name), sizeOf(shape)] as const);
    const kept = sizes.reduce((sum, [mask, size]) => sum + (mask === null ? size : ones(mask)), 0);
    return 1 - kept / sizes.reduce((sum, [, size]) => sum + size, 0);
  };
  const sparsity = Object.fromEntries(model.pathways.map((pathway) => [pathway.name, left(pathway)]));
  return [
    { phase: 'scored', scoring: { method, batches }, sparsity: {}, ...begun },
    { phase: 'assigned', scoring: null, sparsity, ...begun },
  ];
}

/** Keeps what was done before the first step with what a fit may go on from. */
export function rememberingPhases(given: readonly PathwayStep[]): Pick<Sparsifying, 'done'> & Watcher {
  let phases = given;
  return {
    name: 'pathways assigned',
    on: () => {},
    done: () => phases,
    save: () => phases as unknown as Json, // numbers, texts and records of them alone
    restore: (saved) => {
      phases = saved as unknown as readonly PathwayStep[]; // what `save` gave
    },
  };
}

/** Nobody sees what no share has: it is 0 from the beginning. */
function beginAll(model: Model, pathways: readonly Pathway[], pruning: Pruning): void {
  const masks = new Map(pathways.map(({ name, reads }) => [name, reads]));
  const values = model.network.store.read();
  const weights: Record<string, HostTensors[string]> = {};
  for (const kernel of pathways[0]?.reads.keys() ?? []) {
    const value = values[kernel];
    if (value !== undefined) weights[kernel] = keptWhere(value, seenByAny(masks, kernel));
  }
  model.usePathways(pathways, weights, true);
  model.pruning = pruning;
}

function requirePossible(pruning: Scheduled, { only, epochs, feed, options: { average } }: FitFacts): void {
  if (average !== undefined) {
    throw invalidOption('fit.average', average, {
      problem: 'a schedule of pathways prunes and rewinds the weights, not their averages',
      expected: 'none in a fit that prunes',
    });
  }
  if (only !== null) {
    throw invalidOption('pathways.schedule', pruning.schedule, {
      expected: 'a first fit of all tasks: a schedule prunes all pathways while it runs',
      mend: 'Call `fit` first; `fitTasks` afterwards trains a task within its pathway.',
    });
  }
  requireRewindable(pruning, epochs);
  requireCountable(pruning, feed.steps);
}

export interface PruningFacts {
  readonly engine: Engine;
  readonly layout: Layout;
  readonly feed: Feed;
  readonly seed: number;
  readonly optimizer: Optimizer;
}

/** What goes through the schedule of the running fit. */
export interface Pruner {
  readonly watcher: Sparsifying;
  readonly dispose: () => void;
}

/** @throws HeadgateError `INVALID_OPTIONS` where this fit's steps cannot be counted */
export function prunerOf(model: Model, { scheduled: own, keepsake }: Pruning, facts: PruningFacts): Pruner {
  const { schedule, regrowth = null, rewind = null } = own;
  requireCountable(own, facts.feed.steps);
  const { facts: of, dispose } = sparsifyFacts(model, own, { ...facts, exchanges: regrowth !== null });
  const watcher = sparsifying({
    timeline: timelineOf(schedule, finalSparsity(own), regrowth),
    every: schedule.every,
    rewindsTo: rewind?.to ?? null,
    step: (tensors, step) => sparsify(of, tensors, step),
    keepsake,
  });
  return { watcher, dispose };
}

/** What pruning the model's pathways takes; the evidence is of rows of the fit. */
export function sparsifyFacts(
  model: Model,
  settings: Settings,
  { engine, layout, feed, seed, optimizer, exchanges }: PruningFacts & { readonly exchanges: boolean },
): { readonly facts: SparsifyFacts; readonly dispose: () => void } {
  const { baseNetwork: network, pathways, flow } = model;
  const kernels = kernelsOf(network, settings);
  const indices = new Map(flow.tasks.map(({ path }, index) => [path, index]));
  const evidence =
    needsRows(settings.method) || exchanges
      ? liveEvidence({ network, layout, engine, feed, kernels, batches: settings.scoreBatches, seed })
      : null;
  const tasks = new Map(
    pathways.map(({ name, tasks: paths }) => [name, new Set(paths.flatMap((path) => indices.get(path) ?? []))]),
  );
  const drawn = settings.method === 'movement' ? network.drawnAnew(model.seed) : null;
  return {
    facts: { network, kernels, pathways, tasks, settings, optimizer, drawn, evidence },
    dispose: () => evidence?.dispose(),
  };
}
