/** @file The verb `pathways.unitMasks`. */
import type { BoundRows } from '../../data/bound-rows.js';
import { type DataLike, sourceIn } from '../../data/data-like.js';
import type { Dataset } from '../../data/dataset.js';
import type { Feed } from '../../data/feed.js';
import type { Engine } from '../../engine/engine.js';
import { type Noted, notesBelow } from '../../notes.js';
import { type OptionsOf, optional, readOptions, unchecked } from '../../options.js';
import { countAnswers } from '../../pathways/unit-masks/answers.js';
import { keptOf } from '../../pathways/unit-masks/gumbel.js';
import { type NewHead, newHeadTensors } from '../../pathways/unit-masks/head.js';
import { trainMasks } from '../../pathways/unit-masks/loop.js';
import { type MaskableUnits, maskableUnits } from '../../pathways/unit-masks/maskable.js';
import { measureMasks } from '../../pathways/unit-masks/measure.js';
import { maskProgram } from '../../pathways/unit-masks/program.js';
import { answerWeights, type Question, questionOf } from '../../pathways/unit-masks/question.js';
import { type UnitMasks, unitMasksOf } from '../../pathways/unit-masks/result.js';
import {
  requireOneQuestion,
  targetUnits,
  type UnitMaskSettings,
  unitMaskSettings,
} from '../../pathways/unit-masks/settings.js';
import { withEngine } from '../engines.js';
import type { Model } from '../model.js';
import { withNotes } from '../notes/channel.js';
import { trivialLosses } from '../notes/trivial-loss.js';
import { neverTrained } from '../notes/weights.js';
import { type EngineOptions, engineSchema } from '../options/engine.js';
import { tasksAt } from '../pathways/ways.js';
import type { Snapshot } from '../snapshot.js';
import { labelledRows } from './reading.js';
import { trainingFeed } from './training-rows.js';

export interface UnitMaskOptions extends UnitMaskSettings, EngineOptions {
  /** Rows on which the result is measured. Default: those that masks are trained on. */
  readonly validation?: DataLike | undefined;
}

const WHERE = 'pathways.unitMasks';

const schema = {
  ...unitMaskSettings,
  validation: optional(unchecked<DataLike>('a table, an array of records, or a source')),
  ...engineSchema,
};

/** What the verb works on; nothing of it changes. */
interface Job {
  readonly options: OptionsOf<typeof schema>;
  readonly network: Model['network'];
  readonly snapshot: Snapshot;
  readonly maskable: MaskableUnits;
  /** In flow order. */
  readonly paths: readonly string[];
  readonly tasks: ReadonlySet<number>;
  readonly question: Question | null;
  /** To arrive at; null where `alpha` stays. */
  readonly target: number | null;
  readonly feed: Feed;
  readonly rows: BoundRows<Dataset>;
}

/** Looks for the units that tasks use, on a snapshot of the network. See `Project.pathways`. */
export function unitMasks(model: Model, data: DataLike, given: unknown): Promise<UnitMasks & Noted> {
  return model.lock.reading('unitMasks', async () => {
    const options = readOptions('pathways.unitMasks', schema, given);
    const asked = new Set(options.tasks.flatMap((path) => tasksAt(model.flow, path, `${WHERE}.tasks`)));
    const paths = model.flow.tasks.map(({ path }) => path).filter((path) => asked.has(path));
    requireOneQuestion(WHERE, options, paths);
    const snapshot = model.snapshot();
    const { network, pathways } = model;
    const { layout } = snapshot;
    const tasks = new Set(layout.slots.flatMap(({ task, index }) => (asked.has(task.path) ? [index] : [])));
    const question =
      options.class === undefined ? null : questionOf(layout.slot(paths[0] ?? ''), options.class, `${WHERE}.class`);
    const { include, exclude, batchSize, seed, validation } = options;
    const maskable = maskableUnits({ network, pathways, tasks, paths, include, exclude });
    const target = targetUnits(WHERE, options.target, maskable.units.length);
    const notes = model.notes.open(options.onNote);
    if (snapshot.isDrawn) notes.add(neverTrained(model.name));
    const training = { data, source: sourceIn(data), only: tasks };
    const facts = { layout, dataset: null, batchSize, seed, notes, trivial: trivialLosses(layout) };
    const { feed } = trainingFeed(model, training, facts);
    const rows = labelledRows(layout, validation ?? data, (about) => {
      if (validation !== undefined) notes.add(notesBelow('validation', about));
    });
    const job = { options, network, snapshot, maskable, paths, tasks, question, target, feed, rows };
    return withNotes(await withEngine(options, notes, (engine) => found(job, engine)), notes);
  });
}

async function found(job: Job, engine: Engine): Promise<UnitMasks> {
  const { options, network, snapshot, maskable, paths, tasks, question, feed, rows, target } = job;
  const { layout, weights, thresholds } = snapshot;
  const head = question === null ? null : await headFor(question, feed, maskable, options.seed);
  const { samples, penalty } = options;
  const program = maskProgram({ network, layout, maskable, tasks, samples, penalty, head });
  const trained = await trainMasks(program, weights, Object.keys(head?.tensors ?? {}), {
    ...options,
    ...{ engine, layout, feed, target, units: maskable.units.length, signal: options.signal ?? null },
  });
  const metrics = await measureMasks({
    ...{ engine, network, layout, thresholds, maskable, weights, paths, rows },
    kept: keptOf(trained.logits),
    head: question === null ? null : { question, tensors: trained.head },
  });
  const graph = network.units();
  return unitMasksOf({ graph, maskable, trained, tasks: paths, class: options.class ?? null, metrics });
}

/** Reads an epoch of the rows: both answers weigh the same, whatever their shares. */
async function headFor(question: Question, feed: Feed, { features }: MaskableUnits, seed: number): Promise<NewHead> {
  const weights = answerWeights(question, await countAnswers(feed, question));
  const size = features.get(question.slot.task.feature)?.places.length ?? 0;
  return { question, weights, tensors: newHeadTensors(size, seed) };
}
