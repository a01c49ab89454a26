/** @file The rows of a fit: what is learnt of them before the first step, and the feed of its batches. */
import type { Augment } from '../../data/augment/augmenter.js';
import { type BoundDataset, bindTable, createBinder, type OnlyTasks } from '../../data/bind.js';
import type { DataLike } from '../../data/data-like.js';
import { type Feed, noCountedLabels, tableFeed } from '../../data/feed.js';
import { rechunked, requireRows } from '../../data/rechunk.js';
import { neededForLabels } from '../../data/sources/needed.js';
import type { Source } from '../../data/sources/source.js';
import { streamFeed } from '../../data/stream-feed.js';
import { asTable, type Table } from '../../data/table.js';
import type { Layout } from '../../tasks/layout.js';
import type { Watcher } from '../../train/watchers/watcher.js';
import { type Learning, type Lesson, nothingToLearn, startLearning } from '../learning.js';
import type { Model } from '../model.js';
import type { NoteCollector } from '../notes/channel.js';
import { watchTraining } from '../notes/labels.js';
import { streamNotes } from '../notes/stream-notes.js';
import type { TrivialLosses } from '../notes/trivial-loss.js';
import { nothingLearnt } from '../notes/weights.js';
import { requireLabelColumns, whole } from './reading.js';

/** The rows as they were given; `source` where they are one. */
export interface TrainingData {
  readonly data: DataLike;
  /** The tasks whose labels count; null for all. */
  readonly only: OnlyTasks;
  readonly source: Source | null;
  /** The column that says how much each row counts; absent: all alike. */
  readonly weightColumn?: string | null;
}

interface FeedFacts {
  readonly layout: Layout;
  /** The rows as they were bound to learn of them; null for a source's. */
  readonly dataset: BoundTable | null;
  readonly batchSize: number;
  readonly seed: number;
  readonly notes: NoteCollector;
  /** Sees each row once. */
  readonly trivial: TrivialLosses;
  /** What becomes of rows in an epoch; default: they stay. */
  readonly augment?: Augment | null;
}

/** What should be known of a table is said now; of a source, when its first epoch has ended. */
export function trainingFeed(
  model: Pick<Model, 'network'>,
  { data, source, only, weightColumn = null }: TrainingData,
  { layout, dataset: bound, batchSize, seed, notes, trivial, augment = null }: FeedFacts,
): { readonly feed: Feed; readonly watchers: readonly Watcher[] } {
  if (source === null || bound !== null) {
    const watch = watchTraining(layout, only);
    const { table, dataset: rows } = bound ?? boundTable(data, layout, only, weightColumn);
    const dataset = { ...rows, layout };
    watch.see(dataset, table);
    trivial.see(dataset);
    notes.add([...dataset.notes, ...watch.notes()]);
    const { training: mixesRows } = model.network.rowMixing;
    return { feed: tableFeed(dataset, { batchSize, seed, mixesRows, augment }), watchers: [] };
  }
  requireLabelColumns(source, layout);
  const { seen, watcher } = streamNotes({ layout, only }, (all) => notes.add([...feed.notes(), ...all]), trivial);
  const { training: mixesRows } = model.network.rowMixing;
  const needed = neededForLabels(source, layout, weightColumn);
  const feed = streamFeed(needed, layout, { batchSize, seed, mixesRows, seen, only, weightColumn, augment });
  return { feed, watchers: [watcher] };
}

interface BoundTable {
  readonly table: Table;
  readonly dataset: BoundDataset;
}

function boundTable(data: DataLike, layout: Layout, only: OnlyTasks, weightColumn: string | null): BoundTable {
  const table = asTable(whole(data));
  return { table, dataset: bindTable(table, layout, only, weightColumn) };
}

/** Looks at the rows before the first step: a source is read once for it, where there is something to learn. */
export async function lookAt(
  { layout, learnt }: Pick<Model, 'layout' | 'learnt'>,
  { data, source, only, weightColumn = null }: TrainingData,
  notes: NoteCollector,
): Promise<{ readonly lesson: Lesson; readonly dataset: BoundTable | null }> {
  const learning = startLearning(layout, learnt);
  if (source !== null) {
    requireLabelColumns(source, layout);
    if (learning.isDone) return { lesson: learning.result(), dataset: null };
    if (source.once === true) {
      notes.add([nothingLearnt()]);
      return { lesson: nothingToLearn(layout, learnt), dataset: null };
    }
    await readThrough(source, layout, learning, { only, weightColumn });
    const lesson = learning.result();
    notes.add(lesson.notes);
    return { lesson, dataset: null };
  }
  const { table, dataset } = boundTable(data, layout, only, weightColumn);
  if (!learning.isDone) learning.see(table, dataset);
  const lesson = learning.result();
  notes.add(lesson.notes);
  // An origin that was learnt, or anything of columns with kinds, changes how they are read.
  return { lesson, dataset: lesson.rebinds ? null : { table, dataset } };
}

/** Rows of a source that are looked at at once. */
const LEARN_ROWS = 1024;

async function readThrough(
  source: Source,
  layout: Layout,
  learning: Learning,
  { only, weightColumn }: { readonly only: OnlyTasks; readonly weightColumn: string | null },
): Promise<void> {
  const binder = createBinder(layout, only, weightColumn);
  let rows = 0;
  let counts = false;
  for await (const { table, ids } of rechunked(neededForLabels(source, layout, weightColumn), null, null, LEARN_ROWS)) {
    const dataset = binder.bindChunk(table, ids);
    learning.see(table, dataset);
    rows += table.rows;
    counts ||= dataset.mask.includes(1);
  }
  requireRows(source, rows);
  binder.notes(); // throws where there are no labels
  if (!counts) throw noCountedLabels('source', rows);
}
