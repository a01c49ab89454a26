/** @file The verb `fit`. */
import { type BoundDataset, bindTable } from '../../data/bind.js';
import { asTable, type DataLike } from '../../data/table.js';
import { notesBelow } from '../../notes.js';
import { readOptions } from '../../options.js';
import { train } from '../../train/fit.js';
import type { History } from '../../train/history.js';
import { withEngine } from '../engines.js';
import type { Model } from '../model.js';
import { type NoteCollector, withNotes } from '../notes/channel.js';
import { classesThatNeverOccur, labelIsInput, labelsAllEqual, noLabelCounts } from '../notes/labels.js';
import { startedAnew } from '../notes/weights.js';
import { defaultOptimizer, fitSchema } from '../options/fit.js';
import { measureValidation } from '../validation.js';

/** Trains the network, going on from the weights that it has. See `Project.fit`. */
export function fit(model: Model, data: DataLike, given: unknown): Promise<History> {
  return model.lock.changing('fit', async () => {
    const { engine, fallback, onNote, validation: validationData, ...options } = readOptions('fit', fitSchema, given);
    const notes = model.notes.open(onNote);
    if (model.isFit) notes.add(startedAnew(model.name));
    const dataset = trainingRows(model, data, notes);
    const validation = validationData === undefined ? null : bindTable(validationData, model.layout);
    if (validation !== null) notes.add(notesBelow('validation', [...validation.notes, ...noLabelCounts(validation)]));

    const { flow, layout, network } = model;
    const { weights } = model.snapshot();
    let attempts = 0;
    try {
      const history = await withEngine({ engine, fallback }, notes, (chosen) => {
        // A fallback trains from where the first engine began, not from where it gave up.
        if (attempts++ > 0) network.write(weights);
        return train({
          network,
          layout,
          engine: chosen,
          dataset,
          validation:
            validation === null
              ? null
              : { dataset: validation, measure: measureValidation(flow, validation, model.thresholds) },
          options: {
            ...options,
            optimizer: options.optimizer ?? defaultOptimizer(),
            signal: options.signal ?? null,
            onEpochEnd: options.onEpochEnd ?? null,
          },
        });
      });
      return withNotes(history, notes);
    } finally {
      model.isFit = true;
      model.scoring.forgetSteps();
    }
  });
}

function trainingRows({ layout }: Model, data: DataLike, notes: NoteCollector): BoundDataset {
  const table = asTable(data);
  const dataset = bindTable(table, layout);
  notes.add(dataset.notes);
  notes.add(labelIsInput(table, layout));
  notes.add(noLabelCounts(dataset));
  notes.add(classesThatNeverOccur(dataset));
  notes.add(labelsAllEqual(dataset));
  return dataset;
}
