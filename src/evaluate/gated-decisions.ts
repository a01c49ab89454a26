/** @file Gated inference: branches of the network run on the rows whose decoded conditions let them in, and no others. */
import { rowsOf } from '../data/batches.js';
import type { InputMatrix } from '../data/dataset.js';
import { boundPositions } from '../data/ragged/positions.js';
import type { Part, Parts } from '../model/parts.js';
import type { PartScores, ScoreSource } from '../score/scorer.js';
import type { TaskScores, Thresholds } from '../score/scores.js';
import { scoredUnits } from '../tasks/kind.js';
import type { Layout } from '../tasks/layout.js';
import type { Decisions } from './decisions.js';
import { decodeTask } from './decode.js';
import { decodedGates } from './gates.js';

export interface GatedScoring {
  readonly layout: Layout;
  readonly parts: Parts;
  readonly thresholds: Thresholds;
  readonly scorePart: (part: Part, source: ScoreSource) => Promise<PartScores>;
}

/**
 * The trunk runs on all rows; each branch on those where one of its tasks is let in by the tasks decoded before it. On
 * these rows the scores are those of the whole network; on the others they are 0, and nothing reads them. Each score is
 * decoded once, and each condition evaluated once, whatever the number of branches.
 */
export async function gatedDecisions(
  { layout, parts, thresholds, scorePart }: GatedScoring,
  source: ScoreSource,
): Promise<Decisions> {
  const tasks = new Map<string, TaskScores>();
  const decoded = new Float64Array(source.rows * layout.width);
  const positions = boundPositions(layout, source.rows, source.inputs);
  const gates = decodedGates(layout, decoded, positions);
  const take = (from: PartScores, rows: Uint32Array | null): void => {
    for (const [path, scores] of from.tasks) {
      const slot = layout.slot(path);
      decodeTask(layout, slot, scores, thresholds, decoded, { rows, ids: source.ids ?? null });
      tasks.set(
        path,
        rows === null ? scores : scattered(scores, rows, source.rows, slot.positions * scoredUnits(slot.task.kind)),
      );
    }
  };
  const trunk = await scorePart(parts.trunk, source);
  take(trunk, null);
  for (const branch of parts.branches) {
    const own = layout.flow.tasks.filter((task) => branch.features.includes(task.feature));
    const rows = openRows((row) => own.some(({ path }) => gates.isOpenSomewhere(path, row)), source.rows);
    for (const { path, kind, positions } of own) tasks.set(path, noScores(source.rows * positions * scoredUnits(kind)));
    if (rows.length === 0) continue;
    const inputs: Record<string, InputMatrix> = {};
    const isAll = rows.length === source.rows;
    for (const name of branch.reads.keys()) {
      const matrix = (source.inputs[name] ?? trunk.given[name]) as InputMatrix; // a part reads inputs and what was given
      inputs[name] = isAll ? matrix : rowsOf(matrix, rows);
    }
    take(await scorePart(branch, { rows: rows.length, inputs }), isAll ? null : rows);
  }
  return { scores: { rows: source.rows, tasks }, decoded, gates, positions };
}

function openRows(isOpen: (row: number) => boolean, count: number): Uint32Array {
  const rows = new Uint32Array(count);
  let found = 0;
  for (let row = 0; row < count; row++) if (isOpen(row)) rows[found++] = row;
  return rows.subarray(0, found);
}

function noScores(size: number): TaskScores {
  return { logits: new Float32Array(size), activated: new Float32Array(size) };
}

/** @param size scores of one row */
function scattered(from: TaskScores, rows: Uint32Array, count: number, size: number): TaskScores {
  const to = noScores(count * size);
  for (const name of ['logits', 'activated'] as const) {
    for (const [i, row] of rows.entries()) {
      to[name].set(from[name].subarray(i * size, (i + 1) * size), row * size);
    }
  }
  return to;
}
