/** @file The verb `explain`. */
import type { DataLike } from '../../data/data-like.js';
import type { TreeNode } from '../../evaluate/text-tree.js';
import { readOptions } from '../../options.js';
import type { Model } from '../model.js';
import { explainSchema } from '../options/explain.js';
import { readInputs } from './reading.js';

/** The rows as text trees. See `Project.explain`. */
export function explain(model: Model, data: DataLike, given: unknown): Promise<string> {
  return model.lock.reading('explain', async () => {
    const { why, width, ...options } = readOptions('explain', explainSchema, given);
    const call = readInputs(model, data, options);
    const { drawBatch, explainRows } = await import('../../evaluate/explain.js');
    const trees: TreeNode[] = [];
    for await (const { piece, decisions } of call.scoring.decisions(call, call.rows)) {
      const before = trees.length;
      trees.push(
        ...explainRows(call.snapshot.layout, decisions, { why }, (row) =>
          rowName(before + row, piece.ids[row] as number),
        ),
      );
    }
    return drawBatch(trees, { width });
  });
}

/** By its place in the data that were given, and by its number in the source where rows were chosen before. */
function rowName(place: number, id: number): string {
  return place === id ? `inp ${place}` : `inp ${place} (row ${id} of its source)`;
}
