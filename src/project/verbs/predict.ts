/** @file The verb `predict`. */
import type { DataLike } from '../../data/table.js';
import { predict as readDecisions } from '../../evaluate/predict.js';
import type { Noted } from '../../notes.js';
import { readOptions } from '../../options.js';
import type { Model } from '../model.js';
import { listWithNotes } from '../notes/channel.js';
import { predictSchema } from '../options/predict.js';
import { readInputs } from './reading.js';

/** One object a row. See `Project.predict`. */
export function predict(model: Model, data: DataLike, given: unknown): Promise<readonly unknown[] & Noted> {
  return model.lock.reading('predict', async () => {
    const { probabilities, ...options } = readOptions('predict', predictSchema, given);
    const call = readInputs(model, data, options);
    const decisions = await model.scoring.decide(call, call.rows);
    const rows = readDecisions(model.layout, decisions, { probabilities });
    return listWithNotes(rows, call.notes);
  });
}
