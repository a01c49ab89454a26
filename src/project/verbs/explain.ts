/** @file The verb `explain`. */
import type { DataLike } from '../../data/table.js';
import { explain as drawDecisions } from '../../evaluate/explain.js';
import { readOptions } from '../../options.js';
import type { Model } from '../model.js';
import { explainSchema } from '../options/explain.js';
import { readInputs } from './reading.js';

/** The rows as text trees. See `Project.explain`. */
export function explain(model: Model, data: DataLike, given: unknown): Promise<string> {
  return model.lock.reading('explain', async () => {
    const { why, width, ...options } = readOptions('explain', explainSchema, given);
    const call = readInputs(model, data, options);
    const decisions = await model.scoring.decide(call, call.rows);
    return drawDecisions(model.layout, decisions, { why, width });
  });
}
