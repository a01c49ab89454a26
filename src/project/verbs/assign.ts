/** @file The verb `pathways.assign`. */
import { type DataLike, sourceIn } from '../../data/data-like.js';
import {
  invalidOption,
  listOf,
  optional,
  readOptions,
  recordOf,
  text,
  unchecked,
  wholeNumber,
  withDefault,
} from '../../options.js';
import { type AssignSettings, settingsSchema } from '../../pathways/assign/settings.js';
import type { Pathway } from '../../pathways/pathway.js';
import { withEngine } from '../engines.js';
import type { Model } from '../model.js';
import { trivialLosses } from '../notes/trivial-loss.js';
import { type EngineOptions, engineSchema } from '../options/engine.js';
import { waysOf } from '../pathways/ways.js';
import { lookAt, trainingFeed } from './training-rows.js';

export interface AssignOptions extends AssignSettings, EngineOptions {
  /** Rows that scores are computed from; methods that look at weights alone need none. */
  readonly data?: DataLike | undefined;
  /** By the name of a pathway, paths of its tasks and flows. Default: as declared, else one for each task without one. */
  readonly ways?: Readonly<Record<string, readonly string[]>> | undefined;
  /** Rows in a batch that is looked at. Default 32. */
  readonly batchSize?: number | undefined;
}

const assignSchema = {
  ...settingsSchema,
  data: optional(unchecked<DataLike>('a table, an array of records, or a source')),
  ways: optional(recordOf(listOf(text, { least: 1 }))),
  batchSize: withDefault(wholeNumber({ least: 1 }), 32),
  ...engineSchema,
};

/** Gives tasks pathways. See `Project.pathways`. */
export function assign(model: Model, given: unknown): Promise<readonly Pathway[]> {
  return model.lock.changing('assign', async () => {
    // It chooses at once: what prunes while a fit runs is of no use here.
    const { schedule: _, regrowth: __, rewind: ___, ...declared } = model.declaredPathways ?? {};
    const options = readOptions(
      'pathways.assign',
      assignSchema,
      typeof given === 'object' ? { ...declared, ...given } : given,
    );
    const { findPathways, needsRows } = await import('../pathways/find.js'); // most projects have none
    const { data, ways: named, batchSize, onNote, ...settings } = options;
    const ways = waysOf(model.flow, model.pathways, named);
    const notes = model.notes.open(onNote);
    const { seed } = settings;
    if (data === undefined && needsRows(settings.method)) {
      throw invalidOption('pathways.assign.data', data, {
        expected: `training rows: the method ${settings.method} looks at them`,
      });
    }
    if (data === undefined) {
      const found = await withEngine(options, notes, (engine) =>
        findPathways(model, { engine, feed: null, layout: model.layout, seed, ways, settings, notes }),
      );
      model.usePathways([...model.pathways, ...found]);
      return found;
    }
    const rows = { data, source: sourceIn(data), only: null };
    const { lesson, dataset } = await lookAt(model, rows, notes);
    const layout = model.layoutWith(lesson.learnt);
    const { feed } = trainingFeed(model, rows, {
      layout,
      dataset,
      batchSize,
      seed,
      notes,
      trivial: trivialLosses(layout),
    });
    model.learn(lesson, layout);
    const found = await withEngine(options, notes, (engine) =>
      findPathways(model, { engine, feed, layout, seed, ways, settings, notes }),
    );
    model.usePathways([...model.pathways, ...found]);
    return found;
  });
}
