/** @file The verb `explain`. */
import type { DataLike } from '../../data/table.js';
import { explain as drawScores } from '../../evaluate/explain.js';
import { readOptions } from '../../options.js';
import type { Model } from '../model.js';
import { explainSchema } from '../options/explain.js';
import { readInputs } from './reading.js';

/** The rows as text trees. See `Project.explain`. */
export function explain(model: Model, data: DataLike, given: unknown): Promise<string> {
  return model.lock.reading('explain', async () => {
    const { why, ...options } = readOptions('explain', explainSchema, given);
    const call = readInputs(model, data, options);
    const scores = await model.scoring.gatedScore(call, call.rows);
    return drawScores(model.flow, model.layout, scores, call.snapshot.thresholds, { why });
  });
}
