/** @file The verb `interpret`. */
import type { DataLike } from '../../data/table.js';
import { decode } from '../../evaluate/decode.js';
import { interpret as rankRows } from '../../evaluate/interpret.js';
import type { Interpretation } from '../../evaluate/interpretation-table.js';
import { sampleLosses } from '../../evaluate/sample-losses.js';
import { readOptions } from '../../options.js';
import type { Model } from '../model.js';
import { withNotes } from '../notes/channel.js';
import { interpretSchema } from '../options/interpret.js';
import { readDataset } from './reading.js';

/** The rows with the lowest and highest loss. See `Project.interpret`. */
export function interpret(model: Model, data: DataLike, given: unknown): Promise<Interpretation> {
  return model.lock.reading('interpret', async () => {
    const { top, ...options } = readOptions('interpret', interpretSchema, given);
    const call = readDataset(model, data, options);
    const scores = await model.scoring.score(call, call.rows);
    if (scores.elementLosses === null) throw new Error('labelled rows were scored without their losses');
    const losses = sampleLosses(call.rows, scores.elementLosses);
    const decoded = decode(model.layout, scores, call.snapshot.thresholds);
    return withNotes(rankRows(call.rows, losses, decoded, { top }), call.notes);
  });
}
