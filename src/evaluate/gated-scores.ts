/** @file Gated inference: branches of the network run on the rows whose decoded conditions let them in, and no others. */
import { rowsOf } from '../data/batches.js';
import type { InputMatrix } from '../data/dataset.js';
import type { Flow } from '../flow/flow.js';
import type { Part, Parts } from '../model/parts.js';
import type { PartScores, ScoreSource } from '../score/scorer.js';
import type { Scores, TaskScores, Thresholds } from '../score/scores.js';
import type { TaskKind } from '../tasks/kind.js';
import type { Layout } from '../tasks/layout.js';
import { decode } from './decode.js';
import { decodedGates } from './gates.js';

export interface GatedScoring {
  readonly flow: Flow<TaskKind>;
  readonly layout: Layout;
  readonly parts: Parts;
  readonly thresholds: Thresholds;
  readonly scorePart: (part: Part, source: ScoreSource) => Promise<PartScores>;
}

/**
 * The trunk runs on all rows; each branch on those where one of its tasks is let in by the tasks decoded before it. On
 * these rows the scores are those of the whole network; on the others they are 0, and nothing reads them.
 */
export async function gatedScores(
  { flow, layout, parts, thresholds, scorePart }: GatedScoring,
  source: ScoreSource,
): Promise<Scores> {
  const tasks = new Map<string, TaskScores>();
  for (const { task } of layout.slots) {
    const size = source.rows * task.kind.units;
    tasks.set(task.path, { logits: new Float32Array(size), activated: new Float32Array(size) });
  }
  const scores: Scores = { rows: source.rows, tasks };
  const trunk = await scorePart(parts.trunk, source);
  const all = Uint32Array.from({ length: source.rows }, (_, row) => row);
  scatter(trunk, all, scores, layout);
  for (const branch of parts.branches) {
    const gates = decodedGates(flow, layout, decode(layout, scores, thresholds));
    const own = flow.tasks.filter((task) => branch.features.includes(task.feature));
    const rows = all.filter((row) => own.some((task) => gates.isOpen(task.path, row)));
    if (rows.length === 0) continue;
    const inputs: Record<string, InputMatrix> = {};
    for (const name of branch.reads.keys()) {
      inputs[name] = rowsOf((source.inputs[name] ?? trunk.given[name]) as InputMatrix, rows);
    }
    scatter(await scorePart(branch, { rows: rows.length, inputs }), rows, scores, layout);
  }
  return scores;
}

function scatter(from: PartScores, rows: Uint32Array, to: Scores, layout: Layout): void {
  for (const [path, scores] of from.tasks) {
    const { units } = layout.slot(path).task.kind;
    const target = to.tasks.get(path) as TaskScores;
    for (const name of ['logits', 'activated'] as const) {
      for (const [i, row] of rows.entries()) {
        target[name].set(scores[name].subarray(i * units, (i + 1) * units), row * units);
      }
    }
  }
}
