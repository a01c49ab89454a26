/** @file The verb `pathways.report`. */
import type { DataLike } from '../../data/data-like.js';
import { startEvaluation } from '../../evaluate/evaluation.js';
import { formatNumber, terminalColumns } from '../../evaluate/text-table.js';
import { readOptions } from '../../options.js';
import { type Ownership, ownershipOf } from '../../pathways/report/ownership.js';
import { ownershipSvg } from '../../pathways/report/svg.js';
import { columnsOf, padLeft, padRight, shortenAll } from '../../text.js';
import type { Model } from '../model.js';
import { engineSchema } from '../options/engine.js';
import { readDataset } from './reading.js';

/** How the backbone is shared out. */
export interface PathwaysReport extends Ownership {
  /** By pathway, its tasks. */
  readonly tasks: ReadonlyMap<string, readonly string[]>;
  /** How a step computes them: how many forward passes of the backbone, and what for. */
  readonly passes: { readonly count: number; readonly text: string };
  /** By task, its first metric given the truth; empty without rows. */
  readonly scores: ReadonlyMap<string, { readonly metric: string; readonly value: number | null }>;
  /** The table, at most 80 columns wide. */
  readonly toString: () => string;
  readonly print: () => void;
  /** A picture of who has which units of each layer: an SVG document. */
  readonly toSvg: () => string;
}

/** What the pathways are and do. See `ProjectPathways.report`. */
export function pathwaysReport(model: Model, data: DataLike | undefined, given: unknown): Promise<PathwaysReport> {
  return model.lock.reading('report', async () => {
    const options = readOptions('pathways.report', engineSchema, given);
    const { network, pathways } = model;
    const ownership = ownershipOf(network, pathways);
    const tasks = new Map(pathways.map(({ name, tasks: own }) => [name, own]));
    const passes = passesOf(model);
    const scores = data === undefined ? new Map() : await scoresOf(model, data, options);
    const text = textOf({ ...ownership, tasks, passes, scores });
    return Object.freeze({
      ...{ ...ownership, tasks, passes, scores },
      toString: () => text,
      print: () => console.log(text),
      toSvg: () => ownershipSvg(ownership),
    });
  });
}

async function scoresOf(model: Model, data: DataLike, options: object): Promise<PathwaysReport['scores']> {
  const call = readDataset(model, data, options);
  const { thresholds, layout } = call.snapshot;
  const evaluation = await call.scoring.fold(call, call.rows, () => startEvaluation(layout, thresholds));
  const scores = new Map<string, { metric: string; value: number | null }>();
  for (const { task_path: task, metric_name: metric, metric_res: value, view } of evaluation.rows) {
    if (view === 'given_truth' && !scores.has(task)) scores.set(task, { metric, value });
  }
  return scores;
}

function passesOf({ network, pathways }: Model): PathwaysReport['passes'] {
  const { lanes } = network;
  const count = lanes.length;
  if (pathways.length === 0) return { count, text: 'one pass for all tasks: there are no pathways' };
  if (count === 1) return { count, text: 'one pass for all pathways, at the cost of the network without them' };
  const names = lanes.map(({ name, tasks }) => (name === '' ? `${tasks.length} tasks at once` : name));
  return { count, text: `${count} passes, each at the cost of the whole backbone: ${names.join(', ')}` };
}

function textOf(
  report: Pick<PathwaysReport, 'tasks' | 'layers' | 'density' | 'overlap' | 'passes' | 'scores'>,
): string {
  const { tasks, layers, density, overlap, passes, scores } = report;
  const names = [...tasks.keys()];
  const head = ['pathway', 'tasks', 'density', ...layers.map(({ kernel }) => kernel.replace(/\/kernel$/, ''))];
  const cells = names.map((name) => [
    name,
    String(tasks.get(name)?.length ?? 0),
    percent(density.get(name) ?? 0),
    ...layers.map(({ seen }) => percent(seen.get(name) ?? 0)),
  ]);
  const free = ['nobody', '', '', ...layers.map((layer) => percent(layer.free))];
  const lines = [...table([head, ...cells, free]), '', passes.text];
  if (names.length > 1) {
    const most = names.flatMap((name, i) =>
      names.slice(i + 1).map((other, j) => [overlap[i]?.[i + 1 + j] ?? 0, name, other] as const),
    );
    const [share, one, other] = most.reduce((a, b) => (b[0] > a[0] ? b : a));
    lines.push(
      share === 0
        ? 'no weight is seen by two pathways'
        : `most shared: ${one} and ${other}, ${percent(share)} of what either sees`,
    );
  }
  if (scores.size > 0) {
    lines.push(
      '',
      ...table([
        ['task', 'metric', 'value'],
        ...[...scores].map(([task, { metric, value }]) => [task, metric, formatNumber(value)]),
      ]),
    );
  }
  return lines.join('\n');
}

/** As many columns as go into a terminal; the others are counted. */
function table(rows: readonly (readonly string[])[]): string[] {
  const columns = rows[0]?.length ?? 0;
  // Names must stay apart when they are shortened; figures may be equal.
  const headings = shortenAll(rows[0] ?? [], 24);
  const names = shortenAll(
    rows.map(([name = '']) => name),
    24,
  );
  const texts = headings.map((heading, c) =>
    c === 0 ? names : [heading, ...rows.slice(1).map((row) => row[c] ?? '')],
  );
  const widths = texts.map((own) => Math.max(...own.map(columnsOf)));
  let shown = 0;
  let width = 0;
  while (shown < columns && width + (widths[shown] ?? 0) + 2 <= terminalColumns - 8)
    width += (widths[shown++] ?? 0) + 2;
  return rows.map((_, r) => {
    const cells = texts.slice(0, shown).map((own, c) => (c === 0 ? padRight : padLeft)(own[r] ?? '', widths[c] ?? 0));
    const more = columns - shown;
    return (cells.join('  ') + (more > 0 && r === 0 ? `  +${more}` : '')).trimEnd();
  });
}

const percent = (share: number): string => `${(share * 100).toFixed(share > 0 && share < 0.01 ? 2 : 0)} %`;
