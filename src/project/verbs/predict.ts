/** @file The verb `predict`: a list of all rows, or of a source's rows one after another. */
import type { DataLike, StreamLike } from '../../data/data-like.js';
import { predict as readDecisions } from '../../evaluate/predict.js';
import type { Noted } from '../../notes.js';
import { readOptions } from '../../options.js';
import type { Model } from '../model.js';
import { listWithNotes } from '../notes/channel.js';
import { predictSchema } from '../options/predict.js';
import { SCORE_BATCH } from '../scoring.js';
import { readInputs } from './reading.js';

/** One object a row. See `Project.predict`. */
export function predict(model: Model, data: DataLike, given: unknown): Promise<readonly unknown[] & Noted> {
  return model.lock.reading('predict', async () => {
    const { probabilities, ...options } = readOptions('predict', predictSchema, given);
    const call = readInputs(model, data, options);
    const rows: unknown[] = [];
    for await (const { decisions } of call.scoring.decisions(call, call.rows)) {
      for (const row of readDecisions(call.snapshot.layout, decisions, { probabilities })) rows.push(row);
    }
    return listWithNotes(rows, call.notes);
  });
}

/**
 * One object after another, by the weights of now. The source is read while somebody asks for more; only while rows are
 * scored is the project in use.
 */
export function predictStream(model: Model, data: StreamLike, given: unknown): AsyncIterable<unknown> & Noted {
  model.lock.requireLive();
  const { probabilities, ...options } = readOptions('predict', predictSchema, given);
  const call = readInputs(model, data, options);
  async function* predictions(): AsyncGenerator<unknown> {
    for await (const piece of call.rows.pieces(SCORE_BATCH)) {
      const decisions = await model.lock.reading('predict', () => call.scoring.decide(call, piece));
      yield* readDecisions(call.snapshot.layout, decisions, { probabilities });
    }
  }
  return Object.freeze({ [Symbol.asyncIterator]: predictions, notes: call.notes.notes });
}
