/** @file The pathways that a project declares: found by its first fit, or pruned step by step while fits run. */
import type { OnlyTasks } from '../../data/bind.js';
import type { Feed } from '../../data/feed.js';
import type { Engine, HostTensors } from '../../engine/engine.js';
import { invalidOption } from '../../options.js';
import { kernelsOf } from '../../pathways/assign/assign.js';
import type { Settings } from '../../pathways/assign/settings.js';
import type { Pathway } from '../../pathways/pathway.js';
import { liveEvidence } from '../../pathways/sparsify/evidence.js';
import { keptWhere, seenByAny } from '../../pathways/sparsify/live-masks.js';
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
import type { Optimizer } from '../../train/optimizers/optimizer.js';
import { withEngine } from '../engines.js';
import type { Model, Pruning } from '../model.js';
import type { NoteCollector } from '../notes/channel.js';
import type { EngineChoice } from '../options/engine.js';
import { findPathways, needsRows } from './find.js';
import { waysOf } from './ways.js';

interface FitFacts {
  readonly options: EngineChoice;
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
 * @throws HeadgateError `INVALID_OPTIONS`, `NOTHING_TO_MASK`, `CAPACITY_EXHAUSTED`
 */
export async function withDeclared(model: Model, facts: FitFacts): Promise<void> {
  const { declaredPathways: declared, pathways, flow } = model;
  if (declared === null || pathways.length > 0) return;
  const pruning = scheduled(declared);
  const ways = waysOf(flow, [], undefined);
  if (pruning === null) {
    const { options, layout, notes, feed, seed } = facts;
    const found = await withEngine(options, notes, (engine) =>
      findPathways(model, { engine, feed, layout, seed, ways, settings: declared }),
    );
    model.usePathways(found);
    return;
  }
  requirePossible(pruning, facts);
  beginAll(model, startingPathways(model.network, flow, ways, pruning), {
    scheduled: pruning,
    keepsake: { tensors: null },
  });
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

function requirePossible(pruning: Scheduled, { only, epochs, feed }: FitFacts): void {
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
